"""The checklist of closing a month."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.activity.models import Activity
from daybook.adjustments.recurring.queries import count_recurrences
from daybook.calendar import (
    Month,
    day_words,
    first_day_of,
    last_day_of,
    month_in_words,
)
from daybook.clock import day_at
from daybook.closing.checks import WAITING, waiting_recurrences
from daybook.closing.failed_imports import (
    failed_imports,
    failed_words,
    imports_at,
)
from daybook.closing.kept import kept_settings, kept_time_zone
from daybook.closing.posted_files import PostedFile, TargetFiles, posted_by_target
from daybook.closing.product_methods import methods_of_month
from daybook.closing.ready_files import ready_file
from daybook.closing.rules import (
    ROWS_MAX,
    CloseStep,
    CloseStepKind,
    CloseStepState,
    FindingKind,
    MappingGap,
    MonthFile,
)
from daybook.closing.tie_out import TieOut, tie_out
from daybook.closing.words import target_words
from daybook.db.engine import ReadSession
from daybook.exports.mapping.forms import Integration
from daybook.exports.mapping.queries import integrations_at, mappings_at, missing
from daybook.exports.mapping.rules import Missing
from daybook.exports.posting.overlapping import file_words
from daybook.exports.queries import ListedRecord
from daybook.four_eyes.queries import RequestFilter, all_requests
from daybook.four_eyes.rules import ChangeKind
from daybook.ledger.pins import Pin
from daybook.ledger.queries import end_of_pin
from daybook.ledger.rules import ACCOUNT_NAMES, LockMethod
from daybook.money import grouped_text
from daybook.numbers import counted
from daybook.reports.journals.filters import JournalFilter
from daybook.reports.journals.totals import kept_count
from daybook.reports.manual_journals import ManualFilter, count_manual

NAMED = 3
"""How many accounts that aren't mapped are named."""
_DIFFERENCES = frozenset(
    {
        FindingKind.CHANGED,
        FindingKind.DOUBLED,
        FindingKind.MISSING,
        FindingKind.BALANCE,
    }
)


async def close_checklist(
    session: ReadSession, pin: Pin, month: Month
) -> list[CloseStep]:
    """The steps of closing a month, in the order of `CloseStepKind`.

    Its tie-out doesn't sum all movements again, which `tie_out` itself does.
    """
    targets = await posted_by_target(session, pin)
    on = last_day_of(month)
    tied = await tie_out(session, pin, on, targets=targets, with_movements=False)
    return [
        await _imports(session, pin, month),
        await _product_methods(session, pin, month),
        await _mapping(session, pin, month),
        await _manual_journals(session, pin, month),
        await _lock(session, pin, month),
        await _export(session, pin, month, targets, tied),
        # Balances are compared with what is posted.
        _tied(tied, month),
    ]


def _step(
    kind: CloseStepKind, words: str, count: int = 0, *, is_done: bool | None
) -> CloseStep:
    """A step; `is_done` is None where there is nothing to do."""
    state = {
        True: CloseStepState.DONE,
        False: CloseStepState.DUE,
        None: CloseStepState.NOT_NEEDED,
    }[is_done]
    return CloseStep(kind, state, words, count)


async def _imports(session: AsyncSession, pin: Pin, month: Month) -> CloseStep:
    """Whether documents came after the month, and which files were never taken.

    It isn't done while a file is named: only a file of its name makes it good.
    """
    kind = CloseStepKind.IMPORTS
    is_ours = or_(Activity.ledger_id == pin.ledger_id, Activity.ledger_id.is_(None))
    last = await session.scalar(
        select(Activity.started_at)
        .where(*imports_at(pin, await end_of_pin(session, pin)))
        .where(~Activity.is_failed, is_ours)
        .order_by(Activity.id.desc())
        .limit(1)
    )
    zone = await kept_time_zone(session, pin)
    failed = await failed_imports(session, pin, month, zone)
    named = failed_words(failed, zone)
    if last is None:
        words = _and("nothing was imported yet", named)
        return _step(kind, words, len(failed), is_done=False)
    day = day_at(last, zone)
    words = f"last import on {day_words(day)}"
    if day <= last_day_of(month):
        words += ", before the month was over"
    is_done = not failed and day > last_day_of(month)
    return _step(kind, _and(words, named), len(failed), is_done=is_done)


async def _product_methods(session: AsyncSession, pin: Pin, month: Month) -> CloseStep:
    kind = CloseStepKind.PRODUCT_METHODS
    products, without = await methods_of_month(session, pin, month)
    if not products:
        return _step(kind, "no invoice of the month has a product", is_done=None)
    if without == products:
        words = "no product has a method of its own: lines and the ledger decide"
        return _step(kind, words, without, is_done=None)
    if without:
        have = "has" if without == 1 else "have"
        words = (
            f"{counted(without, 'product')} of the month's invoices {have} no method"
        )
        return _step(kind, words, without, is_done=False)
    return _step(kind, "every product of the month has a method", is_done=True)


async def _mapping(session: ReadSession, pin: Pin, month: Month) -> CloseStep:
    kind = CloseStepKind.MAPPING
    settings = await integrations_at(session, pin)
    enabled = [system for system, its in settings.items() if its.is_enabled]
    waits = await _waiting_mappings(session, pin)
    if not enabled:
        words = _and("no integration is enabled", waits)
        return _step(kind, words, is_done=None)
    mappings = await mappings_at(session, pin)
    gaps: dict[Integration, list[Missing]] = {}
    for system in enabled:
        found = await missing(session, pin, _of_month(month), mappings, system)
        gaps[system] = found
    count = sum(len(found) for found in gaps.values())
    if not count:
        systems = _listed(target_words(system.name) for system in gaps)
        words = f"every account of the month is mapped for {systems}"
        return _step(kind, _and(words, waits), is_done=True)
    unmapped = [
        f"{counted(len(found), 'account')} not mapped for {target_words(system.name)}:"
        f" {_named(found)}"
        for system, found in gaps.items()
        if found
    ]
    step = _step(kind, _and("; ".join(unmapped), waits), count, is_done=False)
    first = [MappingGap(system, its) for system, found in gaps.items() for its in found]
    return replace(step, gaps=tuple(first[:ROWS_MAX]))


async def _waiting_mappings(session: AsyncSession, pin: Pin) -> str:
    """How many changes of mappings wait for another person; empty if none does."""
    wanted = RequestFilter(
        is_open=True,
        kinds=(ChangeKind.INTEGRATION, ChangeKind.MAPPINGS, ChangeKind.CHART),
    )
    found = await all_requests(session, pin.organisation_id, wanted)
    currency = pin.currency
    # What changes several ledgers has no currency, and what it does by currency.
    count = sum(currency in {its.currency, *its.effect} for its in found)
    wait = "waits" if count == 1 else "wait"
    return f"{counted(count, 'change')} of it {wait} for approval" if count else ""


def _and(words: str, more: str) -> str:
    return f"{words}; {more}" if more else words


def _named(found: Sequence[Missing]) -> str:
    """The first accounts that aren't mapped, each with its product if it has one."""
    names = [
        ACCOUNT_NAMES[account.role]
        + (f" of {account.product_name}" if account.product_name else "")
        for account in found[:NAMED]
    ]
    more = len(found) - len(names)
    return " and ".join(filter(None, (_listed(names), f"{more} more" if more else "")))


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
        words = f"{words}; {of_recurring}" if count else of_recurring
    count += recurring
    return _step(CloseStepKind.MANUAL_JOURNALS, words, count, is_done=not count)


def _tied(tied: TieOut, month: Month) -> CloseStep:
    kind, last = CloseStepKind.TIE_OUT, last_day_of(month)
    count = sum(tied.finding_counts.get(its, 0) for its in _DIFFERENCES)
    if count:
        words = f"{counted(count, 'difference')} up to {day_words(last)}"
        return _step(kind, words, count, is_done=False)
    has_balance = any(
        balance.on == last for account in tied.accounts for balance in account.balances
    )
    if not has_balance:
        words = f"no balance of the general ledger is entered for {day_words(last)}"
        return _step(kind, words, is_done=False)
    return _step(kind, f"everything agrees up to {day_words(last)}", is_done=True)


async def _lock(session: AsyncSession, pin: Pin, month: Month) -> CloseStep:
    settings = await kept_settings(session, pin)
    if settings.lock_method is LockMethod.ACCOUNTING_DATE:
        words = "each document is locked by its own accounting date"
        return _step(CloseStepKind.LOCK, words, is_done=None)
    locked = settings.locked_through
    words = "no day is locked"
    if locked is not None:
        words = f"locked through {day_words(locked)}"
    is_done = locked is not None and locked >= last_day_of(month)
    return _step(CloseStepKind.LOCK, words, is_done=is_done)


async def _export(
    session: AsyncSession,
    pin: Pin,
    month: Month,
    targets: Sequence[TargetFiles],
    tied: TieOut,
) -> CloseStep:
    """Whether each target has all of the month's entries."""
    kind = CloseStepKind.EXPORT
    if not await kept_count(session, pin, _of_month(month)):
        return _step(kind, f"{month_in_words(month)} has no journals", is_done=None)
    first, last = first_day_of(month), last_day_of(month)
    if not any(
        file.has_day_of(first, last) for files in targets for file in files.files
    ):
        words = f"no file of {month_in_words(month)} is posted"
        step = _step(kind, words, is_done=False)
        return await _with_file(session, pin, month, step, _targets_of(targets))
    doubled = {
        target: files
        for (target, its_month), files in sorted(tied.doubled.items())
        if its_month == month
    }
    lacking = _lacking(tied, month)
    if not lacking and not doubled:
        words = _listed(
            f"{target_words(files.target)}: {_files_words(files.files, month)}"
            for files in targets
        )
        return _step(kind, words, is_done=True)
    words = "; ".join(
        (
            *(
                _doubled_words(target, files, month)
                for target, files in doubled.items()
            ),
            *_lacking_words(targets, lacking, month),
        )
    )
    step = _step(kind, words, len({*lacking, *doubled}), is_done=False)
    for files in doubled.values():
        newest = files[-1].record
        step = replace(step, doubled=MonthFile(newest.number, newest.job_number))
    return await _with_file(session, pin, month, step, lacking) if lacking else step


def _targets_of(targets: Sequence[TargetFiles]) -> frozenset[str]:
    """Where a month's first file is looked for: a system, once one takes files.

    Empty for any target, as long as no file is posted in a system.
    """
    systems = {system.name for system in Integration}
    return (
        frozenset(systems) if systems & {its.target for its in targets} else frozenset()
    )


def _lacking(tied: TieOut, month: Month) -> frozenset[str]:
    """The targets that don't have all of the month's entries as they are now."""
    return frozenset(
        account.target
        for account in tied.accounts
        for its in account.months
        if its.month == month
        and (
            its.not_exported
            or (account.target, month) in tied.lacking
            or (its.difference and (account.target, month) not in tied.doubled)
        )
    )


def _lacking_words(
    targets: Sequence[TargetFiles], lacking: Collection[str], month: Month
) -> Iterator[str]:
    """The targets that lack entries, and the month's files of each."""
    if not lacking:
        return
    names = _listed(target_words(target) for target in sorted(lacking))
    yield f"{names} lacks entries of {month_in_words(month)}"
    yield _listed(
        f"{target_words(files.target)}: {_files_words(files.files, month)}"
        for files in targets
    )


def _doubled_words(target: str, files: Sequence[ListedRecord], month: Month) -> str:
    """That files have the same entries, and the way out."""
    names = " and ".join(map(file_words, files))
    return (
        f"{target_words(target)} has entries of {month_in_words(month)} more than once,"
        f" in {names}: reverse one of them there and undo its posting"
    )


async def _with_file(
    session: AsyncSession,
    pin: Pin,
    month: Month,
    step: CloseStep,
    targets: Collection[str],
) -> CloseStep:
    """The step of the export, which names a file that only waits to be posted."""
    file = await ready_file(session, pin, month, targets)
    if file is None:
        return step
    record, currency = file.record, file.totals_currency
    amount = f"{grouped_text(record.debit_total, currency)} {currency}"
    is_older = record.recording < pin.recording
    made = ", made before the ledger last changed," if is_older else ""
    words = (
        f"file {record.number} of {amount}{made} is ready: download it, load it, and"
        " mark it as posted"
    )
    ready = MonthFile(record.number, record.job_number)
    return replace(step, words=f"{step.words}; {words}", file=ready)


def _files_words(files: Iterable[PostedFile], month: Month) -> str:
    """The posted files with days of a month."""
    first, last = first_day_of(month), last_day_of(month)
    its = [file_words(file.listed) for file in files if file.has_day_of(first, last)]
    return _listed(its) if its else "no file"


def _of_month(month: Month) -> JournalFilter:
    return JournalFilter(posted_from=first_day_of(month), posted_to=last_day_of(month))


def _listed(words: Iterable[str]) -> str:
    return ", ".join(words)
