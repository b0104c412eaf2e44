"""Renders the daily CSV of everything and hashes it in blocks: `PROCESSES`.

Nothing is written, and no hash needs the one before it. Prints the number of bytes, and
a hash of the hashes, which doesn't depend on how many processes there are.
"""

import asyncio
import json
import multiprocessing
import sys
from hashlib import sha256

from daybook.cli.filter_options import select
from daybook.cli.running import load_settings
from daybook.db.engine import Database, open_database
from daybook.exports.facts import read_facts
from daybook.exports.file_spec import FileSpec
from daybook.exports.formats import DEFAULT
from daybook.exports.reading.movement_reader import MovementReader
from daybook.exports.reading.rows import journal_slices
from daybook.exports.reading.units import journal_units
from daybook.exports.rules import Granularity
from daybook.exports.writing.streaming import collect_seldom, finished_pieces
from daybook.reports.journals.filters import Purpose
from daybook.settings import Settings


def main() -> None:
    """Share the slices out, and print what became of them."""
    collect_seldom()
    count = int(sys.argv[1])
    shares = [(share, count) for share in range(count)]
    with multiprocessing.get_context("fork").Pool(count) as pool:
        blocks = [block for made in pool.map(_hashed, shares, 1) for block in made]
    digest = sha256("".join(text for _, text, _ in sorted(blocks)).encode())
    size = sum(size for *_, size in blocks)
    print(json.dumps({"bytes": size, "sha256": digest.hexdigest()}))


def _hashed(share: tuple[int, int]) -> list[tuple[int, str, int]]:
    return asyncio.run(_hash(*share))


async def _hash(share: int, count: int) -> list[tuple[int, str, int]]:
    settings = load_settings()
    database = open_database(settings)
    try:
        spec = await _everything(database, settings)
        reader = await MovementReader.of(database, spec)
        renderer = DEFAULT.renderer(await read_facts(database, spec))
        blocks = []
        index = 0
        async for numbers in journal_slices(database, spec):
            if index % count == share:
                journals = await reader.read(numbers)
                digest, size = sha256(), 0
                for units in journal_units(journals, spec, spec.pin.currency):
                    for piece in finished_pieces(renderer.render(units), None):
                        digest.update(piece)
                        size += len(piece)
                blocks.append((index, digest.hexdigest(), size))
            index += 1
        return blocks
    finally:
        await database.close()


async def _everything(database: Database, settings: Settings) -> FileSpec:
    everything = {"on": ["2099-12-31"]}
    async with database.reads() as session:
        (selected,) = await select(session, settings, None, everything, Purpose.EXPORT)
    return FileSpec(selected.pin, selected.journal_filter, Granularity.DAILY)


if __name__ == "__main__":
    main()
