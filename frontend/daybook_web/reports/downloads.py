"""Reports as files, `/reports/<name>.csv`: all rows of a small report.

One of more rows than `stream_rows_max` is refused before the answer begins, with the
command that writes it.

A download reads the database itself: it sends bytes, which no operation does.
"""

import asyncio
import shlex
from collections.abc import AsyncIterator, Iterator
from http import HTTPStatus
from tempfile import SpooledTemporaryFile
from typing import IO

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse

from daybook.access.rules import Permission
from daybook.db.engine import Database
from daybook.errors import Rejected
from daybook.report_files.options import OPTIONS, read_options
from daybook.report_files.reports import OpenReport, open_report
from daybook.report_files.selecting import pin_report
from daybook.report_files.writing import file_name, report_pieces
from daybook.reports.journals.filter_kinds import YesOrNo
from daybook.settings import Settings
from daybook.sheets.contract import SheetFormat
from daybook.sheets.formats import format_named
from daybook_web.kit.error_pages import error_page
from daybook_web.kit.guard import Handler, caller_of, is_for_people
from daybook_web.kit.links import Link

MEMORY_BYTES = 2**20
"""How much of a file is kept in memory until it is complete; more is on the disk."""
PIECE_BYTES = 2**18
COMMANDS = {"cohorts": ("waterfall", "--cohorts")}
"""The commands of reports that aren't called as the report is."""


class _TooManyRows(Exception):
    """A report has more rows than are sent at once."""


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
    try:
        file = await _written(report, file_format, settings.stream_rows_max)
    except _TooManyRows:
        return _too_many(request, report, file_format, settings.stream_rows_max)
    return StreamingResponse(
        _pieces_of(file),
        media_type=file_format.media_type,
        headers={
            "Content-Disposition": (
                f'attachment; filename="{file_name(report, file_format)}"'
            ),
            "Content-Length": str(file.tell()),
        },
    )


async def _written(
    report: OpenReport, file_format: SheetFormat, rows_max: int
) -> IO[bytes]:
    """The whole file, open at its end; raises _TooManyRows, and Rejected."""
    rows = 0

    def count(more: int) -> None:
        nonlocal rows
        rows += more
        if rows > rows_max:
            raise _TooManyRows

    file = SpooledTemporaryFile(MEMORY_BYTES)  # noqa: SIM115  (it is sent later)
    try:
        async for piece in report_pieces(report, file_format, count):
            await asyncio.to_thread(file.write, piece)
    except BaseException:
        file.close()
        raise
    return file


async def _pieces_of(file: IO[bytes]) -> AsyncIterator[bytes]:
    with file:
        file.seek(0)
        while piece := await asyncio.to_thread(file.read, PIECE_BYTES):
            yield piece


def _too_many(
    request: Request, report: OpenReport, file_format: SheetFormat, rows_max: int
) -> Response:
    """The answer to a request for too many rows, with the command that writes them."""
    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    command = _command(request, report, file_format)
    if is_for_people(request):
        title = "Too many rows to download at once"
        message = (
            f"The file has more than {rows_max:,} rows, which is as many as are sent at"
            " once. Select less, or have it written at the server, without a limit, by"
            f" the command {command}"
        )
        page = request.url.path.removesuffix(f".{file_format.name}")
        links = [Link("Back to the report", f"{page}?{request.url.query}")]
        return error_page(request, status, title, message, links)
    message = (
        f"the file has more than {rows_max:,} rows, which is as many as are sent at"
        f" once: select less, or run `{command}` at the server, which has no limit"
    )
    return PlainTextResponse(f"{message}\n", status)


def _command(request: Request, report: OpenReport, file_format: SheetFormat) -> str:
    """The command that writes the file that was requested."""
    words = ["daybook", *COMMANDS.get(report.name, (report.name,))]
    words += _options(request, report)
    words += ["-o", file_name(report, file_format)]
    organisation_id = caller_of(request).organisation_id
    # Without that setting, commands act on organisation 1.
    before = "" if organisation_id == 1 else f"DAYBOOK_ORGANISATION={organisation_id} "
    return before + shlex.join(words)


def _options(request: Request, report: OpenReport) -> Iterator[str]:
    """The parameters of an address as options of its report's command."""
    for option in OPTIONS[report.name]:
        given = [
            text for text in request.query_params.getlist(option.name) if text.strip()
        ]
        if not given:
            continue
        name = f"--{option.name.replace('_', '-')}"
        if not isinstance(option.kind, YesOrNo):
            yield from (name, ",".join(given))
        elif getattr(report.asked.options, option.field):
            yield name
