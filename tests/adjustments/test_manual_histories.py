"""Any history of manual journals, locks and imports keeps the laws of the rules.

A small model says which steps are permitted and what has to be posted, account by
account, beside what the commands do. It knows nothing of pairing and documents.
"""

import asyncio
from collections import defaultdict
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select

from daybook.access.rules import MemberRole
from daybook.adjustments.commands import discard, submit, withdraw
from daybook.adjustments.deciding import approve, reject
from daybook.adjustments.reversing import reverse
from daybook.adjustments.rules import (
    AdjustmentKind,
    AdjustmentMode,
    EnteredJournal,
    EnteredLine,
    Status,
)
from daybook.calendar import Day, day_text, parse_day
from daybook.db.engine import Database
from daybook.decisions.commands import approve_change, set_four_eyes
from daybook.errors import Rejected
from daybook.four_eyes.rules import ApprovalPending
from daybook.ledger.models import Customer, Journal, JournalMovement, Product
from daybook.ledger.rules import Role, SourceKind
from daybook.reports.audit import verify
from daybook_adjusting import ADA, BOB, EVE, drafted, moment
from daybook_factories import ORGANISATION, invoice, line, lock, noon, record, voided
from daybook_filled import filled
from daybook_people import member
from daybook_services.database import AT_ANY_TIME, NewDatabase
from daybook_services.faults import examples

Result = TypeVar("Result")
Key = tuple[Day, str | None, Role, str | None]
"""A day, a customer, a role and a product."""
Sums = dict[Key, int]

FIRST = parse_day("2025-01-10")
PEOPLE = (ADA, BOB, EVE)
PRODUCTS = (None, "prod_1", "prod_2")
DAYS = st.integers(FIRST, FIRST + 120)


@dataclass
class Model:
    """What is known of a manual journal."""

    entered: EnteredJournal
    version: int
    status: Status = Status.DRAFT
    authors: set[str] = field(default_factory=set)
    mirror: Sums = field(default_factory=dict)
    """What takes the adjusted journal back, by customer, role and product."""

    def sums(self) -> Sums:
        """Debits less credits on its date."""
        its: Sums = defaultdict(int, self.mirror)
        entered = self.entered
        for line_ in entered.lines:
            key = (
                entered.day,
                line_.customer_id or entered.customer_id,
                line_.role,
                line_.product_id or entered.product_id,
            )
            its[key] += line_.amount if line_.is_debit else -line_.amount
        return its


@st.composite
def lines(draw: st.DrawFn) -> tuple[EnteredLine, ...]:
    """Lines that balance for each customer, with one side for each account."""
    found: list[EnteredLine] = []
    customers = draw(st.sets(st.sampled_from(["cus_1", "cus_2"]), min_size=1))
    accounts = [(role, product) for role in Role for product in PRODUCTS[1:]]
    for customer in sorted(customers):
        total = draw(st.integers(2, 9_999))
        some = draw(st.permutations(accounts))[:4]
        cut = draw(st.integers(1, total - 1))
        for is_debit, (one, other) in ((True, some[:2]), (False, some[2:])):
            for (role, product), amount in ((one, cut), (other, total - cut)):
                found.append(EnteredLine(role, is_debit, amount, "", customer, product))
    return tuple(found)


async def controllers(database: Database) -> Mapping[str, int]:
    """Members, by address."""
    return {
        email: await member(
            database,
            email=email,
            role=MemberRole.CONTROLLER,
            password=None,
            now=moment("2025-01-02"),
        )
        for email in PEOPLE
    }


class Histories(RuleBasedStateMachine):
    """Manual journals, beside the model."""

    new_database: NewDatabase

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.database = Database(self.new_database(), AT_ANY_TIME)
        self.journals: dict[int, Model] = {}
        self.due: Sums = defaultdict(int)
        self.today = FIRST
        self.locked: Day | None = None
        self.is_on = False
        self.requests = 0
        self.invoices = 0
        self.rows: set[tuple[Any, ...]] = set()

    def teardown(self) -> None:
        try:
            if self.invoices:
                self.check()
        finally:
            self.run(self.database.close())
            self.runner.close()

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        return self.runner.run(work)

    @property
    def at(self) -> dict[str, Any]:
        return {"now": noon(self.today)}

    @property
    def first_open(self) -> Day:
        return FIRST - 400 if self.locked is None else self.locked + 1

    @initialize()
    def let_people_in(self) -> None:
        self.users = self.run(filled(self.database, controllers))
        self.import_an_invoice(0)

    @rule(days=st.sampled_from([0, 1, 20]))
    def import_an_invoice(self, days: int) -> None:
        self.today += days
        self.invoices += 1
        seats = line(product="prod_2", product_name="Seats")
        self.run(
            record(
                self.database,
                invoice(f"a{self.invoices}"),
                invoice(f"b{self.invoices}", seats, customer="cus_2"),
                on=day_text(self.today),
            )
        )

    @rule()
    def void_an_invoice(self) -> None:
        void = voided(invoice(f"a{self.invoices}"))
        self.run(record(self.database, void, on=day_text(self.today)))

    @rule(
        by=st.sampled_from(PEOPLE),
        day=DAYS,
        its_lines=lines(),
        reverses_in=st.sampled_from([None, None, 1, 40]),
        mode=st.sampled_from([None, None, None, *AdjustmentMode]),
        data=st.data(),
    )
    def save(  # noqa: PLR0913, PLR0917  (what is entered)
        self,
        by: str,
        day: Day,
        its_lines: tuple[EnteredLine, ...],
        reverses_in: int | None,
        mode: AdjustmentMode | None,
        data: st.DataObject,
    ) -> None:
        self.save_journal(by, day, its_lines, reverses_in, mode, data)

    def save_journal(  # noqa: PLR0913, PLR0917  (what is entered)
        self,
        by: str,
        day: Day,
        its_lines: tuple[EnteredLine, ...],
        reverses_in: int | None,
        mode: AdjustmentMode | None,
        data: st.DataObject,
        *,
        new: bool = False,
    ) -> None:
        editable = [
            number for number, its in self.journals.items() if its.status.is_editable
        ]
        number = None if new else data.draw(st.sampled_from([None, *editable]))
        journal = EnteredJournal(
            currency="USD",
            day=day,
            kind=AdjustmentKind.CORRECTION,
            narrative="A correction",
            lines=() if mode is AdjustmentMode.REVERSE else its_lines,
            adjusts=None if mode is None else data.draw(st.integers(1, 12)),
            mode=mode,
            reverses_on=None if reverses_in is None else day + reverses_in,
        )
        mirror: Sums = {}
        if mode is not None and mode.has_mirror:
            mirror = self.mirror_of(journal)
        version = None if number is None else self.journals[number].version
        try:
            state = self.run(
                drafted(
                    *(self.database, journal),
                    by=by,
                    on=day_text(self.today),
                    number=number,
                    version=version,
                )
            )
        except Rejected:
            is_nothing_taken_back = mode is not None and mode.has_mirror and not mirror
            assert is_nothing_taken_back
            return
        known = self.journals.setdefault(state.number, Model(journal, state.version))
        if state.is_changed:
            known.entered, known.version = journal, state.version
            known.status, known.mirror = Status.DRAFT, mirror
            known.authors.add(by)

    def mirror_of(self, journal: EnteredJournal) -> Sums:
        """What takes a system journal back, by account; empty if nothing does."""
        sums: Sums = defaultdict(int)
        for row in self.run(self.movements(journal.adjusts)):
            source, day, customer, debit, credit, amount, is_ended = row
            if source != int(SourceKind.STANDALONE) and not is_ended:
                del day
                sums[journal.day, customer, *debit] -= amount
                sums[journal.day, customer, *credit] += amount
        return {key: amount for key, amount in sums.items() if amount}

    @rule(
        people=st.permutations(PEOPLE),
        journals=st.lists(lines(), min_size=1, max_size=3),
        day=DAYS,
        reverses_in=st.sampled_from([None, 1, 40]),
        data=st.data(),
    )
    def write_several(
        self,
        people: list[str],
        journals: list[tuple[EnteredLine, ...]],
        day: Day,
        reverses_in: int | None,
        data: st.DataObject,
    ) -> None:
        """Write journals, submit and approve most, and undo some: the usual way."""
        author, approver, _ = people
        for its_lines in journals:
            mode = data.draw(st.sampled_from([None, *AdjustmentMode]))
            self.save_journal(author, day, its_lines, reverses_in, mode, data, new=True)
            number = max(self.journals, default=0)
            if number and data.draw(st.integers(0, 3)):
                self.submit_journal(author, number)
                self.decide_journal(approver, number, is_approved=True)
            if number and not data.draw(st.integers(0, 3)):
                self.undo_journal(author, number)

    @precondition(lambda self: self.journals)
    @rule(by=st.sampled_from(PEOPLE), data=st.data())
    def submit(self, by: str, data: st.DataObject) -> None:
        self.submit_journal(by, self.pick(data, *Status)[0])

    def submit_journal(self, by: str, number: int) -> None:
        its = self.journals[number]
        may = its.status.is_editable and its.entered.day >= self.first_open
        may = may and self.is_as_saved(number, its)
        done = self.tried(submit, number, its, made_by=by)
        if done is not None and its.status.is_editable:
            assert may
            its.authors.add(by)
            its.status = done.status
            assert (its.status is Status.POSTED) is not self.is_on
            if its.status is Status.POSTED:
                self.expect(its)
        elif done is None:
            assert not may

    @precondition(lambda self: self.journals)
    @rule(by=st.sampled_from(PEOPLE), data=st.data(), is_approved=st.booleans())
    def decide(self, by: str, data: st.DataObject, *, is_approved: bool) -> None:
        number, _ = self.pick(data, Status.SUBMITTED, *Status)
        self.decide_journal(by, number, is_approved=is_approved)

    def decide_journal(self, by: str, number: int, *, is_approved: bool) -> None:
        its = self.journals[number]
        may = its.status is Status.SUBMITTED and by not in its.authors
        options: dict[str, Any] = {"user_id": self.users[by]}
        if not is_approved:
            done = self.tried(reject, number, its, reason="No", **options)
            assert (done is not None and done.is_changed) is may
            its.status = Status.REJECTED if may else its.status
            return
        may = may and its.entered.day >= self.first_open
        may = may and self.is_as_saved(number, its)
        done = self.tried(approve, number, its, **options)
        assert (done is not None and done.is_changed) is may
        if may:
            its.status = Status.POSTED
            self.expect(its)

    @precondition(lambda self: self.journals)
    @rule(by=st.sampled_from(PEOPLE), data=st.data(), is_discarded=st.booleans())
    def step_back(self, by: str, data: st.DataObject, *, is_discarded: bool) -> None:
        number, its = self.pick(data, *Status)
        step = discard if is_discarded else withdraw
        done = self.tried(step, number, its, made_by=by)
        if done is not None and done.is_changed:
            was = its.status
            assert was.is_editable if is_discarded else was is Status.SUBMITTED
            its.status = done.status

    @precondition(lambda self: self.journals)
    @rule(by=st.sampled_from(PEOPLE), data=st.data())
    def undo(self, by: str, data: st.DataObject) -> None:
        self.undo_journal(by, self.pick(data, Status.POSTED)[0])

    def undo_journal(self, by: str, number: int) -> None:
        its = self.journals[number]
        where = (self.database, ORGANISATION, number)
        was = its.status
        try:
            self.run(reverse(*where, reason="Wrong", made_by=by, **self.at))
        except ApprovalPending as pending:
            assert self.is_on and was is Status.POSTED
            other = next(email for email in PEOPLE if email != by)
            self.run(
                approve_change(
                    *(self.database, ORGANISATION, pending.request),
                    user_id=self.users[other],
                    **self.at,
                )
            )
        except Rejected:
            assert not was.is_posted
            return
        if was is Status.POSTED:
            its.status = Status.REVERSED
            for day, sign in self.days_of(its):
                self.add(its, max(day, self.first_open), -sign)

    @rule(days=st.sampled_from([5, 31]))
    def lock(self, days: int) -> None:
        through = (self.locked or FIRST - 1) + days
        if through <= self.today:
            self.locked = through
            self.run(lock(self.database, day_text(through), on=day_text(self.today)))

    @rule(days=st.sampled_from([1, 30]))
    def go_on(self, days: int) -> None:
        self.today += days

    @rule()
    def turn_four_eyes(self) -> None:
        where = (self.database, ORGANISATION)
        is_on = not self.is_on
        try:
            self.run(set_four_eyes(*where, is_on=is_on, made_by=ADA, **self.at))
        except ApprovalPending as pending:
            user_id = self.users[BOB]
            self.run(
                approve_change(*where, pending.request, user_id=user_id, **self.at)
            )
        self.is_on = is_on

    def pick(self, data: st.DataObject, *statuses: Status) -> tuple[int, Model]:
        """A journal, of one of the statuses if there is one."""
        wanted = data.draw(st.sampled_from(statuses))
        some = [n for n, its in self.journals.items() if its.status is wanted]
        number = data.draw(st.sampled_from(some or list(self.journals)))
        return number, self.journals[number]

    def tried(self, step: Any, number: int, its: Model, **options: Any) -> Any:
        """The state after a step, or None if it was refused."""
        where = (self.database, ORGANISATION, number)
        work = step(*where, version=its.version, **options, **self.at)
        try:
            return self.run(work)
        except Rejected:
            return None

    def is_as_saved(self, number: int, its: Model) -> bool:
        """Whether what it takes back is as it was, and nobody else took it back."""
        mode = its.entered.mode
        if mode is None or not mode.has_mirror:
            return True
        others = [
            other
            for at, other in self.journals.items()
            if at != number
            and other.status is Status.POSTED
            and other.entered.adjusts == its.entered.adjusts
            and other.entered.mode is not None
            and other.entered.mode.has_mirror
        ]
        return not others and self.mirror_of(its.entered) == its.mirror

    def days_of(self, its: Model) -> list[tuple[Day, int]]:
        """The days on which it posts, and with which sign."""
        reverses_on = its.entered.reverses_on
        reversal = [] if reverses_on is None else [(reverses_on, -1)]
        return [(its.entered.day, 1), *reversal]

    def expect(self, its: Model) -> None:
        """Nothing is posted on or before the lock; all of it is due."""
        assert its.entered.day >= self.first_open
        for day, sign in self.days_of(its):
            self.add(its, day, sign)

    def add(self, its: Model, day: Day, sign: int) -> None:
        for (_, *account), amount in its.sums().items():
            self.due[day, *account] += sign * amount  # type: ignore[index]

    async def movements(self, number: int | None = None) -> list[tuple[Any, ...]]:
        """All movements, or a journal's, with own ids of customers and products."""
        its, journal = JournalMovement, Journal
        async with self.database.reads() as session:
            names: list[dict[int | None, str]] = []
            for kind in (Customer, Product):
                rows = await session.execute(select(kind.id, kind.external_id))
                names.append(dict(rows.all()))
            customers, products = names
            found = await session.execute(
                select(its, journal)
                .join(
                    journal,
                    (journal.ledger_id == its.ledger_id)
                    & (journal.number == its.journal),
                )
                .where(
                    journal.number > 0 if number is None else journal.number == number
                )
            )
            return [
                (
                    of.source,
                    movement.first_day,
                    customers.get(of.customer_id),
                    (
                        Role(movement.debit_role),
                        products.get(movement.debit_product_id or of.product_id),
                    ),
                    (
                        Role(movement.credit_role),
                        products.get(movement.credit_product_id or of.product_id),
                    ),
                    movement.amount,
                    movement.superseded_in is not None,
                )
                for movement, of in found
            ]

    def check(self) -> None:
        """What is posted is what is due, account by account and day by day."""
        posted: Sums = defaultdict(int)
        for source, day, customer, debit, credit, amount, is_ended in self.run(
            self.movements()
        ):
            if source == int(SourceKind.STANDALONE):
                assert not is_ended
                posted[day, customer, *debit] += amount
                posted[day, customer, *credit] -= amount
        assert _without_zeros(posted) == _without_zeros(self.due)
        found = self.run(verify(self.database, ORGANISATION))
        assert found.mismatch is None, str(found.mismatch)


def _without_zeros(sums: Sums) -> Sums:
    return {key: amount for key, amount in sums.items() if amount}


def run_histories(new_database: NewDatabase, histories: int, steps: int) -> None:
    machine = type(
        "Machine", (Histories,), {"new_database": staticmethod(new_database)}
    )
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples(histories),
            stateful_step_count=steps,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
            deadline=None,
        ),
    )


@pytest.mark.hypothesis
def test_histories_on_sqlite(new_sqlite: NewDatabase) -> None:
    run_histories(new_sqlite, histories=10, steps=15)


@pytest.mark.hypothesis
def test_histories_on_postgresql(new_postgresql: NewDatabase) -> None:
    run_histories(new_postgresql, histories=5, steps=12)
