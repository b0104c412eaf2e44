"""Reading movements for an export: in report order, in slices, in constant memory."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from daybook.calendar import Day, day_words, last_day_of, month_of
from daybook.db.engine import Database, ReadSession
from daybook.exports.conversion.contract import Converting
from daybook.exports.file_spec import FileSpec
from daybook.exports.mapping.rules import LineSubject
from daybook.exports.reading.at_pin import read_at_pin
from daybook.exports.reading.movement_reader import MovementReader
from daybook.exports.reading.sides import account_key, read_accounts, subject_of
from daybook.exports.rules import (
    Accounts,
    ExportGroup,
    ExportLine,
    Granularity,
    JournalSlice,
    SideKey,
    lines_of_sums,
)
from daybook.ledger.pins import Pin
from daybook.ledger.rules import SourceKind
from daybook.paging import PageRequest
from daybook.reports.documents import documents_by_number
from daybook.reports.journals.entered import entered_by_document
from daybook.reports.journals.groups import (
    GroupedBy,
    GroupParty,
    JournalGroup,
    customers_by_number,
    find_groups,
    products_by_number,
)
from daybook.reports.journals.narratives import group_narrative, month_words
from daybook.reports.journals.queries import journal_range

SLICE = 1_000
"""How many journals one short read transaction takes."""
SLICES_READ = 50
"""How many slices of journals' numbers are read at once, which are little."""
GROUPS = 5_000
"""How many journal groups one short read transaction takes."""

_INVOICE, _MANUAL = int(SourceKind.INVOICE), int(SourceKind.STANDALONE)


async def stream_movements(
    database: Database, spec: FileSpec, conversion: Converting | None = None
) -> AsyncIterator[JournalSlice]:
    """The selected journals, cut to the selected days, by number.

    Each slice is a transaction of its own, so a long export blocks nobody; the pinned
    recording keeps all slices of one moment. With a `conversion` the amounts are of its
    currency, and what comes to nothing there is left out.
    """
    reader = await MovementReader.of(database, spec, conversion)
    async for numbers in journal_slices(database, spec):
        yield await reader.read(numbers)


async def journal_slices(
    database: Database, spec: FileSpec, *, first: int = 1, most: int | None = None
) -> AsyncIterator[Sequence[int]]:
    """The numbers of the selected journals in slices of `SLICE`, but for the last.

    From the journal `first` on, and no more than `most` slices: if that begins a slice,
    they are the same slices as from the beginning. Whether a journal has an amount on
    the selected days is left to `MovementReader`.
    """
    pin, journal_filter = spec.pin, spec.journal_filter
    left = float("inf") if most is None else most
    while left > 0:
        request = PageRequest(int(min(SLICES_READ, left)) * SLICE, (first,))

        async def read(
            session: ReadSession, read_pin: Pin, request: PageRequest = request
        ) -> Sequence[int]:
            return await journal_range(session, read_pin, journal_filter, request)

        numbers = await read_at_pin(database, pin, read)
        if not numbers:
            return
        for start in range(0, len(numbers), SLICE):
            yield numbers[start : start + SLICE]
        left -= SLICES_READ
        first = numbers[-1] + 1


async def _accounts(database: Database, spec: FileSpec) -> Accounts:
    async with database.reads() as session:
        return await read_accounts(session, spec)


async def stream_groups(
    database: Database, spec: FileSpec, grouped: GroupedBy
) -> AsyncIterator[list[ExportGroup]]:
    """The journal groups of a selection, in the order of their keys."""
    pin, journal_filter = spec.pin, spec.journal_filter
    accounts = await _accounts(database, spec)
    key: tuple[Any, ...] | None = None
    while True:
        request = PageRequest(GROUPS, key)

        async def read(
            session: ReadSession, read_pin: Pin, request: PageRequest = request
        ) -> tuple[list[ExportGroup], tuple[Any, ...] | None]:
            page = await find_groups(
                session, read_pin, journal_filter, grouped, request, has_products=True
            )
            names = await _Names.of(session, read_pin, page.items)
            last_day = journal_filter.last_day(read_pin)
            groups = [
                _export_group(read_pin, group, grouped, names, accounts, last_day)
                for group in page.items
            ]
            if not page.has_next:
                return groups, None
            last = page.items[-1].key
            return groups, (last.first_day, *last.parts)

        groups, key = await read_at_pin(database, pin, read)
        yield groups
        if key is None:
            return


class _Names:
    """Customers, products and documents of groups, by their ids in Daybook.

    And what somebody entered of the documents that are manual journals.
    """

    def __init__(
        self, customers: Any, products: Any, documents: Any, entered: Any
    ) -> None:
        self.customers = customers
        self.products = products
        self.documents = documents
        self.entered = entered

    @classmethod
    async def of(
        cls, session: ReadSession, pin: Pin, groups: list[JournalGroup]
    ) -> "_Names":
        """Look up all customers, products and documents of the groups."""
        customers = {
            group.customer_id for group in groups if group.customer_id is not None
        }
        products = {
            group.product_id for group in groups if group.product_id is not None
        }
        pairs = {pair for group in groups for pair in group.by_product}
        products |= {id_ for pair in pairs for id_ in pair[-2:] if id_ is not None}
        documents = {
            group.document_id for group in groups if group.document_id is not None
        }
        found = await documents_by_number(session, pin, documents)
        parents = {
            document.parent_id
            for document in found.values()
            if document.parent_id is not None
        }
        found |= await documents_by_number(session, pin, parents - set(found))
        manual = [id_ for id_, document in found.items() if document.kind == _MANUAL]
        return cls(
            await customers_by_number(session, pin, customers),
            await products_by_number(session, pin, products),
            found,
            await entered_by_document(session, pin, manual),
        )


def _export_group(  # noqa: PLR0913, PLR0917  (a group and what belongs to its slice)
    pin: Pin,
    group: JournalGroup,
    grouped: GroupedBy,
    names: _Names,
    accounts: Accounts,
    last_day: Day,
) -> ExportGroup:
    day, period = group.key.first_day, day_words(group.key.first_day)
    if grouped.granularity is Granularity.MONTHLY:
        month = month_of(day)
        day, period = min(last_day_of(month), last_day), month_words(month)
    customer = names.customers.get(group.customer_id)
    product = names.products.get(group.product_id)
    document = names.documents.get(group.document_id)
    entered = names.entered.get(group.document_id)
    invoice = document
    if document is not None and document.kind != _INVOICE:
        parent = names.documents.get(document.parent_id)
        is_credit = document.kind == int(SourceKind.CREDIT_NOTE)
        invoice = parent if is_credit else None
    named = [
        *([customer.name] if customer else []),
        *([product.name] if product else []),
        *([document.number] if document else []),
    ]
    return ExportGroup(
        group.key.text(grouped.by, grouped.granularity),
        day,
        group_narrative(named, period, group.pairs, pin.currency)
        if entered is None
        else entered.text,
        _lines(group, names.products, accounts, customer),
        product_name=product.name if product else "",
        customer_id=customer.external_id if customer else "",
        customer_name=(customer.more or customer.name) if customer else "",
        invoice_id=invoice.external_id if invoice else "",
        invoice_number=invoice.number if invoice else "",
        place=(group.key.first_day, *group.key.parts),
        document=document.number if document else "",
        is_entered=entered is not None,
    )


def _lines(
    group: JournalGroup,
    products: Mapping[int | None, GroupParty],
    accounts: Accounts,
    customer: GroupParty | None,
) -> list[ExportLine]:
    """A group's sums by account and side, never netted."""
    sides: tuple[dict[SideKey, int], ...] = ({}, {})
    customer_id = customer.external_id if customer else ""
    customer_name = (customer.more or customer.name) if customer else ""
    for part, amount in group.by_product.items():
        owns = (part.debit_product_id, part.credit_product_id)
        journals = LineSubject(
            part.product_id or "",
            part.product_name or "",
            part.category or "",
            customer_id,
            customer_name,
        )
        for role, own_id, sums in zip(part.pair, owns, sides, strict=True):
            own = products.get(own_id)
            name = accounts[account_key(role, own, part.product_id, part.category)]
            key = (role, name, accounts.target(role, subject_of(own, journals)))
            sums[key] = sums.get(key, 0) + amount
    return lines_of_sums(*sides)
