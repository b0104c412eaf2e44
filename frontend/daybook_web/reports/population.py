"""What the page of the population shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from daybook.reports.trail.names import person_name
from daybook_web.kit.formats import days, source
from daybook_web.kit.links import Pager
from daybook_web.kit.rendering import View
from daybook_web.kit.results import Money
from daybook_web.reports.address import FLAGS, Address
from daybook_web.reports.frame import Frame, document_words, pager_of
from daybook_web.reports.journal_links import journal_url
from daybook_web.reports.results import PopulationEntry, PopulationListing


@dataclass(frozen=True, slots=True)
class EntryLine:
    """A recorded movement."""

    journal: str
    journal_url: str
    movement: int
    posted: str
    debit: str
    credit: str
    amount: Money
    customer: str
    product: str
    document: str
    author: str
    recorded_at: datetime
    reason: str
    flags: Sequence[str]


@dataclass(frozen=True, slots=True)
class FlagCount:
    """How many entries have a flag, and the report with these only."""

    name: str
    entries: str
    amount: Money
    url: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class PopulationBody:
    """The entries of a page, and the counts where they are loaded."""

    pager: Pager | None
    totals_url: str
    lines: Sequence[EntryLine]
    counts: Sequence[FlagCount]


@dataclass(frozen=True, slots=True)
class PopulationView(View):
    """All recorded movements, for auditors."""

    page: ClassVar[str] = "reports/population.html"
    fragments: ClassVar[tuple[str, ...]] = ("reports/_population_sums.html",)

    title: str
    frame: Frame
    body: PopulationBody | None = None


def population_body(
    address: Address, listing: PopulationListing, sums: PopulationListing | None
) -> PopulationBody:
    """The entries of a page, in the order of journals."""
    return PopulationBody(
        pager=pager_of(address, listing.page_info),
        totals_url=address.totals_url() if sums is None else "",
        lines=[_line(address, edge.node) for edge in listing.edges],
        counts=_counts(address, sums) if sums is not None else [],
    )


def _counts(address: Address, sums: PopulationListing) -> list[FlagCount]:
    """A count for each flag that some entry has, after that of all entries."""
    found = []
    for each in sums.totals:
        flags = (each.flag,) if each.flag else ()
        if each.flag and not each.entries:
            continue
        found.append(
            FlagCount(
                name=FLAGS[each.flag] if each.flag else "All entries",
                entries=f"{each.entries:,}",
                amount=each.amount,
                url=address.with_flags(*flags).url(),
                is_current=address.flags == flags,
            )
        )
    return found


def _line(address: Address, entry: PopulationEntry) -> EntryLine:
    return EntryLine(
        journal=entry.number,
        journal_url=journal_url(address, entry.number),
        movement=entry.movement,
        posted=days(entry.first_day, entry.last_day),
        debit=entry.debit.name,
        credit=entry.credit.name,
        amount=entry.amount,
        customer=entry.customer.name if entry.customer else "",
        product=entry.product.name if entry.product else "",
        document=document_words(entry.document)
        if entry.document
        else source(entry.source),
        author=person_name(entry.author),
        recorded_at=entry.recorded_at,
        reason=entry.reason,
        flags=[FLAGS[flag] for flag in entry.flags],
    )
