"""Words that people and other systems write for values of the format.

Nothing is read by them: they are suggested where a value is refused, and in mappings
that are written from a file.
"""

import re
from collections.abc import Iterable

from daybook.errors import did_you_mean
from daybook.folding import folded

EVERYDAY_WORDS: dict[str, tuple[str, ...]] = {
    "FINAL": (
        *("paid", "unpaid", "partially paid", "part paid", "open", "sent", "issued"),
        *("final", "authorised", "authorized", "approved", "posted", "overdue"),
        *("outstanding", "awaiting payment", "past due", "uncollectible", "closed"),
        *("applied", "complete", "completed", "booked", "invoiced", "active"),
        *("bezahlt", "teilbezahlt", "teilweise bezahlt", "unbezahlt", "offen"),
        *("überfällig", "fällig", "versendet", "versandt", "gesendet", "gebucht"),
        *("verbucht", "gestellt", "abgeschlossen", "gemahnt", "mahnung"),
        *("payé", "payée", "impayé", "impayée", "partiellement payée", "envoyé"),
        *("envoyée", "émise", "validée", "échue", "réglée", "en retard", "ouverte"),
        *("pagada", "pagado", "impagada", "enviada", "emitida", "vencida", "abierta"),
        *("pagata", "pagato", "non pagata", "inviata", "emessa", "scaduta", "aperta"),
        *("betaald", "onbetaald", "openstaand", "verzonden", "achterstallig"),
    ),
    "VOIDED": (
        *("void", "voided", "deleted", "cancelled", "canceled", "annulled"),
        *("reversed", "storno", "storniert", "annulliert", "ungültig", "gelöscht"),
        *("annulé", "annulée", "anulada", "anulado", "cancelada", "cancelado"),
        *("annullata", "annullato", "stornata", "geannuleerd"),
    ),
    "DRAFT": (
        *("draft", "pending", "proforma", "pro forma", "submitted", "not sent"),
        *("entwurf", "brouillon", "borrador", "bozza", "concept"),
    ),
    "invoice": (
        *("invoice", "inv", "sales invoice", "tax invoice", "bill", "accrec"),
        *("charge", "rechnung", "facture", "factura", "fattura", "factuur", "faktura"),
    ),
    "credit_note": (
        *("credit note", "credit memo", "creditmemo", "credit", "cn", "refund"),
        *("sales credit note", "accreccredit", "gutschrift", "avoir", "abono"),
        *("rechnungskorrektur", "stornorechnung", "note de crédit"),
        *("nota de crédito", "nota di credito", "creditnota", "kreditnota"),
    ),
    "STRAIGHT_LINE": (
        *("straight line", "straight-line", "ratable", "rateable", "ratably"),
        *("over time", "monthly", "subscription", "daily", "deferred"),
    ),
    "POINT_IN_TIME": (
        *("point in time", "immediate", "immediately", "at once", "upfront"),
        *("up front", "one-off", "one off", "one time", "once", "on invoice"),
    ),
    "USAGE": ("usage", "metered", "consumption", "as used"),
    "MILESTONE": ("milestone", "milestones", "on completion"),
    "MONTHLY": ("month", "per month"),
    "QUARTERLY": ("quarter", "per quarter"),
    "SEMI_ANNUAL": ("half-yearly", "half yearly", "biannual", "six months"),
    "ANNUAL": ("year", "yearly", "annually", "per year"),
    "IN_ADVANCE": ("advance", "prepaid", "beforehand"),
    "IN_ARREARS": ("arrears", "afterwards"),
}
"""Everyday words, in lower case, for values of the format's own fields."""
CURRENCY_SIGNS = {"€": "EUR", "£": "GBP", "$": "USD", "US$": "USD", "¥": "JPY"}
"""Signs that people write, and the currency that each most often means."""
_TOTAL = re.compile(
    r"\W*(?:(?:grand |sub[- ]?)?totals?|sums?|totale|totaal|somme|suma"
    r"|(?:zwischen|gesamt)?summe|gesamt(?:betrag)?)\b[^0-9]*",
    re.IGNORECASE,
)
"""What stands beside sums in place of a number: `Total`, `Summe EUR`."""
_USUAL_CURRENCIES = ("USD", "EUR", "GBP", "CHF", "JPY", "CAD", "AUD")


def is_total(text: str) -> bool:
    """Whether a text says that its row is a sum, and so is no document's number."""
    return _TOTAL.fullmatch(text) is not None


def meant_by(text: str, names: Iterable[str]) -> str | None:
    """The name that an everyday word means, or None: `Paid` is FINAL."""
    word = folded(text)
    for name in names:
        if word == name.casefold() or word in EVERYDAY_WORDS.get(name, ()):
            return name
    return None


def nearest(text: str, names: Iterable[str]) -> str:
    """`; did you mean FINAL?`, for a near miss or an everyday word; else empty."""
    names = tuple(names)
    meant = meant_by(text, names)
    return f"; did you mean {meant}?" if meant else did_you_mean(text, names)


def nearest_currency(text: str, codes: Iterable[str]) -> str:
    """`; did you mean GBP?`, for a near miss of a code or a sign; else empty."""
    sign = CURRENCY_SIGNS.get(text.strip())
    if sign is not None:
        return f"; did you mean {sign}?"
    # Of several codes with the same letters, the first is named: a usual one.
    others = [code for code in codes if code not in _USUAL_CURRENCIES]
    return did_you_mean(text, (*_USUAL_CURRENCIES, *others))
