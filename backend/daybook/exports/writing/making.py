"""Makes a file as it was planned, in one piece or as an archive."""

from collections.abc import AsyncIterator, Callable

from daybook.db.engine import Database
from daybook.exports.file_spec import FileSpec
from daybook.exports.rules import Totals
from daybook.exports.writing.archives import Named, render_archive
from daybook.exports.writing.planning import FilePlan
from daybook.exports.writing.streaming import render_file
from daybook.exports.writing.tallies import Tally


async def render_planned(  # noqa: PLR0913  (what, how, and who hears of it)
    database: Database,
    spec: FileSpec,
    plan: FilePlan,
    named: Named,
    tally: Tally,
    *,
    progress: Callable[[Totals], None] | None = None,
) -> AsyncIterator[bytes]:
    """The file in pieces, as `render_file` or `render_archive` gives them.

    Raises TotalsDiffer at the end if the sums in `tally` don't agree.
    """
    if plan.is_archive:
        pieces = render_archive(database, spec, plan, named, tally, progress=progress)
    else:
        pieces = render_file(database, spec, progress, tally)
    async for piece in pieces:
        yield piece
    tally.check()
