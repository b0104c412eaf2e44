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
from daybook.exports.formats import DEFAULT

TEXT_MAX = 200
SOURCES = ("INVOICE", "BILLING_SCHEDULE", "CREDIT_NOTE")
"""Which kinds of documents make journals in this version."""
TYPES = ("SYSTEM", "MANUAL")
GROUPINGS = ("customer", "product", "document")
NO_GROUPING = "none"
"""One group for all journals of a month or a day."""
GRANULARITIES = ("monthly", "daily")
YES = "yes"
FORMAT = DEFAULT.name
"""What downloads are written as."""


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
    type: str = ""
    billing_schedule: str = ""
    shifted: str = ""
    exclude_fully_recognized: str = ""
    as_of: str = ""
    on: str = ""
    group_by: str = ""
    granularity: str = ""
    after: str = ""
    before: str = ""

    @classmethod
    def of(cls, given: QueryParams) -> "ReportQuery":
        """Read a query string; parameters of other names are none of ours."""
        sources = {text.strip().upper() for text in given.getlist("source")} - {""}
        texts = {name: given.get(key, "").strip() for name, key in KEYS.items()}
        texts["currency"] = texts["currency"].upper()
        texts["type"] = texts["type"].upper()
        granularity = texts["granularity"]
        return cls(
            **{**texts, "granularity": granularity if texts["group_by"] else ""},
            sources=tuple(sorted(sources)),
        )

    @property
    def is_range(self) -> bool:
        """Whether days of one's own are asked for, and not a month."""
        return bool(self.start or self.end)

    @property
    def is_filtered(self) -> bool:
        """Whether anything but the period and the as-of day narrows the report."""
        return any(getattr(self, name) for name in (*NARROWING, "sources"))

    @property
    def has_rare_filters(self) -> bool:
        """Whether a filter is given that the form shows only when asked to."""
        return any(getattr(self, name) for name in RARE)

    @property
    def groupings(self) -> tuple[str, ...] | None:
        """What journals are grouped by; None where they are not."""
        if not self.group_by:
            return None
        if self.group_by == NO_GROUPING:
            return ()
        return tuple(self.group_by.split(","))

    def problems(self) -> dict[str, str]:
        """What is wrong, by parameter, in words that say what to do."""
        found = {}
        has_month = bool(self.month) and not self.is_range
        if has_month and not _is_read_by(parse_month, self.month):
            found["month"] = f"“{self.month}” is not a month: write it as 2025-10."
        days = {"from": self.start, "to": self.end}
        for name, text in {**days, "as_of": self.as_of, "on": self.on}.items():
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
                " choose from invoices, billing schedules and credit notes."
            )
        found |= self._unknown_choices()
        texts = {
            "customer": self.customer,
            "product": self.product,
            "billing_schedule": self.billing_schedule,
            "search": self.search,
        }
        for name, text in texts.items():
            if len(text) > TEXT_MAX:
                found[name] = f"At most {TEXT_MAX} characters can be looked for."
            elif "\x00" in text:
                found[name] = "This has a character that is in no name: type it anew."
        return found

    def _unknown_choices(self) -> dict[str, str]:
        """Values of choices that none of them has."""
        found = {}
        if self.type and self.type not in TYPES:
            found["type"] = f"“{self.type}” is no type: choose system or manual."
        groupings = self.groupings or ()
        if set(groupings) - set(GROUPINGS) or len(set(groupings)) < len(groupings):
            found["group_by"] = (
                f"Journals can't be grouped by “{self.group_by}”: choose from"
                " customer, product and document."
            )
        if self.granularity and self.granularity not in GRANULARITIES:
            found["granularity"] = (
                f"“{self.granularity}” is no granularity: choose months or days."
            )
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
        return self.but(**dict.fromkeys(NARROWING, ""), sources=())

    def in_month(self, month: Month) -> "ReportQuery":
        """The same filters in a whole month."""
        return self.but(month=month_text(month), start="", end="")

    def of_group(self, period: str, **party: str) -> "ReportQuery":
        """The journals of a group's month or day, with one of its parties."""
        days = {}
        if self.granularity == GRANULARITIES[1]:
            days = {"start": period, "end": period}
        return self.but(group_by="", granularity="", **days, **party)

    def pairs(self) -> list[tuple[str, str]]:
        """What is given, by parameter; a month that a range overrules is left out."""
        given = [
            (key, getattr(self, name))
            for name, key in KEYS.items()
            if getattr(self, name) and not (name == "month" and self.is_range)
        ]
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

    def csv_url(self, period: Period, granularity: str, *, with_scheduled: bool) -> str:
        """Where the same journals are downloaded: what is posted, or all of it."""
        dates = {"from": period.start, "to": period.end}
        pairs = [("currency", self.currency), ("format", FORMAT)]
        pairs.append(("granularity", granularity))
        pairs += [(k, day_text(day)) for k, day in dates.items() if day is not None]
        filters = {*NARROWING, "source", "as_of", "on", "group_by"}
        pairs += [pair for pair in self.pairs() if pair[0] in filters]
        pairs += [("include_scheduled", YES)] if with_scheduled else []
        return _url("/journals.csv", pairs)

    def conditions(self, period: Period) -> Mapping[str, Any]:
        """As the `JournalFilter` of the API, but for what ids name."""
        posted = {"from": period.start, "to": period.end}
        return {
            "posted": {
                name: None if day is None else day_text(day)
                for name, day in posted.items()
            },
            "source": list(self.sources) or None,
            "search": self.search or None,
            "type": self.type or None,
            "shifted": True if self.shifted else None,
            "excludeFullyRecognized": bool(self.exclude_fully_recognized),
            "asOf": self.as_of or None,
            "on": self.on or None,
        }


KEYS = {
    "currency": "currency",
    "month": "month",
    "start": "from",
    "end": "to",
    "customer": "customer",
    "product": "product",
    "search": "search",
    "type": "type",
    "billing_schedule": "billing_schedule",
    "shifted": "shifted",
    "exclude_fully_recognized": "exclude_fully_recognized",
    "as_of": "as_of",
    "on": "on",
    "group_by": "group_by",
    "granularity": "granularity",
    "after": "after",
    "before": "before",
}
"""Parameters of one value each, by the query's fields, in the order of addresses."""

RARE = (
    *("type", "billing_schedule", "shifted", "exclude_fully_recognized"),
    *("as_of", "on", "group_by"),
)
"""Fields that the form shows only when asked to."""

NARROWING = ("customer", "product", "search", *RARE[:4])
"""Fields that leave journals out, beside the period and the sources."""


def _is_read_by(parse: Any, text: str) -> bool:
    try:
        parse(text)
    except ValueError:
        return False
    return True


def _url(path: str, pairs: list[tuple[str, str]]) -> str:
    return f"{path}?{urlencode(pairs)}" if pairs else path
