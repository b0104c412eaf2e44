"""Inputs of the general ledger, staged and built into lines without a server."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, NamedTuple
from zipfile import ZipFile

from daybook.calendar import day_of
from daybook.columnar.engine import engine
from daybook.fx.rules import Rates
from daybook.fx.shipped import shipped_currencies, shipped_days, shipped_series
from daybook.gl.building.pinned import Pinned
from daybook.gl.building.segment import Built, build_segment
from daybook.gl.kinds import Kind
from daybook.gl.xero.csv_sources import Source
from daybook.gl.xero.mapping import read_mapping
from daybook.gl.xero.staging import Staging

ROOT = Path(__file__).parents[2]
LEDGER = ROOT / "tests/gl/xero_ledger.zip"
"""A real company's ledger of Xero, its names hashed (fivetran/dbt_xero, Apache-2.0)."""
MAPPING = ROOT / "examples/xero_fivetran.toml"
DATA_TIME = datetime(2021, 2, 1, 12, tzinfo=UTC)


def shipped_rates(today: date) -> Rates:
    """All rates that come with the software."""
    last = shipped_days()[-1]
    series = {code: shipped_series(code) for code in shipped_currencies()}
    return Rates(series, day_of(today), last, last, shipped_currencies())


class Lines(NamedTuple):
    """A built segment that can be asked in SQL, as `lines` and `positions`."""

    built: Built
    folder: Path

    def ask(self, statement: str) -> list[tuple[Any, ...]]:
        """The rows of a statement."""
        with engine([self.folder], self.folder / "asked") as connection:
            for name in ("lines", "positions"):
                path = getattr(self.built, name)
                connection.execute(
                    f"CREATE VIEW {name} AS SELECT * FROM read_parquet('{path}')"  # noqa: S608
                )
            return connection.execute(statement).fetchall()


def stage_all(
    folder: Path,
    sources: Mapping[Kind, Sequence[Source]],
    currency: str,
    mapping: str = "",
) -> dict[Kind, list[Path]]:
    """Stage files of some kinds, each kind on its own."""
    kinds = read_mapping(mapping) if mapping else {}
    staged = {}
    for kind, files in sources.items():
        out = folder / kind.name
        out.mkdir()
        folders = {source.path.parent for source in files}
        with engine([*folders], out) as connection:
            found = Staging(connection, kind, currency, out).stage(
                files, (), kinds.get(kind)
            )
        staged[kind] = [found.path] if found.path else []
    return staged


def stage_real_ledger(folder: Path) -> dict[Kind, list[Path]]:
    """Stage the real ledger by the mapping that comes with the software."""
    unpacked = folder / "ledger"
    with ZipFile(LEDGER) as archive:
        archive.extractall(unpacked)
    text = MAPPING.read_text(encoding="utf-8")
    sources = {
        kind: [Source(name, unpacked / name) for name in its.files.values()]
        for kind, its in read_mapping(text).items()
    }
    return stage_all(folder, sources, "CAD", text)


def build(
    folder: Path,
    inputs: Mapping[Kind, Sequence[Path]],
    pinned: Pinned,
    rates: Rates,
) -> Lines:
    """Build a connection's lines."""
    folder.mkdir()
    folders = {path.parent for paths in inputs.values() for path in paths}
    with engine([*folders, folder], folder / "scratch") as connection:
        return Lines(build_segment(connection, inputs, pinned, rates, folder), folder)


def pinned(base: str, today: date, **more: Any) -> Pinned:
    """A connection whose reporting currency is its own, unless more is said."""
    of = {"name": "Maple Inc", "reporting_currency": base, "data_time": DATA_TIME}
    return Pinned(
        **{
            "number": 1,
            "base_currency": base,
            "today": day_of(today),
            "roles": {},
            **of,
            **more,
        }
    )
