"""A storage in a folder: files are there when they are whole, by their keys only."""

from hashlib import sha256
from pathlib import Path

import pytest

from daybook.storage.local import LocalStorage
from daybook.storage.part_writer import PartWriter
from daybook.storage.places import storage_at
from daybook.storage.rules import Stored

KEY = ("1", "7", "journals-USD.csv")


@pytest.fixture
def storage(tmp_path: Path) -> LocalStorage:
    return LocalStorage(tmp_path / "files")


def written(storage: LocalStorage, writer: str, content: bytes = b"rows") -> bytes:
    """A file that is written aside; gives its hash."""
    writing = PartWriter(storage, KEY, writer)
    writing.write(content)
    return writing.finish()


def test_a_file_is_there_once_it_is_whole(storage: LocalStorage) -> None:
    storage.prepare(KEY)
    digest = written(storage, "9-a")

    assert digest == sha256(b"rows").digest()
    assert storage.link(KEY) is None
    with pytest.raises(FileNotFoundError):
        storage.open(KEY)
    assert list(storage.stored()) == [Stored(KEY, "9-a")]
    assert storage.publish(KEY, "9-a")
    assert list(storage.stored()) == [Stored(KEY, None)]
    link = storage.link(KEY)
    assert link is not None and link.read_bytes() == b"rows"
    with storage_at(storage.address).open(KEY) as stream:
        assert stream.read() == b"rows"


def test_what_was_removed_is_not_published(storage: LocalStorage) -> None:
    storage.prepare(KEY)
    written(storage, "9-a")
    storage.prepare(KEY)
    written(storage, "9-b")

    assert not storage.publish(KEY, "9-a")
    storage.discard(KEY, "9-b")
    storage.discard(KEY, "9-b")
    assert not storage.publish(KEY, "9-b")
    assert list(storage.stored()) == [Stored(KEY[:2], None)]


def test_a_writer_does_not_write_a_file_twice(storage: LocalStorage) -> None:
    storage.prepare(KEY)
    written(storage, "9-a")

    with pytest.raises(FileExistsError):
        written(storage, "9-a")


@pytest.mark.parametrize("key", [KEY, KEY[:2]])
def test_a_file_goes_with_its_parts(
    storage: LocalStorage, key: tuple[str, ...]
) -> None:
    other = (*KEY[:1], "8", KEY[2])
    for one in (KEY, other):
        storage.prepare(one)
        PartWriter(storage, one, "9-a").finish()
        storage.publish(one, "9-a")
    written(storage, "9-b")

    storage.remove(key)
    storage.remove(key)

    assert [one for one in storage.stored() if len(one.key) == 3] == [
        Stored(other, None)
    ]


def test_a_part_of_an_earlier_version_goes_with_its_file(
    storage: LocalStorage,
) -> None:
    (storage.folder / "1").mkdir(parents=True)
    (storage.folder / "1" / "upl_x.part").write_bytes(b"half")

    (found,) = storage.stored()
    storage.remove(found.key)

    assert found.key == ("1", "upl_x")
    assert list(storage.stored()) == [Stored(("1",), None)]


@pytest.mark.parametrize("name", ["..", ".", "", "a/b"])
def test_no_key_leads_out_of_the_folder(storage: LocalStorage, name: str) -> None:
    with pytest.raises(AssertionError):
        storage.link(("1", name))


def test_room_is_told_before_there_is_a_folder(storage: LocalStorage) -> None:
    room = storage.room()

    assert room.is_writable
    assert room.free_bytes
