"""Reading the movements of a slice of journals, with all names of their lines."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, cast

from daybook.db.engine import Database, ReadSession
from daybook.db.fast.compiled import CompiledSelect, fetch_rows_in
from daybook.db.lists import in_lists
from daybook.exports.conversion.contract import Converting
from daybook.exports.file_spec import FileSpec
from daybook.exports.reading.at_pin import read_at_pin
from daybook.exports.reading.entered import (
    EnteredLine,
    entered_lines,
    export_lines,
)
from daybook.exports.reading.movement_rows import (
    DOCUMENT,
    IDS,
    KEY,
    SCHEDULE,
    SEQ,
    MovementNames,
    converted_rows,
    lines_of_rows,
    select_rows,
)
from daybook.exports.reading.references import (
    KEPT,
    ReferenceReader,
    References,
    number_parameter,
)
from daybook.exports.reading.sides import (
    SideParties,
    read_accounts,
    sides_of,
    with_sides,
    with_targets,
)
from daybook.exports.rules import Accounts, ExportMovement, JournalSlice, within
from daybook.ledger.models import JournalMovement
from daybook.ledger.pins import Pin
from daybook.ledger.rules import SourceKind
from daybook.reports.journals.narratives import Occasion, plain_phrase
from daybook.reports.journals.queries import stories_of
from daybook.reports.journals.stories import ROLES, SPECIAL_METHODS, locks_of


class MovementReader:
    """Reads slices of a selection's movements, each in a transaction of its own."""

    def __init__(
        self,
        database: Database,
        spec: FileSpec,
        accounts: Accounts,
        conversion: Converting | None = None,
    ) -> None:
        self._database, self._pin = database, spec.pin
        days = spec.journal_filter
        self._days = days.first_day(), days.last_day(spec.pin)
        self._has_whole_journals = not days.narrows_movements()
        self._accounts, self._conversion = accounts, conversion
        # An amount may fall on other days in another currency.
        self._statement = select_rows(spec, has_amount=conversion is None)
        first, last = number_parameter("first"), number_parameter("last")
        self._range = CompiledSelect(
            self._statement.where(JournalMovement.journal.between(first, last))
        )
        self._names: dict[bool, _Names] = {}

    @classmethod
    async def of(
        cls, database: Database, spec: FileSpec, conversion: Converting | None = None
    ) -> "MovementReader":
        """A reader that knows the names of accounts.

        With a `conversion` the amounts are of its currency, and a movement that comes
        to nothing there is left out.
        """
        async with database.reads() as session:
            accounts = await read_accounts(session, spec)
        return cls(database, spec, accounts, conversion)

    async def read(self, numbers: Sequence[int]) -> JournalSlice:
        """The journals with these numbers, which a filter selected."""

        async def read(session: ReadSession, pin: Pin) -> _Slice:
            return await self._read(session, pin, numbers)

        found = await read_at_pin(self._database, self._pin, read)
        rows, named, stories, sides, entered = found
        accounts, (first, last) = self._accounts, self._days
        movements: Iterable[ExportMovement] = map(_export_movement, rows, named)
        if stories:
            movements = (
                _with_story(movement, stories.get((row[0], row[SEQ])))
                for movement, row in zip(movements, rows, strict=True)
            )
        if sides:
            movements = (
                with_sides(movement, sides.get((row[0], row[SEQ])), accounts)
                for movement, row in zip(movements, rows, strict=True)
            )
        if accounts.targets is not None:
            movements = (
                with_targets(
                    movement, sides.get((row[0], row[SEQ])), names.product, accounts
                )
                for movement, row, names in zip(movements, rows, named, strict=True)
            )
        cut_ = [
            movement
            for whole in movements
            if (movement := within(whole, first, last)) is not None
        ]
        if not entered:
            return JournalSlice(cut_, {})
        of_journal = {movement.journal: movement for movement in cut_}
        lines = {
            number: export_lines(entered[number], movement, accounts)
            for number, movement in of_journal.items()
            if number in entered
        }
        return JournalSlice(cut_, lines)

    async def _read(
        self, session: ReadSession, pin: Pin, numbers: Sequence[int]
    ) -> "_Slice":
        rows = await self._rows(session, numbers)
        if pin.is_renamed not in self._names:
            self._names[pin.is_renamed] = _Names(pin, self._accounts)
        named = await self._names[pin.is_renamed].of(session, rows)
        special_rows = {
            row[0]: row
            for row, names in zip(rows, named, strict=True)
            if names.is_special
        }
        manual = {
            number: row[DOCUMENT]
            for number, row in special_rows.items()
            if row[SCHEDULE] is None
        }
        entered = {}
        if manual and self._has_whole_journals:
            entered = await entered_lines(session, pin, manual)
        if self._conversion is not None:
            before = rows
            rows, named = await converted_rows(session, rows, named, self._conversion)
            entered = lines_of_rows(entered, before, rows)
        locks = await locks_of(session, pin, numbers)
        special = {*special_rows, *(number for number, _ in locks)}
        return _Slice(
            rows,
            named,
            await stories_of(session, pin, special),
            await sides_of(session, pin, special),
            entered,
        )

    async def _rows(
        self, session: ReadSession, numbers: Sequence[int]
    ) -> list[Sequence[Any]]:
        """The rows of exactly these journals, in their order."""
        if isinstance(numbers, range):
            ends = {"first": numbers[0], "last": numbers[-1]}
            return await fetch_rows_in(session, self._range, ends)
        connection = await session.connection()  # plain rows cost less than entities
        rows: list[Sequence[Any]] = []
        for numbers_slice in in_lists(numbers):
            within = JournalMovement.journal.in_(numbers_slice)
            rows += (await connection.execute(self._statement.where(within))).all()
        return rows


class _Slice(NamedTuple):
    """Movements' rows with their names, and details that few of them have.

    These are narratives with their occasions, the products of sides that have their
    own, and the lines of manual journals, by the journal's number.
    """

    rows: list[Sequence[Any]]
    named: list[MovementNames]
    stories: dict[tuple[int, int], tuple[str, Occasion]]
    sides: dict[tuple[int, int], SideParties]
    entered: dict[int, list[EnteredLine]]


class _Names:
    """Looks up names at a pin, once for all movements that have the same."""

    def __init__(self, pin: Pin, accounts: Accounts) -> None:
        self._references = ReferenceReader(pin)
        self._accounts = accounts
        self._known: dict[Any, MovementNames] = {}

    async def of(
        self, session: ReadSession, rows: Sequence[Sequence[Any]]
    ) -> list[MovementNames]:
        """The names of each row's movement."""
        known = self._known
        named = [known.get(row[KEY:]) for row in rows]
        if None in named:
            await self._look_up(session, rows, named)
        return cast("list[MovementNames]", named)

    async def _look_up(
        self,
        session: ReadSession,
        rows: Sequence[Sequence[Any]],
        named: list[MovementNames | None],
    ) -> None:
        """Look up the names that are missing."""
        missing = [at for at, names in enumerate(named) if names is None]
        if len(missing) + len(self._known) > KEPT:
            self._known.clear()
        keys = {rows[at][KEY:] for at in missing}
        ids = [key[-IDS:] for key in keys]
        references = await self._references.read(session, ids)
        for key in keys:
            self._known[key] = _common(key, references, self._accounts)
        for at in missing:
            named[at] = self._known[rows[at][KEY:]]


def _common(
    key: Sequence[Any], references: References, accounts: Accounts
) -> MovementNames:
    method, recorded_in, debit_role, credit_role, *ids = key
    schedule_id, document_id, customer_id, product_id = ids
    document = references.documents[document_id]
    schedule = references.schedules[schedule_id]
    customer = references.customers[customer_id]
    product, product_key, category = references.products[product_id]
    service = schedule.first_day, schedule.last_day
    if schedule.recognized_on is not None:
        service = schedule.recognized_on, schedule.recognized_on
    is_special = (
        bool(document.is_special or schedule.is_special)
        or recorded_in != document.recorded_in
        or method in SPECIAL_METHODS
    )
    text = ""
    if not is_special:  # else its narrative is another
        phrase = plain_phrase(debit_role, credit_role, *service)
        text = f"{product}: {phrase} ({document.number})"
    is_invoice = document.kind == _INVOICE
    return MovementNames(
        (
            *(ROLES[debit_role], ROLES[credit_role]),
            accounts[debit_role, product_key, category],
            accounts[credit_role, product_key, category],
        ),
        (
            *(text, product),
            *(customer.external_id, customer.legal_name),
            document.external_id if is_invoice else document.parent_id or "",
            document.number if is_invoice else document.parent_number or "",
            *(customer.name, document.number),
            *(None, None, None),  # the targets and the occasion
        ),
        (product_key, category),
        is_special,
        schedule.family_id,
    )


def _export_movement(row: Sequence[Any], names: MovementNames) -> ExportMovement:
    # Joined tuples: giving each field takes twice as long.
    return ExportMovement._make((*row[:2], *names.sides, *row[2:SEQ], *names.texts))


def _with_story(
    movement: ExportMovement, story: tuple[str, Occasion] | None
) -> ExportMovement:
    if story is None:
        return movement
    narrative, occasion = story
    return movement._replace(narrative=narrative, occasion=occasion)


_INVOICE = int(SourceKind.INVOICE)
