"""`daybook serve` and `daybook demo`: the web server on this machine."""

import gc
import resource
import shlex
import signal
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from socket import (
    AF_INET,
    AF_INET6,
    IPPROTO_TCP,
    SO_REUSEADDR,
    SOCK_STREAM,
    SOL_SOCKET,
    socket,
)
from tempfile import TemporaryFile
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from daybook.access.commands import invite_user
from daybook.access.queries import has_members
from daybook.access.rules import OPERATOR, ROLES, Caller, MemberRole
from daybook.cli.access import SignInLink, sign_in_link
from daybook.cli.listening import check_port
from daybook.cli.running import (
    MADE_BY,
    Failed,
    err,
    failures_reported,
    load_settings,
    out,
    with_database,
)
from daybook.cli.server_log import LOGGING
from daybook.clock import real_now
from daybook.db.engine import Database, database_url, make_folder, remove_files
from daybook.demo.commands import DEMO_DATABASE, fill
from daybook.demo.connections import connect
from daybook.demo.filters import save_own_filter
from daybook.demo.general_ledger.commands import bring_general_ledger
from daybook.demo.late_file import write_late_file
from daybook.server_address import (
    HOST,
    LOOPBACK,
    PORT,
    address_of,
    noted_address,
)
from daybook.settings import Settings, Switches

if TYPE_CHECKING:
    import uvicorn
    from starlette.applications import Starlette

Port = Annotated[int, typer.Option(min=1, max=65535, help="The port to listen on.")]

DEMO_USER = "demo@example.com"

MESSAGE_BYTES_MAX = 2**20
"""The largest message that a WebSocket accepts."""
OBJECTS_BETWEEN = 10_000
"""How many new objects trigger garbage collection; every page makes many."""
SHUTDOWN_SECONDS = 5
"""How long a stopping server waits for clients that still listen."""
SERVER_OPTIONS: Mapping[str, Any] = {
    "log_level": "warning",
    "http": "daybook.cli.guarding:GuardedProtocol",
    "server_header": False,
    "ws_max_size": MESSAGE_BYTES_MAX,
    # Compression takes a third of a megabyte per socket, and events are short.
    "ws_per_message_deflate": False,
}
"""uvicorn's options, in every process that serves Daybook."""


def serve(
    port: Port = PORT,
    host: Annotated[
        str, typer.Option(help="The address to listen on; 0.0.0.0 for all.")
    ] = HOST,
    workers: Annotated[
        int,
        typer.Option(min=1, max=64, help="How many processes answer requests."),
    ] = 1,
) -> None:
    """Serve the pages and the GraphQL API, by default only to this machine.

    Example: `daybook serve --port 8080 --workers 2`

    Example: `DAYBOOK_PUBLIC_URL=https://books.example.com daybook serve --host 0.0.0.0`
    """
    settings = load_settings()
    check_secret(settings)
    _check_sign_in(settings)
    check_port(host, port)
    check_writable(settings)
    # This also brings the database up to date, once for all workers.
    # It serves all organisations, whichever DAYBOOK_ORGANISATION names.
    if not with_database(settings, _has_members, needs_organisation=False):
        err.print("Nobody can sign in yet: `daybook user add EMAIL --role admin`")
    if host not in LOOPBACK and not settings.is_secure:
        err.print(
            "Passwords and keys would be sent in the clear: put a proxy with TLS in"
            " front, and set DAYBOOK_PUBLIC_URL=https://…",
            markup=False,
        )
    _run(settings, port, host, workers)


def check_secret(settings: Settings) -> None:
    """Raise Failed if there is no secret to sign with; on SQLite one is created."""
    # Imported here: the other commands sign nothing.
    from daybook.secrets import Secrets, SecretUnfit  # noqa: PLC0415  (other commands start without it)

    try:
        with failures_reported():
            make_folder(database_url(settings))
            Secrets.of(settings)
    except SecretUnfit as unfit:
        raise Failed(str(unfit)) from None


def _check_sign_in(settings: Settings) -> None:
    """Raise Failed for settings of a server that name half of what they need."""
    trusted = settings.trusted_documents
    if trusted is not None and not trusted.is_dir():
        raise Failed(f"DAYBOOK_TRUSTED_DOCUMENTS: there is no folder {trusted}")
    if settings.oidc_issuer and not settings.oidc_client_id:
        raise Failed("DAYBOOK_OIDC_ISSUER is set: set DAYBOOK_OIDC_CLIENT_ID, too")


def check_writable(settings: Settings) -> None:
    """Raise Failed for a folder in which the server couldn't write its files.

    That of a SQLite file may be read-only: such a server only shows.
    """
    folders = {"EXPORTS": settings.exports, "EVIDENCE": settings.evidence}
    with failures_reported():
        is_sqlite = database_url(settings).get_backend_name() == "sqlite"
    if not is_sqlite or settings.storage_url:  # files are written there, then sent
        folders["DATA"] = settings.data
    for name, folder in folders.items():
        if folder is None:
            continue
        try:
            folder.mkdir(parents=True, exist_ok=True)
            TemporaryFile(dir=folder).close()
        except OSError as error:
            raise Failed(
                f"DAYBOOK_{name}: can't write into {folder.absolute()}:"
                f" {error.strerror}; let the server's user own that folder, or name"
                " another",
                status=1,
            ) from None


async def _has_members(database: Database) -> bool:
    """Whether any organisation has a member."""
    async with database.reads() as session:
        return await has_members(session)


def demo(
    port: Port = PORT,
    is_serving: Annotated[
        bool,
        typer.Option("--serve/--no-serve", help="Serve the data, or only make it."),
    ] = True,
) -> None:
    """Make a fresh demo company that is closing a month, then serve it.

    The demo has its own database, and beside it a file of invoices that came late;
    nothing else is changed.

    Example: `daybook demo --port 8080`
    """
    settings = load_settings()
    settings = settings.model_copy(
        update={
            "database_url": f"sqlite:///{settings.data / DEMO_DATABASE}",
            "graphiql": True,
            "organisation": 1,
            # Its files are beside its database: among those of another, they would
            # overwrite them.
            "storage_url": "",
            "exports": None,
            "evidence": None,
            "gl_inputs": None,
            "gl_segments": None,
        }
    )
    if is_serving:
        check_secret(settings)
        check_port(HOST, port)
    with failures_reported():
        remove_files(settings.data / DEMO_DATABASE)
    made = with_database(
        settings,
        lambda database: _make_demo(database, settings, port),
        confirms_clock=True,
    )
    out.print(f"Demo data: {made.summary}", markup=False)
    out.print(f"To be imported still: {made.late_file.absolute()}", markup=False)
    out.print(f"Sign in, once, with {made.link.address}", markup=False)
    path = (settings.data / DEMO_DATABASE).absolute()
    setting = shlex.quote(f"DAYBOOK_DATABASE_URL=sqlite:///{path}")
    out.print(f"Other commands reach it after: export {setting}", markup=False)
    if is_serving:
        _run(settings, port)


class _Demo(NamedTuple):
    """What was made: how much, the file to import, and the link that signs in."""

    summary: str
    late_file: Path
    link: SignInLink


async def _make_demo(database: Database, settings: Settings, port: int) -> _Demo:
    """Fill an empty database with the demo company, and let its admin in."""
    filled = await fill(database, settings)
    await connect(database, settings)
    await bring_general_ledger(database, settings, filled.posted)
    late_file = await write_late_file(database, settings)
    return _Demo(filled.summary, late_file, await _demo_link(database, settings, port))


async def _demo_link(database: Database, settings: Settings, port: int) -> SignInLink:
    """Let the demo's admin in: a filter of theirs, and a link to the overview."""
    invited = await invite_user(
        database,
        settings.organisation,
        email=DEMO_USER,
        name="Demo",
        role=MemberRole.ADMIN,
        now=real_now(),
        made_by=MADE_BY,
        authority=OPERATOR,
    )
    its_user = Caller(
        settings.organisation,
        DEMO_USER,
        ROLES[MemberRole.ADMIN],
        invited.user_id,
        MemberRole.ADMIN,
    )
    await save_own_filter(database, its_user, now=real_now())
    site = address_of(settings, HOST, port)
    link = await sign_in_link(database, settings, invited.user_id, site)
    # Whoever looks at the demo wants no password: every demo makes a link.
    return link._replace(address=f"{link.address}?next=/close")


def application(settings: Settings) -> "Starlette":
    """The web application, created in the process that serves it.

    A signal to stop also ends its streams, since its server waits for them.
    """
    # Imported here: the other commands need no pages.
    from daybook.asgi import create_app  # noqa: PLC0415  (other commands start without it)

    app = create_app(settings)
    for number in (signal.SIGINT, signal.SIGTERM):
        # The server's own handler is installed already, before the application.
        before: Any = signal.getsignal(number)

        def end(number: int, frame: FrameType | None, then: Any = before) -> None:
            app.state.end_streams()
            then(number, frame)

        signal.signal(number, end)
    # All objects so far live until the end: collecting them again and again would
    # only delay a request now and then.
    gc.freeze()
    gc.set_threshold(OBJECTS_BETWEEN)
    return app


def _run(settings: Settings, port: int, host: str = HOST, workers: int = 1) -> None:
    """Serve until interrupted; print the address once it answers."""
    # Imported here: the other commands don't need the server.
    import uvicorn  # noqa: PLC0415  (other commands start without it)

    if Switches().weak_passwords:
        err.print("DAYBOOK_WEAK_PASSWORDS is set: use it for tests only")
    if settings.now is not None:
        err.print(f"DAYBOOK_NOW is set: the present is {settings.now:%Y-%m-%d %H:%M}")
    config = uvicorn.Config(
        partial(application, settings),
        factory=True,
        host=host,
        port=port,
        workers=workers,
        loop="daybook.cli.accepting:SharingLoop" if workers > 1 else "asyncio",
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        log_config={**LOGGING},
        **SERVER_OPTIONS,
    )
    _allow_many_files()
    address = address_of(settings, host, port)
    listens = f", listening on {host}, port {port}" if settings.public_url else ""

    def tell() -> None:
        out.print(
            f"Daybook is at {address}/{listens} (stop it with Ctrl+C)", markup=False
        )

    with noted_address(settings, address):
        serve_it = _together if workers > 1 else _alone
        has_served = serve_it(config, tell)
    if not has_served:
        raise Failed(f"the server did not start on port {port}", status=1)


def _allow_many_files() -> None:
    """Raise this process's limit of open sockets to the system's maximum."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    with suppress(ValueError, OSError):  # some systems allow less than they report
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _alone(config: "uvicorn.Config", tell: Callable[[], None]) -> bool:
    """Serve in this process; return whether the server started."""
    from daybook.cli.workers import Alone  # noqa: PLC0415  (other commands start without it)

    server = Alone(config, tell)
    with suppress(KeyboardInterrupt, SystemExit):  # it has logged the problem
        server.run()
    return server.started


def _together(config: "uvicorn.Config", tell: Callable[[], None]) -> bool:
    """Serve in several processes that share a socket; return whether they started."""
    from daybook.cli.workers import Workers  # noqa: PLC0415  (other commands start without it)

    # With TCP named, asyncio sets TCP_NODELAY, and answers are sent at once.
    family = AF_INET6 if ":" in config.host else AF_INET
    with socket(family, SOCK_STREAM, IPPROTO_TCP) as listening:
        listening.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
        try:
            listening.bind((config.host, config.port))
        except OSError:
            return False
        workers = Workers(config, [listening], tell)
        workers.run()
    return not workers.is_hopeless
