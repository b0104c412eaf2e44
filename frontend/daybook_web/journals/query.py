"""The report's query string: reading it, checking it, and writing it for links."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
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
from daybook.errors import ProblemCode, did_you_mean
from daybook.exports.formats import DEFAULT
from daybook.reports.journals.filter_kinds import Unfit
from daybook.reports.journals.filters import FILTERS, Filter, FormPlace, Selection
from daybook.reports.journals.group_keys import Granularity, GroupsOf
from daybook.reports.journals.selection import contradictions, read_selection

GROUPINGS = ("customer", "product", "document")
NO_GROUPING = "none"
"""A single group of all journals of a month or a day."""
YES = "yes"
FORMAT = DEFAULT.name
"""The format of downloads."""
DAYS = ("from", "to")
"""The filters that are the report's period."""
OWN = ("currency", "month", "group_by", "granularity", "after", "before")
"""Parameters beside the filters."""
NAMES = (
    *OWN[:2],
    *(declared.name for declared in FILTERS if not declared.is_many),
    *OWN[2:],
    *(declared.name for declared in FILTERS if declared.is_many),
)
"""The report's parameters, in the order of addresses."""


@dataclass(frozen=True, slots=True)
class Period:
    """The posting dates that are shown: a whole month, or a range of days.

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
        assert self.end is not None, "a range has at least one end"
        return f"up to {day_words(self.end)}"

    @property
    def near_month(self) -> Month:
        """The month shown; of a range, the month in which it starts, or else ends."""
        if self.month is not None:
            return self.month
        day = self.start if self.start is not None else self.end
        assert day is not None, "a range has at least one end"
        return month_of(day)

    def holds(self, month: Month) -> bool:
        """Whether a day of the month is shown."""
        return not (
            (self.start is not None and last_day_of(month) < self.start)
            or (self.end is not None and first_day_of(month) > self.end)
        )


@dataclass(frozen=True, slots=True)
class ReportQuery:
    """The report's parameters by name, as texts; none is empty.

    A range of days overrules a month. `unknown` are names of no parameter.
    """

    parameters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unknown: tuple[str, ...] = field(default=(), compare=False)

    @classmethod
    def of(cls, parameters: QueryParams) -> "ReportQuery":
        """Read a query string."""
        texts = {name: _texts(parameters, name) for name in NAMES}
        texts["currency"] = [text.upper() for text in texts["currency"]]
        for declared in FILTERS:
            tidy = list(dict.fromkeys(map(declared.tidy, texts[declared.name])))
            texts[declared.name] = sorted(tidy) if declared.is_many else tidy
        if not texts["group_by"]:
            texts["granularity"] = []
        return cls(
            unknown=tuple(name for name in parameters if name not in NAMES)
        ).with_values(**texts)

    def __getitem__(self, name: str) -> str:
        """A parameter's value, the last of several; empty if it was not given."""
        if name not in NAMES:
            raise KeyError(name)
        return self.parameters.get(name, ("",))[-1]

    @property
    def is_range(self) -> bool:
        """Whether the period is a range of days, and not a month."""
        return any(name in self.parameters for name in DAYS)

    @property
    def is_filtered(self) -> bool:
        """Whether anything but the period and the as-of day narrows the report."""
        narrowing = [declared.name for declared in FILTERS if declared.narrows]
        return any(name in self.parameters for name in narrowing)

    @property
    def has_rare_filters(self) -> bool:
        """Whether a filter is set that the form hides among its rare ones."""
        rare = [
            declared.name
            for declared in FILTERS
            if declared.place is not FormPlace.FIRST
        ]
        return any(name in self.parameters for name in (*rare, "group_by"))

    @property
    def groupings(self) -> tuple[str, ...] | None:
        """What journals are grouped by; None if they are not."""
        if not self["group_by"]:
            return None
        if self["group_by"] == NO_GROUPING:
            return ()
        return tuple(self["group_by"].split(","))

    def values(self, declared: Filter) -> tuple[str, ...]:
        """The values given to a filter."""
        return self.parameters.get(declared.name, ())

    def problems(self) -> dict[str, str]:
        """What is wrong and how to correct it, by parameter."""
        found = {
            name: f"There is no filter “{name}”{did_you_mean(name, NAMES) or '.'}"
            for name in self.unknown
        }
        for name in OWN:
            texts = self.parameters.get(name, ())
            if len(texts) > 1:
                quoted = " and ".join(f"“{text}”" for text in texts)
                found[name] = f"Give one of {quoted}."
        month = self["month"]
        if month and not self.is_range and not _is_month(month):
            found["month"] = f"“{month}” is not a month: write it as 2025-10."
        selection, unfit = read_selection(self.parameters)
        found |= {declared.name: _sentence(why) for declared, why in unfit}
        for problem in contradictions(selection):
            is_period = problem.code is ProblemCode.INVALID_PERIOD
            words = "the range ends before it starts" if is_period else problem.message
            found[problem.path[0]] = f"{words[0].upper()}{words[1:]}."
        return found | self._unknown_groups()

    def _unknown_groups(self) -> dict[str, str]:
        """Problems of unknown groupings and granularities."""
        found = {}
        groupings = self.groupings or ()
        if set(groupings) - set(GROUPINGS) or len(set(groupings)) < len(groupings):
            found["group_by"] = (
                f"Journals can't be grouped by “{self['group_by']}”: choose from"
                " customer, product and document."
            )
        granularity = self["granularity"]
        if granularity and granularity not in set(GroupsOf):
            found["granularity"] = (
                f"“{granularity}” is not a granularity: choose months, days or a total."
            )
        return found

    @property
    def has_period(self) -> bool:
        """Whether a month or a range of days is given."""
        return self.is_range or "month" in self.parameters

    def period(self, default: Month | None = None) -> Period:
        """The posting dates that were given; needs a query without problems."""
        if self.is_range:
            start, end = (self[name] for name in DAYS)
            return Period(
                parse_day(start) if start else None, parse_day(end) if end else None
            )
        if self["month"]:
            return Period.of_month(parse_month(self["month"]))
        assert default is not None, "a query without a period needs a default"
        return Period.of_month(default)

    def selection(self, period: Period) -> Selection:
        """The filters' selection in a period; needs a query without problems."""
        selection, _ = read_selection(self.parameters)
        return replace(selection, posted_from=period.start, posted_to=period.end)

    def with_values(self, **changes: str | Sequence[str]) -> "ReportQuery":
        """The query with other values; empty values remove a parameter."""
        parameters = dict(self.parameters)
        for name, value in changes.items():
            assert name in NAMES, f"the report has no parameter {name}"
            texts = (value,) if isinstance(value, str) else value
            parameters[name] = tuple(filter(None, texts))
        return replace(
            self,
            parameters={name: texts for name, texts in parameters.items() if texts},
        )

    def restarted(self, **changes: str | Sequence[str]) -> "ReportQuery":
        """The query with other values, from the report's first page."""
        return self.with_values(**{"after": "", "before": "", **changes})

    def unfiltered(self) -> "ReportQuery":
        """The ledger and period without filters."""
        return self.restarted(
            **{declared.name: "" for declared in FILTERS if declared.narrows}
        )

    def in_month(self, month: Month) -> "ReportQuery":
        """The query for a whole month."""
        return self.restarted(month=month_text(month), **dict.fromkeys(DAYS, ""))

    def of_group(self, period: str, **party: str) -> "ReportQuery":
        """The query for the journals of a group: a party, and its day if it has one."""
        is_day = self["granularity"] == GroupsOf.DAILY
        days = dict.fromkeys(DAYS, period) if is_day else {}
        return self.restarted(group_by="", granularity="", **days, **party)

    def pairs(self) -> list[tuple[str, str]]:
        """The given values by parameter; a month that a range overrules is left out."""
        return [
            (name, text)
            for name in NAMES
            for text in self.parameters.get(name, ())
            if not (name == "month" and self.is_range)
        ]

    def url(self) -> str:
        """The report's address with these parameters."""
        return _url("/journals", self.pairs())

    def journal_url(self, number: str, **entries: str) -> str:
        """A journal's address, with the parameters that lead back to this page.

        `entries` are the parameters of a page of the journal's entries.
        """
        pairs = [pair for pair in self.pairs() if pair[0] != "currency"]
        return _url(
            f"/journals/{self['currency']}/{number}", [*pairs, *entries.items()]
        )

    def csv_url(self, period: Period, granularity: str, *, with_scheduled: bool) -> str:
        """The address of the journals as a file, with or without scheduled entries."""
        dates = dict(zip(DAYS, (period.start, period.end), strict=True))
        pairs = [("currency", self["currency"]), ("format", FORMAT)]
        pairs.append(("granularity", granularity))
        pairs += [
            (name, day_text(day)) for name, day in dates.items() if day is not None
        ]
        kept = {*(declared.name for declared in FILTERS), "group_by"}
        kept -= {*DAYS, "include_scheduled"}
        pairs += [pair for pair in self.pairs() if pair[0] in kept]
        pairs += [("include_scheduled", YES)] if with_scheduled else []
        return _url("/journals.csv", pairs)


def export_url(query: ReportQuery, period: Period) -> str:
    """The address of the page that exports a report's journals."""
    kept = query.restarted(
        include_scheduled="",
        granularity="",
        **({"month": month_text(period.month)} if period.month is not None else {}),
    )
    granularity = query["granularity"]
    is_files = granularity in set(Granularity)  # rows of files are never of all days
    chosen = [("granularity", granularity)] if is_files else []
    return _url("/exports/new", [*kept.pairs(), *chosen])


def _texts(parameters: QueryParams, name: str) -> list[str]:
    """The values of a parameter, each once."""
    return list(dict.fromkeys(filter(None, map(str.strip, parameters.getlist(name)))))


def _sentence(why: Unfit) -> str:
    """Why a text is not valid, for people: `“x” is not a date: …`."""
    words = why.words if why.text is None else f"“{why.text}” {why.words}"
    return f"{words[0].upper()}{words[1:]}{'' if words.endswith('?') else '.'}"


def _is_month(text: str) -> bool:
    try:
        parse_month(text)
    except ValueError:
        return False
    return True


def _url(path: str, pairs: list[tuple[str, str]]) -> str:
    return f"{path}?{urlencode(pairs)}" if pairs else path
