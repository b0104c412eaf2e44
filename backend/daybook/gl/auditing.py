"""Whether the files of inputs and of segments are still what was recorded."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial

from daybook.audit.rules import Mismatch
from daybook.db.engine import Database
from daybook.gl.building.segment import LINES_FILE, POSITIONS_FILE
from daybook.gl.files import stored_input
from daybook.gl.kinds import Kind
from daybook.gl.models import GlImport, GlSegment
from daybook.gl.queries import NumberedRow, rows_after
from daybook.jobs.kinds import file_key
from daybook.jobs.rules import JobId
from daybook.storage.checking import MISSING, wrong_file
from daybook.storage.rules import Storage

AT_ONCE = 500
"""How many rows are held in memory at a time."""


async def check_inputs(
    database: Database, storage: Storage, organisation_id: int
) -> tuple[int, Mismatch | None]:
    """How many files match their imports, and the first that doesn't."""
    files = 0
    async for imported in _rows(database, GlImport, organisation_id):
        problem = await asyncio.to_thread(
            wrong_file,
            partial(storage.open, stored_input(imported).storage_key),
            imported.file_bytes,
            imported.file_sha256,
        )
        if problem is not None:
            words = (
                f"imported {Kind(imported.kind).words} (import {imported.number}),"
                f" and the file {problem}"
            )
            return files, Mismatch(imported.record, words)
        files += 1
    return files, None


async def check_segments(
    database: Database, storage: Storage, organisation_id: int
) -> tuple[int, Mismatch | None]:
    """How many segments' files match their rows, and the first that doesn't.

    Missing ones don't count: they are made again from the inputs, for example after a
    backup without them was restored.
    """
    segments = 0
    async for segment in _rows(database, GlSegment, organisation_id):
        problem = await asyncio.to_thread(_wrong_segment, storage, segment)
        if problem is None:
            segments += 1
        elif problem != MISSING:
            words = f"refresh {segment.number} of the dataset, and its file {problem}"
            return segments, Mismatch(segment.record, words)
    return segments, None


async def _rows(
    database: Database, table: type[NumberedRow], organisation_id: int
) -> AsyncIterator[NumberedRow]:
    """All imports or segments of an organisation, in the order of their numbers."""
    number = 0
    while True:
        async with database.reads() as session:
            found = await rows_after(session, table, organisation_id, number, AT_ONCE)
        for row in found:
            yield row
        if len(found) < AT_ONCE:
            return
        number = found[-1].number


def _wrong_segment(storage: Storage, segment: GlSegment) -> str | None:
    """How a file of a segment differs from its row, in words."""
    job_id = JobId(segment.organisation_id, segment.number)
    for name, size, digest in (
        (LINES_FILE, segment.file_bytes, segment.file_sha256),
        (POSITIONS_FILE, segment.positions_bytes, segment.positions_sha256),
    ):
        key = file_key(job_id, name)
        problem = wrong_file(partial(storage.open, key), size, digest)
        if problem is not None:
            return problem
    return None
