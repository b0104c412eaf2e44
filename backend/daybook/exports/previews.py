"""The preflight of a file of any format, as it is shown before the file is made."""

from daybook.calendar import day_text
from daybook.db.engine import Database, ReadSession
from daybook.errors import Rejected
from daybook.exports.checking import check_size
from daybook.exports.differences.changed_accounts import changed_accounts
from daybook.exports.differences.since import base_of
from daybook.exports.file_spec import FileSpec
from daybook.exports.mapping.forms import FORMS
from daybook.exports.posting.earlier import find_earlier
from daybook.exports.posting.overlapping import journals_words
from daybook.exports.posting.posted import already_posted
from daybook.exports.posting.recorded_files import Selected, selection_since
from daybook.exports.posting.shared_keys import keys_in_use
from daybook.exports.preflight.findings import Finding, FindingCode
from daybook.exports.preflight.queries import Preflight, read_preflight
from daybook.exports.stored_spec import filter_of
from daybook.numbers import counted


async def preview(database: Database, spec: FileSpec) -> Preflight:
    """A file's preflight, with what its format can't hold; changes nothing.

    Whether the options fit the format was checked before (`checking.check_form`).
    """
    found = await read_preflight(database, spec)
    async with database.reads() as session:
        selected = await selection_since(
            session, spec.pin, spec.journal_filter, spec.options.since
        )
        findings = (
            await find_earlier(session, spec),
            await _posted_before(session, spec, selected),
            await find_keys_in_use(session, spec, selected),
            await _changed_accounts(session, spec),
        )
    for finding in findings:
        if finding is not None:
            found = found.with_finding(finding)
    if spec.integration is not None:
        return found
    try:
        await check_size(database, spec, found.totals)
    except Rejected as rejected:
        return found.with_finding(_too_large(spec, found, rejected))
    return found


async def _posted_before(
    session: ReadSession, spec: FileSpec, selected: Selected
) -> Finding | None:
    """The journals that the target has already; None if it has none of them."""
    shared = await already_posted(session, selected, spec.file_format.number)
    if not shared.journals:
        return None
    have = "journal is" if shared.journals == 1 else "journals are"
    last = shared.doubled[-1].file
    way_out = f"make the difference since file {last.record.number} instead"
    ends = filter_of(last.record.selection).posted_to
    if ends is not None and ends < selected.days[1]:
        # A difference has the days of its file.
        way_out += f", and a file of the days after {day_text(ends)}"
    return Finding(
        FindingCode.POSTED_BEFORE,
        blocks=False,
        title=f"{shared.journals:,} {have} in posted files already",
        message=journals_words(shared.doubled),
        way_out=way_out,
        count=shared.journals,
        record=last.record.number,
    )


async def find_keys_in_use(
    session: ReadSession, spec: FileSpec, selected: Selected
) -> Finding | None:
    """Entries that the target would take for others; None if there are none."""
    shared = await keys_in_use(session, spec, selected)
    if not shared.journals or spec.integration is None:
        return None
    form = FORMS[spec.integration]
    entries = counted(shared.journals, "entry", "entries")
    return Finding(
        FindingCode.KEYS_IN_USE,
        blocks=False,
        title=f"{entries} whose {form.entry_key} {form.title} has on other days of the"
        " month, and may skip or overwrite",
        message=journals_words(shared.doubled),
        way_out="choose rows by day, or undo the posting and export the whole month",
        count=shared.journals,
    )


async def _changed_accounts(session: ReadSession, spec: FileSpec) -> Finding | None:
    """Accounts whose lines stay where they were posted; None if there are none."""
    if spec.options.since is None:
        return None
    changed = await changed_accounts(session, await base_of(session, spec), spec)
    if not changed:
        return None
    names = [
        f"{account.role.name}{f' of {account.scope}' if account.scope else ''}"
        for account in changed
    ]
    return Finding(
        FindingCode.CHANGED_ACCOUNTS,
        blocks=False,
        title=f"{counted(len(changed), 'account')} renamed or mapped otherwise since"
        f" file {spec.options.since}",
        message=", ".join(names),
        way_out="what was posted stays on the accounts of then: move it in the target,"
        " if it should follow",
        count=len(changed),
    )


def _too_large(spec: FileSpec, found: Preflight, rejected: Rejected) -> Finding:
    (problem,) = rejected.problems
    title, _, way_out = problem.message.partition(": ")
    rows = spec.file_format.limits.rows
    is_long = rows is not None and found.totals.rows > rows
    return Finding(
        FindingCode.TOO_MANY_ROWS if is_long else FindingCode.AMOUNT_TOO_LARGE,
        blocks=True,
        title=title,
        way_out=way_out,
    )
