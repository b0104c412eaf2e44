"""What the report is asked for, read from its query string and changed for links."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from starlette.datastructures import QueryParams

from daybook.calendar import (
    Month,
    day_text,
    first_day_of,
    last_day_of,
    month_text,
    parse_day,
    parse_month,
)
from daybook.reports.journals.filters import FILTERS, UNKNOWN_MAX, Filter, Selection
from daybook.reports.journals.selection import read_selection
from daybook_web.journals.parameters import (
    BY_NUMBER,
    CURRENCY,
    DAYS,
    NO_GROUPING,
    OPTIONAL,
    PLACE,
    POSITIONS,
    PRINT_ALL,
    ROW,
    YES,
    address,
    read_texts,
)
from daybook_web.journals.periods import Period
from daybook_web.kit.saved import Kept


@dataclass(frozen=True, slots=True)
class ReportQuery:
    """The report's parameters by name, as texts; none is empty.

    A range of days overrules a month. `unknown` are names of no parameter, the first of
    them.
    """

    parameters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unknown: tuple[str, ...] = field(default=(), compare=False)

    @classmethod
    def of(cls, parameters: QueryParams) -> "ReportQuery":
        """Read a query string."""
        names = (name for name in parameters if name not in POSITIONS)
        unknown = tuple(islice(names, UNKNOWN_MAX))
        return cls(unknown=unknown).with_values(**read_texts(parameters))

    def __getitem__(self, name: str) -> str:
        """A parameter's value, the last of several; empty if it was not given."""
        if name not in POSITIONS:
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
    def order(self) -> str:
        """The order of the list, by its name in the API."""
        name, sign = self["sort"].removeprefix("-"), self["sort"][:1]
        return f"{name or BY_NUMBER}{'_desc' if sign == '-' else ''}".upper()

    @property
    def columns(self) -> frozenset[str] | None:
        """Which of the `OPTIONAL` columns are chosen; None if that is left to us."""
        if not self["columns"]:
            return None
        return frozenset(self["columns"].split(",")) & frozenset(OPTIONAL)

    @property
    def counts_all(self) -> bool:
        """Whether the page waits for what takes long to count."""
        return self["figures"] == YES

    @property
    def groupings(self) -> tuple[str, ...] | None:
        """What journals are grouped by; None if they are not."""
        if not self["group_by"]:
            return None
        if self["group_by"] == NO_GROUPING:
            return ()
        return tuple(self["group_by"].split(","))

    @property
    def is_of_a_page(self) -> bool:
        """Whether its cursor and its row can be those of a page."""
        row = self["n"]
        return (
            not (self["after"] and self["before"])
            and (not row or ROW.fullmatch(row) is not None)
            and self["print"] in {"", PRINT_ALL}
        )

    def values(self, declared: Filter) -> tuple[str, ...]:
        """The values given to a filter."""
        return self.parameters.get(declared.name, ())

    def without(self, *names: str) -> "ReportQuery":
        """The query from its first page, without some parameters, also unknown ones."""
        known = {name: "" for name in names if name in POSITIONS}
        return replace(self.restarted(**known), unknown=())

    @property
    def has_ledger(self) -> bool:
        """Whether the currency of a ledger is given."""
        return CURRENCY.fullmatch(self["currency"]) is not None

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
        # A page makes some hundred addresses this way.
        parameters = dict(self.parameters)
        for name, value in changes.items():
            assert name in POSITIONS, f"the report has no parameter {name}"
            texts = (value,) if isinstance(value, str) else value
            given = tuple(filter(None, texts))
            if given:
                parameters[name] = given
            else:
                parameters.pop(name, None)
        return ReportQuery(parameters, self.unknown)

    def restarted(self, **changes: str | Sequence[str]) -> "ReportQuery":
        """The query with other values, from the report's first page."""
        return self.with_values(**{**dict.fromkeys(PLACE, ""), **changes})

    def unfiltered(self) -> "ReportQuery":
        """The ledger and period without filters."""
        return self.restarted(
            **{declared.name: "" for declared in FILTERS if declared.narrows}
        )

    def in_month(self, month: Month) -> "ReportQuery":
        """The query for a whole month."""
        return self.restarted(month=month_text(month), **dict.fromkeys(DAYS, ""))

    def months_urls(self) -> Callable[[Month, Month], str]:
        """What gives the address of all days of some months, from the first page.

        A page has some thirty of them, whose other parameters are gathered once.
        """
        rest = self.restarted(month="", **dict.fromkeys(DAYS, "")).pairs()
        at = POSITIONS["month"]
        before = [pair for pair in rest if POSITIONS[pair[0]] < at]
        after = [pair for pair in rest if POSITIONS[pair[0]] > at]

        def url(first: Month, last: Month) -> str:
            period = [("month", month_text(first))]
            if first != last:
                days = map(day_text, (first_day_of(first), last_day_of(last)))
                period = list(zip(DAYS, days, strict=True))
            return address("/journals", [*before, *period, *after])

        return url

    @property
    def kept(self) -> Kept:
        """What a saved filter keeps of the query: all but the ledger and the month."""
        first_page = self.restarted().pairs()
        return Kept.of("JOURNALS", "/journals", first_page, "currency", "month")

    def pairs(self) -> list[tuple[str, str]]:
        """The given values by parameter; a month that a range overrules is left out."""
        return [
            (name, text)
            for name in sorted(self.parameters, key=POSITIONS.__getitem__)
            for text in self.parameters[name]
            if not (name == "month" and self.is_range)
        ]

    def url(self, part: str = "") -> str:
        """The report's address with these parameters; its first page needs no row.

        `part` is a part of the page that is loaded by itself.
        """
        is_first = not (self["after"] or self["before"])
        pairs = [pair for pair in self.pairs() if not (is_first and pair[0] == "n")]
        return address(f"/journals/{part}" if part else "/journals", pairs)
