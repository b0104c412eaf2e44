"""`daybook gl status`: what came in of the general ledger."""

from daybook.cli.running import load_settings, out, with_database
from daybook.cli.sheets import IsCsv, print_csv, terminal_table
from daybook.connections.models import GlConnection
from daybook.connections.queries import find_connections
from daybook.db.engine import Database
from daybook.gl.queries import InputState, input_states
from daybook.sheets.columns import Sheet, integer, text, timestamp

Row = tuple[GlConnection, InputState]

STATUS: Sheet[Row] = Sheet(
    "general-ledger-inputs",
    "Inputs of the general ledger",
    (
        text("connection", "Connection", lambda row: row[0].name),
        text("kind", "Kind", lambda row: row[1].kind.words),
        integer("imports", "Imports", lambda row: row[1].imports),
        integer("documents", "Documents", lambda row: row[1].documents),
        integer("first", "First", lambda row: row[1].first),
        integer("last", "Last", lambda row: row[1].last),
        integer("missing", "Missing", lambda row: _missing(row[1])),
        timestamp("data_time", "Written (UTC)", lambda row: row[1].data_time),
        timestamp("imported_at", "Imported (UTC)", lambda row: row[1].imported_at),
    ),
)


def _missing(state: InputState) -> int | None:
    """How many journals are missing; nothing for kinds without numbers."""
    return None if state.first is None else state.missing


def status(is_csv: IsCsv = False) -> None:
    """Show what came in of each connection, and how many journals are missing.

    Example: `daybook gl status`
    """
    settings = load_settings()

    async def work(database: Database) -> list[Row]:
        async with database.reads() as session:
            connections = await find_connections(session, settings.organisation)
            states = await input_states(session, settings.organisation)
        return [
            (connection, state)
            for connection in connections
            for state in states
            if state.connection == connection.number
        ]

    rows = with_database(settings, work)
    if is_csv:
        print_csv(STATUS, rows)
    else:
        out.print(terminal_table(STATUS, rows))
