"""What a caller may do with a manual journal as it stands."""

from collections.abc import Sequence

from daybook.access.rules import Permission
from daybook.adjustments.checking import open_day_problem
from daybook.adjustments.queries import ListedManual
from daybook.adjustments.rules import Status, label
from daybook.errors import Rejected
from daybook.four_eyes.rules import check_decider
from daybook.ledger.rules import LockMethod, first_open_day
from daybook_graphql.adjustments.enums import ManualJournalAction as Action
from daybook_graphql.adjustments.loaders import StateKey, authors
from daybook_graphql.context import Context
from daybook_graphql.ledgers.loaders import ledger_settings

WRITERS: dict[Status, Sequence[Action]] = {
    Status.DRAFT: (Action.EDIT, Action.SUBMIT, Action.DISCARD),
    Status.REJECTED: (Action.EDIT, Action.SUBMIT, Action.DISCARD),
    Status.SUBMITTED: (Action.WITHDRAW,),
    Status.POSTED: (Action.REVERSE,),
}
"""What those may do who write manual journals."""


async def actions_of(context: Context, row: ListedManual) -> list[Action]:
    """What the caller may do with a journal now."""
    found: list[Action] = []
    if context.caller.may(Permission.ADJUST):
        found += WRITERS.get(row.status, ())
    if _is_decided_by(context, row) and await _not_decider(context, row) is None:
        found.append(Action.REJECT)
        if await _locked(context, row) is None:
            found.append(Action.APPROVE)
    return [action for action in Action if action in found]


async def refusal_of_approval(context: Context, row: ListedManual) -> str | None:
    """Why a caller who approves journals can't approve this one; None if they can.

    None for other callers, and for journals that don't wait for an approval, too.
    """
    if not _is_decided_by(context, row):
        return None
    return await _not_decider(context, row) or await _locked(context, row)


def _is_decided_by(context: Context, row: ListedManual) -> bool:
    """Whether the journal waits for somebody with the caller's permissions."""
    return row.status is Status.SUBMITTED and context.caller.may(Permission.APPROVE)


async def _not_decider(context: Context, row: ListedManual) -> str | None:
    """Why the caller can't decide about a journal, as the domain says it."""
    caller = context.caller
    persons = await authors(context).load(StateKey(row.number, row.last_step))
    try:
        check_decider(caller.user_id, caller.role, persons, label(row.number))
    except Rejected as rejected:
        return rejected.problems[0].message
    return None


async def _locked(context: Context, row: ListedManual) -> str | None:
    """The problem of a journal whose date is locked, with the first open day."""
    settings = await ledger_settings(context).load((await context.pins())[row.currency])
    if settings.lock_method is not LockMethod.CUSTOM_DATE:
        return None
    first_open = first_open_day(settings.locked_through)
    problem = open_day_problem(row.day, first_open, row.currency)
    return None if problem is None else problem.message
