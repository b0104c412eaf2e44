"""`daybook exports`: the records of files that were made, in the terminal."""

from daybook.cli.running import (
    counted,
    load_settings,
    out,
    plain_table,
    with_database,
)
from daybook.cli.sheets import SHOWN, IsCsv, Limit, print_pages
from daybook.db.engine import Database, ReadSession
from daybook.exports.queries import RECORDS, ListedRecord, count_records, find_records
from daybook.money import grouped_text
from daybook.paging import Page, PageRequest

HASH_DIGITS = 12
"""How much of a hash the table shows: enough to tell two files apart."""


def exports(
    limit: Limit = None,
    is_csv: IsCsv = False,
) -> None:
    """Show which files were made, newest first, by exports and by `daybook export`.

    A file is the one that a record tells of if `sha256sum` prints the same hash; the
    table shows its beginning, and --csv all of it.

    Example: `daybook exports --limit 10`

    Example: `daybook exports --csv > exports.csv`
    """
    settings = load_settings()
    organisation = settings.organisation

    async def find(session: ReadSession, request: PageRequest) -> Page[ListedRecord]:
        return await find_records(session, organisation, request)

    if is_csv:
        with_database(
            settings,
            lambda database: print_pages(
                database, RECORDS, find, lambda one: one.record.number, limit
            ),
        )
        return

    async def work(database: Database) -> tuple[list[ListedRecord], int]:
        async with database.reads() as session:
            page = await find(session, PageRequest(limit or SHOWN))
            return page.items, await count_records(session, organisation)

    records, count = with_database(settings, work)
    table = plain_table("No.", "Made (UTC)", "Who", "Ledger")
    for column in ("Rows", "Debits"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("SHA-256", no_wrap=True)
    table.add_column("File", overflow="fold")
    for record, currency in records:
        table.add_row(
            str(record.number),
            f"{record.made_at:%Y-%m-%d %H:%M:%S}",
            record.made_by,
            currency,
            f"{record.row_count:,}",
            grouped_text(record.debit_total, currency),
            record.file_sha256.hex()[:HASH_DIGITS],
            record.file_name,
        )
    out.print(table, markup=False)
    more = "; --limit shows more" if count > len(records) else ""
    out.print(f"{len(records):,} of {counted(count, 'file')}{more}.")
