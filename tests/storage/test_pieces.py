"""Each form of a storage: a part is joined from pieces that others made."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from hashlib import sha256
from itertools import count
from pathlib import Path
from random import Random
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from daybook.storage.local import LocalStorage
from daybook.storage.part_writer import PartWriter
from daybook.storage.places import storage_at
from daybook.storage.rules import Storage, StorageKey, Stored, Unwritten
from daybook_services.faults import examples
from daybook_services.s3 import SMALL_PART_BYTES

KEY = ("1", "7", "journals-USD.csv")
LONGER = (*KEY[:2], f"{KEY[2]}.gz")
LARGE = 3 * SMALL_PART_BYTES
_SIZES = st.sampled_from(
    [
        near + by
        for near in (0, SMALL_PART_BYTES, 2 * SMALL_PART_BYTES, LARGE)
        for by in (-1, 0, 1)
        if near + by >= 0
    ]
) | st.integers(0, 2 * LARGE)


class Step(NamedTuple):
    """Some bytes that are joined: a `piece`, or some that are `between` pieces."""

    kind: str
    size: int


_kinds = st.sampled_from(["piece", "between"])
_steps = st.lists(st.builds(Step, _kinds, _SIZES), max_size=8)


@pytest.fixture(params=["local", "s3"])
def small_storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    """An empty storage of each form; a bucket takes small parts."""
    if request.param == "local":
        return LocalStorage(tmp_path / "files")
    storage: Storage = request.getfixturevalue("small_bucket")
    return storage


def joined(
    storage: Storage, writer: str, pieces: Sequence[bytes], key: StorageKey = KEY
) -> None:
    """Pieces that are kept and joined to a part."""
    for index, piece in enumerate(pieces):
        storage.keep_piece(key, writer, index, [piece])
    with closing(storage.joining(key, writer)) as joining:
        for index, piece in enumerate(pieces):
            joining.add_piece(index, len(piece))
        joining.finish()


def some_bytes(size: int, seed: int = 0) -> bytes:
    """Bytes that differ everywhere."""
    return Random(seed).randbytes(size)  # noqa: S311  (no secret)


def read(storage: Storage, key: StorageKey = KEY) -> bytes:
    with storage.open(key) as stream:
        return stream.read()


def files(storage: Storage) -> list[Stored]:
    """What is stored, without empty folders and parts that don't tell their writer."""
    found = [file for file in storage.stored() if len(file.key) == 3]
    return [file for file in found if not file.may_be_of("anybody")]


_runs = count()


@given(_steps)
@example([])
@example([Step("piece", 0)])
@example([Step("between", 1), Step("piece", 2 * SMALL_PART_BYTES - 1)])
@example([Step("piece", SMALL_PART_BYTES), Step("piece", 1), Step("piece", LARGE)])
@hypothesis_settings(
    max_examples=examples(20),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_a_joined_file_is_what_was_added_with_its_hash(
    small_storage: Storage, steps: list[Step]
) -> None:
    key = ("1", str(next(_runs)), KEY[2])
    contents = [some_bytes(step.size, seed=at) for at, step in enumerate(steps)]
    added = list(enumerate(zip(steps, contents, strict=True)))
    small_storage.prepare(key)
    elsewhere = storage_at(small_storage.address)
    for at, (step, content) in reversed(added):
        if step.kind == "piece":
            parts = [content[:7], b"", content[7:]]
            elsewhere.keep_piece(
                key, "9-a", at, memoryview(content) if at % 2 else parts
            )

    with closing(small_storage.joining(key, "9-a")) as joining:
        for at, (step, content) in added:
            if step.kind == "piece":
                joining.add_piece(at, step.size)
            else:
                joining.add(content)
        size, digest = joining.finish()

    whole = b"".join(contents)
    assert (size, digest) == (len(whole), sha256(whole).digest())
    assert small_storage.publish(key, "9-a")
    assert read(small_storage, key) == whole
    small_storage.discard(key, "9-a")
    found = [file for file in files(small_storage) if file.key[:2] == key[:2]]
    assert found == [Stored(key, None)]


def test_a_piece_is_kept_by_several_at_the_same_time(storage: Storage) -> None:
    storage.prepare(KEY)
    content = some_bytes(300_000)

    def keep(_time: int) -> None:
        storage.keep_piece(KEY, "9-a", 0, [content])

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(keep, range(12)))

    joined(storage, "9-a", [content])
    storage.publish(KEY, "9-a")
    assert read(storage) == content
    storage.discard(KEY, "9-a")
    assert files(storage) == [Stored(KEY, None)]


def test_a_missing_piece_is_named_with_what_to_do(storage: Storage) -> None:
    storage.prepare(KEY)
    storage.keep_piece(KEY, "9-b", 3, [b"another writer's"])

    with (
        closing(storage.joining(KEY, "9-a")) as joining,
        pytest.raises(
            Unwritten, match=r"^piece 3 of the file isn't in this mach.*give"
        ),
    ):
        joining.add_piece(3, 16)


@pytest.mark.parametrize("size", [0, 4, 6])
def test_a_piece_of_another_size_is_refused(storage: Storage, size: int) -> None:
    storage.prepare(KEY)
    storage.keep_piece(KEY, "9-a", 0, [b"piece"])

    with (
        closing(storage.joining(KEY, "9-a")) as joining,
        pytest.raises(Unwritten, match=f"has 5 bytes in the storage, .* with {size}:"),
    ):
        joining.add_piece(0, size)


def test_a_writers_pieces_count_as_one_and_go_with_the_writer(
    storage: Storage,
) -> None:
    storage.prepare(KEY)
    for index in range(12):
        storage.keep_piece(KEY, "9-a", index, [b"piece"])
    storage.keep_piece(KEY, "9-b", 0, [b"piece"])
    found = files(storage)

    storage.discard(KEY, "9-a")
    storage.discard(KEY, "9-a")

    assert sorted(found) == [Stored(KEY, "9-a"), Stored(KEY, "9-b")]
    assert files(storage) == [Stored(KEY, "9-b")]


def test_pieces_are_left_until_their_writer_is_discarded(storage: Storage) -> None:
    storage.prepare(KEY)
    joined(storage, "9-a", [b"rows,", b"more"])
    storage.keep_piece(KEY, "9-a", 0, [b"rows,"])  # a helper that comes late
    storage.publish(KEY, "9-a")
    found = files(storage)

    storage.discard(KEY, "9-a")

    assert sorted(found, key=str) == [Stored(KEY, "9-a"), Stored(KEY, None)]
    assert files(storage) == [Stored(KEY, None)]
    assert read(storage) == b"rows,more"


def test_pieces_of_others_go_before_a_file_is_written_again(storage: Storage) -> None:
    for key in (KEY, LONGER):
        storage.prepare(key)
        storage.keep_piece(key, "9-a", 0, [b"piece"])

    storage.prepare(KEY)

    assert files(storage) == [Stored(LONGER, "9-a")]


@pytest.mark.parametrize("key", [KEY, KEY[:2]])
def test_a_file_goes_with_its_pieces(storage: Storage, key: StorageKey) -> None:
    other = (*KEY[:1], "70", KEY[2])
    for stored in (KEY, other):
        storage.prepare(stored)
        storage.keep_piece(stored, "9-a", 0, [b"piece"])

    storage.remove(key)

    assert files(storage) == [Stored(other, "9-a")]


def test_a_writer_does_not_join_a_file_twice(storage: Storage) -> None:
    storage.prepare(KEY)
    joined(storage, "9-a", [b"piece"])

    with pytest.raises(FileExistsError):
        storage.joining(KEY, "9-a")
    with pytest.raises(FileExistsError):
        PartWriter(storage, KEY, "9-a")


def test_what_is_not_joined_to_its_end_is_found_and_removed(storage: Storage) -> None:
    storage.prepare(KEY)
    storage.keep_piece(KEY, "9-a", 0, [b"piece"])
    storage.keep_piece(KEY, "9-a", 1, [b"piece"])
    joining = storage.joining(KEY, "9-a")
    joining.add_piece(0, 5)
    joining.close()
    joining.close()
    found = files(storage)

    storage.discard(KEY, "9-a")

    assert set(found) == {Stored(KEY, "9-a")}
    assert not [file for file in storage.stored() if len(file.key) == 3]
    assert not storage.publish(KEY, "9-a")


def test_a_folder_that_another_machine_has_is_named(tmp_path: Path) -> None:
    LocalStorage(tmp_path / "shared").prepare(KEY)

    with pytest.raises(Unwritten, match=r"give all workers .* the same folder DAYBOOK"):
        LocalStorage(tmp_path / "other").keep_piece(KEY, "9-a", 0, [b"piece"])
