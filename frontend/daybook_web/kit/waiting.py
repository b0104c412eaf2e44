"""How much waits for the reader of a page, which the navigation says."""

from starlette.requests import Request

from daybook.access.rules import Permission
from daybook.db.engine import Database
from daybook.reports.waiting import count_waiting
from daybook_web.kit.guard import caller_of


def has_navigation(request: Request) -> bool:
    """Whether a browser asks for a whole page, which has the navigation."""
    is_page = "text/html" in request.headers.get("accept", "")
    return is_page and request.headers.get("hx-request") != "true"


async def waiting_for_reader(database: Database, request: Request) -> int:
    """How much the reader may approve or reject; nothing for who never approves."""
    caller = caller_of(request)
    if caller.user_id is None or not caller.may(Permission.APPROVE):
        return 0
    return await count_waiting(database, caller.organisation_id, caller.user_id)
