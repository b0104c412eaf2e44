"""`daybook activity`: the activity log in the terminal."""

from daybook.activity.rules import ActivityKind
from daybook.cli.running import (
    counted,
    load_settings,
    out,
    plain_table,
    with_database,
)
from daybook.cli.sheets import SHOWN, IsCsv, Limit, print_pages
from daybook.db.engine import Database, ReadSession
from daybook.paging import Page, PageRequest
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
    settings = load_settings()
    if is_csv:
        organisation = settings.organisation

        async def find(
            session: ReadSession, request: PageRequest
        ) -> Page[ListedActivity]:
            return await find_activities(session, organisation, request)

        with_database(
            settings,
            lambda database: print_pages(
                database, ACTIVITY, find, lambda one: one.id, limit
            ),
        )
        return

    async def work(database: Database) -> tuple[list[ListedActivity], int]:
        async with database.reads() as session:
            page = await find_activities(
                session, settings.organisation, PageRequest(limit or SHOWN)
            )
            return page.items, await count_activities(session, settings.organisation)

    lines, count = with_database(settings, work)
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
    more = "; --limit shows more" if count > len(lines) else ""
    out.print(f"{len(lines):,} of {counted(count, 'line')}{more}.")
