"""What is posted, as a controller would write it down: for tests with numbers in them.

`{"2025-10-01 Dr Deferred Cr Billed": "3000.00"}`, or by month.
"""

from collections import Counter
from collections.abc import Callable, Iterable

from daybook.calendar import Day, date_of, day_text, month_of, month_text
from daybook.db.engine import Database
from daybook.ledger.rules import Movement, Role
from daybook.money import amount_text
from daybook_oracle import net_of
from daybook_stored import StoredMovement, stored_movements

Shown = dict[str, str]


async def booked(
    database: Database,
    document: str | None = None,
    *,
    product: str | None = None,
    between: tuple[str, str] = ("0000", "9999"),
) -> Shown:
    """What is posted on each day, of one document or product, or of all."""
    shown = _shown(await _posted(database, document, product), day_text, "USD")
    first, last = between
    return {key: one for key, one in shown.items() if first <= key[:10] <= last}


async def booked_by_month(
    database: Database, document: str | None = None, *, currency: str = "USD"
) -> Shown:
    """The same by posting month."""
    movements = await _posted(database, document)
    return _shown(movements, lambda day: month_text(month_of(day)), currency)


async def serviced_by_month(database: Database, document: str | None = None) -> Shown:
    """By the month of service, wherever a lock posted it."""
    found = await _in_force(database, document)
    movements = [its for one in found for its in one.service]
    return _shown(movements, lambda day: month_text(month_of(day)), "USD")


async def balances(
    database: Database, on: str = "9999-12-31", document: str | None = None
) -> Shown:
    """The accounts after a day, each on its normal side; those of nothing left out."""
    total: Counter[Role] = Counter()
    for (day, debit, credit), amount in net_of(
        await _posted(database, document)
    ).items():
        if date_of(day).isoformat() <= on:
            total[debit] += amount
            total[credit] -= amount
    return {
        role.name.title(): amount_text(
            amount if role.is_debit_normal else -amount, "USD"
        )
        for role, amount in sorted(total.items())
        if amount
    }


async def moved_by_locks(database: Database) -> list[str]:
    """Entries that a lock moved: day, accounts, amount, and the service days."""
    shown = []
    for one in await _in_force(database):
        if one.locked_through is not None:
            ((key, amount),) = _shown([one.movement], day_text, "USD").items()
            first = min(its.first_day for its in one.parts)
            last = max(its.last_day for its in one.parts)
            shown.append(
                f"{key} {amount} for {day_text(first)} to {day_text(last)},"
                f" locked through {day_text(one.locked_through)}"
            )
    return sorted(shown)


async def _posted(
    database: Database, document: str | None = None, product: str | None = None
) -> list[Movement]:
    return [one.movement for one in await _in_force(database, document, product)]


async def _in_force(
    database: Database, document: str | None = None, product: str | None = None
) -> list[StoredMovement]:
    return [
        movement
        for movement in await stored_movements(database)
        if movement.is_in_force()
        and document in {None, movement.document}
        and product in {None, movement.product}
    ]


def _shown(
    movements: Iterable[Movement], text_of: Callable[[Day], str], currency: str
) -> Shown:
    total: Counter[tuple[str, Role, Role]] = Counter()
    for (day, debit, credit), amount in net_of(movements).items():
        total[text_of(day), debit, credit] += amount
    shown = {}
    for (when, debit, credit), amount in sorted(total.items()):
        pair = (debit, credit) if amount > 0 else (credit, debit)
        if amount:
            names = [one.name.title() for one in pair]
            key = f"{when} Dr {names[0]} Cr {names[1]}"
            shown[key] = amount_text(abs(amount), currency)
    return shown
