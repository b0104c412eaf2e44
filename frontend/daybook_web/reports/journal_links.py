"""Links from a figure to the journals that add up to it. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from daybook.calendar import (
    FIRST_DAY,
    Day,
    day_of,
    day_text,
    last_day_of,
    month_of,
    parse_day,
)
from daybook_web.journals import journal_addresses
from daybook_web.journals.query import ReportQuery
from daybook_web.reports.address import Address

SYSTEM, MANUAL = "SYSTEM", "MANUAL"
"""Who made the journals: Daybook, or a person."""
_DOCUMENTS: Mapping[str, tuple[str, str]] = {
    "INVOICE": ("invoice", ""),
    "CREDIT_NOTE": ("credit_note", ""),
    # Without the source, its invoices' journals would be listed too.
    "BILLING_SCHEDULE": ("billing_schedule", "BILLING_SCHEDULE"),
}
"""The journals' filter of each kind of document, and the source that it needs."""


@dataclass(frozen=True, slots=True)
class Journals:
    """The journals of a report, or of a row of it, as filters by their names."""

    texts: Mapping[str, str]
    on: str

    @classmethod
    def of(cls, address: Address) -> "Journals":
        """All journals that a report is made of."""
        names = ("currency", "customer", "product", "as_of", "on")
        found = cls({name: address[name] for name in names}, address["on"])
        if address.document is not None:
            return found.of_document(*address.document)
        return found

    @classmethod
    def of_waterfall(cls, address: Address) -> "Journals":
        """All that the waterfall sums: what has something on Deferred on its day."""
        return cls.of(address).narrowed(deferred_on=address["on"])

    def narrowed(self, **texts: str) -> "Journals":
        """Those of a row: of its `customer`, its `product` and a `type`."""
        return replace(self, texts={**self.texts, **texts})

    def of_document(self, kind: str, external_id: str) -> "Journals":
        """Those of a document alone."""
        return self.narrowed(**document_filter(kind, external_id))

    def url(
        self,
        account: str = "",
        *,
        column: str = "",
        against: Sequence[str] = (),
        first: Day | None = None,
        last: Day | None = None,
    ) -> str:
        """Their address: what they move on an account, in a column, on some days.

        `against` are the accounts that it moves against; without them any.
        """
        days = {
            "from": "" if first is None else day_text(first),
            "to": "" if last is None else day_text(last),
        }
        texts = {**self.texts, "account": account, "column": column, **days}
        return ReportQuery().with_values(**texts, against=against).url()

    def recognized(self, first: Day, last: Day | None = None) -> str:
        """What moves between Deferred and Recognized on some days."""
        return self.url("DEFERRED", against=["RECOGNIZED"], first=first, last=last)

    def taken_back(self, first: Day) -> str:
        """What moves between Deferred and Billed or Unbilled from a day on."""
        return self.url("DEFERRED", against=["BILLED", "UNBILLED"], first=first)

    def unscheduled(self) -> str:
        """What keeps something on Deferred, on all days: that is what they come to."""
        return self.narrowed(unscheduled="yes").url("DEFERRED", first=FIRST_DAY)

    def until(self, account: str = "") -> str:
        """The address of what they move on an account up to the report's day."""
        return self.url(account, last=parse_day(self.on))


def document_filter(kind: str, external_id: str) -> dict[str, str]:
    """The filters that select a document's own journals."""
    name, source = _DOCUMENTS[kind]
    return {name: external_id, "source": source}


def journal_url(address: Address, number: str) -> str:
    """A journal, as the report knows it."""
    texts = {name: address[name] for name in ("currency", "as_of", "on")}
    return journal_addresses.journal_url(ReportQuery().with_values(**texts), number)


def end_of_month(month: date) -> Day:
    """The last day of the month that a day is in."""
    return last_day_of(month_of(day_of(month)))
