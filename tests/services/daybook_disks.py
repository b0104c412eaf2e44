"""Disks of their own for tests: small ones, and some that become read-only."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from daybook_services.left_out import leave_out


@contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    """A folder on a disk of its own of three megabytes."""
    command = ["mount", "-t", "tmpfs", "-o", "size=3m", "none", str(folder)]
    if os.geteuid() != 0 or subprocess.run(command, check=False).returncode:
        leave_out("the right to mount a small disk, which containers may lack")
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)  # noqa: S607


def seal(folder: Path) -> None:
    """Make a folder's small disk read-only."""
    subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)  # noqa: S607
