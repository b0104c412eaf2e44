"""Whether the files of inputs are still what was imported."""

import asyncio
from functools import partial

from daybook.audit.rules import Mismatch
from daybook.db.engine import Database
from daybook.gl.files import stored_input
from daybook.gl.kinds import Kind
from daybook.gl.queries import imports_after
from daybook.storage.checking import wrong_file
from daybook.storage.rules import Storage

AT_ONCE = 500
"""How many imports are held in memory at a time."""


async def check_inputs(
    database: Database, storage: Storage, organisation_id: int
) -> tuple[int, Mismatch | None]:
    """How many files match their imports, and the first that doesn't."""
    number = 0
    files = 0
    while True:
        async with database.reads() as session:
            imports = await imports_after(session, organisation_id, number, AT_ONCE)
        if not imports:
            return files, None
        for imported in imports:
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
        number = imports[-1].number
