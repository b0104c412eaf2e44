"""`daybook import FILE` once more, with timers around its steps."""

import json
import sys
import time
from types import ModuleType

from daybook.cli import documents as import_command
from daybook.cli.app import app
from daybook.documents import commands

_seconds: dict[str, float] = {}


def main() -> None:
    """Import the file that is named, and print what each step took as JSON.

    `total` has everything but the interpreter's start and the imports of modules. The
    steps are processor seconds: recognition runs while the database writes. `rest` is
    what reading and recognition leave of them: rows and, where it is in this process,
    the database.
    """
    _time("read", import_command, "read_file")
    _time("recognize", commands, "_next_batch")
    start, cpu_start = time.perf_counter(), time.process_time()
    app(["import", *sys.argv[1:]], standalone_mode=False)
    total, cpu = time.perf_counter() - start, time.process_time() - cpu_start
    rest = cpu - sum(_seconds.values())
    print(json.dumps({**_seconds, "rest": rest, "total": total, "cpu": cpu}))


def _time(step: str, module: ModuleType, name: str) -> None:
    """Put a timer around a function, where a module calls it by this name."""
    function = getattr(module, name)
    _seconds[step] = 0.0

    def timed(*args: object, **kwargs: object) -> object:
        start = time.thread_time()
        try:
            return function(*args, **kwargs)
        finally:
            _seconds[step] += time.thread_time() - start

    setattr(module, name, timed)


if __name__ == "__main__":
    main()
