"""The end of a forked process."""

import atexit
import os
import sys
import threading
from collections.abc import Callable


def run_to_the_end(run: Callable[[], object]) -> None:
    """Run a program's main function and end its process, without tidying up.

    Python would look at every object that the process shares with the one that forked
    it, which takes longer than most programs. An error is Python's own business.
    """
    status: object = None
    try:
        run()
    except SystemExit as end:
        status = end.code
    if isinstance(status, str):
        sys.stderr.write(f"{status}\n")
        status = 1
    # Lets idle threads of executors end, and waits for all threads.
    threading._shutdown()  # type: ignore[attr-defined]  # noqa: SLF001  (no public name)
    atexit._run_exitfuncs()  # noqa: SLF001  (it has no public name)
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
    os._exit(int(status or 0))  # type: ignore[call-overload]  # a number, if it is no text
