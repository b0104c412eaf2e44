"""`/journals.csv`: the report's journals as a streamed file, for small reports.

One of more lines than `stream_rows_max` is refused before the answer begins: it is made
in the background, as an export.

It holds posted entries, scheduled ones too with `include_scheduled=yes`.

A download reads the ledger itself: it streams bytes, which no operation does.
"""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse

from daybook.access.rules import Permission
from daybook.calendar import FIRST_DAY, day_text
from daybook.clock import today
from daybook.db.engine import Database
from daybook.errors import Problem, ProblemCode, Rejected
from daybook.exports.checking import check_file, check_form
from daybook.exports.facts import with_refresh
from daybook.exports.file_spec import DEFAULT_OPTIONS, FileOptions, FileSpec
from daybook.exports.formats import DEFAULT, Format, parse_format
from daybook.exports.names import file_name
from daybook.exports.option_texts import OPTION_NAMES, read_options
from daybook.exports.reading.expected import expected_totals
from daybook.exports.rules import Granularity
from daybook.exports.writing.compression import Compression, parse_compression
from daybook.exports.writing.streaming import render_file
from daybook.ledger.queries import choose_ledger, pin_ledger, time_zone_of
from daybook.reports.journals.filter_kinds import give_one
from daybook.reports.journals.filters import Purpose, Selection, unknown_names
from daybook.reports.journals.group_keys import Grouping, in_order
from daybook.reports.journals.selection import parse_selection, resolve
from daybook.settings import Settings
from daybook_web.kit.error_pages import TO_REPORT, error_page
from daybook_web.kit.guard import Handler, caller_of, is_for_people
from daybook_web.kit.links import Link

OPTIONS = tuple(name for name in OPTION_NAMES if name != "max_rows")
"""The options of a file that is never split."""
OWN = ("currency", "format", "compress", "granularity", "group_by", *OPTIONS)
"""Parameters beside the filters."""


def journals_csv(database: Database, settings: Settings) -> Handler:
    """`/journals.csv`."""

    async def download(request: Request) -> Response:
        if not caller_of(request).may(Permission.READ):
            message = "this key lacks the permission READ\n"
            return PlainTextResponse(message, status_code=403)
        try:
            return await _stream(request, database, settings)
        except Rejected as rejected:
            lines = "\n".join(str(problem) for problem in rejected.problems)
            return PlainTextResponse(f"{lines}\n", status_code=400)

    return download


class _Download(NamedTuple):
    """The file that an address describes."""

    currency: str
    file_format: Format
    compression: Compression | None
    granularity: Granularity | None
    by: tuple[Grouping, ...] | None
    selection: Selection
    options: FileOptions


def _download_of(request: Request) -> _Download:
    """The file that is requested; raises Rejected with all problems."""
    parameters = {
        name: request.query_params.getlist(name) for name in request.query_params
    }
    problems = unknown_names(parameters, OWN)
    granularity, selection, by = None, Selection(), None
    file_format, currency, compression = DEFAULT, "", None
    options = DEFAULT_OPTIONS
    try:
        currency, file_format = _only(parameters, "currency"), _format(parameters)
        compression = _compression(parameters)
        options = read_options({name: _only(parameters, name) for name in OPTIONS})
        check_form(file_format, compression, options)
        granularity, by = _granularity(parameters), _groupings(parameters)
    except Rejected as rejected:
        problems += rejected.problems
    try:
        selection = parse_selection(parameters)
    except Rejected as rejected:
        problems += rejected.problems
    if problems:
        raise Rejected(problems)
    return _Download(
        currency, file_format, compression, granularity, by, selection, options
    )


async def _stream(request: Request, database: Database, settings: Settings) -> Response:
    download = _download_of(request)
    as_of = download.selection.as_of
    organisation_id = caller_of(request).organisation_id
    async with database.reads() as session:
        ledger = await choose_ledger(
            session, organisation_id, download.currency or None
        )
        the_day = today(settings, await time_zone_of(session, organisation_id))
        pin = await pin_ledger(session, organisation_id, ledger.id, the_day, as_of)
        assert pin is not None, "the ledger was just found"
        selected = await resolve(session, pin, download.selection, Purpose.EXPORT)
        options = await with_refresh(
            session, pin, download.file_format, download.options
        )
    spec = FileSpec(
        pin,
        selected,
        download.granularity or download.file_format.granularity,
        download.by,
        download.file_format,
        download.compression,
        options,
    )
    await check_file(database, spec)
    rows = (await expected_totals(database, spec)).rows
    if rows > settings.stream_rows_max:
        return _too_long(request, rows, settings.stream_rows_max)
    return StreamingResponse(
        render_file(database, spec),
        media_type=(spec.compression or spec.file_format).media_type,
        headers={
            "Content-Disposition": f'attachment; filename="{file_name(spec, as_of)}"'
        },
    )


def _too_long(request: Request, rows: int, rows_max: int) -> Response:
    """The answer to a request for too many lines, with the way to an export of them."""
    status, page = HTTPStatus.REQUEST_ENTITY_TOO_LARGE, _export_page(request)
    if is_for_people(request):
        title = "Too many lines to download at once"
        message = (
            f"The file has {rows:,} lines, and up to {rows_max:,} are sent at once. An"
            " export makes larger files in the background."
        )
        links = [Link("Export it in the background", page), TO_REPORT]
        return error_page(request, status, title, message, links)
    message = (
        f"the file has {rows:,} lines, and up to {rows_max:,} are sent at once: request"
        f" it with the mutation createExport, or on the page {page}; `daybook export`"
        " has no limit"
    )
    return PlainTextResponse(f"{message}\n", status)


def _export_page(request: Request) -> str:
    """The address of the page that exports the same journals."""
    address = f"/exports/new?{request.url.query}"
    if any(request.query_params.get(name) for name in ("from", "to")):
        return address
    # Without a period, pages are of the present month, and files of all days.
    return f"{address}&from={day_text(FIRST_DAY)}"


def _only(parameters: Mapping[str, Sequence[str]], name: str) -> str:
    """A parameter's value, empty if it is absent; raises Rejected for several."""
    texts = {text.strip() for text in parameters.get(name, ())} - {""}
    if len(texts) > 1:
        message = give_one(sorted(texts))
        raise Rejected([Problem(ProblemCode.INVALID_VALUE, message, (name,))])
    return texts.pop() if texts else ""


def _format(parameters: Mapping[str, Sequence[str]]) -> Format:
    """The requested format; raises Rejected for an unknown one."""
    text = _only(parameters, "format")
    return parse_format(text) if text else DEFAULT


def _compression(parameters: Mapping[str, Sequence[str]]) -> Compression | None:
    """The requested compression, if there is one; raises Rejected if it is unknown."""
    text = _only(parameters, "compress")
    return parse_compression(text) if text else None


def _granularity(parameters: Mapping[str, Sequence[str]]) -> Granularity | None:
    """The requested granularity; None for the format's own."""
    text = _only(parameters, "granularity")
    if not text:
        return None
    if text in set(Granularity):
        return Granularity(text)
    message = f"{text!r} is neither daily nor monthly"
    raise Rejected([Problem(ProblemCode.INVALID_VALUE, message, ("granularity",))])


def _groupings(parameters: Mapping[str, Sequence[str]]) -> tuple[Grouping, ...] | None:
    """What lines are grouped by, separated by commas; `none` for a single group."""
    texts = parameters.get("group_by", [])
    names = [name for text in texts for name in text.split(",") if name]
    if not names:
        return None
    unknown = [text for text in names if text not in {*Grouping, "none"}]
    if unknown:
        message = f"{unknown[0]!r} is not none, and none of {', '.join(Grouping)}"
        raise Rejected([Problem(ProblemCode.INVALID_VALUE, message, ("group_by",))])
    return in_order(Grouping(text) for text in names if text != "none")
