"""`python daybook_moved_clock.py FILE COMMAND…`: `daybook` with a clock that is ahead.

The file says by how many seconds; a test that lets hours pass writes it again.
"""

import runpy
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from daybook import clock


def main() -> None:
    """Move the machine's clock for this process, then run the command."""
    ahead = Path(sys.argv.pop(1))

    def moved() -> datetime:
        return datetime.now(UTC) + timedelta(seconds=float(ahead.read_text()))

    # Before anything else is imported that reads it.
    clock.real_now = moved
    runpy.run_module("daybook", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
