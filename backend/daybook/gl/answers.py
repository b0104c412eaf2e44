"""What stored inputs say, read by the engine once and then kept.

The files of imports never change, so what was read of them stays true.
"""

import asyncio
from collections.abc import Callable, Hashable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from cachetools import LRUCache

from daybook.columnar.engine import Columnar
from daybook.db.engine import Database
from daybook.gl.files import fetch
from daybook.gl.models import GlImport
from daybook.settings import Settings
from daybook.storage.places import gl_inputs_storage
from daybook.temporary import temporary_folder

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Answer = TypeVar("Answer")

ANSWERS_MAX = 256
_ANSWERS: LRUCache[Hashable, Any] = LRUCache(ANSWERS_MAX)
"""Answers of all databases: files with the same hashes say the same."""


async def answer_of(
    database: Database,
    settings: Settings,
    imports: Sequence[GlImport],
    question: Hashable,
    work: "Callable[[Sequence[Path], DuckDBPyConnection], Answer]",
) -> Answer:
    """What some work makes of the files of imports, which it is given in their order.

    `question` tells the work, with all that it depends on, from other work. Raises
    OSError if a file can't be read.
    """
    known = (question, *(imported.file_sha256 for imported in imports))
    if known not in _ANSWERS:
        storage = gl_inputs_storage(database, settings)
        with temporary_folder() as name:
            folder = Path(name)
            paths = await asyncio.to_thread(fetch, storage, imports, folder)
            columnar = await asyncio.to_thread(Columnar, [folder], folder / "scratch")
            try:
                answer = await columnar.run(lambda cursor: work(paths, cursor))
            finally:
                await asyncio.to_thread(columnar.close)
        _ANSWERS[known] = answer
    found: Answer = _ANSWERS[known]
    return found
