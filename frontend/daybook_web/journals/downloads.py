"""`/journals.csv`: the report's journals as a streamed file, for small reports.

One of more lines than `stream_rows_max` is refused before the answer begins: it is made
in the background, as an export.

It holds posted entries, scheduled ones too with `include_scheduled=yes`.

A download reads the ledger itself: it streams bytes, which no operation does.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

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
from daybook.reports.journals.filters import Purpose, Selection, unknown_names
from daybook.reports.journals.group_keys import Grouping
from daybook.reports.journals.selection import parse_selection, resolve
from daybook.settings import Settings
from daybook_web.journals.file_requests import (
    for_readers,
    groupings,
    only,
    too_long,
)
from daybook_web.kit.guard import Handler, caller_of

OPTIONS = tuple(name for name in OPTION_NAMES if name != "max_rows")
"""The options of a file that is never split."""
OWN = ("currency", "format", "compress", "granularity", "group_by", *OPTIONS)
"""Parameters beside the filters."""


def journals_csv(database: Database, settings: Settings) -> Handler:
    """`/journals.csv`."""

    async def download(request: Request) -> Response:
        return await _stream(request, database, settings)

    return for_readers(download)


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
        currency, file_format = only(parameters, "currency"), _format(parameters)
        compression = _compression(parameters)
        options = read_options({name: only(parameters, name) for name in OPTIONS})
        check_form(file_format, compression, options)
        granularity, by = _granularity(parameters), groupings(parameters)
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
        rows_max = settings.stream_rows_max
        return too_long(request, rows, rows_max, "lines", "daybook export")
    return StreamingResponse(
        render_file(database, spec),
        media_type=(spec.compression or spec.file_format).media_type,
        headers={
            "Content-Disposition": f'attachment; filename="{file_name(spec, as_of)}"'
        },
    )


def _format(parameters: Mapping[str, Sequence[str]]) -> Format:
    """The requested format; raises Rejected for an unknown one."""
    text = only(parameters, "format")
    return parse_format(text) if text else DEFAULT


def _compression(parameters: Mapping[str, Sequence[str]]) -> Compression | None:
    """The requested compression, if there is one; raises Rejected if it is unknown."""
    text = only(parameters, "compress")
    return parse_compression(text) if text else None


def _granularity(parameters: Mapping[str, Sequence[str]]) -> Granularity | None:
    """The requested granularity; None for the format's own."""
    text = only(parameters, "granularity")
    if not text:
        return None
    if text in set(Granularity):
        return Granularity(text)
    message = f"{text!r} is neither daily nor monthly"
    raise Rejected([Problem(ProblemCode.INVALID_VALUE, message, ("granularity",))])
