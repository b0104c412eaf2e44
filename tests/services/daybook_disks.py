"""What the disk refuses: small disks, read-only ones, and users whom modes bind."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from daybook_forking import Forking
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


def enlarge(folder: Path) -> None:
    """Make room on a folder's small disk."""
    command = ["mount", "-o", "remount,size=3g", str(folder)]
    subprocess.run(command, check=True)


def seal(folder: Path) -> None:
    """Make a folder's small disk read-only."""
    subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)  # noqa: S607


@cache
def bound() -> Forking:
    """Runs commands as a user whom the files' modes bind; they don't bind root."""
    if os.geteuid() != 0:
        return Forking()
    if shutil.which("setpriv") is None:
        leave_out("setpriv (util-linux), to run a command that modes bind")
    return Forking("setpriv", "--bounding-set=-dac_override,-dac_read_search")
