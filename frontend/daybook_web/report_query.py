"""The report's query string: as a person typed it, checked, and as links carry it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from daybook.calendar import (
    Day,
    Month,
    date_of,
    day_text,
    day_words,
    first_day_of,
    last_day_of,
    month_of,
    month_text,
    parse_day,
    parse_month,
    range_words,
)

TEXT_MAX = 200
SOURCES = ("INVOICE", "CREDIT_NOTE")
"""Which kinds of documents make journals in this version."""


@dataclass(frozen=True, slots=True)
class Period:
    """The posting dates that are shown: a whole month, or days of one's own.

    A range may be open at either end.
    """

    start: Day | None
    end: Day | None
    month: Month | None = None

    @classmethod
    def of_month(cls, month: Month) -> "Period":
        """All days of a month."""
        return cls(first_day_of(month), last_day_of(month), month)

    @property
    def words(self) -> str:
        """The period for people."""
        if self.month is not None:
            return f"{date_of(first_day_of(self.month)):%B %Y}"
        if self.start is not None and self.end is not None:
            return range_words(self.start, self.end)
        if self.start is not None:
            return f"from {day_words(self.start)}"
        assert self.end is not None, "a range has one end at least"
        return f"up to {day_words(self.end)}"

    @property
    def near_month(self) -> Month:
        """The month shown, or that in which the range starts or, open, ends."""
        if self.month is not None:
            return self.month
        day = self.start if self.start is not None else self.end
        assert day is not None, "a range has one end at least"
        return month_of(day)

    def holds(self, month: Month) -> bool:
        """Whether a day of the month is shown."""
        return not (
            (self.start is not None and last_day_of(month) < self.start)
            or (self.end is not None and first_day_of(month) > self.end)
        )


@dataclass(frozen=True, slots=True)
class ReportQuery:
    """The report's parameters as they were typed; an empty one was not given.

    A range of days (`start`, `end`) goes before a month.
    """

    currency: str = ""
    month: str = ""
    start: str = ""
    end: str = ""
    customer: str = ""
    product: str = ""
    sources: tuple[str, ...] = ()
    search: str = ""
    after: str = ""
    before: str = ""

    @classmethod
    def of(cls, given: QueryParams) -> "ReportQuery":
        """Read a query string; parameters of other names are none of ours."""
        sources = {text.strip().upper() for text in given.getlist("source")} - {""}
        return cls(
            currency=given.get("currency", "").strip().upper(),
            month=given.get("month", "").strip(),
            start=given.get("from", "").strip(),
            end=given.get("to", "").strip(),
            customer=given.get("customer", "").strip(),
            product=given.get("product", "").strip(),
            sources=tuple(sorted(sources)),
            search=given.get("search", "").strip(),
            after=given.get("after", "").strip(),
            before=given.get("before", "").strip(),
        )

    @property
    def is_range(self) -> bool:
        """Whether days of one's own are asked for, and not a month."""
        return bool(self.start or self.end)

    @property
    def is_filtered(self) -> bool:
        """Whether anything but the period narrows the report."""
        return bool(self.customer or self.product or self.sources or self.search)

    def problems(self) -> dict[str, str]:
        """What is wrong, by parameter, in words that say what to do."""
        found = {}
        has_month = bool(self.month) and not self.is_range
        if has_month and not _is_read_by(parse_month, self.month):
            found["month"] = f"“{self.month}” is not a month: write it as 2025-10."
        days = {"from": self.start, "to": self.end}
        for name, text in days.items():
            if text and not _is_read_by(parse_day, text):
                found[name] = (
                    f"“{text}” is not a date: write it as 2025-10-31,"
                    " between 2000 and 2099."
                )
        if not found and self.start and self.end and self.start > self.end:
            found["to"] = "The range ends before it starts."
        unknown = [one for one in self.sources if one not in SOURCES]
        if unknown:
            found["source"] = (
                f"“{unknown[0]}” is no source of journals:"
                " choose invoices, credit notes, or both."
            )
        texts = {
            "customer": self.customer,
            "product": self.product,
            "search": self.search,
        }
        for name, text in texts.items():
            if len(text) > TEXT_MAX:
                found[name] = f"At most {TEXT_MAX} characters can be looked for."
            elif "\x00" in text:
                found[name] = "This has a character that is in no name: type it anew."
        return found

    def period(self, default: Month) -> Period:
        """The posting dates asked for; needs a query without problems."""
        if self.is_range:
            return Period(
                parse_day(self.start) if self.start else None,
                parse_day(self.end) if self.end else None,
            )
        return Period.of_month(parse_month(self.month) if self.month else default)

    def but(self, **changes: Any) -> "ReportQuery":
        """The same with other values, from its first page on."""
        return replace(self, **{"after": "", "before": "", **changes})

    def unfiltered(self) -> "ReportQuery":
        """The same period of the same ledger, with all its journals."""
        return self.but(customer="", product="", sources=(), search="")

    def in_month(self, month: Month) -> "ReportQuery":
        """The same filters in a whole month."""
        return self.but(month=month_text(month), start="", end="")

    def pairs(self) -> list[tuple[str, str]]:
        """What is given, by parameter; a month that a range overrules is left out."""
        pairs = {
            "currency": self.currency,
            "month": "" if self.is_range else self.month,
            "from": self.start,
            "to": self.end,
            "customer": self.customer,
            "product": self.product,
            "search": self.search,
            "after": self.after,
            "before": self.before,
        }
        given = [(name, text) for name, text in pairs.items() if text]
        return given + [("source", one) for one in self.sources]

    def url(self) -> str:
        """The report's address with these parameters."""
        return _url("/journals", self.pairs())

    def journal_url(self, number: str, **entries: str) -> str:
        """A journal's address, with what leads back to this page of the report.

        `entries` are the parameters of a page of its entries.
        """
        pairs = [pair for pair in self.pairs() if pair[0] != "currency"]
        return _url(f"/journals/{self.currency}/{number}", [*pairs, *entries.items()])

    def csv_url(self, period: Period, granularity: str) -> str:
        """Where the same journals are downloaded, scheduled entries too."""
        dates = {"from": period.start, "to": period.end}
        pairs = [("currency", self.currency), ("granularity", granularity)]
        pairs += [(k, day_text(day)) for k, day in dates.items() if day is not None]
        filters = {"customer", "product", "search", "source"}
        pairs += [pair for pair in self.pairs() if pair[0] in filters]
        return _url("/journals.csv", [*pairs, ("include_scheduled", "true")])

    def conditions(self, period: Period) -> Mapping[str, Any]:
        """As the `JournalFilter` of the API, but for customer and product."""
        posted = {"from": period.start, "to": period.end}
        return {
            "posted": {
                name: None if day is None else day_text(day)
                for name, day in posted.items()
            },
            "source": list(self.sources) or None,
            "search": self.search or None,
        }


def _is_read_by(parse: Any, text: str) -> bool:
    try:
        parse(text)
    except ValueError:
        return False
    return True


def _url(path: str, pairs: list[tuple[str, str]]) -> str:
    return f"{path}?{urlencode(pairs)}" if pairs else path
