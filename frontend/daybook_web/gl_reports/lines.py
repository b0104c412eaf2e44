"""What the page of lines shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from daybook.sheets.xlsx_book import EXTRA
from daybook_web.gl_reports.address import (
    ADDRESS,
    CLASSES,
    GAINS,
    RATES,
    TYPES,
    Address,
)
from daybook_web.gl_reports.frame import CARRIED, Frame, days_words
from daybook_web.gl_reports.results import (
    Line,
    LineListing,
    LineTotals,
    NamedConnection,
)
from daybook_web.journals.chips import Chip
from daybook_web.kit.forms import Choice as Option
from daybook_web.kit.links import Link, Pager
from daybook_web.kit.rendering import View
from daybook_web.kit.results import Money
from daybook_web.reports.frame import Choice

WORKBOOK = "xlsx"
FILES = (("CSV", "csv"), ("Parquet", "parquet"), ("XLSX", WORKBOOK))


@dataclass(frozen=True, slots=True)
class LineRow:
    """A line of the table, with the pages of its account, contact and tracking."""

    day: date
    connection: str
    type: str
    number: str
    account: Link
    contact: Link | None
    words: str
    tracking: Sequence[Link]
    currency: str
    debit: Money
    credit: Money
    net: Money
    rate: Link | None


@dataclass(frozen=True, slots=True)
class TypeChip:
    """A type of journals that can be chosen, and what its lines sum to."""

    choice: Choice
    net: Money | None


@dataclass(frozen=True, slots=True)
class LinesView(View):
    """The page of lines; `totals` and rows only if there is a dataset."""

    page: ClassVar[str] = "gl_reports/lines.html"

    title: str
    frame: Frame
    types: Sequence[TypeChip] = ()
    class_options: Sequence[Option] = ()
    totals: LineTotals | None = None
    currency: str = ""
    rows: Sequence[LineRow] = ()
    has_several: bool = False
    files: Sequence[Link] = ()
    address_url: str = ""
    pager: Pager | None = None


def lines_view(
    address: Address,
    frame: Frame,
    listing: LineListing | None,
    connections: Sequence[NamedConnection],
    workbook_lines: int,
) -> LinesView:
    """The page of an address, with the lines that it finds.

    `workbook_lines` is the most lines for which a workbook is offered.
    """
    options = [Option(name, text) for name, text in CLASSES.items()]
    if listing is None or listing.refresh is None:
        return LinesView(frame.title, frame, class_options=options)
    names = {line.connection_name for line in listing.nodes}
    has_workbook = EXTRA.is_installed() and listing.totals.lines <= workbook_lines
    return LinesView(
        title=frame.title,
        frame=frame,
        types=_types(address, listing.totals),
        class_options=options,
        totals=listing.totals,
        currency=listing.reporting_currency or "",
        rows=[_row(address, line) for line in listing.nodes],
        has_several=len(names) > 1 or listing.totals.base_currency is None,
        files=files_of(address, connections, has_workbook=has_workbook),
        address_url=address.with_values().at_path(ADDRESS).url(),
        pager=Pager.of(listing.page_info, address.url),
    )


def _types(address: Address, totals: LineTotals) -> list[TypeChip]:
    """All types, and each of them; those that are chosen have their sums."""
    chosen = address.all("type")
    sums = {total.type: total.net for total in totals.by_type}
    every = Choice("All types", address.url(type=""), not chosen)
    return [
        TypeChip(every, None),
        *(
            TypeChip(
                Choice(text, address.url(type=name), chosen == [name]), sums.get(name)
            )
            for name, text in TYPES.items()
        ),
    ]


def _row(address: Address, line: Line) -> LineRow:
    account = line.account_code or line.account_name
    contact = None
    if line.contact_name or line.contact_id:
        text = line.contact_name or line.contact_id
        contact = Link(text, address.url(contact=line.contact_id))
    options = filter(None, (line.tracking_option0, line.tracking_option1))
    return LineRow(
        day=line.journal_date,
        connection=line.connection_name,
        type=TYPES[line.journal_type],
        number=line.journal_number,
        account=Link(
            f"{line.account_code} {line.account_name}".strip() or "No account",
            address.url(account=account) if account else "",
        ),
        contact=contact,
        words=_words(line),
        tracking=[Link(text, address.url(tracking=text)) for text in options],
        currency=line.journal_currency,
        debit=Money(line.debit),
        credit=Money(line.credit),
        net=Money(line.net_amount_rc),
        rate=_rate(address, line),
    )


def _rate(address: Address, line: Line) -> Link | None:
    """The rate that a line is valued at, among those used; None if it needs none."""
    if line.rate.source is None:
        return None
    day = line.rate.day.isoformat()
    kept = {name: address.all(name) for name in CARRIED}
    rates = Address(RATES, kept)
    url = rates.url(currency=line.journal_currency, from_=day, to=day)
    return Link(f"at {line.rate.value}", url)


def _words(line: Line) -> str:
    """What a line says, with its journal's reference where that is something else."""
    texts = dict.fromkeys(filter(None, (line.description, line.reference)))
    return " · ".join(texts) or line.source_table or "–"


def files_of(
    address: Address, connections: Sequence[NamedConnection], *, has_workbook: bool
) -> list[Link]:
    """The files of all lines that an address finds; none of an unknown connection's.

    Files are asked for by the names of connections, as those who load them know them.
    """
    names = {str(its.number): its.name for its in connections}
    numbers = address.all("connection")
    if any(number not in names for number in numbers):
        return []
    named = address.with_values(connection=[names[number] for number in numbers])
    return [
        Link(text, named.file_url(suffix))
        for text, suffix in FILES
        if suffix != WORKBOOK or has_workbook
    ]


def chips_of(
    address: Address,
    connections: Sequence[NamedConnection],
    lines: Sequence[Line] = (),
) -> list[Chip]:
    """The filters that are set, each with the page without it."""
    contacts = {line.contact_id: line.contact_name for line in lines}
    names = {
        "connection": {str(its.number): its.name for its in connections},
        "type": TYPES,
        "class": CLASSES,
        "gain": GAINS,
        "contact": contacts,
    }
    labels = {
        "connection": "Connection",
        "type": "Type",
        "account": "Account",
        "class": "Class",
        "gain": "Gain",
        "contact": "Contact",
        "tracking": "Tracking",
        "search": "Search",
        "document_currency": "Currency of the document",
        "refresh": "As of refresh",
    }
    found = []
    if address["from"] or address["to"]:
        url = address.url(from_="", to="")
        found.append(Chip("Days", days_words(address), url))
    for name, label in labels.items():
        values = address.all(name)
        for text in values:
            rest = [other for other in values if other != text]
            words = names.get(name, {}).get(text) or text
            found.append(Chip(label, words, address.url(**{name: rest})))
    return found
