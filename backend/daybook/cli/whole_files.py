"""Files that appear under their names only when they are complete."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, TypeVar

from daybook.cli.asides import aside_of, opened_aside
from daybook.cli.running import Failed, unwritten

Written = TypeVar("Written")


async def write_whole(
    write: Callable[[BinaryIO], Awaitable[Written]], path: Path, *, is_new: bool
) -> Written:
    """Write beside the file and rename, so that nobody ever sees half of it.

    With `is_new`, no other file is replaced; raises Failed if there is one by then. A
    device or pipe, such as `/dev/null`, is written to directly.
    """
    file = file_of(path)
    aside = aside_of(file)
    try:
        if is_device(path):
            with path.open("wb") as stream:
                return await write(stream)
        # Its hash is read from the file.
        with opened_aside(file) as stream, _removed_on_sigterm():
            written = await write(stream)
        if is_new:
            _link(aside, file)
        else:
            aside.replace(file)
    except FileExistsError:
        raise exists_already(path) from None
    except OSError as error:
        raise Failed(unwritten(path, error), status=1) from None
    else:
        return written
    finally:
        with suppress(OSError):  # it was never made
            aside.unlink()


@contextmanager
def _removed_on_sigterm() -> Iterator[None]:
    """Let SIGTERM end what is half written as Ctrl+C does; raises Failed."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None, "it runs in a task"
    asked = asyncio.Event()

    def end() -> None:
        asked.set()
        task.cancel()

    loop.add_signal_handler(signal.SIGTERM, end)
    try:
        yield
    except asyncio.CancelledError:
        if asked.is_set():
            message = "the file was not made: SIGTERM ended it"
            raise Failed(message, 128 + signal.SIGTERM) from None
        raise
    finally:
        loop.remove_signal_handler(signal.SIGTERM)


def _link(aside: Path, file: Path) -> None:
    """Give a file its name; raises FileExistsError if another file has it."""
    try:
        file.hardlink_to(aside)
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        if file.exists():
            raise FileExistsError from None
        aside.replace(file)


def exists_already(path: Path) -> Failed:
    """What to say of a file that would be replaced."""
    message = f"{path} exists already: remove it, or name a file with -o FILE"
    return Failed(message)


def is_device(path: Path) -> bool:
    """Whether a path is a device or a pipe."""
    return path.exists() and not path.is_file() and not path.is_dir()


def file_of(path: Path) -> Path:
    """The file itself if the path is a link, which then stays a link."""
    return Path(os.path.realpath(path))
