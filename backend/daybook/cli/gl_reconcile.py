"""`daybook gl reconcile`: posted exports against the journals that came back."""

from typing import Annotated

import typer

from daybook.calendar import day_text
from daybook.cli.choices import one_of
from daybook.cli.ledgers_shown import print_ledger
from daybook.cli.running import load_settings, out, with_database
from daybook.cli.sheets import SHOWN, IsCsv, print_csv
from daybook.cli.terminal_tables import plain_table
from daybook.clock import today
from daybook.db.engine import Database
from daybook.gl.matching.reconciling import (
    Reconciliation,
    StateTotal,
    reconciliation_of,
)
from daybook.gl.matching.words import STATES, sides, words_of
from daybook.gl.rules.matching import Match, MatchState
from daybook.ledger.queries import pin_chosen, time_zone_of
from daybook.money import grouped_text
from daybook.numbers import counted
from daybook.sheets.columns import Sheet, date, integer, text

Row = tuple[Match, str]
"""A match, and the currency of its amounts."""

MATCHES: Sheet[Row] = Sheet(
    "general-ledger-reconciliation",
    "Posted exports against what was booked",
    (
        text("state", "State", lambda row: row[0].state),
        date("day", "Date", lambda row: row[0].exported.day),
        text("number", "Number", lambda row: row[0].exported.number),
        integer("journal", "Journal", lambda row: row[0].exported.journal),
        integer("file", "File", lambda row: row[0].exported.record),
        text("currency", "Currency", lambda row: row[1]),
        text(
            "exported", "Exported", lambda row: sides(row[0].exported.amounts, row[1])
        ),
        text("booked", "Booked", lambda row: sides(row[0].booked_amounts, row[1])),
        text("difference", "Difference", lambda row: sides(row[0].difference, row[1])),
        text("sources", "Source IDs", lambda row: _sources(row[0])),
        text("words", "What", lambda row: words_of(*row)),
    ),
)


def _sources(match: Match) -> str:
    return ", ".join(journal.source_id for journal in match.booked)


def reconcile(
    currency: Annotated[
        str | None,
        typer.Option(help="The ledger, by its currency; all ledgers if left out."),
    ] = None,
    state: Annotated[
        str | None,
        typer.Option(
            metavar="STATE",
            help="Those in this state alone: missing, changed, doubled or matched.",
        ),
    ] = None,
    limit: Annotated[
        int, typer.Option(min=1, max=10_000, help="How many journals to show.")
    ] = SHOWN,
    is_csv: IsCsv = False,
) -> None:
    """Compare the journals of posted files for Xero with those that came back.

    Each is matched, missing, changed or doubled. Without a state, those that aren't
    matched are shown, and --csv has all. The exit status is 1 if there are any.

    Example: `daybook gl reconcile --currency USD`
    """
    settings = load_settings()
    names = {its.lower(): its for its in MatchState}
    wanted = None if state is None else names[one_of(state, [*names], "--state")]

    async def work(database: Database) -> list[tuple[str, Reconciliation]]:
        organisation = settings.organisation
        async with database.reads() as session:
            present = today(settings, await time_zone_of(session, organisation))
            pins = await pin_chosen(session, organisation, currency, present)
        return [
            (pin.currency, await reconciliation_of(database, settings, pin))
            for pin in pins
        ]

    found = with_database(settings, work)
    if is_csv:
        print_csv(
            MATCHES,
            (
                (match, its.currency)
                for _, its in found
                for match in its.matches
                if wanted in {None, match.state}
            ),
        )
    else:
        for place, (ledger, its) in enumerate(found):
            if len(found) > 1:
                print_ledger(ledger, is_first=not place)
            _show(ledger, its, wanted, limit)
    if any(
        match.state is not MatchState.MATCHED
        for _, its in found
        for match in its.matches
    ):
        raise typer.Exit(1)


def _show(
    ledger: str, found: Reconciliation, wanted: MatchState | None, limit: int
) -> None:
    if found.connection is None:
        out.print(
            f"No connection takes the exports of the {ledger} ledger: `daybook gl"
            f" connection update NAME --takes {ledger}` says which does.",
            markup=False,
        )
        return
    out.print(_where_from(ledger, found), markup=False)
    if not found.matches:
        return
    totals = plain_table("State")
    for title in ("Journals", "Exported", "Booked"):
        totals.add_column(title, justify="right", no_wrap=True)
    for total in found.totals():
        totals.add_row(*_cells(total, found.currency))
    out.print(totals, markup=False)
    shown = [
        match
        for match in found.matches
        if (wanted or match.state) is match.state
        and (wanted is not None or match.state is not MatchState.MATCHED)
    ]
    if not shown:
        return
    table = plain_table("State", "Date", "Number", "File", "Exported", "What")
    for match in shown[:limit]:
        exported = match.exported
        table.add_row(
            *(STATES[match.state], day_text(exported.day), exported.number),
            *(str(exported.record), sides(exported.amounts, found.currency)),
            words_of(match, found.currency),
        )
    out.print(table, markup=False)
    if len(shown) > limit:
        out.print(f"{limit:,} of {counted(len(shown), 'journal')}; --limit shows more.")


def _cells(total: StateTotal, currency: str) -> list[str]:
    amounts = [grouped_text(its, currency) for its in (total.exported, total.booked)]
    return [STATES[total.state], f"{total.journals:,}", *amounts]


def _where_from(ledger: str, found: Reconciliation) -> str:
    """What is compared with what, and what isn't."""
    name = found.connection_name
    if found.other_files:
        files = ", ".join(map(str, found.other_files))
        yet = f" Files {files} are in another currency, and aren't compared."
    else:
        yet = ""
    if not found.files:
        return (
            f"No file of the {ledger} ledger for Xero is posted yet: `daybook exports"
            f" post` marks one as loaded.{yet}"
        )
    count = counted(len(found.files), "posted file")
    if found.data_time is None or found.last_journal is None:
        return (
            f"{count} of the {ledger} ledger, and no journals of {name} came in yet:"
            f" `daybook gl import journals FILE…`.{yet}"
        )
    return (
        f"{count} of the {ledger} ledger against {name}, whose journals came in to no."
        f" {found.last_journal:,} of {found.data_time:%Y-%m-%d %H:%M} UTC. In"
        f" {found.currency}.{yet}"
    )
