"""`python daybook_program.py FILE COMMAND…`: `daybook` as scenarios run it.

Its clock is ahead by as many seconds as the file says: a test that lets hours pass
writes it again. And exports are shared among workers from a number of rows on that is
in a variable, if it is there: for users, that takes millions.
"""

import os
import runpy
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from daybook import clock

SHARED_ROWS = "TEST_SHARED_ROWS"
"""The variable with the fewest rows of a shared export."""
PARTS = 8
"""Into how many parts such an export is cut."""


def main() -> None:
    """Change the program in this process, then run the command."""
    ahead = Path(sys.argv.pop(1))

    def moved() -> datetime:
        return datetime.now(UTC) + timedelta(seconds=float(ahead.read_text()))

    # Before anything else is imported that reads it.
    clock.real_now = moved
    if rows := os.environ.get(SHARED_ROWS):
        from daybook.exports import kind

        kind.SHARED_ROWS_MIN = int(rows)
        kind.PART_ROWS = int(rows) // PARTS
    runpy.run_module("daybook", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
