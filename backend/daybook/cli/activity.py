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
    """Show imports, locks, settings and other runs, newest first, also failed ones.

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
    for line in lines:
        failed = " failed" if line.is_failed else ""
        counts = (line.documents, line.journals, line.movements, line.problems)
        table.add_row(
            str(line.id),
            f"{line.started_at:%Y-%m-%d %H:%M:%S}",
            f"{line.duration_ms / 1000:,.1f} s",
            f"{ActivityKind(line.kind).name}{failed}",
            line.currency or "",
            line.made_by or "",
            *(f"{number:,}" if number else "" for number in counts),
            line.message,
        )
    out.print(table, markup=False)
