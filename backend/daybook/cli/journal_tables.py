"""The tables of `daybook journals`: journals, groups and months, with their sums."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from rich.markup import escape
from rich.table import Table

from daybook.calendar import month_text
from daybook.cli.report_tables import (
    add_amounts,
    amounts_table,
    fits,
)
from daybook.cli.running import out
from daybook.db.engine import ReadSession
from daybook.ledger.pins import Pin
from daybook.ledger.queries import account_names
from daybook.ledger.rules import (
    AccountNames,
    AccountPair,
    Role,
    SourceKind,
    name_in_words,
    net_change,
    stored_name,
)
from daybook.money import grouped_text
from daybook.numbers import counted
from daybook.paging import PageRequest
from daybook.reports.journals.filters import JournalFilter
from daybook.reports.journals.group_keys import Grouping
from daybook.reports.journals.groups import GroupedBy, count_groups
from daybook.reports.journals.journal_sums import PairSums
from daybook.reports.journals.marks import JournalMark
from daybook.reports.journals.sheets import (
    GroupLine,
    JournalLine,
    group_lines,
    journal_lines,
)
from daybook.reports.journals.totals import (
    count_journals,
    pair_totals,
    posted_totals,
    totals_by_month,
)

ACCOUNTS = tuple(role.name.capitalize() for role in Role)
"""The columns of net changes."""
LEFT_OUT = ("Source", "State", "Month", "Product")
"""What a narrow terminal leaves out, the first ones first."""
NAME_LEAST = 14
"""How much of a name is shown at least, before other columns are left out."""

Names: TypeAlias = Mapping[str, str | None]
"""What a row is of, by the titles of the columns."""


class Listing(NamedTuple):
    """Rows of a ledger with what they move, and what is told below them."""

    rows: Sequence[tuple[Names, PairSums]]
    told: str


async def show_journals(
    session: ReadSession, pin: Pin, journal_filter: JournalFilter, limit: int
) -> None:
    """Show the first journals, and the sums of all."""
    lines, _ = await journal_lines(session, pin, journal_filter, PageRequest(limit))
    count = await count_journals(session, pin, journal_filter)
    rows = [(_names_of_journal(line), line.sums) for line in lines]
    listing = Listing(rows, _shown(count, len(lines), "journal"))
    await _show(session, pin, journal_filter, listing)


def _names_of_journal(line: JournalLine) -> Names:
    journal = line.journal
    return {
        "No.": str(journal.number),
        "Month": month_text(journal.month),
        "Customer": journal.customer_name,
        "Product": journal.product_name,
        "Document": journal.document_number,
        "Source": stored_name(SourceKind, journal.source),
        "State": line.sums.state.capitalize(),
        "Marks": mark_words(line.marks),
    }


def mark_words(marks: Iterable[JournalMark]) -> str:
    """Marks in words: `moved, credit note`; the state says what is partly scheduled."""
    others = (mark for mark in marks if mark is not JournalMark.PARTLY_SCHEDULED)
    return ", ".join(name_in_words(mark.name).lower() for mark in others)


async def show_groups(
    session: ReadSession,
    pin: Pin,
    journal_filter: JournalFilter,
    grouped: GroupedBy,
    limit: int,
) -> None:
    """Show the first groups, and the sums of all."""
    request = PageRequest(limit)
    lines, _ = await group_lines(session, pin, journal_filter, grouped, request)
    count = await count_groups(session, pin, journal_filter, grouped)
    rows = [(_names_of_group(line, grouped), line.sums) for line in lines]
    listing = Listing(rows, _shown(count, len(lines), "group"))
    await _show(session, pin, journal_filter, listing)


def _names_of_group(line: GroupLine, grouped: GroupedBy) -> Names:
    its = {
        Grouping.CUSTOMER: line.customer and line.customer.name,
        Grouping.PRODUCT: line.product and line.product.name,
        Grouping.DOCUMENT: line.document and line.document.number,
    }
    return {
        "Group": line.key,
        **{grouping.capitalize(): its[grouping] for grouping in grouped.by},
        "State": line.sums.state.capitalize(),
    }


async def show_months(
    session: ReadSession, pin: Pin, journal_filter: JournalFilter
) -> None:
    """Show each month's net change of the accounts, and their sum."""
    months = sorted((await totals_by_month(session, pin, journal_filter)).items())
    table = amounts_table([f"Month, {pin.currency}"], ACCOUNTS)
    for month, pairs in months:
        add_amounts(table, [month_text(month)], _nets(pairs), pin.currency)
    table.add_section()
    _add_sums(table, "Total", await pair_totals(session, pin, journal_filter), pin)
    out.print(table)


async def _show(
    session: ReadSession, pin: Pin, journal_filter: JournalFilter, listing: Listing
) -> None:
    """Print rows with their net changes, and the sums of all that is selected."""
    pairs = await pair_totals(session, pin, journal_filter)
    posted = await posted_totals(session, pin, journal_filter)
    if listing.rows:
        sums = {"Total": pairs}
        if posted != pairs:
            later = {pair: pairs[pair] - posted.get(pair, 0) for pair in pairs}
            sums = {"Posted": posted, "Scheduled": later, **sums}
        out.print(_fitting(pin, listing, sums))
    out.print(listing.told)
    if pairs:
        out.print(_sides(pin, pairs, await account_names(session, pin)))
        out.print(f"Dr = Cr {grouped_text(sum(pairs.values()), pin.currency)}")


def _fitting(
    pin: Pin, listing: Listing, sums: Mapping[str, Mapping[AccountPair, int]]
) -> Table:
    """The table with as many columns of names as the terminal has room for.

    Where there is room for the amounts alone, it has all: they stand above these.
    """
    rows = [names for names, _ in listing.rows]
    every = titles = [
        title
        for title in rows[0]
        if title != "Marks" or any(names[title] for names in rows)
    ]
    for left_out in (None, *LEFT_OUT):
        titles = [title for title in titles if title != left_out]
        if fits(_table(pin, listing, sums, titles, NAME_LEAST)):
            return _table(pin, listing, sums, titles)
    return _table(pin, listing, sums, every)


def _table(
    pin: Pin,
    listing: Listing,
    sums: Mapping[str, Mapping[AccountPair, int]],
    titles: Sequence[str],
    length: int | None = None,
) -> Table:
    """The table with some columns, and names cut to a length."""
    table = amounts_table(titles, ACCOUNTS)
    table.columns[0].min_width = max(map(len, sums))
    for names, its in listing.rows:
        shown = [(names[title] or "")[:length] for title in titles]
        add_amounts(table, shown, _nets(its.pairs), pin.currency)
    table.add_section()
    for title, pairs in sums.items():
        _add_sums(table, title, pairs, pin)
    return table


def _nets(pairs: Mapping[AccountPair, int]) -> list[int]:
    """The net change of each account, on its normal side."""
    return [net_change(pairs, role) for role in Role]


def _add_sums(
    table: Table, title: str, pairs: Mapping[AccountPair, int], pin: Pin
) -> None:
    blank = [""] * (len(table.columns) - len(ACCOUNTS) - 1)
    add_amounts(table, (title, *blank), _nets(pairs), pin.currency, is_sum=True)


def _shown(count: int, shown: int, noun: str) -> str:
    """How many rows there are, and how to see those that aren't shown."""
    if count == shown:
        return f"{counted(count, noun)}."
    return (
        f"The first {shown:,} of {counted(count, noun)}; --limit shows more, --csv all."
    )


def _sides(pin: Pin, pairs: Mapping[AccountPair, int], names: AccountNames) -> Table:
    """Both sides of each account, as a general ledger has them, and the net change."""
    table = amounts_table(
        [f"Account, {pin.currency}"], ["Debit", "Credit", "Net change"]
    )
    for role in Role:
        debit = sum(amount for pair, amount in pairs.items() if pair[0] == role)
        credit = sum(amount for pair, amount in pairs.items() if pair[1] == role)
        amounts = (debit, credit, net_change(pairs, role))
        table.add_row(
            escape(names.of(role).name),
            *(grouped_text(amount, pin.currency) for amount in amounts),
        )
    return table
