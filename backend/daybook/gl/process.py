"""`python -m daybook.gl.process`: makes a connection's segment of the dataset.

Its standard input and output: `daybook.jobs.process`.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from daybook.columnar.engine import engine
from daybook.db.engine import Database
from daybook.errors import Rejected
from daybook.fx.queries import load_rates
from daybook.fx.rules import Rates
from daybook.gl.building.accounts import read_main_accounts
from daybook.gl.building.content import content_hash, missing_journals
from daybook.gl.building.inputs import create_inputs
from daybook.gl.building.noticing import find_notices
from daybook.gl.building.pinned import Inputs, MainAccount
from daybook.gl.building.pins import MainConnection, PinnedSettings, pinned, pins_of
from daybook.gl.building.segment import POSITIONS_FILE, Built, build_segment
from daybook.gl.files import PIECE_BYTES, copied, stored_input
from daybook.gl.kinds import Kind
from daybook.gl.models import GlImport, GlRefresh, GlSegment
from daybook.gl.queries import pinned_imports
from daybook.gl.rules.columns import RENDERER
from daybook.gl.rules.notices import clash, notices_text
from daybook.jobs.process import (
    Order,
    PartFile,
    Unusable,
    measures,
    report,
    run_job,
    storing,
)
from daybook.jobs.queries import get_job
from daybook.storage.part_writer import PartWriter
from daybook.storage.rules import Storage
from daybook.temporary import temporary_folder

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


class FailureCode:
    """Why a refresh failed. Codes are only ever added: clients switch on them."""

    INPUT_MISSING = "INPUT_MISSING"
    """The file of an import isn't in the storage of inputs."""
    NO_RATE = "NO_RATE"
    """A currency has no rate for a day."""
    DIFFERS = "DIFFERS"
    """What was made again isn't what was made before."""


class _Pinned(NamedTuple):
    """What a job reads, before any file is fetched; `earlier` is what it makes again.

    `main_charts` are the charts of accounts of the main connection, if that is another.
    """

    job: GlRefresh
    imports: Sequence[GlImport]
    main: MainConnection | None
    main_charts: Sequence[GlImport]
    rates: Rates
    earlier: GlSegment | None

    @property
    def data_time(self) -> datetime:
        """What the segment is current as of: its journals' newest time, else any."""
        journals = [its for its in self.imports if its.kind == Kind.JOURNALS]
        known = journals or self.imports
        return max(its.data_time or its.imported_at for its in known)


def main() -> None:
    """Make the segment of the job that standard input names."""
    run_job(_work)


async def _work(order: Order) -> None:
    database = Database(order.url)
    try:
        read = await _read(database, order)
    finally:
        await database.close()
    await asyncio.to_thread(_refresh, order, read)


async def _read(database: Database, order: Order) -> _Pinned:
    organisation_id, number = order.job_id
    async with database.runtime.reads() as session:
        job = await get_job(session, GlRefresh, organisation_id, number)
    assert job is not None, "a taken job exists"
    settings = PinnedSettings.read(job.settings)
    async with database.reads() as session:
        imports = await pinned_imports(
            session, organisation_id, job.connection, job.imports_through
        )
        charts: Sequence[GlImport] = ()
        if settings.main is not None:
            of_main = await pinned_imports(
                session, organisation_id, settings.main.number, job.imports_through
            )
            charts = [its for its in of_main if its.kind == Kind.ACCOUNTS]
        rates = await load_rates(
            session,
            None,
            today=job.today,
            refresh=job.rates_refresh,
            organisation_id=organisation_id,
            manual_through=job.manual_through,
        )
        earlier = None
        if job.again_of is not None:
            earlier = await session.get_one(GlSegment, (organisation_id, job.again_of))
    return _Pinned(job, imports, settings.main, charts, rates, earlier)


def _refresh(order: Order, read: _Pinned) -> None:
    assert order.inputs is not None, "the workplace has inputs"
    with temporary_folder() as temporary:
        folder = Path(temporary)
        inputs = _fetched(order.inputs, read.imports, folder)
        charts = _fetched(order.inputs, read.main_charts, folder)
        accounts = _main_accounts(read.main, charts, folder)
        to_build = pinned(pins_of(read.job), read.data_time, accounts)
        with engine([folder], folder / "scratch") as connection:
            try:
                built = build_segment(connection, inputs, to_build, read.rates, folder)
            except Rejected as rejected:
                message = rejected.problems[0].message
                raise Unusable(FailureCode.NO_RATE, message) from None
            made = _described(connection, built, read)
        _publish(order, built, made)


def _main_accounts(
    main: MainConnection | None, charts: Inputs, folder: Path
) -> Sequence[MainAccount]:
    """The accounts of another connection that is the main one."""
    if main is None:
        return ()
    with engine([folder], folder / "scratch") as connection:
        create_inputs(connection, charts, main.base_currency)
        return read_main_accounts(connection)


def _fetched(
    storage: Storage, imports: Sequence[GlImport], folder: Path
) -> Mapping[Kind, Sequence[Path]]:
    """Copy the files of imports into a folder; each kind's in their order."""
    files: dict[Kind, list[Path]] = {}
    for imported in imports:
        path = folder / f"{imported.number}.parquet"
        try:
            copied(storage, stored_input(imported).storage_key, path)
        except FileNotFoundError:
            message = (
                f"the file of import {imported.number} ({imported.file_name}) is"
                " missing: restore the folder of inputs from a backup"
            )
            raise Unusable(FailureCode.INPUT_MISSING, message) from None
        files.setdefault(Kind(imported.kind), []).append(path)
    return files


def _described(
    connection: "DuckDBPyConnection", built: Built, read: _Pinned
) -> dict[str, Any]:
    """What is recorded of a segment beside its files; raises Unusable if it differs."""
    lines, done = sum(built.counts.values()), 0
    report(total=lines)

    def progress(hashed: int) -> None:
        nonlocal done
        done += hashed
        report(done=done)

    digest = content_hash(connection, built.lines, progress)
    earlier = read.earlier
    if earlier is not None and earlier.content_sha256 != digest:
        raise Unusable(FailureCode.DIFFERS, _differing(earlier, digest))
    settings = PinnedSettings.read(read.job.settings)
    notices = [
        *(clash(*its) for its in built.clashes),
        *missing_journals(connection),
        *find_notices(connection, settings.base_currency, settings.accounts),
    ]
    return {
        "data_time": read.data_time.isoformat(),
        "lines": lines,
        "lines_by_type": {
            type_.name: count for type_, count in sorted(built.counts.items())
        },
        "content_sha256": digest.hex(),
        "renderer": RENDERER,
        "notices": notices_text(notices),
    }


def _differing(earlier: GlSegment, digest: bytes) -> str:
    words = (
        f"refresh {earlier.number} made content with the SHA-256"
        f" {earlier.content_sha256.hex()}, and now it is {digest.hex()}"
    )
    if earlier.renderer != RENDERER:
        return (
            f"{words}: the rules changed since (from version {earlier.renderer} to"
            f" {RENDERER}), and the earlier version of Daybook makes it again"
        )
    return f"{words}: its inputs or rates are others; `daybook audit verify` compares"


def _publish(order: Order, built: Built, made: dict[str, Any]) -> None:
    """Publish the positions, and write the lines, which the job's end publishes."""
    *folder, _ = order.key
    key = (*folder, POSITIONS_FILE)
    with storing():
        writer = PartWriter(order.storage, key, order.writer)
        try:
            _write(writer, built.positions)
            positions = measures(writer.size, writer.finish())
        finally:
            writer.close()
        order.storage.publish(key, order.writer)
    with PartFile(order) as part:
        _write(part, built.lines)
        lines = part.finish()
    segment = {
        **made,
        "positions_bytes": positions["size"],
        "positions_sha256": positions["sha256"],
    }
    report(made={**lines, "rows": made["lines"], "segment": segment})


def _write(target: PartFile | PartWriter, path: Path) -> None:
    with path.open("rb") as source:
        while piece := source.read(PIECE_BYTES):
            target.write(piece)


if __name__ == "__main__":
    main()
