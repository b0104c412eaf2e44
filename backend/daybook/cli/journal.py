"""`daybook journal`: one journal in the terminal, with how it came about."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, NamedTuple

import typer
from rich.markup import escape
from rich.table import Table

from daybook.calendar import Day, day_text, month_text, range_words
from daybook.cli.choices import parsed_day
from daybook.cli.journal_tables import ACCOUNTS, mark_words
from daybook.cli.report_tables import add_amounts, amounts_table
from daybook.cli.running import Failed, load_settings, out, with_database
from daybook.cli.sheets import IsCsv, print_csv
from daybook.cli.terminal_tables import plain_table
from daybook.clock import today
from daybook.db.engine import Database, ReadSession
from daybook.documents.rules import DocumentStatus
from daybook.ledger.models import Recording
from daybook.ledger.pins import Pin
from daybook.ledger.queries import pin_chosen, time_zone_of
from daybook.ledger.rules import (
    AccountPair,
    Role,
    SourceKind,
    name_in_words,
    net_change,
    stored_name,
)
from daybook.money import grouped_text
from daybook.numbers import read_number
from daybook.reports.document_details import ListedVersion, versions_of
from daybook.reports.journals.days import Run, runs_of_days
from daybook.reports.journals.explanation_facts import told_sums_of
from daybook.reports.journals.filters import JournalFilter
from daybook.reports.journals.histories import Left, left_by_recordings
from daybook.reports.journals.journal_sums import PairSums, sums_of_journals
from daybook.reports.journals.marks import JournalMark, marks_of, moved_journals
from daybook.reports.journals.queries import (
    JournalMovementDetails,
    ListedJournal,
    get_journal,
    recorded_movements,
    recordings_of,
)
from daybook.reports.journals.sheets import net_columns
from daybook.reports.journals.told_sums import ToldSum
from daybook.reports.trail.names import person_name
from daybook.settings import Settings
from daybook.sheets.columns import Column, Sheet, date, integer, text

EXPLAINED = "How it came about"


class Told(NamedTuple):
    """All that is said about a journal."""

    pin: Pin
    journal: ListedJournal
    movements: Sequence[JournalMovementDetails]
    """Those in force, in their order."""
    its_sum: ToldSum
    sums: PairSums
    marks: Sequence[JournalMark]
    versions: Sequence[ListedVersion]
    """Of its document, the newest first."""
    left: Sequence[Left]
    """How recordings left it, the first one first."""
    recordings: Mapping[int, Recording]

    @property
    def runs(self) -> list[Run]:
        """Its days; equal ones are one row."""
        parts = [(its.movement, its.occasion) for its in self.movements]
        return runs_of_days(parts, self.pin.today)


def journal(
    number: Annotated[
        str, typer.Argument(metavar="NUMBER", help="Its number in the ledger.")
    ],
    currency: Annotated[
        str | None,
        typer.Option(help="The ledger, by its currency, if there are several."),
    ] = None,
    as_of: Annotated[
        str | None,
        typer.Option(metavar="DATE", help="As it was known at the end of this day."),
    ] = None,
    is_csv: IsCsv = False,
) -> None:
    """Show a journal: the sum that it comes to, its movements, days and recordings.

    As CSV it is its days, equal ones as one row.

    Example: `daybook journal 1 --currency USD`

    Example: `daybook journal 1 --currency USD --as-of 2026-01-31 --csv > days.csv`
    """
    settings = load_settings()
    day = None if as_of is None else parsed_day(as_of)

    async def work(database: Database) -> Told:
        async with database.reads() as session:
            pin = await _pin(session, settings, currency, day)
            return await _tell(session, pin, number)

    told = with_database(settings, work)
    if is_csv:
        print_csv(_days_sheet(told.pin.currency), told.runs)
    else:
        _show(told)


async def _pin(
    session: ReadSession, settings: Settings, currency: str | None, as_of: Day | None
) -> Pin:
    """The ledger that is meant, as of a day."""
    organisation = settings.organisation
    the_day = today(settings, await time_zone_of(session, organisation))
    pins = await pin_chosen(session, organisation, currency, the_day, as_of)
    if len(pins) > 1:
        names = ", ".join(pin.currency for pin in pins)
        raise Failed(
            "each ledger numbers its own journals: choose one by --currency, of"
            f" {names}"
        )
    return pins[0]


async def _tell(session: ReadSession, pin: Pin, number: str) -> Told:
    """Read all about a journal; raises Failed if there is none."""
    try:
        found = await get_journal(session, pin, read_number(number))
    except ValueError:
        found = None
    if found is None:
        raise Failed(
            f"there is no journal {number!r} in the {pin.currency} ledger:"
            " `daybook journals` lists them"
        )
    every = await recorded_movements(session, pin, [found.number])
    in_force = [details for details in every if details.superseded_in is None]
    sums = await sums_of_journals(session, pin, JournalFilter(), [found.number])
    its = sums.get(found.number, PairSums())
    moved = await moved_journals(session, pin, [found.number])
    versions = await versions_of(session, pin, [found.document_id])
    told = await told_sums_of(session, pin, {found.number: in_force})
    left = left_by_recordings(every)
    numbers = [each.recording for each in left]
    return Told(
        *(pin, found, in_force, told[found.number], its),
        marks_of(found, its.state, is_moved=found.number in moved),
        versions.get(found.document_id, []),
        left,
        await recordings_of(session, pin.ledger_id, numbers),
    )


def _show(told: Told) -> None:
    pin = told.pin
    out.print(_facts(told))
    if told.movements:
        out.print(_sum(told))
        out.print(_movements(told))
        out.print(_days(told))
        total = sum(told.sums.pairs.values())
        out.print(f"Dr = Cr {grouped_text(total, pin.currency)}")
    else:
        out.print("Nothing of it is left.")
    if len(told.versions) > 1:
        out.print(_versions(told))
    out.print(_recordings(told))


def _facts(told: Told) -> Table:
    """What the journal is of."""
    its = told.journal
    document = f"{its.document_number} ({its.document_external_id})"
    if len(told.versions) > 1:
        document += f", version {told.versions[0].number}"
    title = f"Journal {its.number}, {told.pin.currency} ledger"
    table = plain_table(title, month_text(its.month), wraps=True)
    state = told.sums.state.capitalize()
    for name, content in (
        ("State", ", ".join(filter(None, (state, mark_words(told.marks))))),
        ("Customer", _named(its.customer_name, its.customer_external_id)),
        ("Product", _named(its.product_name, its.product_external_id)),
        ("Document", document),
        ("Source", name_in_words(stored_name(SourceKind, its.source))),
    ):
        if content:
            table.add_row(name, escape(content))
    return table


def _named(name: str | None, id_: str | None) -> str:
    return "" if id_ is None else f"{name} ({id_})"


def _sum(told: Told) -> Table:
    """The account's amount as one would write it on paper."""
    currency, its = told.pin.currency, told.its_sum
    table = plain_table()
    title = f"{its.account.name.capitalize()}, {currency}"
    table.add_column(title, justify="right", no_wrap=True)
    table.add_column(EXPLAINED, overflow="fold")
    for line in its.lines:
        table.add_row(grouped_text(line.amount, currency), escape(line.words))
    table.add_section()
    result = grouped_text(its.result, currency)
    table.add_row(result, f"in {month_text(told.journal.month)}", style="bold")
    return table


def _movements(told: Told) -> Table:
    currency = told.pin.currency
    table = plain_table("Movement", "Days", "Debit", "Credit")
    table.add_column(f"Amount, {currency}", justify="right", no_wrap=True)
    table.add_column("Recording", justify="right", no_wrap=True)
    table.add_column("Why", overflow="fold")
    for details in told.movements:
        movement = details.movement
        table.add_row(
            f"{details.journal}.{details.seq}",
            range_words(movement.first_day, movement.last_day),
            movement.debit.name.capitalize(),
            movement.credit.name.capitalize(),
            grouped_text(movement.amount, currency),
            f"{details.recorded_in:,}",
            escape(details.narrative),
        )
    return table


def _days(told: Told) -> Table:
    """Its days with what accounts gain on them, and what the sum's account each day."""
    account, currency = told.its_sum.account, told.pin.currency
    table = plain_table("Days", "What", "State")
    for title in ("Count", f"{account.name.capitalize()} a day", *ACCOUNTS):
        table.add_column(title, justify="right", no_wrap=True)
    for run in told.runs:
        table.add_row(
            range_words(run.first, run.last),
            run.what,
            "Posted" if run.is_posted else "Scheduled",
            f"{run.days:,}",
            grouped_text(net_change(run.each, account), currency),
            *_amounts(run.pairs, currency),
        )
    table.add_section()
    totals = _amounts(told.sums.pairs, currency)
    count = f"{sum(run.days for run in told.runs):,}"
    table.add_row("Total", "", "", count, "", *totals, style="bold")
    return table


def _amounts(pairs: Mapping[AccountPair, int], currency: str) -> Iterable[str]:
    nets = [net_change(pairs, role) for role in Role]
    return (grouped_text(net, currency) if net else "" for net in nets)


def _versions(told: Told) -> Table:
    """The versions of its document."""
    table = plain_table("Version", "Recorded (UTC)", "Status", "Date")
    for title in ("Recording", f"Total, {told.pin.currency}"):
        table.add_column(title, justify="right", no_wrap=True)
    for version in told.versions:
        table.add_row(
            str(version.number),
            f"{version.recorded_at:%Y-%m-%d %H:%M:%S}",
            DocumentStatus(version.status).name,
            day_text(version.accounting_date),
            f"{version.made_in:,}",
            grouped_text(version.total, told.pin.currency),
        )
    return table


def _recordings(told: Told) -> Table:
    """What each recording left of it, the newest first."""
    names = ["Recording", "Recorded (UTC)", "Who", "Reason"]
    table = amounts_table(names, ACCOUNTS)
    for left in reversed(told.left):
        recording = told.recordings[left.recording]
        who = "" if recording.made_by is None else person_name(recording.made_by)
        moment = f"{recording.recorded_at:%Y-%m-%d %H:%M:%S}"
        shown = (str(left.recording), moment, who, recording.reason)
        nets = [net_change(left.pairs, role) for role in Role]
        add_amounts(table, shown, nets, told.pin.currency)
    return table


def _days_sheet(currency: str) -> Sheet[Run]:
    """A journal's days, with what accounts gain on all days of a row together."""
    columns: tuple[Column[Run], ...] = (
        date("from", "From", lambda run: run.first),
        date("to", "To", lambda run: run.last),
        integer("days", "Days", lambda run: run.days),
        text("what", "What", lambda run: run.what),
        text("state", "State", lambda run: "POSTED" if run.is_posted else "SCHEDULED"),
        *net_columns(currency, lambda run: run.pairs),
    )
    return Sheet("journal", "Journal", columns)
