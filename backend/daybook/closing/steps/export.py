"""The step of the export: whether each target has all of a month's entries."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncSession

from daybook.calendar import Month, first_day_of, last_day_of, month_in_words
from daybook.closing.posted_files import PostedFile, TargetFiles
from daybook.closing.ready_files import ready_file
from daybook.closing.rules import CloseStep, CloseStepKind, MonthFile
from daybook.closing.tie_out import TieOut
from daybook.closing.words import target_words
from daybook.exports.mapping.forms import Integration
from daybook.exports.posting.overlapping import file_words
from daybook.exports.queries import ListedRecord
from daybook.ledger.pins import Pin
from daybook.money import grouped_text
from daybook.reports.journals.filters import of_month
from daybook.reports.journals.totals import kept_count


async def export_step(
    session: AsyncSession,
    pin: Pin,
    month: Month,
    targets: Sequence[TargetFiles],
    tied: TieOut,
) -> CloseStep:
    """Whether each target has all of the month's entries."""
    kind = CloseStepKind.EXPORT
    if not await kept_count(session, pin, of_month(month)):
        words = f"{month_in_words(month)} has no journals"
        return CloseStep.of(kind, words, is_done=None)
    first, last = first_day_of(month), last_day_of(month)
    if not any(
        file.has_day_of(first, last) for files in targets for file in files.files
    ):
        words = f"no file of {month_in_words(month)} is posted"
        step = CloseStep.of(kind, words, is_done=False)
        return await _with_file(session, pin, month, step, _targets_of(targets))
    doubled = {
        target: files
        for (target, its_month), files in sorted(tied.doubled.items())
        if its_month == month
    }
    lacking = lacking_targets(tied, month)
    if not lacking and not doubled:
        words = ", ".join(
            f"{target_words(files.target)}: {_files_words(files.files, month)}"
            for files in targets
        )
        return CloseStep.of(kind, words, is_done=True)
    words = "; ".join(
        (
            *(
                _doubled_words(target, files, month)
                for target, files in doubled.items()
            ),
            *_lacking_words(targets, lacking, month),
        )
    )
    step = CloseStep.of(kind, words, len({*lacking, *doubled}), is_done=False)
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


def lacking_targets(tied: TieOut, month: Month) -> frozenset[str]:
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
    names = ", ".join(target_words(target) for target in sorted(lacking))
    yield f"{names} lacks entries of {month_in_words(month)}"
    yield ", ".join(
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
    return ", ".join(its) or "no file"
