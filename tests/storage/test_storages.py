"""Each form of a storage: files are there when they are whole, by their keys only."""

from hashlib import sha256

import pytest

from daybook.storage.part_writer import PartWriter
from daybook.storage.places import storage_at
from daybook.storage.rules import Storage, Stored

KEY = ("1", "7", "journals-USD.csv")


def written(storage: Storage, writer: str, content: bytes = b"rows") -> bytes:
    """A file that is written aside; gives its hash."""
    writing = PartWriter(storage, KEY, writer)
    writing.write(content)
    return writing.finish()


def files(storage: Storage) -> list[Stored]:
    """What is stored, without empty folders and parts that don't tell their writer."""
    return [
        file
        for file in storage.stored()
        if len(file.key) == 3 and not file.may_be_of("anybody")
    ]


def test_a_file_is_there_once_it_is_whole(storage: Storage) -> None:
    storage.prepare(KEY)
    digest = written(storage, "9-a")

    assert digest == sha256(b"rows").digest()
    with pytest.raises(FileNotFoundError):
        storage.open(KEY)
    assert files(storage) == [Stored(KEY, "9-a")]
    assert storage.publish(KEY, "9-a")
    assert files(storage) == [Stored(KEY, None)]
    with storage_at(storage.address).open(KEY) as stream:
        assert stream.read() == b"rows"


def test_what_was_removed_is_not_published(storage: Storage) -> None:
    storage.prepare(KEY)
    written(storage, "9-a")
    storage.prepare(KEY)
    written(storage, "9-b")

    assert not storage.publish(KEY, "9-a")
    storage.discard(KEY, "9-b")
    storage.discard(KEY, "9-b")
    assert not storage.publish(KEY, "9-b")
    assert list(storage.stored()) == [Stored(KEY[:2], None)]


def test_a_writer_does_not_write_a_file_twice(storage: Storage) -> None:
    storage.prepare(KEY)
    written(storage, "9-a")

    with pytest.raises(FileExistsError):
        written(storage, "9-a")


@pytest.mark.parametrize("key", [KEY, KEY[:2]])
def test_a_file_goes_with_its_parts(storage: Storage, key: tuple[str, ...]) -> None:
    other = (*KEY[:1], "8", KEY[2])
    for stored in (KEY, other):
        storage.prepare(stored)
        PartWriter(storage, stored, "9-a").finish()
        storage.publish(stored, "9-a")
    written(storage, "9-b")

    storage.remove(key)
    storage.remove(key)

    assert files(storage) == [Stored(other, None)]


@pytest.mark.parametrize("name", ["..", ".", "", "a/b"])
def test_no_key_leads_elsewhere(storage: Storage, name: str) -> None:
    with pytest.raises(AssertionError):
        storage.open(("1", name))


def test_room_is_told_before_anything_is_stored(storage: Storage) -> None:
    room = storage.room()

    assert room.is_writable
    assert room.free_bytes is None or room.free_bytes > 0


def test_a_file_is_read_anywhere_in_it(storage: Storage) -> None:
    content = bytes(range(256)) * 5_000
    storage.prepare(KEY)
    written(storage, "9-a", content)
    storage.publish(KEY, "9-a")

    with storage.open(KEY) as stream:
        assert stream.seek(0, 2) == len(content)
        assert stream.read() == b""
        for at in (1_000_000, 3, 700_000):
            stream.seek(at)
            assert stream.read(70_000) == content[at : at + 70_000]
            assert stream.tell() == at + 70_000
        stream.seek(0)
        assert stream.read() == content


def test_an_empty_file_is_a_file(storage: Storage) -> None:
    storage.prepare(KEY)
    written(storage, "9-a", b"")

    assert storage.publish(KEY, "9-a")
    with storage.open(KEY) as stream:
        assert stream.read() == b""


def test_a_file_is_replaced_at_once(storage: Storage) -> None:
    storage.prepare(KEY)
    written(storage, "9-a", b"rows")
    storage.publish(KEY, "9-a")
    storage.prepare(KEY)
    written(storage, "9-b", b"other rows")
    with storage.open(KEY) as stream:
        assert stream.read() == b"rows"

    assert storage.publish(KEY, "9-b")

    with storage.open(KEY) as stream:
        assert stream.read() == b"other rows"
