"""`daybook activity` and `daybook dismiss`: the log of runs, and failed imports."""

from collections.abc import Sequence
from typing import Annotated

import typer

from daybook.activity.rules import ActivityKind
from daybook.cli.choices import run_number
from daybook.cli.running import MADE_BY, load_settings, out, with_database
from daybook.cli.sheets import IsCsv, Limit, NumberedList, show_list
from daybook.cli.terminal_tables import plain_table
from daybook.cli.trail_options import InLedger, Since, Until, Who, read_options
from daybook.clock import now
from daybook.closing.dismissing import Dismissed, dismiss_import
from daybook.db.engine import Database
from daybook.ledger.rules import stored_name
from daybook.reports.activity import (
    ACTIVITY,
    ListedActivity,
    count_activities,
    find_activities,
)
from daybook.reports.trail.filters import read_activity_filter
from daybook.reports.trail.names import person_name


def activity(
    who: Who = None,
    kind: Annotated[
        str | None,
        typer.Option(metavar="KIND", help="Only these, such as IMPORT or LOCK."),
    ] = None,
    since: Since = None,
    until: Until = None,
    currency: InLedger = None,
    is_failed: Annotated[
        bool | None,
        typer.Option("--failed/--succeeded", help="Only runs that failed, or didn't."),
    ] = None,
    limit: Limit = None,
    is_csv: IsCsv = False,
) -> None:
    """Show imports, locks, settings and other runs, newest first, also failed ones.

    Example: `daybook activity --limit 10`

    Example: `daybook activity --kind IMPORT --failed --from 2026-10-01`

    Example: `daybook activity --csv > activity.csv`
    """
    options = {
        "who": who,
        "kind": kind,
        "from": since,
        "to": until,
        "currency": currency,
        "failed": None if is_failed is None else ("yes" if is_failed else "no"),
    }
    wanted = read_options(read_activity_filter, options)
    listed = NumberedList(
        ACTIVITY,
        "line",
        lambda session, id_, request: find_activities(session, id_, request, wanted),
        lambda session, id_: count_activities(session, id_, wanted),
        lambda line: line.id,
    )
    show_list(listed, _show, limit=limit, is_csv=is_csv)


def dismiss(
    number: Annotated[
        int,
        typer.Argument(
            metavar="NUMBER",
            parser=run_number,
            help="The failed import's number in the activity log.",
        ),
    ],
    reason: Annotated[str, typer.Option(help="Why, for the audit trail.")],
) -> None:
    """Dismiss a failed import: no month's close waits for its file any more.

    What is dismissed already stays as it is.

    Example: `daybook dismiss 12 --reason "a trial; sent again as october_2.csv"`
    """
    settings = load_settings()

    async def work(database: Database) -> Dismissed:
        return await dismiss_import(
            *(database, settings.organisation, number),
            reason=reason,
            now=now(settings),
            made_by=MADE_BY,
        )

    dismissal, is_new = with_database(settings, work)
    of_file = f" of {dismissal.file}" if dismissal.file else ""
    as_before = "" if is_new else ", as before"
    out.print(
        f"Import {number}{of_file} is dismissed{as_before}: {dismissal.reason}",
        markup=False,
    )


def _show(lines: Sequence[ListedActivity]) -> None:
    table = plain_table("No.", "Started (UTC)")
    table.add_column("Took", justify="right", no_wrap=True)
    for column in ("What", "Ledger", "Who"):
        table.add_column(column, no_wrap=True)
    for column in ("Documents", "Journals", "Movements", "Problems"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("Message", overflow="fold")
    for line in lines:
        failed = " failed" if line.is_failed else ""
        counts = (line.documents, line.journals, line.movements, line.problems)
        table.add_row(
            str(line.id),
            f"{line.started_at:%Y-%m-%d %H:%M:%S}",
            f"{line.duration_ms / 1000:,.1f} s",
            f"{stored_name(ActivityKind, line.kind)}{failed}",
            line.currency or "",
            "" if line.made_by is None else person_name(line.made_by),
            *(f"{number:,}" if number else "" for number in counts),
            line.message,
        )
    out.print(table, markup=False)
