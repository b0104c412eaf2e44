"""What a caller may do with a recurrence as it stands."""

from collections.abc import Sequence

from daybook.access.rules import Permission
from daybook.adjustments.recurring.queries import ListedRecurrence
from daybook.adjustments.recurring.rules import RecurrenceStatus as Status
from daybook.adjustments.recurring.rules import label
from daybook.errors import Rejected
from daybook.four_eyes.rules import check_decider
from daybook_graphql.context import Context
from daybook_graphql.recurring.enums import RecurrenceAction as Action
from daybook_graphql.recurring.loaders import RecurrenceKey, authors

WRITERS: dict[Status, Sequence[Action]] = {
    Status.DRAFT: (Action.EDIT, Action.SUBMIT, Action.END),
    Status.REJECTED: (Action.EDIT, Action.SUBMIT, Action.END),
    Status.SUBMITTED: (Action.WITHDRAW, Action.END),
    Status.ACTIVE: (Action.EDIT, Action.END),
}
"""What those may do who write manual journals."""


async def actions_of(context: Context, row: ListedRecurrence) -> list[Action]:
    """What the caller may do with a recurrence now."""
    found: list[Action] = []
    if context.caller.may(Permission.ADJUST):
        found += WRITERS.get(row.status, ())
    if _is_decided_by(context, row) and await refusal_of(context, row) is None:
        found += [Action.APPROVE, Action.REJECT]
    return [action for action in Action if action in found]


async def refusal_of(context: Context, row: ListedRecurrence) -> str | None:
    """Why a caller who approves can't decide about this one; None if they can.

    None for other callers, and for recurrences that don't wait, too.
    """
    if not _is_decided_by(context, row):
        return None
    caller = context.caller
    persons = await authors(context).load(RecurrenceKey(row.number, row.last_step))
    try:
        check_decider(caller.user_id, caller.role, persons, label(row.number))
    except Rejected as rejected:
        return rejected.problems[0].message
    return None


def _is_decided_by(context: Context, row: ListedRecurrence) -> bool:
    """Whether the recurrence waits for somebody with the caller's permissions."""
    return row.status is Status.SUBMITTED and context.caller.may(Permission.APPROVE)
