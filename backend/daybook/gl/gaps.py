"""Which journals between the first and the last of a connection didn't come in.

Xero's numbers have no gaps, so each of them is a page that is still to be imported.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from daybook.columnar.engine import quoted
from daybook.db.engine import Database
from daybook.gl.answers import answer_of
from daybook.gl.kinds import Kind
from daybook.gl.models import GlImport
from daybook.gl.queries import imports_of
from daybook.settings import Settings

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


class NumberRange(NamedTuple):
    """Numbers from one to another, both included."""

    first: int
    last: int


async def missing_journals(
    database: Database,
    settings: Settings,
    organisation_id: int,
    connection: int,
    limit: int,
) -> list[NumberRange]:
    """The first gaps in the numbers of a connection's journals, lowest first."""
    async with database.reads() as session:
        place = (organisation_id, connection, Kind.JOURNALS)
        imports = await imports_of(session, *place)
    whole = [found for row in imports if (found := _range(row)) and _is_whole(row)]
    # A file is read only if its own numbers have gaps, which others may fill.
    sparse = [row for row in imports if not _is_whole(row)]
    if not sparse and len(whole) < 2:
        return []
    question = ("gaps", *whole, limit)
    return await answer_of(
        database,
        settings,
        sparse,
        question,
        lambda paths, connection: _gaps(paths, whole, limit, connection),
    )


def _range(row: GlImport) -> NumberRange | None:
    if row.first_number is None or row.last_number is None:
        return None
    return NumberRange(row.first_number, row.last_number)


def _is_whole(row: GlImport) -> bool:
    """Whether an import brought every journal from its first number to its last."""
    found = _range(row)
    return found is None or row.documents == found.last - found.first + 1


def _gaps(
    paths: Sequence[Path],
    whole: Sequence[NumberRange],
    limit: int,
    connection: "DuckDBPyConnection",
) -> list[NumberRange]:
    """What lies between ranges that came in whole, and the numbers of some files."""
    ranges = [f"SELECT {first} AS first, {last} AS last" for first, last in whole]
    if paths:
        files = ", ".join(quoted(str(path)) for path in paths)
        ranges.append(
            "SELECT min(number), max(number) FROM (SELECT number,"  # noqa: S608
            " number - row_number() OVER (ORDER BY number) AS run FROM"
            f" (SELECT DISTINCT number FROM read_parquet([{files}]))) GROUP BY run"
        )
    found = connection.execute(
        f"WITH ranges(first, last) AS ({' UNION ALL '.join(ranges)}),"  # noqa: S608
        " met AS (SELECT first, max(last) OVER (ORDER BY first, last"
        " ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before FROM ranges)"
        " SELECT before + 1, first - 1 FROM met WHERE first > before + 1"
        f" ORDER BY 1 LIMIT {limit}"
    ).fetchall()
    return [NumberRange(*row) for row in found]
