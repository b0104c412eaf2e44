"""Runs a command and writes what it cost as JSON (FILE COMMAND…).

It imports next to nothing: until a process runs its own program it is a copy of the one
that started it, and the kernel counts that one's peak as its own.
"""

import json
import os
import sys
import time


def main() -> None:
    """Wait for the command to end, then write its time and memory."""
    file, *command = sys.argv[1:]
    start = time.perf_counter()
    process = os.posix_spawn(command[0], command, os.environ)
    _, status, usage = os.wait4(process, 0)
    measured = {
        "seconds": time.perf_counter() - start,
        "cpu_seconds": usage.ru_utime + usage.ru_stime,
        # The unit of the kernel's figure differs.
        "peak_bytes": usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024),
        "status": os.waitstatus_to_exitcode(status),
    }
    with open(file, "w", encoding="utf-8") as stream:  # noqa: PTH123  (no pathlib)
        json.dump(measured, stream)


if __name__ == "__main__":
    main()
