"""Databases that are filled alike are filled once, and copied from then on.

What fills a file is told by its name, by what it is given, and by the file's bytes
before. A file that somebody has open is filled each time, and so is PostgreSQL, where
nothing tells what a database held before: unless it is new, as `filled_new` says.
"""

import atexit
import shutil
import tempfile
from collections.abc import Awaitable, Callable
from functools import cache
from hashlib import blake2b
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import URL

from daybook.db.engine import RUNTIME_SUFFIX, Database
from daybook_services.server import Server

Result = TypeVar("Result")


class Kept(NamedTuple):
    """A file as it was left, and what filling it gave."""

    path: Path
    result: Any


class Filling:
    """A file that is to be filled."""

    def __init__(self, path: Path, key: tuple[Any, ...]) -> None:
        self._path = path
        self._key = (_digest(path), *key)

    def repeat(self) -> Kept | None:
        """Do what was done before, if it was."""
        kept = _kept.get(self._key)
        if kept is not None:
            _copy(kept.path, self._path)
        return kept

    def keep(self, result: Any) -> None:
        """Keep what was done, once nobody has the file open."""
        if not _is_open(self._path):
            path = Path(_folder().name) / f"{next(_numbers)}.db"
            _copy(self._path, path)
            _kept[self._key] = Kept(path, result)


def filled_at(url: URL, fill: Callable[[], Result], *key: object) -> Result:
    """Fill a database that nobody has open, and give what `fill` gives.

    The key tells all that `fill` depends on. What it gives never changes.
    """
    filling = _filling(url, key)
    if filling is None:
        return fill()
    if kept := filling.repeat():
        result: Result = kept.result
        return result
    result = fill()
    filling.keep(result)
    return result


async def filled(
    database: Database,
    fill: Callable[..., Awaitable[Result]],
    *arguments: object,
    **options: object,
) -> Result:
    """Fill a database by `fill(database, …)`, and give what that gives."""
    its = (fill.__module__, fill.__qualname__, repr(arguments), repr(options))
    filling = _filling(database.url, its)
    if filling is None:
        return await fill(database, *arguments, **options)
    if kept := filling.repeat():
        result: Result = kept.result
        return result
    result = await fill(database, *arguments, **options)
    await database.close()  # it opens again when it is used
    filling.keep(result)
    return result


async def filled_new(
    database: Database,
    fill: Callable[..., Awaitable[Result]],
    *arguments: object,
) -> Result:
    """Fill a new database, into which nothing was written yet, by `fill(database, …)`.

    One of PostgreSQL is copied, too.
    """
    server = Server.of(database.url)
    if server is None:
        return await filled(database, fill, *arguments)
    key = (server, fill.__module__, fill.__qualname__, repr(arguments))
    if key in _copied:
        copy, result = _copied[key]
        await database.close()
        server.replace(database.url, copy)
    else:
        result = await fill(database, *arguments)
        await database.close()
        copy = server.create(f"filled_{next(_numbers)}", database.url.database)
        _copied[key] = copy, result
    found: Result = result
    return found


_kept: dict[tuple[Any, ...], Kept] = {}
_copied: dict[tuple[Any, ...], tuple[URL, Any]] = {}
"""Databases of PostgreSQL that nobody uses, and what filling them gave."""
_numbers = count(1)


@cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    """Where the files are, until the tests end."""
    folder = tempfile.TemporaryDirectory(prefix="daybook-filled-")
    atexit.register(folder.cleanup)
    return folder


def _filling(url: URL, key: tuple[Any, ...]) -> Filling | None:
    if not url.drivername.startswith("sqlite") or url.database is None:
        return None
    path = Path(url.database)
    return None if _is_open(path) else Filling(path, key)


def _stores(path: Path) -> tuple[Path, Path]:
    return path, path.with_suffix(RUNTIME_SUFFIX)


def _is_open(path: Path) -> bool:
    """Whether somebody has it open, or left it without closing it."""
    return any(Path(f"{store}-wal").exists() for store in _stores(path))


def _digest(path: Path) -> bytes:
    """What tells the files; of one that isn't there yet, that of an empty one."""
    contents = (
        store.read_bytes() if store.exists() else b"" for store in _stores(path)
    )
    return b"".join(blake2b(content).digest() for content in contents)


def _copy(path: Path, to: Path) -> None:
    to.parent.mkdir(parents=True, exist_ok=True)
    for source, target in zip(_stores(path), _stores(to), strict=True):
        shutil.copyfile(source, target)
