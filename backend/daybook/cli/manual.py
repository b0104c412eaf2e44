"""`daybook manual`: manual journals. Approving them is for people, in pages and API."""

from collections.abc import Awaitable, Callable
from typing import Any

import typer

from daybook.adjustments.commands import JournalState, discard, submit
from daybook.adjustments.csv_files import read_journals
from daybook.adjustments.importing import DONE, Imported, import_journals
from daybook.adjustments.reversing import reverse
from daybook.adjustments.rules import Status, label
from daybook.cli.command_groups import Commands
from daybook.cli.manual_entry import create
from daybook.cli.manual_lists import list_, show
from daybook.cli.manual_options import (
    Currency,
    Number,
    Reason,
    Submits,
    approvers_words,
    manual_row,
    state_words,
    usual_currency,
    with_places,
)
from daybook.cli.mapping_files import File, text_of
from daybook.cli.recurring import app as recurring
from daybook.cli.running import (
    MADE_BY,
    Failed,
    load_settings,
    out,
    show_problems,
    with_database,
    with_rejection,
    writing,
)
from daybook.clock import now
from daybook.db.engine import Database
from daybook.errors import Rejected
from daybook.four_eyes.rules import ApprovalPending
from daybook.ledger.queries import LedgerNotChosen
from daybook.numbers import counted

app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    help="Write manual journals, submit them, and undo posted ones. Approving is for"
    " people, in the pages and by the API.",
)

Step = Callable[..., Awaitable[JournalState]]


def submit_(number: Number) -> None:
    """Submit a draft: it is posted, or waits for another person's approval.

    Example: `daybook manual submit MJ-7`
    """
    _step(number, submit)


def discard_(number: Number, reason: Reason) -> None:
    """Give up a draft or a rejected journal, for good.

    Example: `daybook manual discard MJ-7 --reason "it was posted as MJ-6"`
    """
    _step(number, discard, reason=reason)


def reverse_(number: Number, reason: Reason) -> None:
    """Undo a posted manual journal by its mirror, for good.

    The mirror posts on the journal's date, or on the first open day if that is locked.
    While four eyes is on, this only requests it.

    Example: `daybook manual reverse MJ-7 --reason "entered twice"`
    """
    _step(number, reverse, reason=reason)


def import_(
    file: File,
    currency: Currency = None,
    is_submitted: Submits = False,
) -> None:
    """Import many manual journals from a CSV file, all of them or none.

    Its columns are journal, date, kind, narrative, reverses_on, account, debit, credit,
    description, customer, product, adjusts, mode and currency. A row is a line; the
    rows of a journal have its key in the column journal. Importing a file again changes
    nothing.

    Example: `daybook manual import accruals.csv`

    Example: `daybook manual import accruals.csv --submit`
    """
    settings = load_settings()
    text = text_of(file)

    async def work(database: Database) -> tuple[Imported, str]:
        chosen = await usual_currency(database, settings, currency)
        journals = read_journals(text, chosen)
        imported = await import_journals(
            *(database, settings.organisation, journals),
            source=file.name,
            is_submitted=is_submitted,
            now=now(settings),
            made_by=MADE_BY,
        )
        who = ""
        if imported.total and imported.status is Status.SUBMITTED:
            who = f": {await approvers_words(database, settings)}"
        return imported, who

    try:
        imported, who = with_rejection(settings, work, but=(LedgerNotChosen,))
    except Rejected as rejected:
        show_problems(rejected.problems, "  ")
        count = counted(rejected.total, "problem")
        raise Failed(f"{file}: {count}, nothing was imported") from None
    out.print(f"{file}: {_imported_words(imported)}{who}.", markup=False)


app.command("create")(writing(create))
app.command("list")(list_)
app.command("show")(show)
app.command("submit")(writing(submit_))
app.command("reverse")(writing(reverse_))
app.command("discard")(writing(discard_))
app.command("import")(writing(import_))
app.add_typer(recurring, name="recurring")


def _step(number: int, step: Step, **options: Any) -> None:
    """Take a step with a journal as it is, and say what became of it."""
    settings = load_settings()

    async def work(database: Database) -> str:
        row = await manual_row(database, settings, number)
        try:
            state = await step(
                *(database, settings.organisation, number),
                **options,
                version=row.version,
                now=now(settings),
                made_by=MADE_BY,
            )
        except ApprovalPending:
            raise
        except Rejected as rejected:
            raise with_places(rejected) from None
        return await state_words(database, settings, state)

    out.print(with_database(settings, work), markup=False)


def _imported_words(imported: Imported) -> str:
    words = []
    if imported.numbers is not None:
        first, last = map(label, imported.numbers)
        names = first if first == last else f"{first} to {last}"
        count = counted(imported.total, "journal")
        words.append(f"{count} {DONE[imported.status]}, {names}")
    if imported.known:
        count = counted(imported.known, "journal")
        words.append(f"{count} imported before, left as they are")
    return "; ".join(words)
