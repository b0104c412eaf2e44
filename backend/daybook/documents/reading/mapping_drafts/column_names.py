"""What columns are usually called in sheets.

The names are those that Stripe, Xero, QuickBooks and people with a spreadsheet use.
"""

import re
from collections.abc import Sequence
from difflib import get_close_matches

QUANTITY, UNIT_PRICE = "quantity", "unit price"
"""What a sheet may have in place of an amount."""

_NAMES: dict[str, tuple[str, ...]] = {
    "id": (
        *("invoice number", "invoice no", "invoice nr", "invoice", "inv no", "inv"),
        *("document number", "document no", "doc number", "doc no", "invoice id"),
        *("document id", "number", "no", "num", "transaction number", "id"),
        *("rechnungsnummer", "rechnung", "beleg", "belegnummer"),
    ),
    "type": ("type", "document type", "doc type", "transaction type", "kind", "art"),
    "status": (
        *("status", "invoice status", "document status", "payment status", "state"),
        *("rechnungsstatus", "belegstatus", "zahlungsstatus", "statut", "stato"),
        *("estado",),
    ),
    "currency": (
        *("currency", "currency code", "invoice currency", "ccy", "curr", "cur"),
        *("währung", "waehrung"),
    ),
    "customer.id": (
        *("customer id", "customer no", "customer number", "customer code"),
        *("client id", "client no", "debtor no", "contact id", "kundennummer"),
    ),
    "customer.name": (
        *("customer name", "customer", "client name", "client", "contact name"),
        *("contact", "company name", "company", "account name", "bill to", "name"),
        *("kunde", "customer full name"),
    ),
    "customer.legal_name": ("legal name", "customer legal name"),
    "issued_on": (
        *("invoice date", "issue date", "issued on", "issued", "document date"),
        *("doc date", "date", "transaction date", "txn date", "invoice issued"),
        *("created", "created at", "date issued", "rechnungsdatum", "datum"),
    ),
    "accounting_date": ("accounting date", "posting date", "gl date", "booked on"),
    "invoice_id": (
        *("credits invoice", "credited invoice", "credits", "applies to invoice"),
        *("applies to", "applied to", "original invoice", "original invoice number"),
        *("related invoice", "linked invoice", "parent invoice", "credit for"),
        *("against invoice", "credit of", "refund of", "ref invoice", "invoice ref"),
        *("reference invoice", "invoice reference"),
    ),
    "invoice_line_id": ("credited line", "credits line", "applies to line"),
    "line.id": (
        *("line id", "line no", "line number", "line item id", "line", "position"),
        *("pos", "invoice line item id"),
    ),
    "product.id": (
        *("product id", "product code", "sku", "item code", "inventory item code"),
        *("item id", "plan id", "price id", "stock code", "item no", "item number"),
    ),
    "product.name": (
        *("product name", "product", "product service", "product service name"),
        *("item name", "item", "plan name", "plan", "service name", "service"),
        *("subscription", "produkt", "artikel"),
    ),
    "product.category": ("product category", "category", "revenue category"),
    "description": (
        *("line description", "description", "line item description", "memo"),
        *("item description", "memo description", "details", "text"),
        *("product service description", "beschreibung"),
    ),
    "amount": (
        *("net amount", "amount net", "net", "amount excl tax", "amount excl vat"),
        *("amount ex vat", "amount ex tax", "net total", "line amount", "line total"),
        *("line item amount", "subtotal", "sub total", "amount", "total", "value"),
        *("total amount", "invoice amount", "invoice total", "revenue", "netto"),
        *("nettobetrag", "betrag"),
    ),
    QUANTITY: ("quantity", "qty", "units", "menge"),
    UNIT_PRICE: (
        *("unit price", "unit amount", "price", "rate", "sales price", "unit cost"),
        *("einzelpreis", "preis"),
    ),
    "service_from": (
        *("service from", "service start", "service start date", "period start"),
        *("start date", "start", "from", "service period start", "period from"),
        *("line item period start", "subscription start", "term start", "valid from"),
        *("contract start", "recognition start", "service period from", "von"),
    ),
    "service_to": (
        *("service to", "service end", "service end date", "period end", "end date"),
        *("end", "to", "service period end", "period to", "line item period end"),
        *("subscription end", "term end", "valid to", "contract end", "until"),
        *("recognition end", "service period to", "bis"),
    ),
    "method": (
        *("recognition method", "recognition", "rev rec method", "rev rec"),
        *("revenue recognition", "method"),
    ),
    "discount": ("invoice discount",),
    "number": ("number", "invoice number", "invoice no", "document number"),
}
"""Names of columns by field, the surest first."""
_WITH_TAX = {"total", "total amount", "invoice amount", "invoice total", "value"}
_NEAR = 0.88
_IN_BRACKETS = re.compile(r"[(\[].*?[)\]]")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")


def plain_name(column: str) -> str:
    """A column's name in lower case, without marks and brackets: `Created (UTC)`."""
    text = _IN_BRACKETS.sub(" ", _CAMEL.sub(" ", column))
    words = re.sub(r"[^\w]+|_", " ", text.casefold())
    return " ".join(words.split())


def recognized(header: Sequence[str]) -> dict[str, str]:
    """The columns of fields that the header's names tell, each column once.

    The format's own names come first, then names that are known, then names that are
    nearly those.
    """
    fields = {field: field for field in _NAMES if field in header}
    by_name = {plain_name(column): column for column in reversed(header) if column}
    for is_near in (False, True):
        for field, names in _NAMES.items():
            if field in fields:
                continue
            taken = fields.values()
            free = [name for name, column in by_name.items() if column not in taken]
            found = _first(names, free, is_near=is_near)
            if found is not None:
                fields[field] = by_name[found]
    for party in ("customer", "product"):
        # Beside `Customer Name`, `Customer` is the id.
        name = plain_name(fields.get(f"{party}.name", "")).removesuffix(" name")
        column = by_name.get(name)
        if column is not None and column not in fields.values():
            fields.setdefault(f"{party}.id", column)
    return fields


def may_hold_tax(column: str) -> bool:
    """Whether a column of amounts is named as one that has tax in it."""
    name = plain_name(column)
    return name in _WITH_TAX or "gross" in name or "incl" in name


def _first(names: Sequence[str], free: Sequence[str], *, is_near: bool) -> str | None:
    for name in names:
        if name in free:
            return name
    if is_near:
        for name in names:
            near = get_close_matches(name, free, n=1, cutoff=_NEAR)
            if near and len(name) > 4:
                return near[0]
    return None
