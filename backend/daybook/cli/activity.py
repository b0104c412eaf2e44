"""`daybook activity`: the activity log in the terminal."""

from collections.abc import Sequence

from daybook.activity.rules import ActivityKind
from daybook.cli.running import out, plain_table
from daybook.cli.sheets import IsCsv, Limit, NumberedList, show_list
from daybook.reports.activity import (
    ACTIVITY,
    ListedActivity,
    count_activities,
    find_activities,
)


def activity(
    limit: Limit = None,
    is_csv: IsCsv = False,
) -> None:
    """Show what ran, newest first: imports, locks and settings, also those that failed.

    Example: `daybook activity --limit 10`

    Example: `daybook activity --csv > activity.csv`
    """
    listed = NumberedList(
        ACTIVITY, "line", find_activities, count_activities, lambda line: line.id
    )
    show_list(listed, _show, limit=limit, is_csv=is_csv)


def _show(lines: Sequence[ListedActivity]) -> None:
    table = plain_table("No.", "Started (UTC)")
    table.add_column("Took", justify="right", no_wrap=True)
    for column in ("What", "Ledger", "Who"):
        table.add_column(column, no_wrap=True)
    for column in ("Documents", "Journals", "Movements", "Problems"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("Message", overflow="fold")
    for one in lines:
        failed = " failed" if one.is_failed else ""
        counts = (one.documents, one.journals, one.movements, one.problems)
        table.add_row(
            str(one.id),
            f"{one.started_at:%Y-%m-%d %H:%M:%S}",
            f"{one.duration_ms / 1000:,.1f} s",
            f"{ActivityKind(one.kind).name}{failed}",
            one.currency or "",
            one.made_by or "",
            *(f"{number:,}" if number else "" for number in counts),
            one.message,
        )
    out.print(table, markup=False)
