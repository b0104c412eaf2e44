"""Any history of imports: what the database holds is what the rules say of it."""

import asyncio
from collections import Counter
from collections.abc import Coroutine, Sequence
from typing import Any, NamedTuple, TypeVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import text

from daybook.calendar import Day, day_text, parse_day
from daybook.db.engine import Database
from daybook.documents.rules import Document, Line
from daybook.errors import ProblemCode, Rejected
from daybook.ledger.rules import Role, SourceKind
from daybook.recognition.rules import credited
from daybook_factories import credit_note, credited_line, invoice, line, record
from daybook_oracle import CreditedModel, Net, balances_by_day, recognized_net, sum_of
from daybook_services.database import NewDatabase
from daybook_stored import Posted, dump, in_force, posted
from daybook_strategies import near
from daybook_strategies import terms as any_terms

Result = TypeVar("Result")

CURRENCIES = ("EUR", "USD")
ALL_AMOUNTS = st.integers(-300, 300) | st.integers(-(10**7), 10**7)
NOTHING = dict.fromkeys(Role, 0)
CREDITED = st.integers(0, 10**7)

MONTH_TOTALS = """
SELECT ledger_id, month, debit_role, credit_role, source, SUM(change)
FROM month_totals GROUP BY 1, 2, 3, 4, 5 HAVING SUM(change) <> 0
ORDER BY 1, 2, 3, 4, 5
"""
MOVEMENTS_BY_MONTH = """
SELECT m.ledger_id, j.month, m.debit_role, m.credit_role, j.source, SUM(m.amount)
FROM movements m JOIN journals j ON j.ledger_id = m.ledger_id AND j.number = m.journal
WHERE m.superseded_in IS NULL GROUP BY 1, 2, 3, 4, 5
ORDER BY 1, 2, 3, 4, 5
"""
NUMBERS = """
SELECT l.id, l.journals, COUNT(j.number), MIN(j.number), MAX(j.number)
FROM ledgers l LEFT JOIN journals j ON j.ledger_id = l.id GROUP BY l.id, l.journals
"""
LAST_RECORDINGS = "SELECT id, recordings FROM ledgers"


class Sold(NamedTuple):
    """A line of an invoice, and the model of its schedule."""

    document: Document
    line: Line
    model: CreditedModel
    credits: list[Net]


class Histories(RuleBasedStateMachine):
    """Imports of invoices and credit notes, beside a model of what they come to."""

    new_database: NewDatabase

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.database = Database(self.new_database())
        self.documents: list[Document] = []
        self.sold: dict[tuple[str, str], Sold] = {}
        self.posted: dict[str, list[tuple[str, str, Net]]] = {
            currency: [] for currency in CURRENCIES
        }
        self.snapshots: dict[tuple[int, int], Counter[Any]] = {}

    def teardown(self) -> None:
        self.run(self.database.close())
        self.runner.close()

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        return self.runner.run(work)

    @rule(data=st.data())
    def import_a_file(self, data: st.DataObject) -> None:
        invoices = [
            self.draw_invoice(data, f"inv_{len(self.documents) + at}")
            for at in range(data.draw(st.integers(0 if self.sold else 1, 2)))
        ]
        notes = self.draw_notes(data, invoices)
        file = data.draw(st.permutations([*invoices, *notes]))
        recorded_on = data.draw(self.days_of(file))

        result = self.run(record(self.database, *file, on=day_text(recorded_on)))

        assert result.recorded == Counter(
            {
                SourceKind.INVOICE: len(invoices),
                SourceKind.CREDIT_NOTE: len(notes),
            }
        )
        self.documents += file
        self.take(file)

    @precondition(lambda self: self.documents)
    @rule(data=st.data())
    def import_known_documents_again(self, data: st.DataObject) -> None:
        file = data.draw(st.lists(st.sampled_from(self.documents), unique=True))
        before = self.run(dump(self.database))

        result = self.run(record(self.database, *file, on="2025-06-15"))

        assert result.unchanged == len(file)
        assert self.run(dump(self.database)) == before

    @precondition(lambda self: self.sold)
    @rule(data=st.data(), is_dry_run=st.booleans())
    def credit_too_much(self, data: st.DataObject, *, is_dry_run: bool) -> None:
        sold = data.draw(st.sampled_from(list(self.sold.values())))
        amount = sold.model.left + data.draw(st.integers(1, 100))
        file = [
            self.draw_invoice(data, "refused"),
            credits_of("cn_refused", sold, amount, "2025-01-01"),
        ]
        before = self.run(dump(self.database))

        with pytest.raises(Rejected) as rejected:
            self.run(record(self.database, *file, is_dry_run=is_dry_run))

        (problem,) = rejected.value.problems
        assert problem.code is ProblemCode.CREDIT_TOO_LARGE
        assert self.run(dump(self.database)) == before

    @rule(data=st.data())
    def try_without_taking(self, data: st.DataObject) -> None:
        file = [self.draw_invoice(data, "tried")]
        file += self.draw_notes(data, file)
        before = self.run(dump(self.database))

        self.run(record(self.database, *file, is_dry_run=True))

        assert self.run(dump(self.database)) == before

    @invariant()
    def days_are_those_of_the_rules(self) -> None:
        for currency in CURRENCIES:
            expected: Counter[tuple[str, str, Day, Role, Role]] = Counter()
            for document, product, net in self.posted[currency]:
                for key, amount in net.items():
                    expected[document, product, *key] += amount
            wanted: Posted = {key: one for key, one in expected.items() if one}
            assert self.run(posted(self.database, currency)) == wanted

    @invariant()
    def deferred_and_unbilled_are_never_below_zero(self) -> None:
        for sold in self.sold.values():
            if sold.line.amount > 0:
                family = sum_of([sold.model.net, *sold.credits])
                balances = balances_by_day(family)
                assert all(one[Role.DEFERRED] >= 0 for one in balances.values())
                assert all(one[Role.UNBILLED] >= 0 for one in balances.values())
                left = sold.model.left
                at_the_end = balances[max(balances)] if balances else NOTHING
                assert at_the_end == NOTHING | {
                    Role.BILLED: left,
                    Role.RECOGNIZED: left,
                }

    @invariant()
    def totals_are_those_of_the_movements(self) -> None:
        assert self.rows(MONTH_TOTALS) == self.rows(MOVEMENTS_BY_MONTH)

    @invariant()
    def numbers_have_no_gap(self) -> None:
        for _, given, count, first, last in self.rows(NUMBERS):
            assert given == count == (last or 0)
            assert first in {1, None}

    @invariant()
    def what_was_known_at_a_recording_stays(self) -> None:
        for ledger_id, recordings in self.rows(LAST_RECORDINGS):
            for number in range(1, recordings + 1):
                found = self.run(in_force(self.database, number, ledger_id))
                assert self.snapshots.setdefault((ledger_id, number), found) == found

    def rows(self, statement: str) -> list[tuple[int, ...]]:
        return self.run(rows_of(self.database, statement))

    def draw_invoice(self, data: st.DataObject, id_: str) -> Document:
        lines = [
            line(
                str(at),
                product=data.draw(st.sampled_from(["p1", "p2"])),
                its_terms=data.draw(any_terms(ALL_AMOUNTS)),
            )
            for at in range(data.draw(st.integers(1, 2)))
        ]
        its_terms = lines[0].terms
        assert its_terms is not None
        return invoice(
            id_,
            *lines,
            customer=data.draw(st.sampled_from(["c1", "c2"])),
            currency=data.draw(st.sampled_from(CURRENCIES)),
            accounting_date=day_text(data.draw(near(*its_terms.service_period))),
        )

    def draw_notes(
        self, data: st.DataObject, invoices: Sequence[Document]
    ) -> list[Document]:
        """Credit notes on lines that are known, or sold in this very file, or alone."""
        new = [sold for document in invoices for sold in sold_by(document)]
        creditable = [one for one in [*self.sold.values(), *new] if one.model.left]
        left = {id(one): one.model.left for one in creditable}
        notes = []
        for at in range(data.draw(st.integers(0, 3))):
            id_ = f"cn_{len(self.documents)}_{at}"
            if not creditable or data.draw(st.integers(0, 5)) == 0:
                its_terms = data.draw(any_terms(CREDITED))
                notes.append(
                    credit_note(id_, line(its_terms=its_terms), invoice_id=None)
                )
                continue
            sold = data.draw(st.sampled_from(creditable))
            most = left[id(sold)]
            amount = data.draw(st.integers(0, most) | st.just(most))
            left[id(sold)] -= amount
            assert sold.line.terms is not None
            day = data.draw(near(*sold.line.terms.service_period))
            notes.append(credits_of(id_, sold, amount, day_text(day)))
        return notes

    def days_of(self, file: Sequence[Document]) -> st.SearchStrategy[Day]:
        """Days on which it matters whether these documents are recorded."""
        days = [parse_day("2025-01-01"), *(one.accounting_date for one in file)]
        periods = [one.model.terms.service_period for one in self.sold.values()]
        return st.sampled_from(days) | st.one_of([near(*one) for one in periods])

    def take(self, file: Sequence[Document]) -> None:
        """Tell the model: invoices first, then credits in the file's order."""
        for document in sorted(
            file, key=lambda one: one.kind is not SourceKind.INVOICE
        ):
            into = self.posted[document.currency]
            if document.kind is SourceKind.INVOICE:
                for sold in sold_by(document):
                    self.sold[document.id, sold.line.id] = sold
                    into.append((document.id, product_of(sold.line), sold.model.net))
                continue
            (note_line,) = document.lines
            if note_line.terms is not None:
                net = recognized_net(
                    credited(note_line.terms), document.accounting_date
                )
                into.append((document.id, product_of(note_line), net))
                continue
            sold = self.sold[document.invoice_id or "", note_line.invoice_line_id or ""]
            own = sold.model.credit(note_line.amount, document.accounting_date)
            sold.credits.append(own)
            into.append((document.id, product_of(sold.line), own))


def product_of(its_line: Line) -> str:
    assert its_line.product is not None
    return its_line.product.id


def sold_by(document: Document) -> list[Sold]:
    return [
        Sold(document, one, CreditedModel(one.terms, document.accounting_date), [])
        for one in document.lines
        if one.terms is not None
    ]


def credits_of(id_: str, sold: Sold, amount: int, accounting_date: str) -> Document:
    document = sold.document
    decimal = f"{amount // 100}.{amount % 100:02}"
    return credit_note(
        id_,
        credited_line(decimal, sold.line.id),
        invoice_id=document.id,
        customer=document.customer.id,
        currency=document.currency,
        accounting_date=accounting_date,
    )


async def rows_of(database: Database, statement: str) -> list[tuple[int, ...]]:
    async with database.reads() as session:
        rows = await session.execute(text(statement))
        return [tuple(map(int, row)) if None not in row else tuple(row) for row in rows]


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
            suppress_health_check=[HealthCheck.too_slow],
            phases=phases or tuple(Phase),
        ),
    )


def test_histories_on_sqlite(new_sqlite: NewDatabase) -> None:
    run_histories(new_sqlite, examples=40, steps=12)


def test_histories_on_postgresql(new_postgresql: NewDatabase) -> None:
    # What fails here and not on SQLite is seldom, and takes long to make smaller.
    run_histories(new_postgresql, 10, 6, Phase.reuse, Phase.generate)
