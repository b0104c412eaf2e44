"""`daybook exports`: the records of exported files, in the terminal."""

from collections.abc import Sequence

from daybook.cli.running import out, plain_table
from daybook.cli.sheets import IsCsv, Limit, NumberedList, show_list
from daybook.exports.queries import (
    EXPORT_RECORDS,
    ListedRecord,
    count_records,
    find_records,
)
from daybook.money import grouped_text

HASH_DIGITS = 12
"""How many digits of a hash the table shows: enough to tell files apart."""


def exports(
    limit: Limit = None,
    is_csv: IsCsv = False,
) -> None:
    """Show the files that exports and `daybook export` made, newest first.

    A file belongs to a record if `sha256sum` prints the record's hash. The table shows
    the hash's first digits; --csv shows all of them.

    Example: `daybook exports --limit 10`

    Example: `daybook exports --csv > exports.csv`
    """
    listed = NumberedList(
        EXPORT_RECORDS,
        "file",
        find_records,
        count_records,
        lambda row: row.record.number,
    )
    show_list(listed, _show, limit=limit, is_csv=is_csv)


def _show(records: Sequence[ListedRecord]) -> None:
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
            "\n".join(filter(None, (record.file_name, record.filters))),
        )
    out.print(table, markup=False)
