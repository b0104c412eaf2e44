"""`daybook close-checklist`: what is left to do before a month is closed."""

from rich.markup import escape

from daybook.calendar import month_text
from daybook.cli.report_options import FormatName, OptionValues, Output, reporting
from daybook.cli.report_output import run_report
from daybook.cli.running import out
from daybook.cli.terminal_tables import plain_table
from daybook.closing.checklist import close_checklist
from daybook.closing.checks import close_checks
from daybook.closing.naming import names_of
from daybook.db.engine import Database
from daybook.ledger.rules import name_in_words
from daybook.report_files.reports import Asked

REPORT = "close-checklist"
ROWS_SHOWN = 10
"""How many rows of a check the terminal shows; files and pages have more."""


@reporting(REPORT)
def close_checklist_command(
    *,
    option_values: OptionValues,
    format_name: FormatName = None,
    output: Output = None,
) -> None:
    """Show the steps of closing a month, and what its checks find.

    Steps are done, due, or not needed: imports, methods of products, mapped accounts,
    manual journals, lock, export and tie-out. Checks name the rows to look at, the
    first 10 of each; a file has the first 50.

    Example: `daybook close-checklist --month 2026-10`

    Example: `daybook close-checklist --month 2026-10 --format csv > october.csv`
    """
    run_report(REPORT, option_values, format_name, output, _show)


async def _show(database: Database, asked: Asked) -> None:
    pin, month = asked.pin, asked.closed_month
    async with database.reads() as session:
        steps = await close_checklist(session, pin, month)
        checks = await close_checks(session, pin, month)
        named = await names_of(
            session,
            pin,
            (
                (row.customer_id, row.product_id, row.document_id)
                for check in checks
                for row in check.rows
            ),
        )
    title = f"Closing {month_text(month)}, {pin.currency}"
    table = plain_table(title, "State", "", wraps=True)
    for step in steps:
        table.add_row(
            name_in_words(step.kind.name), name_in_words(step.state.name), step.words
        )
    out.print(table)
    for check in checks:
        if not check.count:
            continue
        out.print(f"{name_in_words(check.kind.name)}: {check.count:,}", style="bold")
        for row in check.rows[:ROWS_SHOWN]:
            names = (
                named.customer(row.customer_id),
                named.product(row.product_id),
                named.document(row.document_id),
            )
            subject = ", ".join(filter(None, names))
            prefix = f"{subject}: " if subject else ""
            out.print(escape(f"  {prefix}{row.message}"))
        left = check.count - min(len(check.rows), ROWS_SHOWN)
        if left:
            out.print(f"  and {left:,} more; --format csv shows the first 50")
