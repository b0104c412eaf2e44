"""docs/operating.md: its settings, its unit, its health checks, its log lines."""

import os
import re
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import httpx2
import pytest

from daybook.secrets import Secrets
from daybook.settings import Settings
from daybook_docs_commands import ROOT
from daybook_operating import TEXT, saved
from daybook_services.left_out import leave_out
from daybook_serving import Served, daybook_serving
from daybook_site import START_SECONDS
from daybook_terminal import Terminal

SECRET = "Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5MGFiY2RlZmdoaWprbG1ub3A"
LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ (INFO|WARNING|ERROR) [\w.]+: .+")
EXPOSURE_MAX = 3.0
"""systemd's figure of what a service could do besides its work, up to 10."""


def test_its_settings_are_ones_that_a_server_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("daybook.env", "daybook-postgresql.env"):
        for line in saved(name, tmp_path).read_text().splitlines():
            variable, _, value = line.partition("=")
            monkeypatch.setenv(variable, value.replace("SECRET", SECRET))
        settings = Settings()

        assert settings.is_secure
    assert Secrets.of(settings)


def test_docker_compose_runs_the_version_that_is_tested() -> None:
    compose = (ROOT / "docker-compose.yml").read_text("utf-8")
    (version,) = re.findall(r"image: postgres:(\d+)", compose)

    assert f"The tests run on {version}." in TEXT
    assert "createdb --owner=daybook" in TEXT and "POSTGRES_USER: daybook" in compose


def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        leave_out("systemd-analyze, to check the unit of docs/operating.md")
    unit = saved(
        "daybook.service",
        tmp_path,
        {
            "/opt/daybook/bin/daybook": f"{Path(sys.executable).parent}/daybook",
            "postgresql.service": "",
        },
    )
    unit.chmod(0o644)

    checked = analyze("verify", str(unit))
    assert (checked.returncode, checked.stderr) == (0, "")
    assessed = analyze("security", "--offline=true", str(unit))
    exposure = re.search(
        r"exposure level for daybook.service: ([0-9.]+)", assessed.stdout
    )
    assert exposure and float(exposure[1]) <= EXPOSURE_MAX, assessed.stdout


def analyze(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run systemd-analyze."""
    return subprocess.run(
        ["systemd-analyze", "--no-pager", *arguments],  # noqa: S607
        env={**os.environ, "SYSTEMD_COLORS": "0", "SYSTEMD_EMOJI": "0"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_what_health_checks_are_answered(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path)
    terminal.run_now("user", "add", "ada@example.com")
    may = ("--may", "READ", "--may", "ADMINISTER")
    key = terminal.run_now("key", "create", "k", *may).stdout.strip()
    with daybook_serving(tmp_path) as served:
        admin = {"Authorization": f"Bearer {key}"}

        assert get(served, "healthz") == (200, '{"alive":true}')
        assert get(served, "readyz") == (200, '{"ready":true}')
        answer = get(served, "readyz", **admin)
        assert answer == (200, '{"ready":true,"database":"ready","storage":"ready"}')
        assert get(served, "readyz", Host="books.example.com")[0] == 421

        with closing(sqlite3.connect(tmp_path / "data" / "daybook.db")) as connection:
            connection.execute("UPDATE alembic_version SET version_num = '0001'")
            connection.commit()

        assert get(served, "healthz") == (200, '{"alive":true}')
        assert get(served, "readyz") == (503, '{"ready":false}')
        answer = get(served, "readyz", **admin)
        assert answer == (
            503,
            '{"ready":false,"database":"outdated","storage":"ready"}',
        )
    (line,) = served.complained.read_text().splitlines()
    assert LINE.fullmatch(line), line
    assert "WARNING daybook.asgi: readiness: database outdated, storage ready" in line
    assert key not in line


def get(served: Served, path: str, **headers: str) -> tuple[int, str]:
    """The status and the text of an answer."""
    answer = httpx2.get(
        f"{served.address}/{path}", headers=headers, timeout=START_SECONDS
    )
    return answer.status_code, answer.text
