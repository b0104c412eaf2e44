"""`daybook audit`: list and verify the audit trail."""

import json
from collections.abc import Sequence
from typing import Annotated

import typer

from daybook.audit.queries import head_of
from daybook.audit.rules import Record, Verification
from daybook.cli.command_groups import Commands
from daybook.cli.deep_verification import verify_deep
from daybook.cli.running import (
    Failed,
    check_exists,
    complain,
    counted,
    load_settings,
    out,
    plain_table,
    progress_bar,
    with_database,
)
from daybook.cli.sheets import IsCsv, Limit, NumberedList, show_list
from daybook.db.engine import Database
from daybook.ledger.pins import AuditHead
from daybook.reports.audit import AUDIT_RECORDS, count_audit_records, find_audit_records
from daybook.reports.audit import verify as verify_trail

HASH_BYTES = 32

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
            metavar="HASH",
            help="A record's hash from `daybook audit head` that was kept elsewhere.",
        ),
    ] = None,
    is_deep: Annotated[
        bool,
        typer.Option("--deep", help="Also plan every document again and compare."),
    ] = False,
) -> None:
    """Verify the audit trail, and every recorded row against it.

    With --deep, the movements of every document are planned again for each recording
    and compared with the stored ones. The exit status is 0 if everything matches; else
    it is 1, and the first record or row that doesn't match is named, with its expected
    value if that is known. Somebody who can write into the database can make the whole
    trail again; only an anchor reveals that.

    Example: `daybook audit verify --deep`

    Example: `daybook audit verify --anchor "$(tail -1 audit-heads.txt)"`
    """
    settings = load_settings()
    anchor_hash = None if anchor is None else _hash_of(anchor)
    check_exists(settings, "nothing was verified")
    rows = 0

    async def work(database: Database) -> Verification:
        with progress_bar() as bar:
            task = bar.add_task("Verifying", total=None)

            def progress(done: int, total: int) -> None:
                nonlocal rows
                rows += done
                bar.update(task, advance=done, total=total)

            return await verify_trail(
                database, settings.organisation, anchor=anchor_hash, progress=progress
            )

    found = with_database(settings, work)
    if found.mismatch is not None:
        if is_deep:  # its mismatch comes first if there is one: it has expected values
            complain(str(found.mismatch))
            verify_deep(settings)
        raise Failed(str(found.mismatch), status=1)
    if not found.records:
        raise Failed("there is no audit record yet: nothing was verified", status=1)
    records = counted(found.records, "record")
    anchored = "" if anchor_hash is None else f", and contains {anchor_hash.hex()}"
    out.print(f"The audit trail holds: {records}, {counted(rows, 'row')}{anchored}.")
    if is_deep:
        verify_deep(settings)


def _hash_of(text: str) -> bytes:
    """Parse a hash, alone or after its record's number as `head` prints it."""
    try:
        value = bytes.fromhex(text.rsplit(maxsplit=1)[-1])
    except (ValueError, IndexError):
        value = b""
    if len(value) != HASH_BYTES:
        raise Failed(f"--anchor: {text!r} is not a hash of 64 hexadecimal digits")
    return value


@app.command()
def head() -> None:
    """Show the last record's number and hash, for an auditor to keep elsewhere.

    Example: `daybook audit head >> audit-heads.txt`
    """
    settings = load_settings()
    check_exists(settings, "nothing was verified")

    async def work(database: Database) -> AuditHead | None:
        async with database.reads() as session:
            return await head_of(session, settings.organisation)

    found = with_database(settings, work)
    if found is None:
        raise Failed("there is no audit record yet", status=1)
    out.print(f"{found.record} {found.hash.hex()}")


@app.command("list")
def list_records(
    limit: Limit = None,
    has_hashes: Annotated[
        bool,
        typer.Option("--hashes", help="One line per record, with its full hash."),
    ] = False,
    is_csv: IsCsv = False,
) -> None:
    """Show what was done, by whom and when, newest first.

    Example: `daybook audit list --limit 10`

    Example: `daybook audit list --limit 1 --hashes`

    Example: `daybook audit list --csv > audit.csv`
    """
    listed = NumberedList(
        AUDIT_RECORDS,
        "record",
        lambda session, id_, request: find_audit_records(session, id_, None, request),
        lambda session, id_: count_audit_records(session, id_, None),
        lambda record: record.number,
    )
    show = _print_hashes if has_hashes else _print
    show_list(listed, show, limit=limit, is_csv=is_csv)


def _print_hashes(records: Sequence[Record]) -> None:
    # Not a table, which would cut hashes to the terminal's width.
    for record in records:
        words = f"{record.hash.hex()}  {record.recorded_at[:19]}  {record.action}"
        out.print(f"{record.number:>6}  {words}", markup=False)


def _print(records: Sequence[Record]) -> None:
    table = plain_table("No.", "When (UTC)", "Who", "What", "About")
    table.add_column("Details", overflow="fold")
    for record in records:
        table.add_row(
            str(record.number),
            record.recorded_at[:19].replace("T", " "),
            record.made_by or "",
            record.action,
            f"{record.subject_kind} {record.subject_id}".strip(),
            _words(json.loads(record.details)),
        )
    out.print(table, markup=False)


def _words(value: object) -> str:
    """Details for people: `name: value, …` in one line."""
    if isinstance(value, dict):
        parts = (
            f"{name} ({_words(item)})"
            if isinstance(item, dict | list)
            else f"{name}: {item}"
            for name, item in value.items()
            if item not in ({}, [], None)
        )
        return ", ".join(parts)
    if isinstance(value, list):
        return "; ".join(_words(item) for item in value)
    return str(value)
