"""Files that are written beside their place, and what killed processes left of them.

`.january.csv.4711.part` is what process 4711 writes of `january.csv`. It holds a lock
on it, which ends with the last process that has the file open.
"""

import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO


def aside_of(file: Path) -> Path:
    """Where this process writes a file until it is complete."""
    return file.with_name(f".{file.name}.{os.getpid()}.part")


@contextmanager
def opened_aside(file: Path) -> Iterator[BinaryIO]:
    """A new file beside a file, which can also be read; those that were left are gone.

    The caller renames or removes it.
    """
    _remove_left(file)
    with open(aside_of(file), "x+b") as stream:  # noqa: PTH123  (never through a link)
        with suppress(OSError):  # a file system without locks
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield stream


def _remove_left(file: Path) -> None:
    """Remove what killed processes left of a file.

    A file stays if there is a process of its number here, or if any process on any
    machine has it locked: then somebody may be writing it.
    """
    named = re.compile(rf"\.{re.escape(file.name)}\.([0-9]{{1,9}})\.part")
    with suppress(OSError):
        for path in file.parent.iterdir():
            found = named.fullmatch(path.name)
            if found is None:
                continue
            if int(found[1]) == os.getpid():  # this process has begun none yet
                path.unlink()
            elif not _is_alive(int(found[1])):
                _remove_unlocked(path)


def _is_alive(number: int) -> bool:
    """Whether a process of this machine has a number, whoever's it is."""
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _remove_unlocked(path: Path) -> None:
    # A file system that can't lock raises, too: then nobody knows.
    with suppress(OSError), path.open("r+b") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        path.unlink()
