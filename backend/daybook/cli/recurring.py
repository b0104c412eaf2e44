"""`daybook manual recurring`: manual journals that are made each month."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, Any

import typer

from daybook.adjustments.csv_files import read_entered
from daybook.adjustments.recurring.commands import (
    RecurrenceState,
    end_recurrence,
    save_recurrence,
    submit_recurrence,
)
from daybook.adjustments.recurring.instances import Made
from daybook.adjustments.recurring.queries import recurrences_by_number
from daybook.adjustments.recurring.rules import (
    EnteredRecurrence,
    RecurrenceStatus,
    Schedule,
)
from daybook.adjustments.recurring.rules import label as recurrence_label
from daybook.adjustments.recurring.running import run_recurrences
from daybook.adjustments.rules import AdjustmentKind, Status, label
from daybook.calendar import Month, day_text, parse_month
from daybook.cli.command_groups import Commands
from daybook.cli.manual_entry import LINE_HELP, line_of
from daybook.cli.manual_options import (
    KINDS,
    Currency,
    Reason,
    ledger_currency,
    with_places,
)
from daybook.cli.running import (
    MADE_BY,
    Failed,
    load_settings,
    out,
    with_database,
    writing,
)
from daybook.cli.sheets import (
    IsCsv,
    Limit,
    NumberedList,
    show_list,
    terminal_table,
)
from daybook.clock import now
from daybook.db.engine import Database
from daybook.errors import Rejected
from daybook.ledger.queries import LedgerNotChosen
from daybook.numbers import counted, read_number
from daybook.reports.recurrences import (
    RECURRENCES,
    UpcomingRecurrence,
    count_all,
    find_upcoming,
)
from daybook.settings import Settings

WORDS = {
    RecurrenceStatus.DRAFT: "a draft: submit it",
    RecurrenceStatus.SUBMITTED: "submitted: another person approves it",
    RecurrenceStatus.REJECTED: "rejected: change it, or submit it again",
    RecurrenceStatus.ACTIVE: "active: its journals are made on their dates",
    RecurrenceStatus.ENDED: "ended",
}
"""What a recurrence is after a command, and what comes next."""

MADE_WORDS = {
    Status.DRAFT: "waits as a draft",
    Status.SUBMITTED: "waits for approval: four eyes is on, and nobody approved it",
    Status.POSTED: "posted",
}

app = typer.Typer(
    cls=Commands, no_args_is_help=True, help="Manual journals made each month."
)


def recurrence_number(text: str) -> int:
    """The number of a recurrence, as `3` or `R-3`; raises Failed."""
    try:
        return read_number(text.upper().removeprefix("R-"))
    except ValueError:
        message = "is not a recurrence: `daybook manual recurring list` lists them"
        raise Failed(f"{text!r} {message}") from None


Number = Annotated[
    int, typer.Argument(metavar="NUMBER", parser=recurrence_number, help="Such as R-3.")
]


@app.callback()
def group() -> None:
    """Manual journals that are made each month, from a template approved once."""


@app.command("list")
def show(limit: Limit = None, is_csv: IsCsv = False) -> None:
    """List recurrences, newest first, with the date of the next journal.

    Example: `daybook manual recurring list`
    """
    listed = NumberedList(
        RECURRENCES, "recurrence", find_upcoming, count_all, lambda row: row.its.number
    )
    show_list(listed, _show, limit=limit, is_csv=is_csv)


@app.command("create")
@writing
def create(
    *,
    day: Annotated[
        int, typer.Option(help="The day of the month; the last where it is shorter.")
    ],
    first: Annotated[
        str, typer.Option("--from", help="The first month.", metavar="YYYY-MM")
    ],
    until: Annotated[
        str | None,
        typer.Option(help="The last month; without it, it goes on.", metavar="YYYY-MM"),
    ] = None,
    is_reversed: Annotated[
        bool,
        typer.Option(
            "--reverse-next-month",
            help="Each journal reverses itself on the first day of the next month.",
        ),
    ] = False,
    narrative: Annotated[str, typer.Option(help="What its journals are for.")] = "",
    kind: Annotated[
        str, typer.Option(help=f"One of {KINDS}.")
    ] = AdjustmentKind.MANUAL_RECOGNITION.name,
    lines: Annotated[list[str] | None, typer.Option("--line", help=LINE_HELP)] = None,
    customer: Annotated[
        str | None, typer.Option(help="The customer of lines without one, by its id.")
    ] = None,
    product: Annotated[
        str | None, typer.Option(help="The product of lines without one, by its id.")
    ] = None,
    currency: Currency = None,
    number: Annotated[
        str | None,
        typer.Option(
            "--change", help="Save this as the new version of one, such as R-3."
        ),
    ] = None,
    key: Annotated[
        str | None,
        typer.Option(help="Your own key: the same again with it saves nothing new."),
    ] = None,
) -> None:
    """Write a recurrence, or a new version of one; it is a draft until it is submitted.

    A new version of an active recurrence stops it: no journal is made until the new
    version is submitted, and approved while four eyes is on.

    Example: `daybook manual recurring create --day 31 --from 2026-01
    --narrative "Support that isn't invoiced yet" --reverse-next-month
    --line "debit UNBILLED 50.00" --line "credit RECOGNIZED 50.00"`
    """
    months = _month(first), None if until is None else _month(until)
    texts = {"date": f"{first}-01", "narrative": narrative, "kind": kind}
    optional = {"customer": customer, "product": product, "currency": currency}
    texts |= {name: text for name, text in optional.items() if text is not None}
    entered_lines = [line_of(text) for text in lines or ()]
    settings = load_settings()

    async def work(database: Database) -> RecurrenceState:
        chosen = await ledger_currency(database, settings, currency)
        journal = read_entered(texts, entered_lines, chosen)
        return await save_recurrence(
            *(database, settings.organisation),
            EnteredRecurrence(
                journal.currency,
                journal.kind,
                journal.narrative,
                Schedule(day, *months, is_reversed),
                journal.lines,
                journal.customer_id,
                journal.product_id,
            ),
            **await _seen(database, settings, number),
            idempotency_key=key,
            now=now(settings),
            made_by=MADE_BY,
        )

    _tell(with_database(settings, _with_places(work)))


@app.command("submit")
@writing
def submit(number: Number) -> None:
    """Submit a recurrence: it is active, or waits for another person's approval.

    While four eyes is on, a person approves it, in the pages or by the API.

    Example: `daybook manual recurring submit R-3`
    """
    settings = load_settings()

    async def work(database: Database) -> RecurrenceState:
        return await submit_recurrence(
            *(database, settings.organisation, number),
            version=await _version(database, settings, number),
            now=now(settings),
            made_by=MADE_BY,
        )

    _tell(with_database(settings, _with_places(work)))


@app.command("end")
@writing
def end(number: Number, reason: Reason) -> None:
    """End a recurrence for good; the journals that it made stay as they are.

    Example: `daybook manual recurring end R-3 --reason "the contract ended"`
    """
    settings = load_settings()

    async def work(database: Database) -> RecurrenceState:
        return await end_recurrence(
            *(database, settings.organisation, number),
            version=await _version(database, settings, number),
            reason=reason,
            now=now(settings),
            made_by=MADE_BY,
        )

    _tell(with_database(settings, work))


@app.command("run")
@writing
def run() -> None:
    """Make the journals that are due today; for cron, where no server runs.

    A server makes them by itself. Running twice, or beside a server, makes none twice.
    Missed months are made, too, in their order.

    Example: `daybook manual recurring run`
    """
    settings = load_settings()

    async def work(database: Database) -> int:
        count = 0
        present = now(settings)
        journals = run_recurrences(database, settings.organisation, now=present)
        async for made in journals:
            count += 1
            _print_made(made)
        return count

    count = with_database(settings, work)
    out.print(f"{counted(count, 'journal')} made.")


def _print_made(made: Made) -> None:
    reason = "" if made.reason is None else f": {made.reason}"
    out.print(
        f"{label(made.journal)} of {recurrence_label(made.recurrence)},"
        f" {day_text(made.day)}, {MADE_WORDS[made.status]}{reason}.",
        markup=False,
    )


def _tell(state: RecurrenceState) -> None:
    as_before = "" if state.is_changed else ", as before"
    out.print(
        f"{recurrence_label(state.number)}, version {state.version}, is"
        f" {WORDS[state.status]}{as_before}.",
        markup=False,
    )


async def _version(database: Database, settings: Settings, number: int) -> int:
    """The version in force; raises Failed if there is no such recurrence."""
    async with database.reads() as session:
        where = (session, settings.organisation, [number])
        rows = await recurrences_by_number(*where)
    if not rows:
        message = f"there is no recurrence {recurrence_label(number)}"
        raise Failed(f"{message}: `daybook manual recurring list` lists them")
    return rows[0].version


async def _seen(
    database: Database, settings: Settings, text: str | None
) -> dict[str, Any]:
    """The recurrence of `--change` and its version in force; empty for a new one."""
    if text is None:
        return {}
    number = recurrence_number(text)
    return {
        "number": number,
        "version": await _version(database, settings, number),
    }


def _with_places(
    work: Callable[[Database], Awaitable[RecurrenceState]],
) -> Callable[[Database], Awaitable[RecurrenceState]]:
    """The same work; problems begin with the option or the line that they mean."""

    async def placed(database: Database) -> RecurrenceState:
        try:
            return await work(database)
        except LedgerNotChosen:
            raise
        except Rejected as rejected:
            raise with_places(rejected) from None

    return placed


def _month(text: str) -> Month:
    try:
        return parse_month(text)
    except ValueError:
        message = f"{text!r} is not a month: write it as 2026-01, between 2000 and 2099"
        raise Failed(message) from None


def _show(rows: Sequence[UpcomingRecurrence]) -> None:
    out.print(terminal_table(RECURRENCES, rows))
