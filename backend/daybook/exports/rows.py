"""Reading movements for an export: in report order, in slices, in constant memory."""

from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Iterator,
    Mapping,
    Sequence,
)
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import ColumnElement, and_, case, func
from sqlalchemy.orm import aliased

from daybook.calendar import Day, day_words, last_day_of, month_of
from daybook.db.engine import Database, ReadSession
from daybook.db.lists import in_lists
from daybook.documents.models import StoredDocument
from daybook.exports.conversion.contract import Converting
from daybook.exports.conversion.movements import Place
from daybook.exports.file_spec import FileSpec
from daybook.exports.mapping.rules import LineSubject
from daybook.exports.rules import (
    Accounts,
    ExportGroup,
    ExportLine,
    ExportMovement,
    Granularity,
    SideKey,
    lines_of_sums,
)
from daybook.exports.sides import (
    SideParties,
    account_key,
    read_accounts,
    sides_of,
    subject_of,
    with_sides,
    with_targets,
)
from daybook.ledger.models import Customer, Journal, JournalMovement, Product
from daybook.ledger.pins import Pin
from daybook.ledger.queries import is_renamed_by_now
from daybook.ledger.rules import Movement, SourceKind, cut
from daybook.paging import PageRequest
from daybook.recognition.models import Schedule
from daybook.reports.documents import documents_by_number
from daybook.reports.former_names import (
    customer_legal_name,
    customer_name,
    document_number,
    product_category,
    product_name,
)
from daybook.reports.journals.conditions import MOVEMENT_ORDER, select_movements
from daybook.reports.journals.filters import JournalFilter
from daybook.reports.journals.groups import (
    GroupedBy,
    GroupParty,
    JournalGroup,
    customers_by_number,
    find_groups,
    products_by_number,
)
from daybook.reports.journals.narratives import (
    group_narrative,
    month_words,
    plain_phrase,
)
from daybook.reports.journals.queries import journal_range, stories_of
from daybook.reports.journals.stories import ROLES, is_special, locks_of

SLICE = 5_000
"""How many journals or groups one short read transaction takes."""

_Parent = aliased(StoredDocument)

Read = TypeVar("Read")


async def _read_at_pin(
    database: Database, pin: Pin, read: Callable[[ReadSession, Pin], Awaitable[Read]]
) -> Read:
    """Read in one transaction, with the names of the pin's recording.

    Present names are faster to read, and right unless something was renamed since the
    pin. That may happen at any time, so this checks afterwards whether to read again.
    """
    async with database.reads() as session:
        found = await read(session, pin)
        if pin.is_renamed or not await is_renamed_by_now(session, pin):
            return found
        return await read(session, pin._replace(is_renamed=True))


async def stream_movements(
    database: Database, spec: FileSpec, conversion: Converting | None = None
) -> AsyncIterator[list[ExportMovement]]:
    """The selected movements, cut to the selected days, by journal and `seq`.

    Each slice is a transaction of its own, so a long export blocks nobody; the pinned
    recording keeps all slices of one moment. With a `conversion` the amounts are of its
    currency, and a movement that comes to nothing there is left out.
    """
    pin, journal_filter = spec.pin, spec.journal_filter
    accounts = await _accounts(database, spec)
    first, last = journal_filter.first_day(), journal_filter.last_day(pin)
    number = 0
    while True:
        after = number + 1

        async def read(
            session: ReadSession, read_pin: Pin, after: int = after
        ) -> _Slice:
            request = PageRequest(SLICE, (after,))
            numbers = await journal_range(session, read_pin, journal_filter, request)
            if not numbers:
                return _Slice(numbers, [], {}, {})
            statement = _statement(
                # An amount may fall on other days in another currency.
                *(read_pin, journal_filter),
                has_amount=conversion is None,
            ).order_by(*MOVEMENT_ORDER)
            if conversion is not None:
                statement = statement.add_columns(*_PLACE)
            connection = (
                await session.connection()
            )  # plain rows cost less than entities
            rows: list[Any] = []
            for condition in _conditions(numbers):
                rows += (await connection.execute(statement.where(condition))).all()
            if conversion is not None:
                rows = await _converted(session, rows, conversion)
            special = {row[0] for row in rows if row[-1]}
            special |= {
                number for number, _ in await locks_of(session, read_pin, numbers)
            }
            return _Slice(
                numbers,
                rows,
                await stories_of(session, read_pin, special),
                await sides_of(session, read_pin, special),
            )

        numbers, rows, stories, sides = await _read_at_pin(database, pin, read)
        if not numbers:
            return
        movements = (
            _export_movement(row, stories, accounts, first, last) for row in rows
        )
        if sides:
            movements = (
                movement and with_sides(movement, sides.get((row[0], row[1])), accounts)
                for movement, row in zip(movements, rows, strict=True)
            )
        if accounts.targets is not None:
            movements = (
                movement
                and with_targets(movement, sides.get(row[:2]), row[10:12], accounts)
                for movement, row in zip(movements, rows, strict=True)
            )
        yield [movement for movement in movements if movement is not None]
        number = numbers[-1]


class _Slice(NamedTuple):
    """Journals' numbers and movements, with details that aren't in the rows.

    These are the movements' narratives, and the products of sides that have their own.
    """

    numbers: Sequence[int]
    rows: list[Any]
    stories: dict[tuple[int, int], str]
    sides: dict[tuple[int, int], SideParties]


_PLACE = (func.coalesce(Schedule.family_id, Schedule.id), Journal.document_id)
"""The last columns of rows that are converted: what their amounts depend on."""


async def _converted(
    session: ReadSession, rows: Sequence[Any], conversion: Converting
) -> list[Any]:
    """The rows with converted amounts, without those that come to nothing."""
    places = [Place(row[0], row[1], *row[-len(_PLACE) :]) for row in rows]
    amounts = await conversion.amounts(session, places)
    converted = []
    for row in rows:
        amount, daily = amounts[row[0], row[1]]
        if amount:
            own = row[: -len(_PLACE)]
            converted.append((*own[:5], amount, daily, *own[7:]))
    return converted


def _conditions(numbers: Sequence[int]) -> Iterator[ColumnElement[bool]]:
    """Conditions that select exactly these journals, in their order."""
    if isinstance(numbers, range):
        yield JournalMovement.journal.between(numbers[0], numbers[-1])
    else:
        for numbers_slice in in_lists(numbers):
            yield JournalMovement.journal.in_(numbers_slice)


async def _accounts(database: Database, spec: FileSpec) -> Accounts:
    async with database.reads() as session:
        return await read_accounts(session, spec)


def _statement(pin: Pin, journal_filter: JournalFilter, *, has_amount: bool) -> Any:
    """The movements of a slice; `_export_movement` unpacks their columns by place."""
    return select_movements(
        pin,
        journal_filter,
        JournalMovement.journal,
        JournalMovement.seq,
        Journal.month,
        JournalMovement.debit_role,
        JournalMovement.credit_role,
        JournalMovement.amount,
        JournalMovement.daily,
        JournalMovement.first_day,
        JournalMovement.last_day,
        product_name(pin),
        Product.external_id,
        product_category(pin),
        Customer.external_id,
        customer_legal_name(pin),
        customer_name(pin),
        StoredDocument.kind,
        StoredDocument.external_id,
        document_number(pin),
        _Parent.external_id,
        document_number(pin, _Parent),
        Schedule.first_day,
        Schedule.last_day,
        Schedule.recognized_on,
        case((is_special(), 1), else_=0),
        has_amount=has_amount,
    ).outerjoin(
        _Parent,
        and_(
            _Parent.ledger_id == StoredDocument.ledger_id,
            _Parent.id == StoredDocument.parent_id,
        ),
    )


def _export_movement(
    row: Any,
    stories: dict[tuple[int, int], str],
    accounts: Accounts,
    first: Day,
    last: Day,
) -> ExportMovement | None:
    # fmt: off
    (
        journal, seq, month, debit_role, credit_role, amount, daily, first_day,
        last_day, product, product_id, category, customer_id, legal_name, customer,
        kind, document_id, number, parent_id, parent_number, service_from, service_to,
        recognized_on, _,
    ) = row
    # fmt: on
    debit, credit = ROLES[debit_role], ROLES[credit_role]
    text = stories.get((journal, seq)) if stories else None
    if text is None:
        if recognized_on is not None:
            service_from = service_to = recognized_on
        phrase = plain_phrase(debit_role, credit_role, service_from, service_to)
        text = f"{product}: {phrase} ({number})"
    elif kind == _STANDALONE:  # which may have no customer and no product
        product, customer_id = product or "", customer_id or ""
        legal_name, customer = legal_name or "", customer or ""
    if first_day < first or last_day > last:
        piece = cut(
            Movement(debit, credit, amount, daily, first_day, last_day), first, last
        )
        if piece is None:
            return None
        _, _, amount, daily, first_day, last_day = piece
    is_invoice = kind == _INVOICE
    # Positional: by keywords, an export of a year would take 5 % longer.
    return ExportMovement(
        journal,
        month,
        debit,
        credit,
        accounts[debit_role, product_id, category],
        accounts[credit_role, product_id, category],
        amount,
        daily,
        first_day,
        last_day,
        text,
        product,
        customer_id,
        legal_name,
        document_id if is_invoice else parent_id or "",
        number if is_invoice else parent_number or "",
        customer,
        number,
    )


_INVOICE, _STANDALONE = int(SourceKind.INVOICE), int(SourceKind.STANDALONE)


async def stream_groups(
    database: Database, spec: FileSpec, grouped: GroupedBy
) -> AsyncIterator[list[ExportGroup]]:
    """The journal groups of a selection, in the order of their keys."""
    pin, journal_filter = spec.pin, spec.journal_filter
    accounts = await _accounts(database, spec)
    key: tuple[Any, ...] | None = None
    while True:
        request = PageRequest(SLICE, key)

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

        groups, key = await _read_at_pin(database, pin, read)
        yield groups
        if key is None:
            return


class _Names:
    """Customers, products and documents of groups, by their ids in Daybook."""

    def __init__(self, customers: Any, products: Any, documents: Any) -> None:
        self.customers = customers
        self.products = products
        self.documents = documents

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
        return cls(
            await customers_by_number(session, pin, customers),
            await products_by_number(session, pin, products),
            found,
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
        group_narrative(named, period, group.pairs, pin.currency),
        _lines(group, names.products, accounts, customer),
        product_name=product.name if product else "",
        customer_id=customer.external_id if customer else "",
        customer_name=(customer.more or customer.name) if customer else "",
        invoice_id=invoice.external_id if invoice else "",
        invoice_number=invoice.number if invoice else "",
        place=(group.key.first_day, *group.key.parts),
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
