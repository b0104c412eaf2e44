"""`daybook audit`: the audit trail, and whether it holds."""

import json
from collections.abc import Sequence
from typing import Annotated

import typer

from daybook.audit.rules import Record
from daybook.cli.groups import Commands
from daybook.cli.running import (
    Failed,
    counted,
    load_settings,
    out,
    plain_table,
    with_database,
)
from daybook.db.engine import Database
from daybook.reports.audit import count_audit_records, find_audit_records
from daybook.reports.audit import verify as verify_trail
from daybook.reports.queries import PageRequest

app = typer.Typer(
    cls=Commands, no_args_is_help=True, help="Read and check the audit trail."
)


@app.callback()
def group() -> None:
    """Read and check the audit trail."""


@app.command()
def verify() -> None:
    """Check every record of the audit trail, and the documents it tells of.

    The exit status is 0 if all holds; else it is 1, and the first record that does not
    fit is named.
    """
    settings = load_settings()
    found = with_database(
        settings, lambda database: verify_trail(database, settings.organisation)
    )
    if found.misfit is not None:
        number, reason = found.misfit
        raise Failed(f"audit record {number} {reason}", status=1)
    out.print(f"The audit trail holds: {counted(found.records, 'record')}.")


@app.command("list")
def list_records(
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Records shown.")] = 50,
    has_hashes: Annotated[
        bool,
        typer.Option(
            "--hashes", help="A line each, with the hash that an auditor keeps."
        ),
    ] = False,
) -> None:
    """Show what was done, by whom and when, newest first.

    Example: `daybook audit list --limit 10`

    Example: `daybook audit list --limit 1 --hashes`
    """
    settings = load_settings()

    async def work(database: Database) -> tuple[list[Record], int]:
        async with database.reads() as session:
            page = await find_audit_records(
                session, settings.organisation, None, PageRequest(limit)
            )
            return page.items, await count_audit_records(
                session, settings.organisation, None
            )

    records, count = with_database(settings, work)
    if has_hashes:
        # No table: it would cut hashes to the terminal's width.
        for one in records:
            words = f"{one.hash.hex()}  {one.recorded_at[:19]}  {one.action}"
            out.print(f"{one.number:>6}  {words}", markup=False)
    else:
        _print(records)
    more = "; --limit shows more" if count > len(records) else ""
    out.print(f"{len(records):,} of {counted(count, 'record')}{more}.")


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
