"""What all reports have around their table: toolbar, filters, downloads, ties."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from daybook.calendar import (
    FIRST_DAY,
    LAST_DAY,
    Day,
    date_of,
    day_text,
    day_words,
    last_day_of,
    month_of,
    parse_day,
)
from daybook_web.journals.chips import Chip
from daybook_web.kit.formats import day, day_or_month, grouped, long_day, money, source
from daybook_web.kit.forms import Problem
from daybook_web.kit.links import Link, Pager
from daybook_web.kit.results import Money, PageInfo
from daybook_web.kit.saved import SavedFilters
from daybook_web.reports.address import (
    ACCOUNTS,
    COHORTS,
    DEFERRED,
    FLAGS,
    POPULATION,
    ROLL_FORWARD,
    TIE_OUT,
    WATERFALL,
    Address,
    Report,
)
from daybook_web.reports.results import CountTie, ReportDocument, ReportLedger, Tie

TABS = (DEFERRED, WATERFALL, ROLL_FORWARD, TIE_OUT, POPULATION)
FILES = (("CSV", "csv"), ("XLSX", "xlsx"), ("Parquet", "parquet"))
LABELS = {
    "customer": "Customer",
    "product": "Product",
    "document": "Document",
    "as_of": "As of",
    "from": "From",
    "to": "To",
    "recorded_from": "Recorded from",
    "recorded_to": "Recorded to",
    "author": "Author",
    "open_only": "Only",
    "apart": "Only",
}
"""What chips call the filters."""
DAYS = {"as_of", "from", "to", "recorded_from", "recorded_to"}
SWITCHES = {"open_only": "Still open", "apart": "Nothing deferred"}


@dataclass(frozen=True, slots=True)
class Choice:
    """A link among others, of which one is current."""

    text: str
    url: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class Stepper:
    """A day or a month, and those before and after it."""

    words: str
    previous: Link | None
    next: Link | None


@dataclass(frozen=True, slots=True)
class TieLine:
    """A tie in words; `difference` is empty if it holds."""

    words: str
    difference: str


@dataclass(frozen=True, slots=True)
class Figure:
    """An amount, and the journals that add up to it where a link can name them."""

    amount: Money
    url: str = ""


@dataclass(frozen=True, slots=True)
class Stat:
    """A figure of the whole report."""

    name: str
    figure: Figure
    more: str = ""


@dataclass(frozen=True, slots=True)
class Frame:
    """The toolbar and what stands below the table.

    `news_url` is empty where nothing can change: the report is of a day that is over.
    `sums_url` is where totals are loaded that aren't on the page yet. `leads_back` if
    its reader came from the month's close.
    """

    title: str
    status: str
    address: Address
    ledgers: Sequence[Choice] = ()
    tabs: Sequence[Choice] = ()
    days: Stepper | None = None
    ways: Sequence[Choice] = ()
    chips: Sequence[Chip] = ()
    saved: SavedFilters | None = None
    problems: Sequence[Problem] = ()
    files: Sequence[Link] = ()
    unfiltered_url: str = ""
    tie_out_url: str = ""
    news_url: str = ""
    sums_url: str = ""
    ties: Sequence[TieLine] = ()
    filter_names: frozenset[str] = field(default_factory=frozenset)
    leads_back: bool = False

    @property
    def currency(self) -> str:
        """The currency of all amounts."""
        return self.address["currency"]


def frame_of(
    address: Address,
    ledgers: Iterable[ReportLedger],
    *,
    problems: Sequence[Problem] = (),
    names: dict[str, str] | None = None,
    news_url: str = "",
) -> Frame:
    """A report's frame. `names` are those of the customer and product filters."""
    report = address.report
    return Frame(
        title=report.title,
        status="" if problems else status_of(address),
        address=address,
        ledgers=[
            Choice(
                ledger.currency,
                address.url(currency=ledger.currency),
                ledger.currency == address["currency"],
            )
            for ledger in ledgers
        ],
        tabs=[
            Choice(other.title, address.of_report(other).url(), address.is_under(other))
            for other in TABS
        ],
        days=None if problems else stepper_of(address),
        ways=ways_of(address),
        chips=chips_of(address, names or {}),
        problems=problems,
        files=[Link(text, address.file_url(suffix)) for text, suffix in FILES]
        if not problems
        else [],
        unfiltered_url=address.unfiltered().url(),
        tie_out_url="" if report is TIE_OUT else address.of_report(TIE_OUT).url(),
        news_url=news_url,
        filter_names=frozenset(report.names),
    )


def status_of(address: Address) -> str:
    """Up to which day it shows what, and when that was known."""
    known = "as known now"
    if address["as_of"]:
        known = f"as known on {day_words(parse_day(address['as_of']))}"
    if "on" not in address.report.names:
        return f"{known[0].upper()}{known[1:]}"
    return f"On {day_words(parse_day(address['on']))}, {known}"


def stepper_of(address: Address) -> Stepper | None:
    """The report's day, and the month ends before and after it."""
    if not address["on"]:
        return None
    on = parse_day(address["on"])
    before, after = month_ends_around(on)

    def step(to: Day) -> Link | None:
        if not FIRST_DAY <= to <= LAST_DAY:
            return None
        return Link(long_day(date_of(to)), address.url(on=day_text(to)))

    return Stepper(long_day(date_of(on)), step(before), step(after))


def month_ends_around(on: Day) -> tuple[Day, Day]:
    """The last month end before a day, and the first after it."""
    month = month_of(on)
    end = last_day_of(month)
    return last_day_of(month - 1), end if end > on else last_day_of(month + 1)


def ways_of(address: Address) -> list[Choice]:
    """Other forms of the same report."""
    report = address.report
    if address.is_under(WATERFALL):
        by: dict[Report, str] = {WATERFALL: "By customer", COHORTS: "Cohorts"}
        return [
            Choice(text, address.of_report(other).url(), other is report)
            for other, text in by.items()
        ]
    if report is ROLL_FORWARD:
        return [
            Choice(text, address.url(account=role), role == address["account"])
            for role, text in ACCOUNTS.items()
        ]
    return []


def chips_of(address: Address, names: dict[str, str]) -> list[Chip]:
    """The filters that are set, each with the report without it."""
    found = []
    for name, label in LABELS.items():
        text = address[name]
        if text:
            words = SWITCHES.get(name) or names.get(name) or text
            if name in DAYS:
                words = day_or_month(text)
            if name == "document" and address.document is not None:
                kind, external_id = address.document
                words = f"{source(kind)} {external_id}"
            found.append(Chip(label, words, address.url(**{name: ""})))
    for flag in address.flags:
        rest = [other for other in address.flags if other != flag]
        words = FLAGS.get(flag, flag)
        found.append(Chip("Flag", words, address.with_flags(*rest).url()))
    return found


def ties_of(ties: Iterable[Tie], counts: Iterable[CountTie] = ()) -> list[TieLine]:
    """Ties with their figures, and by how much those that don't hold differ."""
    sums = [
        _tie_line(tie.words, *map(money, (tie.left, tie.right, tie.difference)))
        for tie in ties
    ]
    numbers = [
        _tie_line(
            tie.words, *(grouped(str(n)) for n in (tie.left, tie.right, tie.difference))
        )
        for tie in counts
    ]
    return [*sums, *numbers]


def _tie_line(words: str, left: str, right: str, difference: str) -> TieLine:
    first, _, second = words.partition(" = ")
    if left == right:
        # Behind one of several terms the amount would seem to be that term's.
        is_sum = " + " in first
        text = f"{words}: {left}" if is_sum else f"{first} {left} = {second}"
        return TieLine(text, "")
    return TieLine(f"{first} {left} ≠ {second} {right}", difference)


def pager_of(address: Address, info: PageInfo | None) -> Pager | None:
    """Links to the pages on either side; None if this is the only one."""
    return None if info is None else Pager.of(info, address.url)


def document_words(document: ReportDocument) -> str:
    """How a document is called: `Invoice INV-7`."""
    return f"{source(document.kind)} {document.reference}"


def through(address: Address) -> str:
    """Up to which day something is posted."""
    return f"Through {day(date_of(parse_day(address['on'])))}"
