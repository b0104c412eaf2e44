"""What only a storage in a folder has: files of earlier versions."""

from pathlib import Path

from daybook.storage.local import LocalStorage
from daybook.storage.rules import Stored


def test_a_part_of_an_earlier_version_goes_with_its_file(tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path / "files")
    (storage.folder / "1").mkdir(parents=True)
    (storage.folder / "1" / "upl_x.part").write_bytes(b"half")

    (found,) = storage.stored()
    storage.remove(found.key)

    assert found.key == ("1", "upl_x")
    assert list(storage.stored()) == [Stored(("1",), None)]
