"""The roll-forward for files."""

from daybook.calendar import month_text
from daybook.ledger.pins import Pin
from daybook.ledger.rules import Role, name_in_words
from daybook.reports.rollforward.queries import RollForwardMonth
from daybook.reports.rollforward.rules import Column
from daybook.sheets.columns import Column as SheetColumn
from daybook.sheets.columns import Money, Sheet, money, text


def roll_forward_sheet(pin: Pin, role: Role) -> Sheet[RollForwardMonth]:
    """A row for each month, with the account's columns."""
    currency = pin.currency

    def amount(column: Column) -> SheetColumn[RollForwardMonth]:
        name = column.name
        return money(
            name.lower(),
            name_in_words(name),
            lambda row: Money(row.columns.get(column, 0), currency),
        )

    month: SheetColumn[RollForwardMonth] = text(
        "month", f"Month, {currency}", lambda row: month_text(row.month)
    )
    opening: SheetColumn[RollForwardMonth] = money(
        "opening", "Opening", lambda row: Money(row.opening, currency)
    )
    closing: SheetColumn[RollForwardMonth] = money(
        "closing", "Closing", lambda row: Money(row.closing, currency)
    )
    return Sheet(
        f"{role.name.lower()}_roll_forward",
        f"{role.name.capitalize()} roll-forward",
        (month, opening, *map(amount, Column), closing),
    )
