"""A database beside the books: what is recorded in both, and every difference."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import text

from daybook.calendar import Day, day_text, month_of
from daybook.db.engine import Database
from daybook.documents.results import ImportResult
from daybook.documents.rules import Document
from daybook.errors import Rejected
from daybook.ledger.rules import LockMethod, Movement, Role
from daybook.recognition.rules import Treatment
from daybook_books import Books
from daybook_factories import lock, record
from daybook_family_oracle import Item, Refused
from daybook_oracle import Net, balances_by_day, net_of, sum_of, without_zeros
from daybook_replayed import replayed
from daybook_stored import (
    Posted,
    StoredMovement,
    posted_of,
    serviced_of,
    stored_movements,
)

MONTH_TOTALS = """
SELECT ledger_id, month, debit_role, credit_role, source, SUM(change)
FROM month_totals GROUP BY 1, 2, 3, 4, 5 HAVING SUM(change) <> 0
ORDER BY 1, 2, 3, 4, 5
"""
NUMBERS = """
SELECT l.id, l.journals, COUNT(j.number), MIN(j.number), MAX(j.number)
FROM ledgers l LEFT JOIN journals j ON j.ledger_id = l.id GROUP BY l.id, l.journals
"""
SETTLED = """
SELECT s.ledger_id, s.id, s.settled_on FROM schedules s WHERE s.family_id IS NULL
"""
SETTLEMENTS = """
SELECT ledger_id, family_id, settled_on FROM settlements ORDER BY recorded_in
"""
FAMILIES = "SELECT ledger_id, id, COALESCE(family_id, id) FROM schedules"
LEDGERS = "SELECT id, recordings FROM ledgers"
LEDGER_IDS = "SELECT currency, id FROM ledgers"


class Difference(AssertionError):
    """The database, or the rules themselves, come to something else."""


class Beside:
    """One database, and the books of each of its ledgers."""

    def __init__(self, database: Database, currencies: Sequence[str]) -> None:
        self.database = database
        self.books = {currency: Books() for currency in currencies}
        self.ever_locked: set[str] = set()
        self.by_document: set[str] = set()
        self.locks: dict[tuple[int, int], Day] = {}
        self.own_locks: dict[tuple[int, int, str], Day] = {}
        self.snapshots: dict[tuple[int, int], Counter[Any]] = {}
        self.stored: list[StoredMovement] = []
        self.ledgers: dict[str, int] = {}

    async def record(self, file: Sequence[Document], on: Day) -> ImportResult | None:
        """Record a file in both; None if the rules refuse it, and so does Daybook."""
        by_currency: dict[str, list[Document]] = defaultdict(list)
        for one in file:
            by_currency[one.currency].append(one)
        try:
            tried = {
                currency: self.books[currency].tried(its)
                for currency, its in by_currency.items()
            }
        except Refused as refused:
            await self._refuse(file, on, refused)
            return None
        try:
            result = await record(self.database, *file, on=day_text(on))
        except Rejected as rejected:
            messages = [problem.message for problem in rejected.problems]
            raise Difference("refused, by no rule", messages) from rejected
        for currency, model in tried.items():
            if currency in result.recordings:
                self.books[currency].take(model)
        await self._note_locks(result, file)
        return result

    async def _refuse(
        self, file: Sequence[Document], on: Day, refused: Refused
    ) -> None:
        try:
            await record(self.database, *file, on=day_text(on))
        except Rejected:
            return
        raise Difference("taken, though the rules refuse it", refused.code)

    async def _note_locks(self, result: ImportResult, file: Sequence[Document]) -> None:
        ledgers = dict(await self.rows(LEDGER_IDS))
        for currency, (first, last) in result.recordings.items():
            model = self.books[currency].model
            for number in range(first, last + 1):
                recording = (ledgers[currency], number)
                if model.by_document:
                    for one in file:
                        own = model.locked_through(one.accounting_date)
                        self.own_locks[*recording, one.id] = own
                elif model.lock is not None:
                    self.locks[recording] = model.lock

    async def lock(
        self, currency: str, through: Day | None, on: Day, *, by_document: bool = False
    ) -> None:
        """Lock a ledger through a day, or unlock it, or by each document's own."""
        method = LockMethod.ACCOUNTING_DATE if by_document else LockMethod.CUSTOM_DATE
        await lock(
            self.database,
            None if through is None else day_text(through),
            method=method,
            currency=currency,
            on=day_text(on),
        )
        self.ever_locked.add(currency)
        if by_document:
            self.by_document.add(currency)
        self.books[currency].lock(through, by_document=by_document)

    async def read(self) -> None:
        """Read what the database holds now."""
        self.stored = await stored_movements(self.database)
        self.ledgers = dict(await self.rows(LEDGER_IDS))

    async def check_days(self) -> None:
        """Compare service days and posting days; raises Difference."""
        await self.read()
        self.days_are_those_of_the_rules()
        self.nothing_is_recorded_on_a_locked_day()

    async def check(self) -> None:
        """Compare all of it; raises Difference."""
        await self.check_days()
        self.amounts_are_those_of_the_rules()
        self.catch_ups_are_one_entry_of_their_parts()
        self.finished_families_leave_nothing_open()
        self.deferred_has_one_sign()
        await self.what_was_known_at_a_recording_stays()
        await self.families_are_settled_when_they_say()
        await self.totals_are_those_of_the_movements()
        await self.numbers_have_no_gap()

    async def plan_again(self) -> None:
        """Plan everything again as each recording found it; raises Difference."""
        for one in (await replayed(self.database)).values():
            if one.mismatch is not None or one.earlier:
                raise Difference("planned again", one.mismatch, one.named)

    def days_are_those_of_the_rules(self) -> None:
        """Service days and posting days."""
        for currency, ledger_id in self.ledgers.items():
            if currency not in self.by_document:
                postings = self.books[currency].postings
                found = self.in_force(ledger_id)
                compare("posting days", posted_of(found), postings.posted)
                compare("service days", serviced_of(found), postings.serviced)

    def amounts_are_those_of_the_rules(self) -> None:
        """What the documents come to, worked out anew from all of them."""
        for currency, ledger_id in self.ledgers.items():
            serviced = serviced_of(self.in_force(ledger_id))
            wanted: Counter[Any] = Counter()
            for item, net in self.books[currency].model.nets().items():
                for key, amount in net.items():
                    wanted[item.document.id, item.product, *key] += amount
            if currency in self.by_document:
                # Which document's date locks a family's days is left open.
                compare("billed", _billed(serviced), _billed(wanted))
            elif currency in self.ever_locked:
                # Locked days that change by nothing in all make no entry.
                compare("amounts", _in_all(serviced), _in_all(wanted))
            else:
                compare("service days", serviced, without_zeros(wanted))

    def nothing_is_recorded_on_a_locked_day(self) -> None:
        """By the lock of each recording."""
        for one in self.stored:
            recording = (one.ledger_id, one.recorded_in)
            locked = self.locks.get(recording, 0)
            own = self.own_locks.get((*recording, one.document), 0)
            if one.movement.first_day <= max(locked, own):
                raise Difference("recorded on a locked day", one)

    def catch_ups_are_one_entry_of_their_parts(self) -> None:
        """On the first open day."""
        for one in self.stored:
            if one.locked_through is None:
                continue
            moved = one.movement
            parts = sum(
                its.amount if its.debit == moved.debit else -its.amount
                for its in one.parts
            )
            days = {moved.first_day, moved.last_day, one.locked_through + 1}
            if parts != moved.amount or len(days) > 1:
                raise Difference("not one entry on the first open day", one)

    def finished_families_leave_nothing_open(self) -> None:
        """Deferred and Unbilled end at zero; what waits for something is left out."""
        for books in self.books.values():
            families: dict[Item, list[Net]] = defaultdict(list)
            for item, net in books.model.nets().items():
                families[item.root].append(net)
            for root, nets in families.items():
                plan = books.model.plan(root)
                waits = any(
                    day is None and amount
                    for schedule in plan.schedules.values()
                    for day, amount in schedule.parts
                )
                balances = balances_by_day(sum_of(nets))
                if not balances or waits or plan.accruing:
                    continue
                last = balances[max(balances)]
                is_open = last[Role.DEFERRED] or last[Role.UNBILLED]
                if is_open or last[Role.BILLED] != last[Role.RECOGNIZED]:
                    raise Difference("stays open", root.document.id, last)

    def deferred_has_one_sign(self) -> None:
        """Deferred of what is sold never turns round, but for dated corrections."""
        for books in self.books.values():
            for root in {item.root for item in books.model.items}:
                plan = books.model.plan(root)
                nets = plan.nets
                for sold, schedule in plan.schedules.items():
                    signs = {one > 0 for one in schedule.deferred.values()}
                    its = [
                        net for net in nets if sold in {net, net.credits, net.pays_from}
                    ]
                    if len(signs) > 1 or _is_rebuilt_out_of_order(its):
                        continue
                    _check_sign(sold, [nets[one] for one in its])
                    if len(sold.signs) < 2 and not books.has_moved_back:
                        posted = [books.postings.posted_of(one) for one in its]
                        _check_sign(sold, posted)

    async def families_are_settled_when_they_say(self) -> None:
        """The day that is stored is that of a scan."""
        nets: dict[tuple[int, int], list[Movement]] = defaultdict(list)
        families = {(row[0], row[1]): row[2] for row in await self.rows(FAMILIES)}
        for one in self.stored:
            if one.is_in_force():
                root = families[one.ledger_id, one.schedule_id]
                nets[one.ledger_id, root].append(one.movement)
        settled = {(row[0], row[1]): row[2] for row in await self.rows(SETTLED)}
        settled |= {(row[0], row[1]): row[2] for row in await self.rows(SETTLEMENTS)}
        for family, day in settled.items():
            scanned = settled_on(net_of(nets[family]), nets[family])
            if day != scanned:
                raise Difference("settled on another day", family, day, scanned)

    async def totals_are_those_of_the_movements(self) -> None:
        """The month totals that reports read."""
        totals: Counter[tuple[int, ...]] = Counter()
        for one in self.stored:
            if month_of(one.movement.first_day) != one.month:
                raise Difference("in a journal of another month", one)
            if one.is_in_force():
                pair = (one.movement.debit, one.movement.credit)
                key = (one.ledger_id, one.month, *pair, one.source)
                totals[key] += one.movement.amount
        kept = {row[:5]: row[5] for row in await self.rows(MONTH_TOTALS)}
        compare("month totals", kept, totals)

    async def numbers_have_no_gap(self) -> None:
        """Journal numbers of each ledger."""
        for row in await self.rows(NUMBERS):
            _, given, count, first, last = row
            if not given == count == (last or 0) or first not in {1, None}:
                raise Difference("a gap in the journal numbers", row)

    async def what_was_known_at_a_recording_stays(self) -> None:
        """As of any recording, the same is in force for ever."""
        for ledger_id, recordings in await self.rows(LEDGERS):
            its = [one for one in self.stored if one.ledger_id == ledger_id]
            for number in range(1, recordings + 1):
                found = Counter(
                    (one.journal, one.seq, one.movement, one.parts)
                    for one in its
                    if one.is_in_force(number)
                )
                before = self.snapshots.setdefault((ledger_id, number), found)
                if before != found:
                    raise Difference("an earlier recording changed", number)

    def in_force(self, ledger_id: int) -> list[StoredMovement]:
        """A ledger's movements that count now."""
        return [
            one
            for one in self.stored
            if one.ledger_id == ledger_id and one.is_in_force()
        ]

    async def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """The rows of a statement, decimals as numbers."""
        async with self.database.reads() as session:
            rows = await session.execute(text(statement))
            return [
                tuple(int(one) if hasattr(one, "as_tuple") else one for one in row)
                for row in rows
            ]


def compare(what: str, found: Mapping[Any, int], wanted: Mapping[Any, int]) -> None:
    """Raise Difference, with what is more, or less, than there should be."""
    more = Counter(found)
    more.subtract(wanted)
    if different := without_zeros(more):
        keys = sorted(different, key=repr)
        raise Difference(
            what,
            *(
                f"{_key_text(key)}: {found.get(key, 0)}, by the rules"
                f" {wanted.get(key, 0)}"
                for key in keys
            ),
        )


def settled_on(net: Net, movements: Sequence[Movement]) -> Day | None:
    """By a scan: the last day with a movement, unless something stays open."""
    balances = balances_by_day(net)
    if balances:
        last = balances[max(balances)]
        if last[Role.DEFERRED] or last[Role.UNBILLED]:
            return None
    return max((movement.last_day for movement in movements), default=0)


def _in_all(posted: Mapping[Any, int]) -> Posted:
    """What each document and product moves between each pair, whenever."""
    total: Counter[Any] = Counter()
    for (document, product, _, *pair), amount in posted.items():
        total[document, product, 0, *pair] += amount
    return without_zeros(total)


def _billed(posted: Mapping[Any, int]) -> dict[tuple[str, str], int]:
    """What each document and product bills in all."""
    total: Counter[tuple[str, str]] = Counter()
    for (document, product, _, debit, _), amount in posted.items():
        if debit is Role.BILLED:
            total[document, product] += amount
    return without_zeros(total)


def _is_rebuilt_out_of_order(items: Sequence[Item]) -> bool:
    """Whether credits, `REBUILD` among them, take effect otherwise than as recorded.

    Then days that are already rebuilt may be allocated anew under what was taken.
    """
    notes = [item for item in items if item.credits and item.terms.amount]
    days = [max(note.effective, note.credits.a) for note in notes if note.credits]
    rebuilt = any(note.treatment is Treatment.REBUILD for note in notes)
    return rebuilt and days != sorted(days)


def _check_sign(sold: Item, nets: Iterable[Net]) -> None:
    """Check one schedule with what credits and burn-downs take of it."""
    signs = set()
    for day, balances in sorted(balances_by_day(sum_of(nets)).items()):
        balance = balances[Role.DEFERRED]
        signs |= {balance > 0} if balance else set()
        if len(signs) > 1:
            raise Difference("Deferred turns round", sold.document.id, day_text(day))


def _key_text(key: Any) -> str:
    """A document, product, day and pair of accounts, or whatever else is compared."""
    match key:
        case (str() as document, str() as product, int() as day, *pair):
            debit, credit = (Role(one).name.title() for one in pair)
            when = day_text(day) if day else "in all"
            return f"{document} {product} {when} Dr {debit} Cr {credit}"
    return str(key)
