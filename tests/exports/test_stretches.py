"""Stretches of a file are its slices, cut anywhere between them, and rendered alone."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daybook.db.engine import Database
from daybook.exports.facts import read_facts
from daybook.exports.file_spec import FileSpec
from daybook.exports.formats import FORMATS
from daybook.exports.parts import stretches
from daybook.exports.parts.helping import Helping
from daybook.exports.parts.orders import FileOrder
from daybook.exports.parts.slices import SliceRenderer
from daybook.exports.parts.stretches import cut, program_of, render
from daybook.exports.reading import rows
from daybook.exports.reading.rows import journal_slices
from daybook.exports.rules import Granularity
from daybook.exports.writing.compression import COMPRESSIONS, Compression
from daybook.exports.writing.streaming import finished_pieces, render_file
from daybook.exports.writing.tallies import Tally
from daybook.jobs.part_process import PartOrder, Refused
from daybook.jobs.rules import JobId
from daybook.reports.journals.filters import JournalFilter
from daybook.storage.local import LocalStorage
from daybook_factories import invoice, pin, record
from daybook_history import RECORDINGS, History, filters, history, reads
from daybook_jobs import ask
from daybook_services.faults import examples

pytestmark = [pytest.mark.anyio, pytest.mark.either_database]

__all__ = ["history"]


async def slices_of(order: FileOrder, **more: Any) -> list[Sequence[int]]:
    return [numbers async for numbers in journal_slices(*order, **more)]


@settings(reads, max_examples=examples(10))
@given(
    recording=st.integers(0, RECORDINGS),
    journal_filter=filters(),
    size=st.sampled_from([1, 2, 5]),
    counts=st.tuples(st.integers(0, 500), st.integers(1, 50)),
    most=st.sampled_from([3, 10_000]),
)
async def test_stretches_are_all_slices_in_their_order(  # noqa: PLR0913, PLR0917  (a selection, and how it is cut)
    history: History,
    recording: int,
    journal_filter: JournalFilter,
    size: int,
    counts: tuple[int, int],
    most: int,
) -> None:
    at = await history.at(recording)
    spec = FileSpec(at, journal_filter, Granularity.DAILY)
    order = FileOrder(history.database, spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rows, "SLICE", size)
        patch.setattr(rows, "SLICES_READ", 2)
        patch.setattr(stretches, "STRETCHES_MAX", most)
        every = await slices_of(order)
        found = await cut(order, *counts)
        its = [
            await slices_of(order, first=first, most=length) for first, length in found
        ]

    assert [numbers for stretch in its for numbers in stretch] == every
    assert [len(stretch) for stretch in its] == [length for _, length in found]
    assert len(found) <= most
    assert len({length for _, length in found[:-1]}) <= 1


@pytest.mark.parametrize("how", [None, *COMPRESSIONS], ids=str)
@pytest.mark.parametrize(
    "file_format", [known for known in FORMATS if known.renders_apart], ids=str
)
async def test_stretches_that_are_rendered_alone_make_the_file(
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
    file_format: Any,
    how: Compression | None,
) -> None:
    monkeypatch.setattr(rows, "SLICE", 7)
    await record(database, *(invoice(f"inv_{number}") for number in range(8)))
    spec = FileSpec(
        await pin(database), JournalFilter(), Granularity.DAILY, None, file_format, how
    )
    order, tally = FileOrder(database, spec), Tally()
    every = await cut(order, rows=5_856, rows_of_each=1_000)

    first, last = await SliceRenderer.of(order), await SliceRenderer.of(order)
    renderer = file_format.renderer(await read_facts(*order))
    found = [
        await render(order, [first, last][index % 2], stretch)
        for index, stretch in reversed([*enumerate(every)])
    ]
    for rendered in found:
        renderer.merge(rendered.kept)
        tally.add_sums(rendered.tally.totals, rendered.tally.accounts)
    pieces = [
        *finished_pieces(renderer.header(), how),
        *(piece for rendered in reversed(found) for piece in rendered.pieces),
        *finished_pieces(renderer.footer(), how),
    ]

    assert len(every) == 5
    assert b"".join(pieces) == b"".join([piece async for piece in render_file(*order)])
    tally.check()
    assert tally.totals.rows == 5_856


async def test_a_program_that_makes_other_bytes_renders_nothing(
    database: Database, tmp_path: Path
) -> None:
    await record(database, invoice())
    job = await ask(database)
    helping, storage = Helping(), LocalStorage(tmp_path / "files")
    task = {"program": "Daybook 0.0.1", "stretch": [1, 1]}
    order = PartOrder(database.url, storage, JobId(1, job.number), "9-a", 0, task)

    with pytest.raises(Refused, match=r"its worker runs Daybook 0\.0\.1, and this"):
        await helping.work(order)

    await helping.close()
    assert list(storage.stored()) == []


async def test_compressed_bytes_depend_on_libraries(database: Database) -> None:
    await record(database, invoice())
    spec = FileSpec(await pin(database), JournalFilter(), Granularity.DAILY)
    compressed = FileSpec(
        spec.pin, JournalFilter(), Granularity.DAILY, compression=COMPRESSIONS[0]
    )

    assert "zlib" not in program_of(spec)
    assert program_of(compressed).startswith(f"{program_of(spec)}, zlib ")
