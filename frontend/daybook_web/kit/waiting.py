"""How much waits for the reader of a page, which the navigation says."""

from dataclasses import dataclass

from starlette.requests import Request

from daybook.access.rules import Permission
from daybook_web.kit.guard import caller_of
from daybook_web.kit.results import Result
from daybook_web.kit.running import Running


@dataclass(frozen=True, slots=True)
class WaitingCounts(Result):
    """What waits for the caller's approval."""

    waiting_for_me: int
    changes_waiting_for_me: int


@dataclass(frozen=True, slots=True)
class RecurrencesWaiting(Result):
    """How many recurring manual journals wait for the caller's approval."""

    waiting_for_me: int


@dataclass(frozen=True, slots=True)
class WaitingForMe(Result):
    """The result of the operation."""

    manual_journal_counts: WaitingCounts
    recurring_manual_journal_counts: RecurrencesWaiting


def has_navigation(request: Request) -> bool:
    """Whether a browser asks for a whole page, which has the navigation."""
    is_page = "text/html" in request.headers.get("accept", "")
    return is_page and request.headers.get("hx-request") != "true"


def may_approve(request: Request) -> bool:
    """Whether something may wait for the reader's approval."""
    caller = caller_of(request)
    return caller.may(Permission.ADJUST) or caller.may(Permission.APPROVE)


async def count_waiting(running: Running) -> int:
    """How many manual journals, recurring ones and changes wait for the caller."""
    found = await running.run(WaitingForMe, {})
    counts = found.manual_journal_counts
    recurring = found.recurring_manual_journal_counts.waiting_for_me
    return counts.waiting_for_me + counts.changes_waiting_for_me + recurring
