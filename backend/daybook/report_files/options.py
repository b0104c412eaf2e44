"""The options of reports as texts: what command lines and addresses give. Pure.

Each report has options of its own; every interface reads them here, so that all refuse
the same texts in the same words.
"""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, NamedTuple, Protocol

from daybook.calendar import (
    Day,
    Month,
    first_day_of,
    last_day_of,
    month_of,
    month_text,
    parse_month,
)
from daybook.errors import Problem, ProblemCode, Rejected, did_you_mean
from daybook.ledger.rules import Role, SourceKind
from daybook.reports.journals.filter_kinds import (
    AnyDay,
    OneOf,
    OwnId,
    Text,
    Unfit,
    YesOrNo,
    give_one,
)
from daybook.reports.population.rules import PopulationFlag


class OwnDocument(NamedTuple):
    """A document by its kind and the sender's own id."""

    kind: SourceKind
    external_id: str


class RolledForward(Enum):
    """The accounts that have a roll-forward."""

    DEFERRED = Role.DEFERRED
    UNBILLED = Role.UNBILLED


@dataclass(frozen=True, slots=True)
class ReportOptions:
    """What a report is asked for; absent values don't narrow.

    Customers, products and documents are named by the senders' own ids. `since` and
    `until` are the first and the last day of a report of days or months.
    """

    currency: str | None = None
    on: Day | None = None
    as_of: Day | None = None
    since: Day | None = None
    until: Day | None = None
    recorded_from: Day | None = None
    recorded_to: Day | None = None
    customer: str | None = None
    product: str | None = None
    document: OwnDocument | None = None
    account: RolledForward = RolledForward.DEFERRED
    open_only: bool = False
    apart: bool = False
    flags: tuple[PopulationFlag, ...] = ()
    author: str | None = None


class Kind(Protocol):
    """A kind of values; raises Unfit for texts that are none."""

    def read(self, text: str) -> Any:
        """The value of a text."""
        ...


@dataclass(frozen=True, slots=True)
class AnyMonth:
    """A month, `YYYY-MM`, as its first or its last day."""

    is_end: bool = False

    def read(self, text: str) -> Day:
        """The day; raises Unfit for other texts."""
        try:
            month = parse_month(text)
        except ValueError:
            words = "is not a month: write it as 2025-10, between 2000 and 2099"
            raise Unfit(ProblemCode.INVALID_DATE, text, words) from None
        return last_day_of(month) if self.is_end else first_day_of(month)


@dataclass(frozen=True, slots=True)
class AnyDocument(OwnId):
    """A document as `KIND:own id`; an id without a kind is an invoice's."""

    def read(self, text: str) -> OwnDocument:  # type: ignore[override]  # more than an id
        """The kind and the id; raises Unfit if no name can contain the text."""
        name, colon, id_ = super(AnyDocument, self).read(text).partition(":")
        kind = SourceKind.__members__.get(name.strip().upper().replace("-", "_"))
        if not colon or kind is None:
            return OwnDocument(SourceKind.INVOICE, text)
        return OwnDocument(kind, id_.strip())


@dataclass(frozen=True, slots=True)
class Code(Text):
    """A currency's code in any case."""

    def read(self, text: str) -> str:
        """The code in capitals."""
        return super(Code, self).read(text).upper()


class Option(NamedTuple):
    """An option of a report: its name everywhere, and the field that it fills."""

    name: str
    field: str
    kind: Kind
    help: str
    is_many: bool = False


_DAYS = AnyDay()
CURRENCY = Option("currency", "currency", Code(), "The ledger, by its currency.")
ON = Option(
    "on", "on", _DAYS, "Posted up to this day; by default today, or the as-of day."
)
AS_OF = Option("as_of", "as_of", _DAYS, "What was known at the end of this day.")
CUSTOMER = Option("customer", "customer", OwnId(), "Only this customer, by your id.")
PRODUCT = Option("product", "product", OwnId(), "Only this product, by your id.")
DOCUMENT = Option(
    "document",
    "document",
    AnyDocument(),
    "Only this document: an invoice by your id, others as KIND:ID, such as"
    " CREDIT_NOTE:cn_1.",
)
OPEN_ONLY = Option(
    "open_only",
    "open_only",
    YesOrNo("Open only"),
    "Only families that have something on Deferred.",
)
APART = Option(
    "apart",
    "apart",
    YesOrNo("Apart"),
    "What the sums leave out: families with nothing on Deferred.",
)
FIRST_MONTH = Option(
    "from", "since", AnyMonth(), "The first month, YYYY-MM; by default a year ago."
)
LAST_MONTH = Option(
    "to", "until", AnyMonth(is_end=True), "The last month, YYYY-MM, instead of --on."
)
ACCOUNT = Option(
    "account",
    "account",
    OneOf("rolled-forward account", RolledForward, {}),
    "DEFERRED, which is the default, or UNBILLED.",
)
POSTED_FROM = Option("from", "since", _DAYS, "Entries of this posting day or later.")
POSTED_TO = Option("to", "until", _DAYS, "Entries of this posting day or earlier.")
RECORDED_FROM = Option(
    "recorded_from", "recorded_from", _DAYS, "Recorded on this day or later."
)
RECORDED_TO = Option(
    "recorded_to", "recorded_to", _DAYS, "Recorded on this day or earlier."
)
FLAGS = Option(
    "flags",
    "flags",
    OneOf("flag", PopulationFlag, {}, is_many=True),
    "Only entries with one of these flags, with commas between:"
    f" {', '.join(PopulationFlag.__members__)}.",
    is_many=True,
)
AUTHOR = Option("author", "author", Text(), "Recorded by this person, key or program.")

MONTH = Option(
    "month",
    "until",
    AnyMonth(is_end=True),
    "The month to close, YYYY-MM; by default that of --on, or the last one that is"
    " over.",
)

NARROWING = (CUSTOMER, PRODUCT, DOCUMENT)

OPTIONS: Mapping[str, tuple[Option, ...]] = {
    "deferred-revenue": (CURRENCY, ON, AS_OF, *NARROWING, OPEN_ONLY),
    "waterfall": (CURRENCY, ON, AS_OF, *NARROWING, APART),
    "cohorts": (CURRENCY, ON, AS_OF, *NARROWING),
    "roll-forward": (
        *(CURRENCY, ON, AS_OF, FIRST_MONTH, LAST_MONTH, ACCOUNT),
        *NARROWING,
    ),
    "population": (
        *(CURRENCY, AS_OF, POSTED_FROM, POSTED_TO, RECORDED_FROM, RECORDED_TO),
        *(FLAGS, AUTHOR, *NARROWING),
    ),
    "tie-out": (CURRENCY, ON, AS_OF),
    "close-checklist": (CURRENCY, ON, AS_OF, MONTH),
}
"""The options of each report, by its name."""


def check_report(report: str) -> None:
    """Raise Rejected if there is no report of a name."""
    if report not in OPTIONS:
        near = did_you_mean(report, OPTIONS)
        message = f"there is no report {report!r}: there are {_listed(OPTIONS)}{near}"
        raise Rejected([Problem(ProblemCode.NOT_FOUND, message, ("report",))])


def read_options(
    report: str, texts: Mapping[str, Sequence[str]], beside: Container[str] = ()
) -> ReportOptions:
    """The options that texts by name ask for; empty texts are absent.

    `beside` are names that the interface reads itself. Raises Rejected with every
    problem, whose path is the option's name; also for names that the report lacks.
    """
    check_report(report)
    options = {option.name: option for option in OPTIONS[report]}
    problems, values = [], dict[str, Any]()
    for name, given in texts.items():
        if name in options:
            option = options[name]
            read, its_problems = _read(option, given)
            problems += its_problems
            if read:
                values[option.field] = tuple(read) if option.is_many else read[0]
        elif name not in beside:
            message = (
                f"{report} has no such option: it has {_listed(options)}"
                f"{did_you_mean(name, options)}"
            )
            problems.append(Problem(ProblemCode.UNKNOWN_FIELD, message, (name,)))
    asked = ReportOptions(**values)
    end = next((its.name for its in options.values() if its.field == "until"), "to")
    problems += _contradictions(asked, end)
    if problems:
        raise Rejected(problems)
    return asked


def _read(option: Option, given: Sequence[str]) -> tuple[list[Any], list[Problem]]:
    """The values of an option, and what is wrong with its texts."""
    texts = [part for text in given for part in _parts(option, text)]
    distinct = [text for text in dict.fromkeys(map(str.strip, texts)) if text]
    if len(distinct) > 1 and not option.is_many:
        message = give_one(distinct)
        return [], [Problem(ProblemCode.INVALID_VALUE, message, (option.name,))]
    read, problems = [], []
    for text in distinct:
        try:
            value = option.kind.read(text)
        except Unfit as why:
            problems.append(Problem(why.code, str(why), (option.name,)))
        else:
            if value is not None:
                read.append(value)
    return read, problems


def _parts(option: Option, text: str) -> Iterable[str]:
    return text.split(",") if option.is_many else [text]


def _contradictions(options: ReportOptions, end: str) -> list[Problem]:
    """Ranges that end before they begin, and two ends of one period.

    `end` is the name of the option that the period ends with.
    """
    problems = []
    ranges = {
        end: (options.since, options.until),
        "recorded_to": (options.recorded_from, options.recorded_to),
    }
    for name, (first, last) in ranges.items():
        if first is not None and last is not None and first > last:
            message = "the period ends before it begins"
            problems.append(Problem(ProblemCode.INVALID_PERIOD, message, (name,)))
    on, until, since = options.on, options.until, options.since
    if on is not None and until is not None and month_of(on) != month_of(until):
        message = (
            f"the last month is that of `on`, {month_text(month_of(on))}: give one of"
            " both"
        )
        problems.append(Problem(ProblemCode.INVALID_PERIOD, message, (end,)))
    elif on is not None and since is not None and since > on:
        message = "the first month begins after `on`"
        problems.append(Problem(ProblemCode.INVALID_PERIOD, message, ("from",)))
    return problems


def last_posted(options: ReportOptions, today: Day) -> Day:
    """The day up to which a report counts entries as posted."""
    if options.on is not None:
        return options.on
    return today if options.until is None else options.until


def closed_month(options: ReportOptions, today: Day) -> Month:
    """The month to close: by default the last one that is over."""
    last = options.until or options.on
    return month_of(today) - 1 if last is None else month_of(last)


def first_month(options: ReportOptions, on: Day) -> Month:
    """The first month of a roll-forward: by default twelve months up to `on`."""
    if options.since is None:
        return month_of(on) - 11
    return month_of(options.since)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)
