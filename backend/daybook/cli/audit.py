"""`daybook audit`: the audit trail, and whether it holds."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from daybook.audit.queries import head_of
from daybook.audit.rules import Record, Verification
from daybook.cli.deep_verification import verify_deep
from daybook.cli.groups import Commands
from daybook.cli.running import (
    Failed,
    complain,
    counted,
    load_settings,
    out,
    plain_table,
    progress_bar,
    with_database,
)
from daybook.cli.sheets import IsCsv, Limit, NumberedList, show_list
from daybook.db.engine import Database, database_url
from daybook.ledger.pins import AuditHead
from daybook.reports.audit import RECORDS, count_audit_records, find_audit_records
from daybook.reports.audit import verify as verify_trail
from daybook.settings import Settings

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
            help="The hash of a record that was kept elsewhere: `daybook audit head`.",
        ),
    ] = None,
    is_deep: Annotated[
        bool,
        typer.Option("--deep", help="Also plan every document again, and compare."),
    ] = False,
) -> None:
    """Check the audit trail, and every row that was recorded against it.

    With --deep, what every document became is planned again as each recording found it,
    and compared with what is stored. The exit status is 0 if all holds; else it is 1,
    and the first record or row that does not fit is named, with what it should be where
    that is known. Whoever can write into the database can make the whole trail anew:
    only an anchor shows that.

    Example: `daybook audit verify --deep`

    Example: `daybook audit verify --anchor "$(tail -1 audit-heads.txt)"`
    """
    settings = load_settings()
    kept = None if anchor is None else _hash_of(anchor)
    _check_there(settings)
    rows = 0

    async def work(database: Database) -> Verification:
        with progress_bar() as bar:
            task = bar.add_task("Verifying", total=None)

            def progress(done: int, total: int) -> None:
                nonlocal rows
                rows += done
                bar.update(task, advance=done, total=total)

            return await verify_trail(
                database, settings.organisation, anchor=kept, progress=progress
            )

    found = with_database(settings, work)
    if found.misfit is not None:
        if is_deep:  # what doesn't fit there says what it should be
            complain(str(found.misfit))
            verify_deep(settings)
        raise Failed(str(found.misfit), status=1)
    if not found.records:
        raise Failed("there is no audit record yet: nothing was verified", status=1)
    records = counted(found.records, "record")
    anchored = "" if kept is None else f", and contains {kept.hex()}"
    out.print(f"The audit trail holds: {records}, {counted(rows, 'row')}{anchored}.")
    if is_deep:
        verify_deep(settings)


def _check_there(settings: Settings) -> None:
    """Raise Failed where there is no database: none is made to be verified."""
    url = database_url(settings)
    if url.get_backend_name() == "sqlite":
        path = Path(str(url.database))
        if not path.exists() or not path.stat().st_size:
            raise Failed(f"there is no database at {path}: nothing was verified", 1)


def _hash_of(text: str) -> bytes:
    """A hash, alone or behind its record's number as `head` shows it."""
    try:
        value = bytes.fromhex(text.rsplit(maxsplit=1)[-1])
    except (ValueError, IndexError):
        value = b""
    if len(value) != HASH_BYTES:
        raise Failed(f"--anchor: {text!r} is no hash: it has 64 hexadecimal digits")
    return value


@app.command()
def head() -> None:
    """Show the last record's number and hash, for an auditor to keep elsewhere.

    Example: `daybook audit head >> audit-heads.txt`
    """
    settings = load_settings()
    _check_there(settings)

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
        typer.Option(
            "--hashes", help="A line each, with the hash that an auditor keeps."
        ),
    ] = False,
    is_csv: IsCsv = False,
) -> None:
    """Show what was done, by whom and when, newest first.

    Example: `daybook audit list --limit 10`

    Example: `daybook audit list --limit 1 --hashes`

    Example: `daybook audit list --csv > audit.csv`
    """
    listed = NumberedList(
        RECORDS,
        "record",
        lambda session, its, request: find_audit_records(session, its, None, request),
        lambda session, its: count_audit_records(session, its, None),
        lambda record: record.number,
    )
    show = _print_hashes if has_hashes else _print
    show_list(listed, show, limit=limit, is_csv=is_csv)


def _print_hashes(records: Sequence[Record]) -> None:
    # No table: it would cut hashes to the terminal's width.
    for record in records:
        words = f"{record.hash.hex()}  {record.recorded_at[:19]}  {record.action}"
        out.print(f"{record.number:>6}  {words}", markup=False)


def _print(records: Sequence[Record]) -> None:
    table = plain_table("No.", "When (UTC)", "Who", "What", "About")
    table.add_column("Details", overflow="fold")
    for one in records:
        table.add_row(
            str(one.number),
            one.recorded_at[:19].replace("T", " "),
            one.made_by or "",
            one.action,
            f"{one.subject_kind} {one.subject_id}".strip(),
            _words(json.loads(one.details)),
        )
    out.print(table, markup=False)


def _words(value: object) -> str:
    """Details for people: `name: value`, in one line."""
    if isinstance(value, dict):
        parts = (
            f"{name} ({_words(one)})"
            if isinstance(one, dict | list)
            else f"{name}: {one}"
            for name, one in value.items()
            if one not in ({}, [], None)
        )
        return ", ".join(parts)
    if isinstance(value, list):
        return "; ".join(_words(one) for one in value)
    return str(value)
