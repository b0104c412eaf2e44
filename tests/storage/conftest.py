"""The forms of a storage."""

from pathlib import Path

import pytest

from daybook.bucket_url import read_bucket_url
from daybook.storage.local import LocalStorage
from daybook.storage.rules import Storage
from daybook.storage.s3 import joining as s3_joining
from daybook.storage.s3.storage import S3Storage
from daybook_services.s3 import SMALL_PART_BYTES


@pytest.fixture(params=["local", "s3"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    """An empty storage of each form."""
    if request.param == "local":
        return LocalStorage(tmp_path / "files")
    url = request.getfixturevalue("bucket_url")
    return S3Storage(read_bucket_url(url).below("exports"), tmp_path / "scratch")


@pytest.fixture
def small_bucket(
    bucket_of_small_parts: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> S3Storage:
    """An empty bucket whose store takes small parts, and gets them."""
    monkeypatch.setattr(s3_joining, "PART_BYTES_MIN", SMALL_PART_BYTES)
    url = read_bucket_url(bucket_of_small_parts).below("exports")
    return S3Storage(url, tmp_path / "scratch")
