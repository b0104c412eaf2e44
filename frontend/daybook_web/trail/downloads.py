"""`/audit.csv` and `/activity.csv`: all rows that a list's filters select, streamed.

A download reads the database itself: it streams bytes, which no operation does.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import TypeAlias, TypeVar

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from daybook.access.rules import Permission
from daybook.db.engine import Database, ReadSession
from daybook.errors import Problem, ProblemCode, Rejected
from daybook.paging import Page, PageRequest
from daybook.reports.activity import ACTIVITY, ListedActivity, find_activities
from daybook.reports.trail.filters import (
    ACTIVITY_NAMES,
    TRAIL_NAMES,
    read_activity_filter,
    read_trail_filter,
)
from daybook.reports.trail.queries import ListedRecord, find_records
from daybook.reports.trail.sheets import AUDIT_RECORDS
from daybook.sheets.columns import Sheet
from daybook.sheets.csv_lines import csv_header, csv_lines
from daybook_web.kit.guard import Handler, caller_of
from daybook_web.kit.sheet_files import sheet_file

ROWS_AT_ONCE = 1_000
"""How many rows are read at a time."""
LINE_END = "\r\n"

Row = TypeVar("Row")
Find: TypeAlias = Callable[[ReadSession, PageRequest], Awaitable[Page[Row]]]


def audit_csv(database: Database) -> Handler:
    """`/audit.csv`."""

    def find(organisation_id: int, texts: Mapping[str, str]) -> Find[ListedRecord]:
        wanted = read_trail_filter(texts)
        return lambda session, request: find_records(
            session, organisation_id, request, wanted
        )

    return _download(
        database, TRAIL_NAMES, AUDIT_RECORDS, find, lambda row: row.record.number
    )


def activity_csv(database: Database) -> Handler:
    """`/activity.csv`."""

    def find(organisation_id: int, texts: Mapping[str, str]) -> Find[ListedActivity]:
        wanted = read_activity_filter(texts)
        return lambda session, request: find_activities(
            session, organisation_id, request, wanted
        )

    return _download(database, ACTIVITY_NAMES, ACTIVITY, find, lambda row: row.id)


def _download(
    database: Database,
    names: Sequence[str],
    sheet: Sheet[Row],
    find_of: Callable[[int, Mapping[str, str]], Find[Row]],
    key_of: Callable[[Row], int],
) -> Handler:
    async def download(request: Request) -> Response:
        caller = caller_of(request)
        if not caller.may(Permission.READ):
            message = "this key lacks the permission READ\n"
            return PlainTextResponse(message, status_code=403)
        try:
            find = find_of(caller.organisation_id, _texts(request, names))
            first = await _read(database, find, None)
        except Rejected as rejected:
            lines = "\n".join(str(problem) for problem in rejected.problems)
            return PlainTextResponse(f"{lines}\n", status_code=400)
        return sheet_file(sheet, _lines(database, sheet, find, key_of, first))

    return download


def _texts(request: Request, names: Sequence[str]) -> dict[str, str]:
    """The filters by name; raises Rejected for other parameters."""
    given = request.query_params
    problems = [
        Problem(ProblemCode.INVALID_VALUE, "there is no such filter", (name,))
        for name in given
        if name not in names
    ]
    if problems:
        raise Rejected(problems)
    return {name: given.get(name, "") for name in names}


async def _read(database: Database, find: Find[Row], key: int | None) -> Page[Row]:
    request = PageRequest(ROWS_AT_ONCE, None if key is None else (key,))
    async with database.reads() as session:
        return await find(session, request)


async def _lines(
    database: Database,
    sheet: Sheet[Row],
    find: Find[Row],
    key_of: Callable[[Row], int],
    page: Page[Row],
) -> AsyncIterator[str]:
    """The file, page by page, from a first page that was read."""
    yield csv_header(sheet, LINE_END)
    while True:
        yield "".join(csv_lines(sheet, page.items, LINE_END))
        if not page.has_next:
            return
        page = await _read(database, find, key_of(page.items[-1]))
