"""What only a storage in a folder has: files of earlier versions, and full disks."""

import subprocess
import sys
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


FULL = """
import resource, sys
from contextlib import closing
from daybook.storage.places import storage_at

key, limit = ("1", "7", "a.csv"), 50_000
storage = storage_at(sys.argv[1])
storage.prepare(key)
storage.keep_piece(key, "9-a", 0, [bytes(limit)])
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

def piece():
    storage.keep_piece(key, "9-a", 1, [bytes(limit), b"more"])

def joined():
    with closing(storage.joining(key, "9-a")) as joining:
        joining.add(b"header")
        joining.add_piece(0, limit)
        joining.finish()

for attempt in (piece, joined):
    try:
        attempt()
    except OSError as error:
        print(error.strerror)
"""


def test_a_full_disk_is_told_of_and_leaves_no_half_piece(tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path)

    told = subprocess.run(
        [sys.executable, "-c", FULL, storage.address], capture_output=True, check=True
    )

    names = [path.name for path in tmp_path.rglob("*.part")]
    assert told.stdout.splitlines() == [b"File too large"] * 2
    assert names == ["a.csv.9-a.part"]
    storage.discard(("1", "7", "a.csv"), "9-a")
    assert list(storage.stored()) == [Stored(("1", "7"), None)]
