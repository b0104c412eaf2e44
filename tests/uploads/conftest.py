"""Settings whose files are a test's own."""

from pathlib import Path

import pytest

from daybook.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings for a test's folder."""
    return Settings(data=tmp_path)
