"""`daybook exports`: the records of exported files, and which of them are posted."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

import typer

from daybook.calendar import day_text
from daybook.cli.choices import parsed_day, record_number
from daybook.cli.command_groups import Commands, is_for_subcommand
from daybook.cli.export_links import link, revoke
from daybook.cli.export_retry import retry
from daybook.cli.running import MADE_BY, load_settings, out, with_database, writing
from daybook.cli.sheets import IsCsv, Limit, NumberedList, show_list
from daybook.cli.terminal_tables import plain_table
from daybook.clock import now
from daybook.db.engine import Database
from daybook.errors import Problem, ProblemCode, Rejected
from daybook.exports.models import ExportPosting
from daybook.exports.posting.marking import Mark, Posted, mark_posted, undo_posting
from daybook.exports.posting.overlapping import doubles_in_target, journals_words
from daybook.exports.queries import (
    EXPORT_RECORDS,
    ListedRecord,
    count_records,
    find_records,
)
from daybook.money import grouped_text
from daybook.numbers import counted

HASH_DIGITS = 12
"""How many digits of a hash the table shows: enough to tell files apart."""

WAYS_OUT = {
    ProblemCode.UNCONFIRMED: "add --confirm-doubled",
    ProblemCode.POSTED: "`daybook exports undo-post`",
}
"""What fixes problems of a posting, by their codes."""

Number = Annotated[
    int,
    typer.Argument(
        metavar="NUMBER",
        parser=record_number,
        help="The file's record, as `daybook exports` lists it.",
    ),
]

app = typer.Typer(cls=Commands, invoke_without_command=True)


@app.callback()
def exports(
    context: typer.Context,
    limit: Limit = None,
    is_csv: IsCsv = False,
) -> None:
    """Show the files that exports and `daybook export` made, and which are posted.

    Newest first. A file belongs to a record if `sha256sum` prints the record's hash.
    The table shows the hash's first digits; --csv shows all of them.

    Example: `daybook exports --limit 10`

    Example: `daybook exports --csv > exports.csv`
    """
    if is_for_subcommand(context):
        return
    listed = NumberedList(
        EXPORT_RECORDS,
        "file",
        find_records,
        count_records,
        lambda row: row.record.number,
    )
    show_list(listed, _show, limit=limit, is_csv=is_csv)


def post(
    number: Number,
    reference: Annotated[
        str,
        typer.Option(
            help="What the target calls it, such as the number of its journal.",
        ),
    ],
    at: Annotated[
        str | None,
        typer.Option(
            help="The day on which the target took the file, YYYY-MM-DD; today if"
            " absent.",
            metavar="DATE",
        ),
    ] = None,
    is_confirmed: Annotated[
        bool,
        typer.Option(
            "--confirm-doubled",
            help="Mark it although entries are in another posted file.",
        ),
    ] = False,
) -> None:
    """Mark a file as posted: it was loaded into its target.

    What is marked already with the same reference stays as it is. A file is refused if
    the target has some of its entries already, by another posted file, unless you
    confirm that. The first file of a target is compared with those of all targets.

    Example: `daybook exports post 4 --reference MJ-0934`

    Example: `daybook exports post 5 --reference "January, part 2" --at 2026-02-03`
    """
    settings = load_settings()
    mark = Mark(
        reference,
        None if at is None else parsed_day(at),
        is_confirmed=is_confirmed,
    )

    async def work(database: Database) -> Posted:
        try:
            return await mark_posted(
                *(database, settings.organisation, number, mark),
                now=now(settings),
                made_by=MADE_BY,
            )
        except Rejected as rejected:
            raise _with_ways_out(rejected) from None

    listed, is_new, shared = with_database(settings, work)
    assert listed.posting is not None, "it is posted"
    as_before = "" if is_new else ", as before"
    out.print(
        f"File {number} ({listed.record.file_name}) is posted as"
        f" {_posting_words(listed.posting)}{as_before}.",
        markup=False,
    )
    if shared.journals:
        names = journals_words(shared.doubled)
        journals = counted(shared.journals, "journal")
        said = f"The target has entries of {journals} twice: {names}."
        if not doubles_in_target(listed, shared):
            said = f"Another system has entries of {journals}, too: {names}."
        out.print(said, markup=False)


def undo_post(
    number: Number,
    reason: Annotated[str, typer.Option(help="Why, for the audit trail.")],
) -> None:
    """Undo a posting: the target has taken the file out again, or never had it.

    The file can be marked as posted again afterwards.

    Example: `daybook exports undo-post 4 --reason "voided in Xero, wrong month"`
    """
    settings = load_settings()

    async def work(database: Database) -> ListedRecord:
        return await undo_posting(
            *(database, settings.organisation, number),
            reason=reason,
            now=now(settings),
            made_by=MADE_BY,
        )

    listed = with_database(settings, work)
    name = listed.record.file_name
    out.print(f"File {number} ({name}) is not posted any more.", markup=False)


app.command("retry")(retry)
app.command("link")(link)
app.command("revoke-links")(revoke)
app.command("post")(writing(post))
app.command("undo-post")(writing(undo_post))


def _with_ways_out(rejected: Rejected) -> Rejected:
    """The same rejection, with what fixes its problems on the command line."""
    return Rejected([_with_way_out(problem) for problem in rejected.problems])


def _with_way_out(problem: Problem) -> Problem:
    way_out = WAYS_OUT.get(problem.code)
    if way_out is None:
        return problem
    return replace(problem, message=f"{problem.message} ({way_out})")


def _posting_words(posting: ExportPosting) -> str:
    return f"{posting.reference}, {day_text(posting.posted_on)}"


def _show(records: Sequence[ListedRecord]) -> None:
    table = plain_table("No.", "Made (UTC)", "Who", "Ledger")
    for column in ("Rows", "Debits"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("SHA-256", no_wrap=True)
    table.add_column("Posted", overflow="fold")
    table.add_column("File", overflow="fold")
    for listed in records:
        record, currency, posting = listed
        table.add_row(
            str(record.number),
            f"{record.made_at:%Y-%m-%d %H:%M:%S}",
            record.made_by,
            currency,
            f"{record.row_count:,}",
            _total(listed),
            record.file_sha256.hex()[:HASH_DIGITS],
            "" if posting is None else _posting_words(posting),
            "\n".join(filter(None, (record.file_name, record.filters))),
        )
    out.print(table, markup=False)


def _total(listed: ListedRecord) -> str:
    """A file's debits, with their currency where that isn't the ledger's."""
    currency = listed.totals_currency
    amount = grouped_text(listed.record.debit_total, currency)
    return amount if currency == listed.currency else f"{amount} {currency}"
