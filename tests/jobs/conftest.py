"""What the tests of jobs share: settings with a present and a folder of their own."""

from pathlib import Path

import pytest

from daybook.settings import Settings
from daybook_jobs import NOW


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings with a fixed present, a folder for files, and short leases."""
    return Settings(
        data=tmp_path,
        now=NOW,
        exports=tmp_path / "exports",
        export_lease_seconds=2,
    )
