"""Files by several processes have the bytes of one, whoever rendered which slice."""

import os
import resource
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daybook.db.engine import Database
from daybook.db.failures import DatabaseOutage, OutageKind
from daybook.exports.file_spec import FileSpec
from daybook.exports.formats import DEFAULT, FORMATS, Format
from daybook.exports.parts.crew import Crew, Member
from daybook.exports.parts.joining import MemberLost, join_slices
from daybook.exports.parts.member import Part, Sums
from daybook.exports.parts.orders import FileOrder, numbers_message, numbers_of
from daybook.exports.reading import rows
from daybook.exports.reading.expected import expected_totals
from daybook.exports.rules import NOTHING, Granularity, Totals
from daybook.exports.writing import files as writing
from daybook.exports.writing.compression import COMPRESSIONS, Compression
from daybook.exports.writing.files import write_file
from daybook.exports.writing.streaming import render_file
from daybook.exports.writing.tallies import Tally
from daybook.jobs.process import Order, PartFile, Unusable
from daybook.jobs.rules import FailureCode, JobId
from daybook.ledger.rules import Role
from daybook.reports.journals.filters import JournalFilter
from daybook.reports.journals.group_keys import Grouping
from daybook.storage.local import LocalStorage
from daybook.storage.rules import Unwritten
from daybook_adjusting import credit, debit, entered, submitted
from daybook_factories import invoice, pin, record
from daybook_history import RECORDINGS, History, filters, history, reads
from daybook_services.database import AT_ANY_TIME, NewDatabase
from daybook_services.faults import examples

pytestmark = pytest.mark.anyio

__all__ = ["history"]

APART = [known for known in FORMATS if known.renders_apart]
FORMS: list[tuple[Format, Compression | None]] = [
    (known, how) for known in APART for how in (None, *COMPRESSIONS)
]
MEMBERS = 4
Doomed: TypeAlias = Callable[[int], list[Member]]


class Made(NamedTuple):
    """A file that was written: its bytes, and what was said about it."""

    content: bytes
    size: int
    digest: bytes
    totals: Totals


@pytest.fixture(scope="module")
def crew() -> Iterator[Crew]:
    """Four processes, which work on one file after the other."""
    four = Crew(MEMBERS)
    four.members(MEMBERS)
    yield four
    four.dismiss()


@pytest.fixture
def doomed() -> Iterator[Doomed]:
    """Starts processes for a test that ends them."""
    crews: list[Crew] = []

    def start(count: int) -> list[Member]:
        crews.append(Crew(count))
        return crews[-1].members(count)

    yield start
    for started in crews:
        started.dismiss()


async def by_one(order: FileOrder) -> Made:
    """The file as one process renders it."""
    told: list[Totals] = []
    pieces = render_file(*order, told.append)
    content = b"".join([piece async for piece in pieces])
    digest = sha256(content).digest()
    return Made(content, len(content), digest, sum(told, NOTHING))


async def by_many(members: Sequence[Member], order: FileOrder, folder: Path) -> Made:
    """The file as these processes write it."""
    told: list[Totals] = []
    slices = rows.journal_slices(*order)
    tally = Tally()
    with (folder / "joined").open("w+b") as stream:
        made = await join_slices(
            members, stream, order, slices, tally=tally, progress=told.append
        )
    tally.check()
    assert tally.totals == sum(told, NOTHING)
    content = (folder / "joined").read_bytes()
    return Made(content, *made, sum(told, NOTHING))


async def everything(database: Database, **more: Any) -> FileOrder:
    """An order of all journals, by day."""
    at = await pin(database)
    spec = FileSpec(at, JournalFilter(), Granularity.DAILY, **more)
    return FileOrder(database, spec)


@pytest.fixture
async def ledger(database: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    """A ledger with a hundred journals, in slices of seven."""
    monkeypatch.setattr(rows, "SLICE", 7)
    await record(database, *(invoice(f"inv_{number}") for number in range(8)))
    return database


class Selection(NamedTuple):
    """Something to export, and how many journals a slice has."""

    recording: int
    journal_filter: JournalFilter
    granularity: Granularity
    slice: int


selections = st.builds(
    Selection,
    st.integers(0, RECORDINGS),
    filters(),
    st.sampled_from(Granularity),
    st.sampled_from([1, 2, 5]),
)


@settings(reads, max_examples=examples(8))
@given(selections, st.sampled_from(FORMS), st.sampled_from([1, 2, MEMBERS]))
async def test_any_number_of_processes_makes_the_same_file(
    history: History,
    crew: Crew,
    selection: Selection,
    form: tuple[Format, Compression | None],
    count: int,
) -> None:
    recording, journal_filter, granularity, size = selection
    at = await history.at(recording)
    spec = FileSpec(at, journal_filter, granularity, None, *form)
    order = FileOrder(history.database, spec)
    with (
        pytest.MonkeyPatch.context() as patch,
        tempfile.TemporaryDirectory() as folder,
    ):
        patch.setattr(rows, "SLICE", size)
        together = await by_many(crew.members(count), order, Path(folder))
        alone = await by_one(order)

    assert together == alone


@pytest.mark.parametrize(
    ("file_format", "how"), FORMS, ids=lambda one: one.name if one else "plain"
)
@pytest.mark.either_database
async def test_each_form_of_file_is_the_same(
    ledger: Database,
    crew: Crew,
    tmp_path: Path,
    file_format: Format,
    how: Compression | None,
) -> None:
    order = await everything(ledger, file_format=file_format, compression=how)

    made = [
        await by_many(crew.members(count), order, tmp_path) for count in (1, 2, MEMBERS)
    ]

    assert made == [await by_one(order)] * 3
    assert made[0].totals.rows == 5_856


@pytest.mark.either_database
@pytest.mark.parametrize(
    ("file_format", "how"), FORMS, ids=lambda one: one.name if one else "plain"
)
async def test_manual_journals_stand_among_others_in_each_form(
    ledger: Database,
    crew: Crew,
    tmp_path: Path,
    file_format: Format,
    how: Compression | None,
) -> None:
    lines = debit(Role.DEFERRED, "12.00"), credit(Role.RECOGNIZED, "5.00")
    for number in range(3):
        more = credit(Role.RECOGNIZED, "7.00", description=f"Line {number}")
        await submitted(ledger, entered(*lines, more), on="2025-03-20")
        late = invoice(f"late_{number}", accounting_date="2025-03-20")
        await record(ledger, late, on="2025-03-20")
    order = await everything(ledger, file_format=file_format, compression=how)

    made = await by_many(crew.members(2), order, tmp_path)

    assert made == await by_one(order)
    assert made.totals == await expected_totals(*order)
    assert made.totals.rows == 5_856 + 3 * (734 + 3)


@given(
    pieces=st.lists(st.binary(max_size=9), max_size=9),
    placed=st.integers(0, 9),
    before=st.binary(max_size=5),
)
def test_a_slice_is_written_where_it_begins_whenever_that_is_known(
    tmp_path_factory: pytest.TempPathFactory,
    pieces: list[bytes],
    placed: int,
    before: bytes,
) -> None:
    file = tmp_path_factory.mktemp("part") / "file"
    with file.open("w+b", buffering=0) as stream:
        stream.write(before)
        part = Part(3, [1], stream.fileno())
        for at, piece in enumerate([*pieces, *[b""] * 9][:9]):
            if at == placed:
                part.place(len(before))
            part.add(piece)
        part.finish(Sums(NOTHING, {}))
        if placed == 9:
            assert part.held_bytes == part.size
            part.place(len(before))

    assert file.read_bytes() == before + b"".join(pieces)
    assert (part.size, part.held_bytes) == (sum(map(len, pieces)), 0)


@pytest.mark.parametrize("numbers", [range(3, 9), range(7, 8), [1, 5, 6]])
def test_numbers_of_journals_come_over_as_they_are(numbers: Sequence[int]) -> None:
    assert numbers_of(numbers_message(numbers)) == numbers


async def written(crew: Crew, order: FileOrder, stream: Any) -> Made:
    """A file by `write_file`, into an open stream."""
    told: list[Totals] = []
    made = await write_file(stream, order, told.append, crew=crew)
    stream.seek(0)
    return Made(stream.read(), *made, sum(told, NOTHING))


@pytest.mark.either_database
async def test_a_large_file_is_written_by_the_crew(
    ledger: Database, crew: Crew, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "SLICES_MIN", 2)
    renders: list[object] = []
    monkeypatch.setattr(writing, "render_planned", renders.append)
    order = await everything(ledger)

    with (tmp_path / "file").open("w+b") as stream:
        made = await written(crew, order, stream)

    assert made == await by_one(order)
    assert renders == []


@pytest.mark.either_database
@pytest.mark.parametrize("why", ["small", "grouped", "not apart", "begun", "alone"])
async def test_one_process_writes_what_several_would_not_write_sooner_or_could_not(
    ledger: Database,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    why: str,
) -> None:
    monkeypatch.setattr(writing, "SLICES_MIN", 99 if why == "small" else 2)
    parquet = next(known for known in FORMATS if known.name == "PARQUET")
    order = await everything(
        ledger,
        file_format=parquet if why == "not apart" else DEFAULT,
        by=(Grouping.CUSTOMER,) if why == "grouped" else None,
    )
    idle = Crew(1 if why == "alone" else 2)

    with (tmp_path / "file").open("w+b") as stream:
        if why == "begun":
            stream.write(b"before\r\n")
            stream.flush()
        made = await written(idle, order, stream)

    assert made.size > 1_000
    assert idle.started() == []


@pytest.mark.either_database
async def test_a_pipe_is_written_by_one_process(
    ledger: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "SLICES_MIN", 1)
    order = await everything(ledger)
    # A pipe holds this much without a reader.
    monthly = replace(order.spec, granularity=Granularity.MONTHLY)
    order = order._replace(spec=monthly)
    reader, writer = os.pipe()
    crew = Crew(2)

    with os.fdopen(reader, "rb") as read, os.fdopen(writer, "wb") as stream:
        await write_file(stream, order, told, crew=crew)
        stream.close()
        content = read.read()

    assert content == (await by_one(order)).content
    assert crew.started() == []


def process_of(member: Member) -> psutil.Process:
    return psutil.Process(member.pid)


@pytest.mark.either_database
async def test_a_process_that_was_killed_before_ends_the_file(
    ledger: Database, doomed: Doomed, tmp_path: Path
) -> None:
    (member,) = doomed(1)
    process_of(member).kill()

    with pytest.raises(MemberLost, match="rendered a part of the file was killed"):
        await by_many([member], await everything(ledger), tmp_path)


@pytest.mark.either_database
async def test_a_process_that_is_killed_meanwhile_ends_the_file(
    ledger: Database, doomed: Doomed, tmp_path: Path
) -> None:
    order = await everything(ledger)
    slices = rows.journal_slices(*order)
    members = doomed(2)

    async def killing() -> AsyncIterator[Sequence[int]]:
        async for numbers in slices:
            if 40 in numbers:
                process_of(members[1]).kill()
            yield numbers

    with (tmp_path / "file").open("w+b") as stream, pytest.raises(MemberLost):
        await join_slices(
            members, stream, order, killing(), tally=Tally(), progress=told
        )


@pytest.mark.either_database
@pytest.mark.skipif(sys.platform != "linux", reason="sets another process's limit")
async def test_a_full_disk_is_named(
    ledger: Database, doomed: Doomed, tmp_path: Path
) -> None:
    (member,) = doomed(1)
    resource.prlimit(member.pid, resource.RLIMIT_FSIZE, (50_000, 50_000))

    with pytest.raises(Unwritten, match="File too large"):
        await by_many([member], await everything(ledger), tmp_path)


async def test_an_outage_of_the_database_is_named(
    new_sqlite: NewDatabase, doomed: Doomed, tmp_path: Path
) -> None:
    database = Database(new_sqlite(), AT_ANY_TIME)
    await record(database, invoice("inv_1"))
    order = await everything(database)
    # Connections that are open go on with the file that had the name before.
    other = tmp_path / "other"
    other.write_bytes(b"not a database" * 100)
    other.replace(database.path)

    with pytest.raises(DatabaseOutage) as raised:
        await by_many(doomed(1), order, tmp_path)

    assert raised.value.kind is OutageKind.DAMAGED
    await database.close()


@pytest.mark.either_database
@pytest.mark.parametrize("most", [None, 50_000], ids=["room", "full"])
@pytest.mark.skipif(sys.platform != "linux", reason="sets another process's limit")
async def test_a_job_is_made_by_the_crew_or_says_why_it_is_not_stored(
    ledger: Database,
    doomed: Doomed,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    most: int | None,
) -> None:
    monkeypatch.setattr(writing, "SLICES_MIN", 2)
    crew, (member,) = Crew(2), doomed(1)
    monkeypatch.setattr(crew, "members", lambda _: [member])
    order = await everything(ledger)
    if most is not None:
        resource.prlimit(member.pid, resource.RLIMIT_FSIZE, (most, most))

    with PartFile(job_order(ledger, tmp_path)) as part:
        if most is None:
            made = await part.fill(
                lambda file: write_file(file, order, told, crew=crew)
            )
        else:
            with pytest.raises(Unusable, match="not be written: File too large") as no:
                await part.fill(lambda file: write_file(file, order, told, crew=crew))
            assert no.value.code == FailureCode.STORAGE_FAILED
            return

    alone = await by_one(order)
    assert made == {"size": alone.size, "sha256": alone.digest.hex()}
    assert (tmp_path / "1" / "file.csv.me.part").read_bytes() == alone.content


def job_order(database: Database, folder: Path) -> Order:
    """An order to write `1/file.csv`."""
    storage, key = LocalStorage(folder), ("1", "file.csv")
    storage.prepare(key)
    return Order(database.url, JobId(1, 1), storage, key, "me")


def told(_: Totals) -> None:
    """Nobody looks at the progress."""


@pytest.mark.parametrize(("cores", "size"), [(1, 0), (2, 2), (8, 8)])
def test_a_plain_file_has_helpers_only_if_they_are_asked_for(
    cores: int, size: int
) -> None:
    by_default, asked = Crew(cores, is_asked=False), Crew(cores)

    assert by_default.size_for(is_compressed=False) == 0
    assert by_default.size_for(is_compressed=True) == size
    assert asked.size_for(is_compressed=False) == size
    assert asked.size_for(is_compressed=True) == size


def test_nobody_is_left_when_a_crew_is_dismissed() -> None:
    crew = Crew(2)
    found = [process_of(member) for member in crew.members(2)]
    assert len(found) == 2

    crew.dismiss()

    assert not any(process.is_running() for process in found)
    assert crew.started() == []


def test_a_process_ends_with_its_socket(doomed: Doomed) -> None:
    (member,) = doomed(1)
    process = process_of(member)

    member.connection.close()

    assert process.wait(timeout=30) == 0
