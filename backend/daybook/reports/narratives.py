"""What a journal says to a person, in one sentence. Pure."""

from collections.abc import Mapping

from daybook.calendar import Month, date_of, first_day_of
from daybook.ledger.rules import Role
from daybook.money import grouped_text
from daybook.reports.queries import AccountPair, ListedJournal, net_change


def journal_narrative(
    journal: ListedJournal, pairs: Mapping[AccountPair, int], currency: str
) -> str:
    """What a journal did: `Platform for Acme, Jan 2025: 1.00 USD billed (INV-1)`.

    `pairs` is what its movements moved between each pair of accounts.
    """
    billed = net_change(pairs, Role.BILLED)
    recognized = net_change(pairs, Role.RECOGNIZED)
    parts = [
        _part(billed, currency, "billed", "credited"),
        _part(recognized, currency, "recognized", "of recognized revenue taken back"),
    ]
    said = ", ".join(part for part in parts if part) or "nothing billed or recognized"
    return (
        f"{journal.product_name} for {journal.customer_name},"
        f" {_month_words(journal.month)}: {said} ({journal.document_number})."
    )


def _part(amount: int, currency: str, gained: str, lost: str) -> str:
    if amount == 0:
        return ""
    verb = gained if amount > 0 else lost
    return f"{grouped_text(abs(amount), currency)} {currency} {verb}"


def _month_words(month: Month) -> str:
    return f"{date_of(first_day_of(month)):%b %Y}"
