"""Temporary folders of a process that may be killed: its parent removes them then."""

import shutil
import tempfile
from pathlib import Path

_owner = "process"


def name_after(owner: str) -> None:
    """Name this process's temporary folders after an owner from now on."""
    global _owner  # noqa: PLW0603  (a process has one)
    _owner = owner


def temporary_folder() -> "tempfile.TemporaryDirectory[str]":
    """A folder that is removed with its object; if the process is killed, by others."""
    return tempfile.TemporaryDirectory(
        prefix=_prefix(_owner),
        ignore_cleanup_errors=True,  # a thread may still write, and nobody reads
    )


def remove_folders_of(owner: str) -> None:
    """Remove what an owner's process left when it was killed."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_prefix(owner)}*"):
        shutil.rmtree(folder, ignore_errors=True)


def _prefix(owner: str) -> str:
    return f"daybook-{owner}-"
