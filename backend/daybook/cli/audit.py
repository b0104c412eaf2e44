"""`daybook audit`: list and verify the audit trail."""

from collections.abc import Iterator, Sequence
from typing import Annotated

import typer

from daybook.audit.queries import head_of
from daybook.audit.rules import Anchor
from daybook.calendar import day_words
from daybook.cli.command_groups import Commands
from daybook.cli.deep_verification import Mismatched
from daybook.cli.running import (
    Failed,
    check_exists,
    database_name,
    load_settings,
    out,
    with_database,
)
from daybook.cli.sheets import IsCsv, Limit, NumberedList, show_list
from daybook.cli.terminal_tables import plain_table
from daybook.cli.trail_options import InLedger, Since, Until, Who, read_options
from daybook.cli.verification import verify_all, verify_logged
from daybook.db.engine import Database
from daybook.ledger.organisations import all_organisations
from daybook.ledger.pins import AuditHead
from daybook.numbers import read_number
from daybook.reports.trail.filters import read_trail_filter
from daybook.reports.trail.names import person_name, subject_name
from daybook.reports.trail.queries import ListedRecord, count_records, find_records
from daybook.reports.trail.sheets import AUDIT_RECORDS
from daybook.settings import Settings

HASH_BYTES = 32
NUMBERS_MAX = 2
"""How many numbers a line of `head` has before its hash."""

Everybody = Annotated[
    bool,
    typer.Option("--all-organisations", help="All organisations of the database."),
]

app = typer.Typer(
    cls=Commands, no_args_is_help=True, help="Read and check the audit trail."
)


@app.callback()
def group() -> None:
    """Read and check the audit trail."""


@app.command()
def verify(
    anchor: Annotated[
        str | None,
        typer.Option(
            metavar="LINE",
            help="A line of `daybook audit head` that was kept elsewhere, or its hash.",
        ),
    ] = None,
    is_deep: Annotated[
        bool,
        typer.Option("--deep", help="Also plan every document again and compare."),
    ] = False,
    is_all: Everybody = False,
) -> None:
    """Verify the audit trail, and every recorded row and file against it.

    Files are those that were attached as evidence, also those removed since, and what
    came in of the general ledger.
    With --deep, the movements of every document are planned again for each recording
    and compared with the stored ones. The exit status is 0 if everything matches; else
    it is 1, and the first record or row that doesn't match is named, with its expected
    value if that is known. The activity log gets a line of the result. Somebody who can
    write into the database can make the whole trail again; only an anchor reveals that.
    The last line names the database that was read.

    Example: `daybook audit verify --deep --all-organisations`

    Example: `daybook audit verify --anchor "$(tail -1 audit-heads.txt)"`
    """
    settings = load_settings()
    if is_all and anchor is not None:
        raise Failed("--anchor is a record of one organisation: leave one of both out")
    known = None if anchor is None else _anchor_of(anchor, settings)
    check_exists(settings, "nothing was verified")
    try:
        if is_all:
            verify_all(settings, is_deep=is_deep)
        else:
            verify_logged(settings, known, is_deep=is_deep)
    except Mismatched:
        _print_database(settings)
        raise
    _print_database(settings)


def _print_database(settings: Settings) -> None:
    """Print which database was read: a copy that is tried, and not the server's."""
    out.print(f"Database: {database_name(settings)}", markup=False)


def _anchor_of(text: str, settings: Settings) -> Anchor:
    """Parse a hash, alone or after numbers as `head` prints them.

    These are the record's, and before it the organisation's with --all-organisations.
    """
    *before, digits = text.split() or [""]
    try:
        value = bytes.fromhex(digits)
        numbers = [read_number(word) for word in before]
    except ValueError:
        value, numbers = b"", []
    if len(value) != HASH_BYTES or len(numbers) > NUMBERS_MAX:
        raise Failed(
            f"--anchor: {text!r} is not a hash of 64 hexadecimal digits, or a line of"
            " `daybook audit head`"
        )
    if len(numbers) == NUMBERS_MAX and numbers[0] != settings.organisation:
        raise Failed(
            f"--anchor: the line is of organisation {numbers[0]}, and this is"
            f" {settings.organisation}: set DAYBOOK_ORGANISATION={numbers[0]}"
        )
    return Anchor(value, numbers[-1] if numbers else None)


@app.command()
def head(is_all: Everybody = False) -> None:
    """Show the last record's number and hash, for an auditor to keep elsewhere.

    With --all-organisations, each has a line that begins with its number.

    Example: `daybook audit head >> audit-heads.txt`
    """
    settings = load_settings()
    check_exists(settings, "nothing was verified")

    async def work(database: Database) -> AuditHead | None:
        async with database.reads() as session:
            return await head_of(session, settings.organisation)

    if is_all:
        _print_heads(settings)
        return
    found = with_database(settings, work)
    if found is None:
        raise Failed("there is no audit record yet", status=1)
    out.print(f"{found.record} {found.hash.hex()}")


def _print_heads(settings: Settings) -> None:
    """Print the head of every organisation; raises Failed if one has no record."""

    async def work(database: Database) -> dict[int, AuditHead | None]:
        async with database.reads() as session:
            organisations = await all_organisations(session)
            return {
                its.number: await head_of(session, its.number) for its in organisations
            }

    bare = []
    heads = with_database(settings, work, needs_organisation=False)
    for number, found in heads.items():
        if found is None:
            bare.append(str(number))
        else:
            out.print(f"{number} {found.record} {found.hash.hex()}")
    if bare:
        numbers = ", ".join(bare)
        raise Failed(f"there is no audit record yet of organisation {numbers}", 1)


@app.command("list")
def list_records(
    who: Who = None,
    action: Annotated[
        str | None,
        typer.Option(metavar="ACTION", help="Only this action, such as SET_LOCK."),
    ] = None,
    since: Since = None,
    until: Until = None,
    kind: Annotated[
        str | None,
        typer.Option(metavar="KIND", help="Only about these, such as INVOICE or USER."),
    ] = None,
    id_: Annotated[
        str | None,
        typer.Option("--id", metavar="ID", help="Only about this one of the kind."),
    ] = None,
    currency: InLedger = None,
    is_after_close: Annotated[
        bool,
        typer.Option(
            "--after-close", help="Only what changed a day that had been closed before."
        ),
    ] = False,
    limit: Limit = None,
    has_hashes: Annotated[
        bool,
        typer.Option("--hashes", help="One line per record, with its full hash."),
    ] = False,
    is_csv: IsCsv = False,
) -> None:
    """Show what was done, by whom and when, newest first.

    Example: `daybook audit list --who ada@example.com --from 2026-10-01`

    Example: `daybook audit list --kind INVOICE --id INV-7`

    Example: `daybook audit list --after-close --csv > after-close.csv`

    Example: `daybook audit list --limit 1 --hashes`
    """
    if has_hashes and is_csv:
        raise Failed("--hashes goes without --csv, which has the hashes too")
    options = {
        "who": who,
        "action": action,
        "from": since,
        "to": until,
        "kind": kind,
        "id": id_,
        "currency": currency,
        "after_close": "yes" if is_after_close else None,
    }
    wanted = read_options(read_trail_filter, options)
    listed = NumberedList(
        AUDIT_RECORDS,
        "record",
        lambda session, id_, request: find_records(session, id_, request, wanted),
        lambda session, id_: count_records(session, id_, wanted),
        lambda row: row.record.number,
    )
    show = _print_hashes if has_hashes else _print
    show_list(listed, show, limit=limit, is_csv=is_csv)


def _print_hashes(rows: Sequence[ListedRecord]) -> None:
    # Not a table, which would cut hashes to the terminal's width.
    for record in (row.record for row in rows):
        words = f"{record.hash.hex()}  {record.recorded_at[:19]}  {record.action}"
        out.print(f"{record.number:>6}  {words}", markup=False)


def _print(rows: Sequence[ListedRecord]) -> None:
    table = plain_table("No.", "When (UTC)", "Who", "What", "About")
    table.add_column("In words", overflow="fold")
    for row in rows:
        record = row.record
        table.add_row(
            str(record.number),
            record.recorded_at[:19].replace("T", " "),
            "" if record.made_by is None else person_name(record.made_by),
            record.action,
            subject_name(record.subject_kind, record.subject_id),
            "; ".join(_words(row)),
        )
    out.print(table, markup=False)


def _words(row: ListedRecord) -> Iterator[str]:
    """What a record says, part by part."""
    yield row.told.sentence
    yield from map(str, row.told.changes)
    if row.told.reason:
        yield f"reason: {row.told.reason}"
    if row.after_close is not None:
        yield f"after close: changes days from {day_words(row.after_close)} on"
