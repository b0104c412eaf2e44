"""Where a database's server answers, for links that are printed or mailed.

A server notes its address in a file, which it locks for as long as it runs: a file that
nobody locks was left by a server that was killed.
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from daybook.db.engine import database_url
from daybook.settings import Settings

HOST = "127.0.0.1"
LOOPBACK = (HOST, "localhost", "::1", "[::1]")
WILDCARDS = ("0.0.0.0", "::", "")  # noqa: S104  (recognised, not listened on)
PORT = 8000
ADDRESS_SUFFIX = ".address"
"""The address of the server of `daybook.db` is in `daybook.address`."""


def address_of(settings: Settings, host: str, port: int) -> str:
    """The address at which people open a server that listens there."""
    if settings.public_url:
        return settings.public_url.rstrip("/")
    if host in WILDCARDS:
        others = [name for name in settings.allowed_hosts if name not in LOOPBACK]
        host = (*others, HOST)[0]
    named = f"[{host}]" if ":" in host and not host.startswith("[") else host
    return f"http://{named}:{port}"


def find_address(settings: Settings) -> str | None:
    """The public address, or that of the server that runs here; None if none does."""
    if settings.public_url:
        return settings.public_url.rstrip("/")
    with suppress(OSError), _file(settings).open(encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return file.read().strip() or None
    return None


@contextmanager
def noted_address(settings: Settings, address: str) -> Iterator[None]:
    """Note a server's address while it runs.

    Nothing is noted if another server's is, or in a folder that is read-only.
    """
    path = _file(settings)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("a", encoding="utf-8")
    except OSError:
        yield
        return
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield
            return
        file.truncate(0)
        file.write(f"{address}\n")
        file.flush()
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


def _file(settings: Settings) -> Path:
    """The file beside a SQLite database, or in the data folder of this machine."""
    url = database_url(settings)
    if url.get_backend_name() == "sqlite" and url.database:
        return Path(url.database).with_suffix(ADDRESS_SUFFIX)
    return settings.data / f"daybook{ADDRESS_SUFFIX}"
