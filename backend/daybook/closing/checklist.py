"""The checklist of closing a month: its steps, in the order in which they are done."""

from sqlalchemy.ext.asyncio import AsyncSession

from daybook.adjustments.recurring.queries import count_recurrences
from daybook.calendar import Month, day_words, first_day_of, last_day_of
from daybook.closing.checks import WAITING, waiting_recurrences
from daybook.closing.posted_files import posted_by_target
from daybook.closing.product_methods import methods_of_month, others_of_month
from daybook.closing.rules import CloseStep, CloseStepKind, FindingKind, joined
from daybook.closing.steps.export import export_step
from daybook.closing.steps.imports import MonthImports, imports_by, imports_step
from daybook.closing.steps.mapping import mapping_step
from daybook.closing.tie_out import TieOut, tie_out
from daybook.db.engine import ReadSession
from daybook.ledger.pins import Pin
from daybook.ledger.queries import end_of_pin
from daybook.ledger.rules import LockMethod
from daybook.numbers import agreeing, counted
from daybook.reports.kept_ledgers import kept_settings
from daybook.reports.manual_journals import ManualFilter, count_manual

NAMED = 3
"""How many documents a step names."""
_DIFFERENCES = frozenset(
    {
        FindingKind.CHANGED,
        FindingKind.DOUBLED,
        FindingKind.MISSING,
        FindingKind.BALANCE,
    }
)


async def close_checklist(
    session: ReadSession, pin: Pin, month: Month, imports: MonthImports | None = None
) -> list[CloseStep]:
    """The steps of closing a month, in the order of `CloseStepKind`.

    `imports` are those of all ledgers by the pin's end, for who has read them. Its
    tie-out doesn't sum all movements again, which `tie_out` itself does.
    """
    targets = await posted_by_target(session, pin)
    on = last_day_of(month)
    tied = await tie_out(session, pin, on, targets=targets, with_movements=False)
    if imports is None:
        until = await end_of_pin(session, pin)
        imports = await imports_by(session, pin.organisation_id, until, month)
    return [
        imports_step(imports, pin.ledger_id, month, await kept_settings(session, pin)),
        await _product_methods(session, pin, month),
        await mapping_step(session, pin, month, targets, tied),
        await _manual_journals(session, pin, month),
        await _lock(session, pin, month),
        await export_step(session, pin, month, targets, tied),
        # Balances are compared with what is posted.
        _tied(tied, month),
    ]


async def _product_methods(session: AsyncSession, pin: Pin, month: Month) -> CloseStep:
    kind = CloseStepKind.PRODUCT_METHODS
    products, without = await methods_of_month(session, pin, month)
    if not products:
        return CloseStep.of(kind, "no invoice of the month has a product", is_done=None)
    if without == products:
        words = "no product has a method of its own: lines and the ledger decide"
        return CloseStep.of(kind, words, without, is_done=None)
    if without:
        have = agreeing(without, "has", "have")
        words = (
            f"{counted(without, 'product')} of the month's invoices {have} no method"
        )
        return CloseStep.of(kind, words, without, is_done=False)
    words = "every product of the month has a method"
    others = await others_of_month(session, pin, month)
    count = others.documents
    if count == 1:
        words = f"{words}; {others.first[0].number} was recorded by another"
    elif count:
        numbers = dict.fromkeys(its.number for its in others.first)
        named = ", ".join([*numbers][:NAMED])
        more = f" and {count - NAMED} more" if count > NAMED else ""
        documents = counted(count, "document")
        words = f"{words}; {documents} were recorded by another: {named}{more}"
    return CloseStep.of(kind, words, count, is_done=True)


async def _manual_journals(session: AsyncSession, pin: Pin, month: Month) -> CloseStep:
    waiting = ManualFilter(
        WAITING,
        ledger_id=pin.ledger_id,
        first=first_day_of(month),
        last=last_day_of(month),
    )
    count = await count_manual(session, pin.organisation_id, waiting)
    recurring = await count_recurrences(
        session, pin.organisation_id, waiting_recurrences(pin, month)
    )
    words = "no manual journal of the month waits"
    if count:
        words = f"{counted(count, 'manual journal')} of the month not posted yet"
    if recurring:
        of_recurring = f"{counted(recurring, 'recurring journal')} not in force yet"
        words = joined(words, of_recurring) if count else of_recurring
    count += recurring
    kind = CloseStepKind.MANUAL_JOURNALS
    return CloseStep.of(kind, words, count, is_done=not count)


async def _lock(session: AsyncSession, pin: Pin, month: Month) -> CloseStep:
    kind, settings = CloseStepKind.LOCK, await kept_settings(session, pin)
    if settings.lock_method is LockMethod.ACCOUNTING_DATE:
        words = "each document is locked by its own accounting date"
        return CloseStep.of(kind, words, is_done=None)
    locked = settings.locked_through
    words = "no day is locked"
    if locked is not None:
        words = f"locked through {day_words(locked)}"
    is_done = locked is not None and locked >= last_day_of(month)
    return CloseStep.of(kind, words, is_done=is_done)


def _tied(tied: TieOut, month: Month) -> CloseStep:
    kind, last = CloseStepKind.TIE_OUT, last_day_of(month)
    count = sum(tied.finding_counts.get(its, 0) for its in _DIFFERENCES)
    if count:
        words = f"{counted(count, 'difference')} up to {day_words(last)}"
        return CloseStep.of(kind, words, count, is_done=False)
    has_balance = any(
        balance.on == last for account in tied.accounts for balance in account.balances
    )
    if not has_balance:
        words = f"no balance of the general ledger is entered for {day_words(last)}"
        return CloseStep.of(kind, words, is_done=False)
    return CloseStep.of(
        kind, f"everything agrees up to {day_words(last)}", is_done=True
    )
