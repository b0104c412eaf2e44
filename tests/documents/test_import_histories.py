"""Any history of imports and locks: what the database holds is what the rules say."""

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import replace
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

from daybook.calendar import day_text
from daybook.db.engine import Database
from daybook.documents import commands
from daybook.documents.results import ImportResult
from daybook.documents.rules import Document
from daybook.errors import Rejected
from daybook_beside import LEDGER_IDS, Beside
from daybook_choosing import Drawn
from daybook_drawing import Drawing
from daybook_drawing_lines import Scope
from daybook_factories import invoice, line, recognize_breakage, record, terms
from daybook_services.database import AT_ANY_TIME, NewDatabase
from daybook_services.faults import examples
from daybook_stored import Posted, dump, posted, posted_of, stored_movements

Result = TypeVar("Result")

CURRENCIES = ("JPY", "USD")
SCOPE = Scope()


class Histories(RuleBasedStateMachine):
    """Imports and locks, beside a model of what they come to."""

    new_database: NewDatabase

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.database = Database(self.new_database(), AT_ANY_TIME)
        self.beside = Beside(self.database, CURRENCIES)
        self.recorded_on = SCOPE.first
        self.files = 0

    def teardown(self) -> None:
        self.run(self.database.close())
        self.runner.close()

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        return self.runner.run(work)

    @initialize(is_recognized=st.booleans())
    def recognize_breakage_or_not(self, *, is_recognized: bool) -> None:
        for currency in CURRENCIES if is_recognized else ():
            nothing = invoice(
                f"nothing_{currency}",
                line(its_terms=terms("0")),
                customer="c1",
                customer_name="c1",
                currency=currency,
            )
            self.run(self.beside.record([nothing], self.recorded_on))
            self.run(recognize_breakage(self.database, currency=currency))
            self.beside.books[currency].model.breakage = True

    @rule(data=st.data(), days_later=st.sampled_from([0, 0, 1, 20, 45]))
    def import_a_file(self, data: st.DataObject, days_later: int) -> None:
        self.recorded_on += days_later
        self.files += 1
        choose = Drawn(data.draw)
        file: list[Document] = []
        for currency in choose.one_of([["USD"], ["USD"], ["JPY"], ["JPY", "USD"]]):
            model = self.beside.books[currency].model.copy()
            drawing = Drawing(choose, model, currency, SCOPE)
            file += drawing.file(f"{currency}_{self.files}")
        before = self.run(dump(self.database))
        dry = self.try_out(file)
        assert self.run(dump(self.database)) == before

        result = self.run(self.beside.record(file, self.recorded_on))

        assert without_words(result) == without_words(dry)
        if result is None:
            assert self.run(dump(self.database)) == before
        else:
            counts = result.recorded + result.revised + result.voided
            assert sum(counts.values()) + without_effect(result) == len(file)

    def try_out(self, file: Sequence[Document]) -> ImportResult | None:
        day = day_text(self.recorded_on)
        try:
            return self.run(record(self.database, *file, on=day, is_dry_run=True))
        except Rejected:
            return None

    @precondition(lambda self: self.files)
    @rule(data=st.data())
    def import_known_documents_again(self, data: st.DataObject) -> None:
        known = [
            document.document
            for books in self.beside.books.values()
            for document in books.model.documents.values()
        ]
        file = data.draw(st.permutations(known))
        before = self.run(dump(self.database))

        result = self.run(record(self.database, *file, on=day_text(self.recorded_on)))

        assert without_effect(result) == len(file)
        assert self.run(dump(self.database)) == before

    @precondition(lambda self: self.ledgers())
    @rule(data=st.data(), days_later=st.integers(0, 3))
    def lock_or_unlock(self, data: st.DataObject, days_later: int) -> None:
        self.recorded_on += days_later
        currency = data.draw(st.sampled_from(self.ledgers()))
        is_by_document = data.draw(st.sampled_from([*[False] * 7, True]))
        any_day = st.integers(SCOPE.first, SCOPE.last)
        through = None if is_by_document else data.draw(st.none() | any_day)
        before = self.posted_now()

        self.run(
            self.beside.lock(
                currency, through, self.recorded_on, by_document=is_by_document
            )
        )

        assert self.posted_now() == before

    def ledgers(self) -> list[str]:
        return sorted(dict(self.run(self.beside.rows(LEDGER_IDS))))

    def posted_now(self) -> Posted:
        found = self.run(stored_movements(self.database))
        return posted_of(one for one in found if one.is_in_force())

    @rule()
    def plan_again(self) -> None:
        self.run(self.beside.plan_again())

    @invariant()
    def the_rules_hold(self) -> None:
        self.run(self.beside.check())
        for currency, ledger_id in self.beside.ledgers.items():
            viewed = self.run(posted(self.database, currency))
            assert viewed == posted_of(self.beside.in_force(ledger_id))


def without_words(result: ImportResult | None) -> ImportResult | None:
    """A result with bare notices: a dry run's name another way out."""
    if result is None:
        return None
    bare = [replace(notice, message="") for notice in result.notices]
    return replace(result, notices=bare)


def without_effect(result: ImportResult) -> int:
    """How many documents had nothing to record."""
    return result.unchanged + result.unknown_voids.total()


def run_histories(
    new_database: NewDatabase, histories: int, steps: int, *phases: Phase
) -> None:
    machine = type(
        "Machine", (Histories,), {"new_database": staticmethod(new_database)}
    )
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples(histories),
            stateful_step_count=steps,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
            phases=phases or tuple(Phase),
        ),
    )


@pytest.mark.hypothesis
def test_histories_on_sqlite(new_sqlite: NewDatabase) -> None:
    run_histories(new_sqlite, histories=12, steps=12)


@pytest.mark.hypothesis
def test_histories_a_document_at_a_time(
    new_sqlite: NewDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A file of more documents than a batch is several recordings.
    monkeypatch.setattr(commands, "BATCH", 1)
    run_histories(new_sqlite, 4, 8, Phase.reuse, Phase.generate)


@pytest.mark.hypothesis
def test_histories_on_postgresql(new_postgresql: NewDatabase) -> None:
    # What fails here and not on SQLite is seldom, and takes long to make smaller.
    run_histories(new_postgresql, 4, 6, Phase.reuse, Phase.generate)
