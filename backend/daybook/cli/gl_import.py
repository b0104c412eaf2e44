"""`daybook gl import`: journals, accounts and documents of the accounting system."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer

from daybook.cli.choices import one_of
from daybook.cli.gl_connections import connection_named
from daybook.cli.running import (
    MADE_BY,
    Failed,
    err,
    load_settings,
    out,
    show_problems,
    unread,
    with_database,
    writing,
)
from daybook.clock import now
from daybook.connections.models import GlConnection
from daybook.connections.queries import find_connections
from daybook.db.engine import Database
from daybook.errors import Rejected
from daybook.gl.commands import Imported, KindsRejected, Wanted, import_kinds
from daybook.gl.grouping import Group, grouped
from daybook.gl.kinds import Kind
from daybook.gl.xero.csv_sources import Source
from daybook.gl.xero.mapping import KindMapping, read_mapping
from daybook.numbers import counted

ALL = "all"
KINDS: Mapping[str, Kind] = {kind.name.replace("_", "-").lower(): kind for kind in Kind}


@writing
def import_(
    kind: Annotated[
        str,
        typer.Argument(
            metavar="KIND", help=f"What the files have: {', '.join(KINDS)}, or {ALL}."
        ),
    ],
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE…",
            readable=False,
            help="Pages of JSON as Xero's API returns them, or CSV with their fields.",
        ),
    ],
    connection: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="The connection, by its name, if there are several."
        ),
    ] = None,
    map_: Annotated[
        Path | None,
        typer.Option(
            "--map",
            metavar="FILE",
            readable=False,
            help="What another program's CSV files and columns are.",
        ),
    ] = None,
    is_dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check the files and import nothing.")
    ] = False,
) -> None:
    """Import what is new in files of the accounting system, all of it or nothing.

    With `all`, each page's own list says what it has, and a mapping the kind of each of
    its files. Importing a file again changes nothing.

    Example: `daybook gl import journals journals-1.json journals-2.json`

    Example: `daybook gl import all *.csv --map examples/xero_fivetran.toml`
    """
    settings = load_settings()
    one_of(kind, [*KINDS, ALL], "KIND")
    sources = [_source(path) for path in files]
    groups = _groups(KINDS.get(kind), sources, map_)

    async def work(database: Database) -> list[Imported] | KindsRejected:
        database.check_writable()
        chosen = await _chosen(database, settings.organisation, connection)
        wanted = [
            Wanted(*(settings.organisation, chosen.number, *group), made_by=MADE_BY)
            for group in groups
        ]
        try:
            return await import_kinds(
                database, settings, wanted, now=now(settings), is_dry_run=is_dry_run
            )
        except KindsRejected as refused:
            return refused

    imported = with_database(settings, work)
    if isinstance(imported, KindsRejected):
        raise _refused(imported)
    for group, done in zip(groups, imported, strict=True):
        out.print(_words(group.kind, done, is_dry_run=is_dry_run), markup=False)


def _source(path: Path) -> Source:
    try:
        path.open("rb").close()
    except OSError as error:
        raise unread(path, error) from None
    return Source(path.name, path.absolute())


def _groups(
    kind: Kind | None, sources: Sequence[Source], map_: Path | None
) -> Sequence[Group]:
    """The files by their kinds, in the order in which one names the other."""
    mappings = None if map_ is None else _mappings(map_)
    try:
        found = grouped(kind, sources, mappings, str(map_))
    except Rejected as rejected:
        raise Failed(rejected.problems[0].message) from None
    if found.left_out:
        words = "Left out, since the mapping doesn't name them"
        err.print(f"{words}: {', '.join(found.left_out)}", markup=False)
    return found.groups


def _mappings(map_: Path) -> Mapping[Kind, KindMapping]:
    """What a mapping file says."""
    try:
        return read_mapping(map_.read_text(encoding="utf-8"))
    except OSError as error:
        raise unread(map_, error) from None
    except UnicodeDecodeError:
        raise Failed(f"{map_} isn't text in UTF-8") from None
    except Rejected as rejected:
        show_problems(rejected.problems, f"{map_}: ")
        raise Failed(f"{map_}: {counted(rejected.total, 'problem')}") from None


async def _chosen(
    database: Database, organisation_id: int, name: str | None
) -> GlConnection:
    """The connection of a name, or the only one; raises Failed."""
    if name is not None:
        return await connection_named(database, organisation_id, name)
    async with database.reads() as session:
        connections = await find_connections(session, organisation_id)
    if len(connections) == 1:
        return connections[0]
    if not connections:
        message = "there is no connection yet: `daybook gl connection add NAME"
        raise Failed(f"{message} --currency CURRENCY` adds one")
    names = ", ".join(connection.name for connection in connections)
    raise Failed(f"there are several connections: name one with --connection ({names})")


def _words(kind: Kind, done: Imported, *, is_dry_run: bool) -> str:
    """What came of a kind: `journals: 1,685 imported (1 to 1685), 0 known.`."""
    staged = done.staged
    known = f"{staged.unchanged:,} known already"
    if not staged.documents:
        return f"{kind.words}: nothing new, {known}."
    verb = "would be imported" if is_dry_run else "imported"
    numbers = f", numbers {staged.first} to {staged.last}" if staged.first else ""
    return f"{kind.words}: {staged.documents:,} {verb}{numbers}; {known}."


def _refused(refused: KindsRejected) -> Failed:
    """Show the problems of each kind's files, and return what ends the command."""
    for kind, rejected in refused.by_kind:
        show_problems(rejected.problems, f"{kind.words}: ")
    kinds = ", ".join(kind.words for kind, _ in refused.by_kind)
    count = counted(refused.total, "problem")
    return Failed(f"{kinds}: {count}, and nothing was imported")
