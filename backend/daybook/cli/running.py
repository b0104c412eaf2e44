"""Shared by all commands: settings, the database, output, progress and errors."""

import asyncio
import errno
import inspect
import os
import sys
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, wraps
from pathlib import Path
from pwd import getpwuid
from typing import Annotated, Any, TypeVar

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.cli.environment import SettingsUnfit, read_settings, unknown_variables
from daybook.db.engine import (
    Database,
    UnknownDatabase,
    database_url,
    open_database,
    runtime_url,
)
from daybook.db.failures import (
    Outage,
    OutageKind,
    is_connection_lost,
    outage_of,
)
from daybook.db.migrate import SchemaOutdated, make_ready
from daybook.db.sqlite import find_damage
from daybook.errors import Problem, Rejected
from daybook.four_eyes.rules import ApprovalPending
from daybook.ledger.models import Organisation
from daybook.ledger.organisations import all_organisations, count_organisations
from daybook.ledger.queries import LedgerNotChosen
from daybook.problem_groups import grouped
from daybook.settings import Settings

MADE_BY = "command line"
"""The name under which the audit trail records what a command did."""

PROBLEMS_SHOWN = 100
"""How many kinds of problems a terminal shows; `--problems FILE` writes them all."""

ORGANISATIONS_SHOWN = 20
"""How many organisations a message names."""

PIPE_WIDTH = 160
"""The width of a table that is written to a file or a pipe."""

for name in ("stdout", "stderr"):
    # The caller closed the stream: the next file that is opened would get its number,
    # and everything that is printed.
    if getattr(sys, name) is None:
        setattr(sys, name, Path(os.devnull).open("w"))  # noqa: SIM115  (stays open)

out = Console(
    emoji=False,  # a name with colons is a name
    highlight=False,
    soft_wrap=True,
    width=None if sys.stdout.isatty() else PIPE_WIDTH,
)
err = Console(stderr=True, emoji=False, highlight=False, soft_wrap=True)

Result = TypeVar("Result")

ConfirmClock = Annotated[
    bool,
    typer.Option(
        "--confirm-clock",
        help="Go on although the clock is far ahead of the last recording.",
    ),
]
_confirms_clock: ContextVar[bool] = ContextVar("confirms_clock", default=False)


class Failed(Exception):
    """A command can't do its work; the message says what to do.

    `status` is the exit status: 2 if the input is wrong, else 1.
    """

    def __init__(self, message: str, status: int = 2) -> None:
        super().__init__(message)
        self.status = status


def complain(message: str) -> None:
    """Print a line about a problem on standard error."""
    err.print(f"daybook: {message}", markup=False)


def load_settings() -> Settings:
    """The settings of the environment; raises Failed naming each wrong variable.

    A variable that is nearly a setting is refused, since a command would act on
    something else, as on organisation 1; others that look like settings are named.
    """
    try:
        settings = read_settings()
    except SettingsUnfit as unfit:
        raise Failed(str(unfit)) from None
    unknown = unknown_variables()
    if unknown.mistyped:
        raise Failed("; ".join(unknown.mistyped))
    for words in unknown.others:
        complain(words)
    return settings


def writing(command: Callable[..., Result]) -> Callable[..., Result]:
    """Add the option `--confirm-clock` to a command that records."""

    @wraps(command)
    def run(*arguments: Any, confirm_clock: bool, **options: Any) -> Result:
        token = _confirms_clock.set(confirm_clock)
        try:
            return command(*arguments, **options)
        finally:
            _confirms_clock.reset(token)

    # typer makes a command's options from its signature.
    signature = inspect.signature(command)
    option = inspect.Parameter(
        "confirm_clock",
        inspect.Parameter.KEYWORD_ONLY,
        default=False,
        annotation=ConfirmClock,
    )
    parameters = [*signature.parameters.values(), option]
    run.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]  # typer reads it
    run.__annotations__ = {**command.__annotations__, "confirm_clock": ConfirmClock}
    return run


def check_exists(settings: Settings, outcome: str) -> None:
    """Raise Failed if there is no SQLite file, which opening would create."""
    with failures_reported():
        url = database_url(settings)
        if url.get_backend_name() != "sqlite":
            return
        path = Path(str(url.database))
        if not (path.exists() and path.stat().st_size):
            raise Failed(f"there is no database at {path}: {outcome}", 1)


def database_name(settings: Settings) -> str:
    """Which database the settings name, without its password."""
    url = database_url(settings)
    if url.get_backend_name() == "sqlite":
        return str(Path(str(url.database)).absolute())
    bare = url.set(drivername="postgresql", password=None, query={})
    return bare.render_as_string()


def with_database(
    settings: Settings,
    work: Callable[[Database], Awaitable[Result]],
    *,
    confirms_clock: bool = False,
    is_upgrade: bool = False,
    needs_organisation: bool = True,
) -> Result:
    """Run asynchronous work on the settings' database, which is upgraded first.

    `confirms_clock`, or the option, allows a clock that is far ahead. Problems of the
    input or the database are raised as Failed, and so is an organisation that doesn't
    exist, unless `needs_organisation` is false. With `is_upgrade`, the work finds the
    database as it is.
    """

    async def run() -> Result:
        is_confirmed = confirms_clock or _confirms_clock.get()
        database = open_database(settings, confirms_clock=is_confirmed)
        try:
            database.on_waiting = _print_waiting
            if not is_upgrade:
                await make_ready(database)
                if needs_organisation:
                    await _check_organisation(database, settings.organisation)
            return await work(database)
        finally:
            await database.close()

    with failures_reported():
        return asyncio.run(run())


def with_rejection(
    settings: Settings,
    work: Callable[[Database], Awaitable[Result]],
    *,
    but: tuple[type[Rejected], ...] = (),
    needs_organisation: bool = True,
) -> Result:
    """`with_database`, but raises Rejected itself, so that each problem can be shown.

    What `but` names is no problem of the input, and raised as Failed.
    """
    rejections: list[Rejected] = []

    async def kept(database: Database) -> Result | None:
        try:
            return await work(database)
        except but:
            raise
        except Rejected as rejected:
            rejections.append(rejected)
            return None

    done = with_database(settings, kept, needs_organisation=needs_organisation)
    if done is None:
        raise rejections[0]
    return done


def show_problems(problems: Iterable[Problem], prefix: str) -> int:
    """Print problems, those of one kind in one line; returns how many were told."""
    shown = grouped(problems)[:PROBLEMS_SHOWN]
    for group in shown:
        err.print(f"{prefix}{group}", markup=False)
    return sum(group.count for group in shown)


@contextmanager
def failures_reported() -> Iterator[None]:
    """Raise problems of the input or the database as Failed."""
    try:
        yield
    except LedgerNotChosen as unclear:
        raise Failed(_which_ledger(unclear)) from None
    except ApprovalPending as pending:
        # The input is right, and nothing is changed yet.
        raise Failed(pending.problems[0].message, status=1) from None
    except Rejected as rejected:
        raise Failed(
            "; ".join(problem.message for problem in rejected.problems)
        ) from None
    except (UnknownDatabase, SchemaOutdated, ArgumentError) as error:
        raise Failed(str(error)) from None
    except BrokenPipeError:
        raise  # the reader has seen enough (`| head`), which is not a failure
    except Failed:
        raise
    except Exception as error:
        # The output has no room; for its own files, SQLite raises another error.
        if isinstance(error, OSError) and error.errno == errno.ENOSPC:
            raise
        words = _outage_words(error)
        if words is None:
            raise
        raise Failed(words, status=1) from None


def file_words(error: OSError) -> str:
    """A file that can't be used: which, why, and what to do, in one line."""
    named = error.filename
    if isinstance(named, str | bytes | os.PathLike) and named:
        name = str(Path(os.fsdecode(named)).absolute())
    else:
        name = "the database"
    words = f"{name} can't be used: {error.strerror or error}"
    if not isinstance(error, PermissionError):
        return words
    if _is_ours(Path(name)):
        return (
            f"{words}; run this as the user who owns it (of a server, `sudo daybook …`)"
        )
    return f"{words}; {let_user('use')}"


def unread(file: Path | str, error: OSError, status: int = 2) -> Failed:
    """A file that a command was given and can't read: why, and what to do."""
    words = f"{file} can't be read: {error.strerror or error}"
    if isinstance(error, PermissionError):
        words += f"; {let_user('read')}"
    return Failed(words, status)


def unwritten(file: Path | str, error: OSError, done: str = "written") -> str:
    """A file that a command can't write: why, and what to do."""
    words = f"{file} can't be {done}: {error.strerror or error}"
    if isinstance(error, PermissionError):
        words += f"; name another place, or {let_user('write')}"
    return words


def let_user(what: str) -> str:
    """That the user of this process has to be let do something with a file."""
    number = os.geteuid()
    try:
        name = getpwuid(number).pw_name
    except KeyError:
        name = str(number)
    return f"let the user {name} {what} it, who runs this command"


def _is_ours(path: Path) -> bool:
    """Whether a file is one of Daybook's own, and not one that the caller named."""
    try:
        settings = read_settings()
        url = database_url(settings)
    except (SettingsUnfit, UnknownDatabase, ArgumentError):
        return False
    folders = {
        *(settings.data, settings.exports, settings.evidence),
        *(settings.gl_inputs, settings.gl_segments),
    }
    if url.get_backend_name() == "sqlite":
        folders.add(Path(str(url.database)).parent)
    # A SQLite file in the working folder doesn't make all that is there Daybook's own.
    return any(
        path.is_relative_to(folder.absolute())
        for folder in folders
        if folder is not None and folder.absolute() != Path.cwd()
    )


def _print_waiting() -> None:
    err.print("Waiting for another program that writes into the database …")


def _outage_words(error: Exception) -> str | None:
    """The database's outage in words; None if the error is our own bug."""
    outage = outage_of(error)
    if is_connection_lost(error):
        return (
            "the database ended the connection: what was under way was not recorded;"
            " run the command again"
        )
    if outage is not None:
        return _unopened_words(outage) or outage.words
    if isinstance(error, OSError):
        return file_words(error)
    # Reading a damaged file may return anything, and so may raise anything.
    url = database_url(read_settings())
    if url.get_backend_name() == "sqlite":
        for store_url in (url, runtime_url(url)):
            path = Path(str(store_url.database))
            reason = find_damage(path)
            if reason is not None:
                return Outage(OutageKind.DAMAGED, reason, path.name).words
    return None


def _unopened_words(outage: Outage) -> str | None:
    """Why SQLite can't open its files, which it doesn't say; None if it isn't that."""
    url = database_url(read_settings())
    if outage.kind is not OutageKind.UNREACHABLE or url.get_backend_name() != "sqlite":
        return None
    for store_url in (url, runtime_url(url)):
        try:
            Path(str(store_url.database)).open("rb").close()
        except FileNotFoundError:
            continue  # it would be made
        except OSError as error:
            return file_words(error)
    return None


async def _check_organisation(database: Database, number: int) -> None:
    """Say which of several organisations a command acts on.

    Raises Failed if there is no such organisation, naming those that exist.
    """
    async with database.reads() as session:
        found = await session.get(Organisation, number)
        if found is None:
            wrong = (
                f"DAYBOOK_ORGANISATION is {number}, and there is no such organisation"
            )
            raise await no_such_organisation(session, wrong)
        if await count_organisations(session) > 1:
            _say_organisation(number, found.name)


@cache
def _say_organisation(number: int, name: str) -> None:
    """Say which organisation is meant, once in a command."""
    err.print(f"{name} (organisation {number})", markup=False)


async def no_such_organisation(session: AsyncSession, wrong: str) -> Failed:
    """What is wrong, and which organisations there are."""
    known = await all_organisations(session, ORGANISATIONS_SHOWN + 1)
    named = [f"{each.number} ({each.name})" for each in known[:ORGANISATIONS_SHOWN]]
    more = ", …" if len(known) > ORGANISATIONS_SHOWN else ""
    return Failed(f"{wrong}: there are {', '.join(named)}{more}")


def _which_ledger(unclear: LedgerNotChosen) -> str:
    """The problem of a ledger that wasn't chosen, with an example of the option."""
    example = "".join(
        f" (--currency {currency})" for currency in unclear.currencies[:1]
    )
    return f"{unclear.problems[0].message}{example}"


def progress_bar() -> Progress:
    """A progress bar on standard error, hidden unless that is a terminal."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
        console=err,
        transient=True,
        disable=not sys.stderr.isatty(),
    )
