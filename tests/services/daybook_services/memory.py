"""Temporary files in memory, where the machine has room for them.

A database is made for most tests: on a disk, making and removing its files takes longer
than the test.
"""

import os
import shutil
import tempfile
from pathlib import Path

MEMORY = Path("/dev/shm")  # noqa: S108  (Linux's file system in memory, for anybody)
BYTES_MIN = 2**31
"""A container may have 64 MiB there, which a few databases fill."""


def use_memory() -> None:
    """Let this process and those that it starts make temporary files in memory.

    Whoever sets TMPDIR has chosen another folder.
    """
    if "TMPDIR" in os.environ or not os.access(MEMORY, os.W_OK):
        return
    if shutil.disk_usage(MEMORY).free >= BYTES_MIN:
        os.environ["TMPDIR"] = str(MEMORY)
        tempfile.tempdir = None


use_memory()
