"""Reports as files, `/reports/<name>.csv`: all rows of a selection, streamed.

A download reads the database itself: it streams bytes, which no operation does.
"""

from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse

from daybook.access.rules import Permission
from daybook.db.engine import Database
from daybook.errors import Rejected
from daybook.report_files.options import read_options
from daybook.report_files.reports import open_report
from daybook.report_files.selecting import pin_report
from daybook.report_files.writing import file_name, report_pieces
from daybook.settings import Settings
from daybook.sheets.formats import format_named
from daybook_web.kit.guard import Handler, caller_of


def report_file(database: Database, settings: Settings, name: str) -> Handler:
    """`/reports/<name>.<format>` for sessions and keys."""

    async def download(request: Request) -> Response:
        if not caller_of(request).may(Permission.READ):
            message = "this key lacks the permission READ\n"
            return PlainTextResponse(message, status_code=403)
        try:
            return await _file(request, database, settings, name)
        except Rejected as rejected:
            lines = "\n".join(str(problem) for problem in rejected.problems)
            return PlainTextResponse(f"{lines}\n", status_code=400)

    return download


async def _file(
    request: Request, database: Database, settings: Settings, name: str
) -> Response:
    """The file; raises Rejected for an address that selects none."""
    given = request.query_params
    file_format = format_named(request.path_params["suffix"])
    options = read_options(name, {key: given.getlist(key) for key in given})
    organisation_id = caller_of(request).organisation_id
    async with database.reads() as session:
        pin = await pin_report(session, organisation_id, settings, options)
    report = await open_report(database, name, pin, options)
    pieces = report_pieces(report, file_format)
    # Read before the answer begins: a file that is too large is refused by then.
    first = await anext(pieces, b"")
    return StreamingResponse(
        _from(first, pieces),
        media_type=file_format.media_type,
        headers={
            "Content-Disposition": (
                f'attachment; filename="{file_name(report, file_format)}"'
            )
        },
    )


async def _from(first: bytes, pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for piece in pieces:
        yield piece
