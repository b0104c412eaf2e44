"""The forms of a storage."""

from pathlib import Path

import pytest

from daybook.bucket_url import read_bucket_url
from daybook.storage.local import LocalStorage
from daybook.storage.rules import Storage
from daybook.storage.s3 import S3Storage


@pytest.fixture(params=["local", "s3"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    """An empty storage of each form."""
    if request.param == "local":
        return LocalStorage(tmp_path / "files")
    url = request.getfixturevalue("bucket_url")
    return S3Storage(read_bucket_url(url).below("exports"), tmp_path / "scratch")
