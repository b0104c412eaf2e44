"""The targets of `make`, as the README tells them."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("arguments", "port"), [(("PORT=8131",), " --port 8131"), ((), "")]
)
def test_the_demo_s_port_is_chosen(arguments: tuple[str, ...], port: str) -> None:
    make = shutil.which("make")
    assert make is not None
    told = subprocess.run(
        (make, "--no-print-directory", "--dry-run", "demo", *arguments),
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    ).stdout

    assert told.splitlines()[-1].rstrip() == f".venv/bin/daybook demo{port}"
    assert "make demo PORT=" in (ROOT / "README.md").read_text("utf-8")
