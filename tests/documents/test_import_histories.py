"""Any history of imports and locks: what the database holds is what the rules say."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Coroutine, Mapping, Sequence
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import text

from daybook.calendar import Day, day_text, month_of
from daybook.db.engine import Database
from daybook.documents import commands
from daybook.documents.rules import Document
from daybook.errors import Rejected
from daybook.ledger.rules import LockMethod, Movement, Role
from daybook_drawing import FIRST, Drawing
from daybook_drawing import days as any_day
from daybook_factories import invoice, line, lock, recognize_breakage, record, terms
from daybook_family_oracle import Refused
from daybook_model import Model
from daybook_oracle import Net, balances_by_day, net_of, sum_of, without_zeros
from daybook_posting import Postings
from daybook_services.database import AT_ANY_TIME, NewDatabase
from daybook_stored import (
    Posted,
    StoredMovement,
    dump,
    posted,
    posted_of,
    serviced_of,
    stored_movements,
)

Result = TypeVar("Result")

CURRENCIES = ("EUR", "USD")

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


class Histories(RuleBasedStateMachine):
    """Imports and locks, beside a model of what they come to."""

    new_database: NewDatabase

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.database = Database(self.new_database(), AT_ANY_TIME)
        self.models = {currency: Model() for currency in CURRENCIES}
        self.postings = {currency: Postings() for currency in CURRENCIES}
        self.methods = dict.fromkeys(CURRENCIES, LockMethod.CUSTOM_DATE)
        self.is_by_document = dict.fromkeys(CURRENCIES, False)
        self.locked: set[str] = set()
        self.recorded_on = FIRST
        self.files = 0
        self.stored: list[StoredMovement] = []
        self.ledgers: dict[str, int] = {}
        self.locks: dict[tuple[int, int], Day] = {}
        self.own_locks: dict[tuple[int, int, str], Day] = {}
        self.snapshots: dict[tuple[int, int], Counter[Any]] = {}

    def teardown(self) -> None:
        self.run(self.database.close())
        self.runner.close()

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        return self.runner.run(work)

    @initialize(is_recognized=st.booleans())
    def recognize_breakage_or_not(self, *, is_recognized: bool) -> None:
        if is_recognized:
            for currency in CURRENCIES:
                nothing = invoice(
                    f"nothing_{currency}",
                    line(its_terms=terms("0.00")),
                    customer="c1",
                    customer_name="c1",
                    currency=currency,
                )
                self.take([nothing], self.models | {currency: self.with_(nothing)})
                self.run(recognize_breakage(self.database, currency=currency))
                self.models[currency].breakage = True

    def with_(self, document: Document) -> Model:
        model = self.models[document.currency].copy()
        model.record([document])
        return model

    @rule(data=st.data(), days_later=st.sampled_from([0, 0, 1, 20, 45]))
    def import_a_file(self, data: st.DataObject, days_later: int) -> None:
        self.recorded_on += days_later
        self.files += 1
        currencies = data.draw(st.sampled_from([["USD"], ["USD"], ["EUR", "USD"]]))
        tried, file = dict(self.models), []
        for currency in currencies:
            tried[currency] = self.models[currency].copy()
            drawing = Drawing(data.draw, tried[currency], currency)
            file += drawing.file(f"{currency}_{self.files}")
        try:
            for currency in currencies:
                its = [one for one in file if one.currency == currency]
                tried[currency].record(its)
        except Refused:
            self.refuse(file)
            return
        self.take(file, tried)

    def refuse(self, file: Sequence[Document]) -> None:
        before = self.run(dump(self.database))
        with pytest.raises(Rejected):
            self.run(record(self.database, *file, on=day_text(self.recorded_on)))
        assert self.run(dump(self.database)) == before

    def take(self, file: Sequence[Document], models: dict[str, Model]) -> None:
        day = day_text(self.recorded_on)
        before = self.run(dump(self.database))
        dry = self.run(record(self.database, *file, on=day, is_dry_run=True))
        assert self.run(dump(self.database)) == before

        result = self.run(record(self.database, *file, on=day))

        assert result == dry
        counted = sum((result.recorded + result.revised + result.voided).values())
        assert counted + result.unchanged == len(file)
        ledgers = dict(self.rows(LEDGER_IDS))
        for currency, (first, last) in result.recordings.items():
            locked = models[currency].lock
            is_by_document = self.methods[currency] is LockMethod.ACCOUNTING_DATE
            for number in range(first, last + 1):
                recording = (ledgers[currency], number)
                if locked is not None:
                    self.locks[recording] = locked
                for one in file if is_by_document else ():
                    key = (*recording, one.id)
                    self.own_locks[key] = one.accounting_date - 1
        self.models = models
        for currency in result.recordings:
            self.postings[currency].record(
                models[currency].changed_nets(), models[currency].lock
            )

    @precondition(lambda self: self.files)
    @rule(data=st.data())
    def import_known_documents_again(self, data: st.DataObject) -> None:
        known = [
            one.document
            for model in self.models.values()
            for one in model.documents.values()
        ]
        file = data.draw(st.permutations(known))
        before = self.run(dump(self.database))

        result = self.run(record(self.database, *file, on="2025-06-15"))

        assert result.unchanged == len(file)
        assert self.run(dump(self.database)) == before

    @precondition(lambda self: self.rows(LEDGERS))
    @rule(data=st.data(), days_later=st.integers(0, 3))
    def lock_or_unlock(self, data: st.DataObject, days_later: int) -> None:
        self.recorded_on += days_later
        currency = data.draw(st.sampled_from(sorted(dict(self.rows(LEDGER_IDS)))))
        method = data.draw(
            st.sampled_from([*[LockMethod.CUSTOM_DATE] * 7, LockMethod.ACCOUNTING_DATE])
        )
        is_by_document = method is LockMethod.ACCOUNTING_DATE
        through = None if is_by_document else data.draw(st.none() | any_day)
        before = self.posted_now()

        self.run(
            lock(
                self.database,
                None if through is None else day_text(through),
                method=method,
                currency=currency,
                on=day_text(self.recorded_on),
            )
        )

        self.locked.add(currency)
        self.methods[currency] = method
        self.models[currency].lock = through
        self.is_by_document[currency] |= is_by_document
        assert self.posted_now() == before

    def posted_now(self) -> Posted:
        found = self.run(stored_movements(self.database))
        return posted_of(one for one in found if one.is_in_force())

    @invariant()
    def the_rules_hold(self) -> None:
        self.stored = self.run(stored_movements(self.database))
        self.ledgers = dict(self.rows(LEDGER_IDS))
        self.service_days_are_those_of_the_rules()
        self.posting_days_are_those_of_the_rules()
        self.nothing_is_recorded_on_a_locked_day()
        self.catch_ups_are_one_entry_of_their_parts()
        self.families_are_settled_when_they_say()
        self.finished_families_leave_nothing_open()
        self.totals_are_those_of_the_movements()
        self.numbers_have_no_gap()
        self.what_was_known_at_a_recording_stays()

    def service_days_are_those_of_the_rules(self) -> None:
        for currency, ledger_id in self.ledgers.items():
            wanted: Counter[Any] = Counter()
            for item, net in self.models[currency].nets().items():
                for key, amount in net.items():
                    wanted[item.document.id, item.product, *key] += amount
            found = serviced_of(self.in_force(ledger_id))
            if currency not in self.locked:
                assert not difference(found, wanted)
            elif not self.is_by_document[currency]:
                assert not difference(found, self.postings[currency].serviced)
                self.assert_same_in_all(found, wanted)
            else:
                self.assert_same_in_all(found, wanted)

    def assert_same_in_all(self, found: Posted, wanted: Mapping[Any, int]) -> None:
        """Locked days that change by nothing in all make no entry."""
        in_all: Counter[Any] = Counter()
        for (document, product, _, *pair), amount in difference(found, wanted).items():
            in_all[document, product, *pair] += amount
        assert not any(in_all.values())

    def posting_days_are_those_of_the_rules(self) -> None:
        for currency, ledger_id in self.ledgers.items():
            found = posted_of(self.in_force(ledger_id))
            if not self.is_by_document[currency]:
                assert not difference(found, self.postings[currency].posted)
            viewed = self.run(posted(self.database, currency))
            assert not difference(viewed, found)

    def nothing_is_recorded_on_a_locked_day(self) -> None:
        for one in self.stored:
            recording = (one.ledger_id, one.recorded_in)
            locked = self.locks.get(recording)
            own = self.own_locks.get((*recording, one.document))
            assert locked is None or one.movement.first_day > locked
            assert own is None or one.movement.first_day > own

    def catch_ups_are_one_entry_of_their_parts(self) -> None:
        for one in self.stored:
            if one.locked_through is None:
                continue
            moved = one.movement
            assert moved.first_day == moved.last_day == one.locked_through + 1
            parts = sum(
                its.amount if its.debit == moved.debit else -its.amount
                for its in one.parts
            )
            assert parts == moved.amount

    def families_are_settled_when_they_say(self) -> None:
        nets: dict[tuple[int, int], list[Movement]] = defaultdict(list)
        families = {(row[0], row[1]): row[2] for row in self.rows(FAMILIES)}
        for one in self.stored:
            if one.is_in_force():
                root = families[one.ledger_id, one.schedule_id]
                nets[one.ledger_id, root].append(one.movement)
        settled = {(row[0], row[1]): row[2] for row in self.rows(SETTLED)}
        settled |= {(row[0], row[1]): row[2] for row in self.rows(SETTLEMENTS)}
        for family, day in settled.items():
            assert day == settled_on(net_of(nets[family]), nets[family])

    def finished_families_leave_nothing_open(self) -> None:
        for model in self.models.values():
            families: dict[object, list[Net]] = defaultdict(list)
            unfinished = set()
            nets = model.nets()
            for item, net in nets.items():
                families[item.root].append(net)
                if item is item.root and any(
                    day is None and amount
                    for schedule in model.plan(item).schedules.values()
                    for day, amount in schedule.parts
                ):
                    unfinished.add(item)
                if item in model.plan(item.root).accruing:
                    unfinished.add(item)
            for root, its in families.items():
                balances = balances_by_day(sum_of(its))
                if balances and root not in unfinished:
                    last = balances[max(balances)]
                    assert last[Role.DEFERRED] == last[Role.UNBILLED] == 0
                    assert last[Role.BILLED] == last[Role.RECOGNIZED]

    def totals_are_those_of_the_movements(self) -> None:
        totals: Counter[tuple[int, ...]] = Counter()
        for one in self.stored:
            assert month_of(one.movement.first_day) == one.month
            if one.is_in_force():
                pair = (one.movement.debit, one.movement.credit)
                key = (one.ledger_id, one.month, *pair, one.source)
                totals[key] += one.movement.amount
        assert {row[:5]: row[5] for row in self.rows(MONTH_TOTALS)} == totals

    def numbers_have_no_gap(self) -> None:
        for _, given, count, first, last in self.rows(NUMBERS):
            assert given == count == (last or 0)
            assert first in {1, None}

    def what_was_known_at_a_recording_stays(self) -> None:
        for ledger_id, recordings in self.rows(LEDGERS):
            for number in range(1, recordings + 1):
                found = Counter(
                    (one.journal, one.seq, one.movement, one.parts)
                    for one in self.stored
                    if one.ledger_id == ledger_id and one.is_in_force(number)
                )
                before = self.snapshots.setdefault((ledger_id, number), found)
                assert before == found

    def in_force(self, ledger_id: int) -> list[StoredMovement]:
        return [
            one
            for one in self.stored
            if one.ledger_id == ledger_id and one.is_in_force()
        ]

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        return self.run(rows_of(self.database, statement))


def difference(found: Posted, wanted: Mapping[Any, int]) -> Posted:
    """What is more, or less, than there should be."""
    more = Counter(found)
    more.subtract(wanted)
    return without_zeros(more)


def settled_on(net: Net, movements: Sequence[Movement]) -> Day | None:
    """By a scan: the last day with a movement, unless something stays open."""
    balances = balances_by_day(net)
    if balances:
        last = balances[max(balances)]
        if last[Role.DEFERRED] or last[Role.UNBILLED]:
            return None
    return max((one.last_day for one in movements), default=0)


async def rows_of(database: Database, statement: str) -> list[tuple[Any, ...]]:
    async with database.reads() as session:
        rows = await session.execute(text(statement))
        return [
            tuple(int(one) if hasattr(one, "as_tuple") else one for one in row)
            for row in rows
        ]


def run_histories(
    new_database: NewDatabase, examples: int, steps: int, *phases: Phase
) -> None:
    machine = type(
        "Machine", (Histories,), {"new_database": staticmethod(new_database)}
    )
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
            phases=phases or tuple(Phase),
        ),
    )


def test_histories_on_sqlite(new_sqlite: NewDatabase) -> None:
    run_histories(new_sqlite, examples=40, steps=12)


def test_histories_a_document_at_a_time(
    new_sqlite: NewDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A file of more documents than a batch is several recordings.
    monkeypatch.setattr(commands, "BATCH", 1)
    run_histories(new_sqlite, 10, 8, Phase.reuse, Phase.generate)


def test_histories_on_postgresql(new_postgresql: NewDatabase) -> None:
    # What fails here and not on SQLite is seldom, and takes long to make smaller.
    run_histories(new_postgresql, 10, 6, Phase.reuse, Phase.generate)
