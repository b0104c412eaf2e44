"""`daybook`, but with a crew for the smallest export: `python -m daybook_crowd`.

With the variable `DAYBOOK_TEST_CROWD_WAITS` a crew's members render one slice and then
wait, so that something may happen to them meanwhile.
"""

import asyncio
import os
from collections.abc import Sequence
from typing import Any

from daybook.cli import app
from daybook.exports.parts import crew
from daybook.exports.reading import rows
from daybook.exports.reading.movement_reader import MovementReader
from daybook.exports.writing import files as writing

WAITS = "DAYBOOK_TEST_CROWD_WAITS"


def main() -> None:
    """Run the command line with other limits."""
    rows.SLICE, writing.SLICES_MIN, crew.SMALL_BYTES = 5, 1, 0
    if WAITS in os.environ:
        _read = MovementReader.read

        async def read(reader: MovementReader, numbers: Sequence[int]) -> Any:
            if 1 not in numbers:
                await asyncio.sleep(300)
            return await _read(reader, numbers)

        MovementReader.read = read  # type: ignore[method-assign, assignment]  # for this process only
    app.main()


if __name__ == "__main__":
    main()
