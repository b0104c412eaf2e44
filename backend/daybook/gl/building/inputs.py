"""A connection's stored inputs as tables: each document as it was read last."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from daybook.columnar.engine import named, quoted
from daybook.gl.building.pinned import Inputs
from daybook.gl.kinds import FORMS, Kind
from daybook.gl.xero.stored import stored_types
from daybook.money import decimals_of

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def create_inputs(
    connection: "DuckDBPyConnection", inputs: Inputs, base_currency: str
) -> None:
    """A view for each kind, by its name in lower case; empty without any input."""
    for kind in Kind:
        statement = _latest(kind, inputs.get(kind, ()), base_currency)
        connection.execute(f"CREATE VIEW {kind.name.lower()} AS {statement}")


def _latest(kind: Kind, paths: Sequence[Path], base_currency: str) -> str:
    form = FORMS[kind]
    names = ", ".join(named(column.name) for column in form.columns)
    if not paths:
        types = stored_types(form, decimals_of(base_currency))
        nulls = ", ".join(
            f"CAST(NULL AS {types[column.name]}) AS {named(column.name)}"
            for column in form.columns
        )
        return f"SELECT {nulls} WHERE false"
    files = ", ".join(quoted(str(path)) for path in paths)
    if kind is Kind.JOURNALS or len(paths) == 1:
        # A journal comes once.
        return f"SELECT {names} FROM read_parquet([{files}])"  # noqa: S608
    order = " ".join(
        f"WHEN {quoted(str(path))} THEN {place}" for place, path in enumerate(paths)
    )
    return (
        f"SELECT {names} FROM read_parquet([{files}], filename = true)"  # noqa: S608
        f" QUALIFY CASE filename {order} END = max(CASE filename {order} END)"
        f" OVER (PARTITION BY {named(form.id.name)})"
    )
