"""`daybook gl status`: what came in of the general ledger, and what was made of it."""

import json
from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from daybook.cli.running import load_settings, out, with_database
from daybook.cli.sheets import IsCsv, print_csv, terminal_table
from daybook.connections.models import GlConnection
from daybook.connections.queries import find_connections
from daybook.db.engine import Database
from daybook.gl.building.pins import PinnedSettings
from daybook.gl.dataset.snapshots import Snapshot, snapshot_at
from daybook.gl.models import GlSegment
from daybook.gl.queries import InputState, input_states
from daybook.gl.rules.journal_types import JournalType
from daybook.gl.rules.notices import notices_of
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


def _name(segment: GlSegment) -> str:
    return PinnedSettings.read(segment.settings).name


def _count_of(type_: JournalType, segment: GlSegment) -> int:
    counts: dict[str, int] = json.loads(segment.lines_by_type)
    return counts.get(type_.name, 0)


DATASET: Sheet[GlSegment] = Sheet(
    "general-ledger-dataset",
    "The general ledger's dataset",
    (
        text("connection", "Connection", _name),
        timestamp("data_time", "Data current as of (UTC)", lambda its: its.data_time),
        text("currency", "In", lambda its: its.reporting_currency),
        integer("lines", "Lines", lambda its: its.lines),
        *(
            integer(
                type_.name.lower(),
                type_.label.capitalize().replace("Fx", "FX"),
                partial(_count_of, type_),
            )
            for type_ in JournalType
        ),
        integer("refresh", "Refresh", lambda its: its.number),
        timestamp("made_at", "Made (UTC)", lambda its: its.made_at),
    ),
)


class Status(NamedTuple):
    """What came in, and the dataset, if there is one."""

    rows: Sequence[Row]
    snapshot: Snapshot | None


def _missing(state: InputState) -> int | None:
    """How many journals are missing; nothing for kinds without numbers."""
    return None if state.first is None else state.missing


def status(is_csv: IsCsv = False) -> None:
    """Show what came in of each connection, and the dataset that was made of it.

    As CSV, it shows what came in.

    Example: `daybook gl status`
    """
    settings = load_settings()

    async def work(database: Database) -> Status:
        async with database.reads() as session:
            connections = await find_connections(session, settings.organisation)
            states = await input_states(session, settings.organisation)
            snapshot = await snapshot_at(session, settings.organisation)
        rows = [
            (connection, state)
            for connection in connections
            for state in states
            if state.connection == connection.number
        ]
        return Status(rows, snapshot)

    rows, snapshot = with_database(settings, work)
    if is_csv:
        print_csv(STATUS, rows)
        return
    out.print(terminal_table(STATUS, rows))
    if snapshot is None:
        if rows:
            out.print("There is no dataset yet: `daybook gl refresh` makes it.")
        return
    out.print(terminal_table(DATASET, snapshot.segments))
    for segment in snapshot.segments:
        for notice in notices_of(segment.notices):
            out.print(f"{_name(segment)}: {notice.words}", markup=False)
