"""The budgets that came in of a connection."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from daybook.connections.models import GlConnection
from daybook.db.engine import Database
from daybook.gl.answers import answer_of
from daybook.gl.building.inputs import create_inputs
from daybook.gl.building.reading import OVERALL
from daybook.gl.kinds import Kind
from daybook.gl.queries import imports_of
from daybook.settings import Settings

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


class KnownBudget(NamedTuple):
    """A budget as it was read last; `first` and `last` are months, `2026-10`.

    `counts` says whether actuals are compared with it, and not with another one.
    """

    id: str
    name: str
    is_overall: bool
    first: str | None
    last: str | None
    counts: bool


async def budgets_of(
    database: Database, settings: Settings, connection: GlConnection
) -> list[KnownBudget]:
    """A connection's budgets, overall ones first, then by their names."""
    async with database.reads() as session:
        place = (connection.organisation_id, connection.number, Kind.BUDGETS)
        imports = await imports_of(session, *place)
    if not imports:
        return []
    base, chosen = connection.base_currency, connection.budget_id
    return await answer_of(
        database,
        settings,
        imports,
        ("budgets", base, chosen),
        lambda paths, engine: _read(paths, base, chosen, engine),
    )


def _read(
    paths: Sequence[Path],
    base: str,
    chosen: str | None,
    connection: "DuckDBPyConnection",
) -> list[KnownBudget]:
    create_inputs(connection, {Kind.BUDGETS: paths}, base)
    rows = connection.execute(
        "SELECT budget_id, any_value(description), any_value(type) = $overall,"
        " min(nullif(month, '')), max(nullif(month, '')),"
        " budget_id = coalesce($chosen, (SELECT arg_max(budget_id,"
        " coalesce(updated, TIMESTAMP '1970-01-01')) FROM budgets"
        " WHERE type = $overall)) FROM budgets GROUP BY budget_id"
        " ORDER BY 3 DESC, 2, 1",
        {"overall": OVERALL, "chosen": chosen},
    ).fetchall()
    return [
        KnownBudget(id_, name or "", is_overall, first, last, bool(counts))
        for id_, name, is_overall, first, last, counts in rows
    ]
