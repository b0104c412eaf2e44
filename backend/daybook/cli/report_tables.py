"""What the tables of reports share: amounts, sums and what isn't shown."""

from collections.abc import Iterable, Sequence

from rich.markup import escape
from rich.measure import Measurement
from rich.table import Table

from daybook.calendar import Day, day_words
from daybook.cli.running import out
from daybook.cli.terminal_tables import WIDEST, plain_table
from daybook.money import grouped_text


def amounts_table(names: Iterable[str], amounts: Iterable[str]) -> Table:
    """A table of columns of names, then columns of amounts."""
    table = plain_table(*names)
    for title in amounts:
        table.add_column(title, justify="right", no_wrap=True)
    return table


def add_amounts(
    table: Table,
    names: Sequence[str | None],
    amounts: Iterable[int],
    currency: str,
    *,
    is_sum: bool = False,
) -> None:
    """Add a row; zeros are blank, and sums are bold."""
    table.add_row(
        *(escape(name or "") for name in names),
        *(grouped_text(amount, currency) if amount else "" for amount in amounts),
        style="bold" if is_sum else None,
    )


def fits(table: Table) -> bool:
    """Whether the terminal shows a table without cutting a name."""
    unlimited = out.options.update_width(WIDEST)
    return Measurement.get(out, unlimited, table).maximum <= out.width


def print_report(table: Table, on: Day, currency: str) -> None:
    """Print a table below its day and currency."""
    out.print(f"On {day_words(on)}, in {currency}")
    out.print(table)


def shown_of(shown: int, noun: str, plural: str, *, has_more: bool) -> str:
    """How many rows a table shows, and how to see the others."""
    if not has_more:
        return f"{shown:,} {noun if shown == 1 else plural}."
    return f"The first {shown:,} {plural}; --limit shows more, --format csv all."
