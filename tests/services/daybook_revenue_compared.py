"""The reports of deferred revenue beside the oracle: equal, and true to their laws."""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple, TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from daybook.calendar import Day, Month, first_day_of, month_of
from daybook.closing.tie_out import tie_out
from daybook.db.engine import Database
from daybook.ledger.pins import Pin
from daybook.ledger.rules import Role, net_change
from daybook.paging import Page, PageRequest
from daybook.reports.deferred.queries import (
    DeferredFamily,
    deferred_sums,
    deferred_ties,
    deferred_totals,
    find_deferred,
)
from daybook.reports.deferred.sheets import DeferredLine, deferred_rows
from daybook.reports.journals.filters import JournalFilter
from daybook.reports.journals.totals import totals_by_month
from daybook.reports.population.queries import population_ties, population_totals
from daybook.reports.population.rules import PopulationFilter, PopulationFlag
from daybook.reports.revenue import Figures, RevenueFilter, Tie
from daybook.reports.rollforward.queries import (
    maturity,
    recognized_from_opening,
    roll_forward,
    roll_forward_ties,
)
from daybook.reports.waterfall.cohorts import cohort_ties, find_cohorts
from daybook.reports.waterfall.queries import (
    WaterfallCustomer,
    WaterfallFigures,
    count_customers,
    find_waterfall,
    waterfall_ties,
    waterfall_totals,
)
from daybook_revenue_oracle import ALL, Falls, Line, Narrow, Nets, Oracle

Item = TypeVar("Item")

PAGE = 3
"""Few enough that most reports have several pages."""


class Moment(NamedTuple):
    """What is asked: the ledger at a recording, up to a day, narrowed."""

    pin: Pin
    on: Day
    narrow: Narrow = ALL

    @property
    def asked(self) -> tuple[Pin, Day, RevenueFilter]:
        """The first parameters of each report."""
        return self.pin, self.on, RevenueFilter(*self.narrow)


async def check_reports(session: AsyncSession, oracle: Oracle, at: Moment) -> None:
    """Compare each report with the oracle, and check its laws."""
    await check_deferred(session, oracle, at)
    await check_waterfall(session, oracle, at)
    await check_cohorts(session, oracle, at)
    for role in (Role.DEFERRED, Role.UNBILLED):
        await check_roll_forward(session, oracle, at, role)
    await check_disclosures(session, oracle, at)
    await check_population(session, oracle, at)
    await check_tie_out(session, oracle, at)


async def check_deferred(session: AsyncSession, oracle: Oracle, at: Moment) -> None:
    """The deferred revenue report, its totals and ties."""
    families = await _whole(
        lambda request: find_deferred(session, *at.asked, request), _family_key
    )
    expected = oracle.deferred(at.pin.recording, at.on, at.narrow)
    found: dict[Line, Nets] = {}
    for family in families:
        total = Figures()
        for row in family.rows:
            total += row.figures
            line = Line(
                *(row.line is None, row.family or family.key[1], row.line),
                *(row.document.id, row.customer_id, row.product_id),
                row.is_credit,
            )
            same("a row that is listed once", line in found, expected=False)
            found[line] = nets(row.figures)
            if row.line is not None:
                check_foots(row.figures)
        same("subtotal", total, family.total)
    is_nothing = Nets()
    shown = {line: its for line, its in found.items() if its != is_nothing}
    same(
        "deferred revenue",
        shown,
        {line: its for line, its in expected.items() if its != is_nothing},
    )
    same("rows of entries", expected.keys() - found.keys(), set())
    sums = await deferred_sums(session, *at.asked)
    its_sum, totals = Nets(), sums.every
    for figures in found.values():
        its_sum = its_sum.plus(figures)
    others = oracle.other_manual_journals(at.pin.recording, at.on, at.narrow)
    same("other manual journals", nets(sums.other), others)
    same("sums of families", nets(sums.families), its_sum)
    same("deferred totals", nets(totals), its_sum.plus(nets(sums.other)))
    if at.narrow == ALL:
        check_foots(totals)
        for role, figure in (
            (Role.BILLED, totals.booked),
            (Role.UNBILLED, totals.unbilled),
            (Role.RECOGNIZED, totals.recognized),
            (Role.DEFERRED, totals.remaining),
        ):
            balance = oracle.account(at.pin.recording, role, at.on)
            same(f"{role.name} of the report", figure, balance)
    holds(await deferred_ties(session, *at.asked))
    await _check_open_only(session, oracle, at, families)


async def _check_open_only(
    session: AsyncSession,
    oracle: Oracle,
    at: Moment,
    families: Sequence[DeferredFamily],
) -> None:
    """A family is open as a whole, whatever rows of it are selected."""
    are_open = oracle.open_parts(at.pin.recording, at.on)
    open_ = await _whole(
        lambda request: find_deferred(session, *at.asked, request, open_only=True),
        _family_key,
    )
    same(
        "open families",
        open_,
        [its for its in families if (its.key[0] == 1, its.key[1]) in are_open],
    )


def _family_key(family: DeferredFamily) -> tuple[Any, ...]:
    return family.key


async def check_deferred_rows(
    database: Database, session: AsyncSession, at: Moment
) -> None:
    """A file has the rows of the report, in its order, open ones only on demand."""
    for open_only in (False, True):
        families = await _whole(
            partial(find_deferred, session, *at.asked, open_only=open_only), _family_key
        )
        slices = deferred_rows(database, *at.asked, open_only=open_only)
        lines = [line async for slice_ in slices for line in slice_]
        other = (await deferred_sums(session, *at.asked)).other
        if lines and lines[-1].is_other:
            same("other manual journals", _nets_of_line(lines.pop()), nets(other))
        elif not open_only:
            same("other manual journals", nets(other), Nets())
        same(
            f"rows of a file, only open ones: {open_only}",
            [
                (line.is_manual, line.document, line.is_credit, _nets_of_line(line))
                for line in lines
            ],
            [
                (
                    row.line is None,
                    row.document.number,
                    row.is_credit,
                    nets(row.figures),
                )
                for family in families
                for row in family.rows
            ],
        )


def _nets_of_line(line: DeferredLine) -> Nets:
    return Nets(
        *(line.booked, line.unbilled, line.recognized, line.balance, line.remaining)
    )


async def check_waterfall(session: AsyncSession, oracle: Oracle, at: Moment) -> None:
    """The waterfall's rows, those apart, its totals and ties."""
    totals = []
    for apart in (False, True):
        customers = await _whole(
            partial(find_waterfall, session, *at.asked, apart=apart), _customer_key
        )
        found: dict[tuple[int | None, int | None, bool], Falls] = {}
        for customer in customers:
            total = Falls()
            for product in customer.products:
                key = (customer.customer_id, product.product_id, product.is_manual)
                same("a product that is listed once", key in found, expected=False)
                found[key] = falls(product.figures)
                total = total.plus(found[key])
            same("a customer's sum", falls(customer.figures), total)
        expected = oracle.waterfall(at.pin.recording, at.on, at.narrow, apart=apart)
        found = {key: its for key, its in found.items() if not its.is_empty()}
        same(f"waterfall, apart: {apart}", found, expected)
        sums = falls(await waterfall_totals(session, *at.asked, apart=apart))
        expected_sums = oracle.waterfall_total(
            at.pin.recording, at.on, at.narrow, apart=apart
        )
        same(f"waterfall totals, apart: {apart}", sums, expected_sums)
        count = await count_customers(session, *at.asked, apart=apart)
        same("count of customers", count, len(customers))
        totals.append(sums)
        check_falls(sums, is_whole=at.narrow == ALL)
    await _check_journals_behind(session, at)
    remaining = (await deferred_totals(session, *at.asked)).remaining
    same("waterfall remaining", totals[0].remaining + totals[1].remaining, remaining)
    holds(await waterfall_ties(session, *at.asked))


async def _check_journals_behind(session: AsyncSession, at: Moment) -> None:
    """The journals behind what becomes of Deferred come to it."""
    if at.narrow.product_id is not None:
        # Manual journals go by their own product, not by those of their sides.
        return
    figures = await waterfall_totals(session, *at.asked)
    every = JournalFilter(
        customer_id=at.narrow.customer_id,
        document_id=at.narrow.document_id,
        account=Role.DEFERRED,
        deferred_on=at.on,
    )
    later = replace(every, posted_from=at.on + 1)
    billed = (Role.BILLED, Role.UNBILLED)
    for what, wanted, figure in (
        ("unscheduled", replace(every, unscheduled=True), figures.unscheduled),
        ("taken back later", replace(later, against=billed), -figures.taken_back),
        (
            "later months",
            replace(later, against=(Role.RECOGNIZED,)),
            -sum(figures.months.values()),
        ),
    ):
        by_month = await totals_by_month(session, at.pin, wanted)
        net = sum(net_change(pairs, Role.DEFERRED) for pairs in by_month.values())
        same(f"journals behind {what}", net, figure)


def check_falls(its: Falls, *, is_whole: bool) -> None:
    """Remaining = what becomes of it; booked and unbilled, as they foot."""
    leaves = sum(its.months.values()) + its.unscheduled
    same("remaining", its.remaining, leaves + its.taken_back_later)
    if is_whole:
        left = its.booked + its.unbilled
        same("booked + unbilled", left, its.recognized + its.remaining)


def _customer_key(customer: WaterfallCustomer) -> tuple[Any, ...]:
    return (customer.customer_id or 0,)


async def check_cohorts(session: AsyncSession, oracle: Oracle, at: Moment) -> None:
    """Cohorts, whose sums are the deferred report's."""
    found = await find_cohorts(session, *at.asked)
    expected = oracle.cohorts(at.pin.recording, at.on, at.narrow)
    same(
        "cohorts",
        {
            its.month: (
                its.booked,
                _without_zeros(its.recognized),
                _without_zeros(its.scheduled),
                its.remaining,
                its.unbilled,
                its.unscheduled,
            )
            for its in found
            if any(its[1:])
        },
        {
            month: (
                *(its.booked, its.recognized, its.scheduled, its.remaining),
                *(its.unbilled, its.unscheduled),
            )
            for month, its in expected.items()
        },
    )
    totals = await deferred_totals(session, *at.asked)
    same("booked of cohorts", sum(its.booked for its in found), totals.booked)
    recognized = sum(sum(its.recognized.values()) for its in found)
    same("recognized of cohorts", recognized, totals.recognized)
    unscheduled = (await waterfall_totals(session, *at.asked)).unscheduled
    same("unscheduled", sum(its.unscheduled for its in found), unscheduled)
    if at.narrow == ALL:
        remaining = sum(its.remaining for its in found)
        same("remaining of cohorts", remaining, totals.remaining)
    holds(await cohort_ties(session, *at.asked))


async def check_roll_forward(
    session: AsyncSession, oracle: Oracle, at: Moment, role: Role
) -> None:
    """A roll-forward from some months before the day."""
    first = month_of(at.on) - at.on % 4
    pin, on, narrow = at.asked
    found = await roll_forward(session, pin, role, first, on, narrow)
    expected = oracle.roll_forward(pin.recording, role, first, on, at.narrow)
    same(
        f"roll-forward of {role.name}",
        {its.month: (its.opening, _named(its.columns), its.closing) for its in found},
        {
            month: (its.opening, its.columns, its.closing)
            for month, its in expected.items()
        },
    )
    opening = found[0].opening
    for its in found:
        same("closing is the next opening", its.opening, opening)
        opening = its.opening + sum(its.columns.values())
        same("opening + columns", its.closing, opening)
    if at.narrow == ALL:
        balance = oracle.account(pin.recording, role, on)
        same("closing is the account's balance", opening, balance)
    holds(await roll_forward_ties(session, pin, role, first, on, narrow))


async def check_disclosures(session: AsyncSession, oracle: Oracle, at: Moment) -> None:
    """What was in opening Deferred, and when Deferred is due."""
    pin, on, narrow = at.asked
    first = first_day_of(month_of(on) - 2)
    found = await recognized_from_opening(session, pin, first, on, narrow)
    expected = oracle.recognized_from_opening(pin.recording, first, on, at.narrow)
    same("recognized from opening", found, expected)
    due = await maturity(session, *at.asked)
    same("maturity", tuple(due), oracle.maturity(pin.recording, on, at.narrow))
    months = await roll_forward(session, pin, Role.DEFERRED, month_of(on), on, narrow)
    same("maturity sums to closing", sum(due), months[-1].closing)


async def check_population(session: AsyncSession, oracle: Oracle, at: Moment) -> None:
    """Every movement recorded by then, and those that were superseded since."""
    recording = at.pin.recording
    rows = [row for row in oracle.stored.rows if row.recorded_in <= recording]
    every = PopulationFilter()
    totals = {
        its.flag: (its.entries, its.amount)
        for its in await population_totals(session, at.pin, every)
    }
    for flag, some in (
        (None, rows),
        (PopulationFlag.MANUAL, [row for row in rows if row.is_manual]),
        (
            PopulationFlag.SUPERSEDED,
            [row for row in rows if not row.is_in_force(recording)],
        ),
    ):
        expected = (len(some), sum(row.movement.amount for row in some))
        same(f"population, {flag}", totals[flag], expected)
    holds(await population_ties(session, at.pin, every))


async def check_tie_out(session: AsyncSession, oracle: Oracle, at: Moment) -> None:
    """Without posted files all of the ledger isn't exported, and nothing differs."""
    found = await tie_out(session, at.pin, at.on)
    for account in found.accounts:
        balance = oracle.account(at.pin.recording, account.role, at.on)
        same(f"tie-out of {account.role.name}", account.ledger, balance)
        same("what is not exported", account.not_exported, account.ledger)
    holds(found.ties)


async def _whole(
    find: Callable[[PageRequest], Awaitable[Page[Item]]],
    key_of: Callable[[Item], tuple[Any, ...]],
) -> list[Item]:
    """All of a report, page by page, forward; and the same backward."""
    forward = await _pages(find, key_of, is_backward=False)
    backward = await _pages(find, key_of, is_backward=True)
    same("pages backward", backward, forward)
    return forward


async def _pages(
    find: Callable[[PageRequest], Awaitable[Page[Item]]],
    key_of: Callable[[Item], tuple[Any, ...]],
    *,
    is_backward: bool,
) -> list[Item]:
    items: list[Item] = []
    key: tuple[Any, ...] | None = None
    while True:
        page = await find(PageRequest(PAGE, key, is_backward))
        items = [*page.items, *items] if is_backward else [*items, *page.items]
        has_more = page.has_previous if is_backward else page.has_next
        if not has_more:
            return items
        key = key_of(items[0 if is_backward else -1])


def nets(figures: Figures) -> Nets:
    """Figures as the oracle has them."""
    return Nets(
        *(figures.booked, figures.unbilled, figures.recognized),
        *(figures.balance, figures.remaining),
    )


def falls(figures: WaterfallFigures) -> Falls:
    """Figures of the waterfall as the oracle has them."""
    return Falls(
        *figures[:5], Counter(_without_zeros(figures.months)), figures.unscheduled
    )


def check_foots(figures: Figures) -> None:
    """Booked + unbilled = recognized + remaining."""
    left = figures.booked + figures.unbilled
    same("booked + unbilled", left, figures.recognized + figures.remaining)


def holds(ties: Sequence[Tie]) -> None:
    """Every tie holds."""
    same("a tie", [its for its in ties if its.difference], [])


def same(what: str, found: object, expected: object) -> None:
    """Raise AssertionError, with both, unless they are equal."""
    if found == expected:
        return
    if isinstance(found, Mapping) and isinstance(expected, Mapping):
        keys = [
            key
            for key in found.keys() | expected.keys()
            if found.get(key) != expected.get(key)
        ]
        found = {key: found.get(key) for key in keys}
        expected = {key: expected.get(key) for key in keys}
    raise AssertionError(f"{what}:\n  found    {found}\n  expected {expected}")


def _named(columns: Mapping[Any, int]) -> dict[str, int]:
    return {column.name: amount for column, amount in columns.items() if amount}


def _without_zeros(months: Mapping[Month, int]) -> dict[Month, int]:
    return {month: amount for month, amount in months.items() if amount}
