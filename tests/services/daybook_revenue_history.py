"""Histories for the reports: documents of every kind, locks, and manual journals."""

from dataclasses import replace

from daybook.adjustments.rules import EnteredJournal, EnteredLine
from daybook.calendar import Day, day_text
from daybook.db.engine import Database
from daybook.errors import Rejected
from daybook.ledger.rules import Role
from daybook.money import amount_text
from daybook_adjusting import credit, debit, entered, reversed_journal, submitted
from daybook_beside import LEDGER_IDS, Beside
from daybook_choosing import Chooser
from daybook_drawing import CUSTOMERS, PRODUCTS, Drawing
from daybook_drawing_lines import Scope
from daybook_factories import invoice, line, recognize_breakage, terms
from daybook_revenue_oracle import Oracle

CURRENCY = "USD"
SCOPE = Scope()


class RevenueHistory:
    """Draws a ledger's history, and records it."""

    def __init__(self, database: Database, choose: Chooser) -> None:
        self.database, self.choose = database, choose
        self.beside = Beside(database, [CURRENCY])
        self.on = SCOPE.first
        self.files = 0
        self.manual: list[int] = []

    async def play(self, steps: int) -> None:
        """Record a first invoice of each customer and product, then so many steps."""
        await self.begin()
        for _ in range(steps):
            await self.step()

    async def step(self) -> None:
        """Import a file, lock, post a manual journal, or undo one."""
        self.on += self.choose.one_of([0, 1, 20, 45])
        ways = ["file", "file", "file", "manual", "lock", "undo"]
        way = self.choose.one_of(ways)
        if way == "manual":
            await self._enter()
        elif way == "undo" and self.manual:
            await self._undo()
        elif way == "lock":
            await self._lock()
        else:
            await self._import()

    async def oracle(self) -> Oracle:
        """The ledger as the rules add it up."""
        ids = dict(await self.beside.rows(LEDGER_IDS))
        return await Oracle.of(self.database, ids[CURRENCY])

    async def begin(self) -> None:
        """Record a first invoice of each customer and product."""
        for customer in CUSTOMERS:
            lines = [
                line(product, product=product, its_terms=terms("0"))
                for product in PRODUCTS
            ]
            id_ = f"nothing_{customer}"
            nothing = invoice(id_, *lines, customer=customer, customer_name=customer)
            await self.beside.record([nothing], self.on)
        if self.choose.integer(0, 1):
            await recognize_breakage(self.database, currency=CURRENCY)
            self.beside.books[CURRENCY].model.breakage = True

    async def _import(self) -> None:
        self.files += 1
        model = self.beside.books[CURRENCY].model.copy()
        drawing = Drawing(self.choose, model, CURRENCY, SCOPE)
        await self.beside.record(drawing.file(f"d{self.files}"), self.on)

    async def _lock(self) -> None:
        choose = self.choose
        is_by_document = choose.integer(1, 8) == 8
        any_day = choose.integer(SCOPE.first, SCOPE.last)
        through = choose.one_of([None, any_day, min(any_day, self.on)])
        if is_by_document:
            through = None
        await self.beside.lock(CURRENCY, through, self.on, by_document=is_by_document)

    async def _enter(self) -> None:
        """Post a manual journal, unless its day is locked."""
        try:
            state = await submitted(
                self.database, self._journal(), on=day_text(self.on)
            )
        except Rejected:
            return
        self.manual.append(state.number)

    def _journal(self) -> EnteredJournal:
        choose = self.choose
        lines: list[EnteredLine] = []
        for _ in range(choose.one_of([1, 1, 2])):
            amount = amount_text(choose.integer(1, 10_000), CURRENCY)
            its_product = choose.one_of([None, None, *PRODUCTS])
            to, from_ = choose.one_of(TRANSFERS)
            other = choose.one_of([its_product, its_product, *PRODUCTS])
            lines += [
                debit(to, amount, product=its_product),
                credit(from_, amount, product=other),
            ]
        day = choose.integer(SCOPE.first, SCOPE.last)
        days_later = choose.one_of([None, None, 1, 40])
        journal = entered(
            *lines,
            day=day_text(day),
            customer=choose.one_of([None, *CUSTOMERS]),
            product=choose.one_of([None, *PRODUCTS]),
        )
        reverses_on = None if days_later is None else day + days_later
        return replace(journal, reverses_on=reverses_on)

    async def _undo(self) -> None:
        number = self.manual.pop(self.choose.integer(0, len(self.manual) - 1))
        try:
            await reversed_journal(self.database, number, on=day_text(self.on))
        except Rejected:
            return


TRANSFERS: list[tuple[Role, Role]] = [
    (Role.DEFERRED, Role.RECOGNIZED),
    (Role.RECOGNIZED, Role.DEFERRED),
    (Role.BILLED, Role.DEFERRED),
    (Role.DEFERRED, Role.DEFERRED),
    (Role.DEFERRED, Role.UNBILLED),
    (Role.UNBILLED, Role.RECOGNIZED),
    (Role.RECOGNIZED, Role.RECOGNIZED),
]
"""What manual journals move: from the second account to the first."""


def interesting_days(oracle: Oracle, recording: int) -> list[Day]:
    """Days about which something happens."""
    days = {side.day for side in oracle.sides(recording)}
    firsts = {
        day
        for row in oracle.stored.rows
        for day in (row.movement.first_day, row.movement.last_day)
    }
    return sorted({day + more for day in firsts & days for more in (-1, 0, 1)})
