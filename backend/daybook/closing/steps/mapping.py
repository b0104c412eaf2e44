"""The step of the mapping: accounts of a month that a system doesn't know yet.

Only entries count that are still to be exported. What is in a posted file keeps the
codes that it was posted with, whatever a product or a mapping becomes later.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

from sqlalchemy.ext.asyncio import AsyncSession

from daybook.calendar import Month, first_day_of, last_day_of
from daybook.closing.posted_files import TargetFiles
from daybook.closing.rules import (
    ROWS_MAX,
    CloseStep,
    CloseStepKind,
    MappingGap,
    joined,
)
from daybook.closing.steps.export import lacking_targets
from daybook.closing.tie_out import TieOut
from daybook.closing.words import target_words
from daybook.db.engine import ReadSession
from daybook.exports.mapping.forms import Integration
from daybook.exports.mapping.kept import kept_integrations, kept_missing
from daybook.exports.mapping.rules import Missing
from daybook.four_eyes.queries import RequestFilter, all_requests
from daybook.four_eyes.rules import ChangeKind
from daybook.ledger.pins import Pin
from daybook.ledger.rules import ACCOUNT_NAMES
from daybook.numbers import agreeing, counted
from daybook.reports.journals.filters import JournalFilter, of_month
from daybook.reports.kept_totals import keep_figures

NAMED = 3
"""How many accounts that aren't mapped are named."""
OF_MAPPING = RequestFilter(
    is_open=True,
    kinds=(ChangeKind.INTEGRATION, ChangeKind.MAPPINGS, ChangeKind.CHART),
)


async def mapping_step(
    session: ReadSession,
    pin: Pin,
    month: Month,
    targets: Sequence[TargetFiles],
    tied: TieOut,
) -> CloseStep:
    """Whether every account that is still to be exported is mapped where it is needed.

    `targets` and `tied` are those of the month's posted files.
    """
    kind = CloseStepKind.MAPPING
    settings = await kept_integrations(session, pin)
    enabled = [system for system, its in settings.items() if its.is_enabled]
    waits = await _waiting_mappings(session, pin)
    if not enabled:
        words = joined("no integration is enabled", waits)
        return CloseStep.of(kind, words, is_done=None)
    files_of = {files.target: files for files in targets}
    lacking = lacking_targets(tied, month)
    gaps: dict[Integration, list[Missing]] = {}
    posted: dict[Integration, list[Missing]] = {}
    for system in enabled:
        files = files_of.get(system.name)
        has_month = files is not None and _has_day_of(files, month)
        is_posted = has_month and system.name not in lacking
        selected = of_month(month) if is_posted else _to_export(files, month)
        found = await kept_missing(session, pin, selected, system)
        (posted if found and is_posted else gaps)[system] = found
    count = sum(map(len, gaps.values()))
    if count:
        unmapped = _unmapped(gaps)
        step = CloseStep.of(kind, joined(unmapped, waits), count, is_done=False)
        first = [
            MappingGap(system, its) for system, found in gaps.items() for its in found
        ]
        return replace(step, gaps=tuple(first[:ROWS_MAX]))
    parts = list[str]()
    if gaps:
        systems = ", ".join(target_words(system.name) for system in gaps)
        parts.append(f"every account of the month is mapped for {systems}")
    if posted:
        parts.append(f"{_unmapped(posted)}; all entries of the month are posted there")
    count = sum(map(len, posted.values()))
    return CloseStep.of(kind, joined("; ".join(parts), waits), count, is_done=True)


def _has_day_of(files: TargetFiles, month: Month) -> bool:
    first, last = first_day_of(month), last_day_of(month)
    return any(file.has_day_of(first, last) for file in files.files)


def _to_export(files: TargetFiles | None, month: Month) -> JournalFilter:
    """The month's journals that changed since posted files had all of them."""
    selected, first, last = of_month(month), first_day_of(month), last_day_of(month)
    if files is None:
        return selected
    whole = {
        file.number
        for file in files.files
        if file.is_whole and file.days[0] <= first and file.days[1] >= last
    }
    # A difference continues a whole file, and so is known by that one.
    recordings = [file.recording for file in files.files if file.root in whole]
    if not recordings:
        return selected
    return replace(selected, changed_after=max(recordings))


def _unmapped(gaps: Mapping[Integration, Sequence[Missing]]) -> str:
    """How many accounts the systems lack, and the first of them."""
    return "; ".join(
        f"{counted(len(found), 'account')} not mapped for {target_words(system.name)}:"
        f" {_named(found)}"
        for system, found in gaps.items()
        if found
    )


async def _waiting_mappings(session: AsyncSession, pin: Pin) -> str:
    """How many changes of mappings wait for another person; empty if none does."""
    organisation = pin.organisation_id
    # A request and a decision are audit records; all ledgers ask for the same ones.
    found = await keep_figures(
        session,
        ("mapping requests", organisation, pin.audit_head),
        partial(all_requests, session, organisation, OF_MAPPING),
    )
    currency = pin.currency
    # What changes several ledgers has no currency, and what it does by currency.
    count = sum(currency in {its.currency, *its.effect} for its in found)
    if not count:
        return ""
    waits = agreeing(count, "waits", "wait")
    return f"{counted(count, 'change')} of it {waits} for approval"


def _named(found: Sequence[Missing]) -> str:
    """The first accounts that aren't mapped, each with its product if it has one."""
    names = [
        ACCOUNT_NAMES[account.role]
        + (f" of {account.product_name}" if account.product_name else "")
        for account in found[:NAMED]
    ]
    more = len(found) - len(names)
    return " and ".join(
        filter(None, (", ".join(names), f"{more} more" if more else ""))
    )
