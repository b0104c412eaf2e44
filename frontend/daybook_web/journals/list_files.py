"""`/journals/list.csv`, `.xlsx` and `.parquet`: the report's rows as they are shown.

Journals, or groups of them, in the report's order, each with its state and the net
change of each account; so the rows and the columns foot as those of the page do.
Scheduled entries are in them as the report has them, unless `include_scheduled=no`, and
then there are columns that say what is scheduled.

A list of more rows than `stream_rows_max` is refused before the answer begins.

A download reads the ledger itself: it streams bytes, which no operation does.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Any, NamedTuple

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from daybook.calendar import first_day_of, last_day_of, parse_month
from daybook.clock import today
from daybook.db.engine import Database, ReadSession
from daybook.errors import Problem, ProblemCode, Rejected
from daybook.exports.names import period_name, selection_names
from daybook.ledger.pins import Pin
from daybook.ledger.queries import choose_ledger, pin_ledger, time_zone_of
from daybook.report_files.slices import Slices
from daybook.report_files.writing import sheet_pieces
from daybook.reports.journals.filters import (
    JournalFilter,
    Purpose,
    Selection,
    unknown_names,
)
from daybook.reports.journals.group_keys import GroupsOf
from daybook.reports.journals.groups import GroupedBy, count_groups
from daybook.reports.journals.selection import parse_selection, resolve
from daybook.reports.journals.sheets import (
    every_group,
    every_journal,
    groups_sheet,
    journals_sheet,
)
from daybook.reports.journals.sorting import (
    BY_NUMBER,
    SORTED_MAX,
    ListOrder,
    order_named,
)
from daybook.reports.journals.totals import count_journals
from daybook.settings import Settings
from daybook.sheets.columns import Sheet
from daybook.sheets.formats import format_named
from daybook_web.journals.file_requests import (
    for_readers,
    groupings,
    only,
    too_long,
)
from daybook_web.kit.guard import Handler, caller_of

PATH = "/journals/list"
OWN = ("currency", "month", "group_by", "granularity", "sort")
"""Parameters beside the filters."""


class _List(NamedTuple):
    """The list that an address describes: of journals, or of groups if they are."""

    currency: str
    selection: Selection
    grouped: GroupedBy | None
    order: ListOrder


class _Found(NamedTuple):
    """The list in a ledger at a moment."""

    asked: _List
    pin: Pin
    journal_filter: JournalFilter

    @property
    def name(self) -> str:
        """The name of its file, without the ending."""
        its, grouped = self.journal_filter, self.asked.grouped
        parts = ["journals", self.pin.currency, period_name(its), "list"]
        if grouped is not None:
            granularity = grouped.granularity
            parts.append((granularity or GroupsOf.TOTAL).value)
            parts += ["by", *([by.value for by in grouped.by] or ["period"])]
        return "-".join([*parts, *selection_names(its, self.asked.selection.as_of)])

    @property
    def sheet(self) -> Sheet[Any]:
        """Its columns; what is scheduled has its own where it is shown."""
        currency, grouped = self.pin.currency, self.asked.grouped
        has_scheduled = self.journal_filter.include_scheduled
        if grouped is not None:
            return groups_sheet(currency, grouped, has_scheduled=has_scheduled)
        return journals_sheet(currency, has_scheduled=has_scheduled)

    def rows(self, database: Database) -> Slices:
        """All of its rows, in slices."""
        its, grouped = (self.pin, self.journal_filter), self.asked.grouped
        if grouped is not None:
            return every_group(database, *its, grouped, None)
        return every_journal(database, *its, None, self.asked.order)

    async def count_rows(self, session: ReadSession) -> int:
        """How many rows it has."""
        its, grouped = (session, self.pin, self.journal_filter), self.asked.grouped
        if grouped is not None:
            return await count_groups(*its, grouped)
        return await count_journals(*its)


def journals_list(database: Database, settings: Settings) -> Handler:
    """`/journals/list.<format>` for sessions and keys."""

    async def download(request: Request) -> Response:
        file_format = format_named(request.path_params["suffix"])
        organisation_id = caller_of(request).organisation_id
        asked = _asked(request)
        async with database.reads() as session:
            found = await _find(session, settings, organisation_id, asked)
            rows = await found.count_rows(session)
        rows_max = settings.stream_rows_max
        if rows > rows_max:
            return too_long(request, rows, rows_max, "rows", "daybook journals --csv")
        _expect_sortable(asked.order, rows)
        pieces = sheet_pieces(
            *(found.sheet, found.pin.currency, found.rows(database), file_format)
        )
        first = await anext(pieces, b"")  # what it can't hold, it refuses before
        name = f"{found.name}.{file_format.name}"
        return StreamingResponse(
            _from(first, pieces),
            media_type=file_format.media_type,
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )

    return for_readers(download)


async def _from(first: bytes, pieces: AsyncGenerator[bytes]) -> AsyncIterator[bytes]:
    """The pieces after the first, and that before them."""
    async with aclosing(pieces):
        yield first
        async for piece in pieces:
            yield piece


async def _find(
    session: ReadSession, settings: Settings, organisation_id: int, asked: _List
) -> _Found:
    """The list in its ledger; raises Rejected for what isn't there."""
    ledger = await choose_ledger(session, organisation_id, asked.currency or None)
    the_day = today(settings, await time_zone_of(session, organisation_id))
    as_of = asked.selection.as_of
    pin = await pin_ledger(session, organisation_id, ledger.id, the_day, as_of)
    assert pin is not None, "the ledger was just found"
    selected = await resolve(session, pin, asked.selection, Purpose.REPORT)
    return _Found(asked, pin, selected)


def _asked(request: Request) -> _List:
    """The list that is requested; raises Rejected with all problems."""
    parameters = {
        name: request.query_params.getlist(name) for name in request.query_params
    }
    problems = unknown_names(parameters, OWN)
    selection = Selection()
    currency, grouped, order = "", None, BY_NUMBER
    try:
        selection = parse_selection(parameters)
    except Rejected as rejected:
        problems += rejected.problems
    try:
        currency = only(parameters, "currency")
        selection = _in_month(selection, only(parameters, "month"))
        grouped, order = _grouped(parameters), _order(only(parameters, "sort"))
        if grouped is not None:
            order = BY_NUMBER  # groups have one order, that of their keys
    except Rejected as rejected:
        problems += rejected.problems
    if problems:
        raise Rejected(problems)
    return _List(currency.upper(), selection, grouped, order)


def _in_month(selection: Selection, text: str) -> Selection:
    """The selection in a month, unless it has days, which overrule the month."""
    if not text or selection.posted_from or selection.posted_to:
        return selection
    try:
        month = parse_month(text)
    except ValueError:
        message = f"{text!r} is not a month: write it as 2025-10"
        raise _refused("month", message) from None
    first, last = first_day_of(month), last_day_of(month)
    return replace(selection, posted_from=first, posted_to=last)


def _grouped(parameters: Mapping[str, Sequence[str]]) -> GroupedBy | None:
    """What rows are grouped by; None if they aren't."""
    by, text = groupings(parameters), only(parameters, "granularity")
    if text and text not in set(GroupsOf):
        message = f"{text!r} is none of {', '.join(GroupsOf)}"
        raise _refused("granularity", message)
    if by is None:
        return None
    return GroupedBy(by, GroupsOf(text or GroupsOf.MONTHLY).granularity)


def _order(text: str) -> ListOrder:
    if not text:
        return BY_NUMBER
    try:
        return order_named(text)
    except ValueError as error:
        raise _refused("sort", f"{text!r} is no order: {error}") from None


def _expect_sortable(order: ListOrder, rows: int) -> None:
    """Raise Rejected for more journals than can be sorted."""
    if order.column is not None and rows > SORTED_MAX:
        message = (
            f"{rows:,} journals are selected, and up to {SORTED_MAX:,} can be sorted by"
            " anything but their numbers: filter first, or leave it out"
        )
        raise _refused("sort", message)


def _refused(name: str, message: str) -> Rejected:
    return Rejected([Problem(ProblemCode.INVALID_VALUE, message, (name,))])
