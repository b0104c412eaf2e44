"""`daybook exports`: the records of files that were made, in the terminal."""

from typing import Annotated

import typer

from daybook.cli.running import (
    counted,
    load_settings,
    out,
    plain_table,
    with_database,
)
from daybook.db.engine import Database
from daybook.exports.queries import ListedRecord, count_records, find_records
from daybook.money import decimal_text, decimals_of
from daybook.paging import PageRequest


def exports(
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Files shown.")] = 50,
) -> None:
    """Show which files were made, newest first, by exports and by `daybook export`.

    A file is the one that a record tells of if `sha256sum` prints the same hash.

    Example: `daybook exports --limit 10`
    """
    settings = load_settings()

    async def work(database: Database) -> tuple[list[ListedRecord], int]:
        async with database.reads() as session:
            page = await find_records(
                session, settings.organisation, PageRequest(limit)
            )
            return page.items, await count_records(session, settings.organisation)

    records, count = with_database(settings, work)
    table = plain_table("No.", "Made (UTC)", "Who", "Ledger")
    for column in ("Recording", "Rows", "Debits"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("SHA-256", no_wrap=True, min_width=64)
    table.add_column("File", overflow="fold")
    for record, currency in records:
        decimals = decimals_of(currency)
        table.add_row(
            str(record.number),
            f"{record.made_at:%Y-%m-%d %H:%M:%S}",
            record.made_by,
            currency,
            *(f"{number:,}" for number in (record.recording, record.row_count)),
            decimal_text(record.debit_total, decimals),
            record.file_sha256.hex(),
            record.file_name,
        )
    out.print(table, markup=False)
    more = "; --limit shows more" if count > len(records) else ""
    out.print(f"{len(records):,} of {counted(count, 'file')}{more}.")
