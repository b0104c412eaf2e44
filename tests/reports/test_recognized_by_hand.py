"""What manual journals recognized of milestones: which ones, and how much of them."""

from typing import Any

import pytest

from daybook.adjustments.rules import AdjustmentMode
from daybook.calendar import parse_day
from daybook.db.engine import Database
from daybook.documents.actions import complete_milestone
from daybook.ledger.pins import Pin
from daybook.ledger.rules import Role
from daybook.reports.recognized_by_hand import (
    RecognizedPart,
    recognized_by_hand,
    recognized_of_documents,
)
from daybook_adjusting import credit, debit, entered, reversed_journal, submitted
from daybook_factories import (
    ORGANISATION,
    credit_note,
    credited_line,
    invoice,
    line,
    milestone_line,
    noon,
    pin,
    record,
    voided,
)

pytestmark = [pytest.mark.anyio, pytest.mark.either_database]

PROJECT = invoice("inv_1", milestone_line(("a", "300.00", None), ("b", "600.00", None)))

Found = dict[tuple[int, int], list[tuple[int, str]]]


async def found(database: Database, *, at: Pin | None = None) -> Found:
    """Manual journals and amounts, by the schedule and position of milestones."""
    its_pin = at or await pin(database, on="2025-11-01")
    async with database.reads() as session:
        parts = await recognized_by_hand(session, its_pin, [1])
        assert parts == await recognized_of_documents(session, its_pin, [1])
    return {key: list(map(_shown, its)) for key, its in parts.items()}


def _shown(part: RecognizedPart) -> tuple[int, str]:
    return part.manual, f"{part.amount / 100:.2f}"


async def recognize(
    database: Database, amount: str, *, product: str = "prod_1", **fields: Any
) -> int:
    """Post a manual journal from Deferred to Recognized; its number."""
    lines = debit(Role.DEFERRED, amount), credit(Role.RECOGNIZED, amount)
    journal = entered(*lines, **{"customer": "cus_1", "product": product, **fields})
    return (await submitted(database, journal)).number


async def complete(database: Database, milestone: str, day: str | None) -> None:
    await complete_milestone(
        *(database, ORGANISATION, "inv_1", "1", milestone),
        None if day is None else parse_day(day),
        now=noon(parse_day("2025-03-20")),
    )


async def test_open_ones_in_the_order_of_recording(database: Database) -> None:
    await record(database, PROJECT, on="2025-02-10")
    before = await pin(database, on="2025-02-10")
    assert await found(database) == {}

    await recognize(database, "144.00")
    assert await found(database) == {(1, 0): [(1, "144.00")]}
    await recognize(database, "200.00")

    first = [(1, "144.00"), (2, "156.00")]
    assert await found(database) == {(1, 0): first, (1, 1): [(2, "44.00")]}
    assert await found(database, at=before) == {}


async def test_what_was_recognized_stays_with_a_milestone_that_is_reached(
    database: Database,
) -> None:
    """Of those that were open at its time: that is what is recognized twice then."""
    await record(database, PROJECT, on="2025-02-10")
    await recognize(database, "144.00")
    await complete(database, "a", "2025-03-20")
    await recognize(database, "50.00")

    of_both = {(1, 0): [(1, "144.00")], (1, 1): [(2, "50.00")]}
    assert await found(database) == of_both
    await complete(database, "b", "2025-03-20")
    assert await found(database) == of_both
    await recognize(database, "200.00")
    first = [(1, "144.00"), (3, "156.00")]
    assert await found(database) == {
        (1, 0): first,
        (1, 1): [(2, "50.00"), (3, "44.00")],
    }

    await reversed_journal(database, 2)
    assert await found(database) == {(1, 0): first, (1, 1): [(3, "44.00")]}


async def test_what_is_given_back_does_not_count(database: Database) -> None:
    """By its own reversal, by another journal, or by one that takes it back."""
    await record(database, PROJECT, on="2025-02-10")
    await recognize(database, "10.00", reverses_on="2025-12-01")
    assert await found(database) == {}

    await recognize(database, "144.00")
    back = debit(Role.RECOGNIZED, "100.00"), credit(Role.DEFERRED, "100.00")
    journal = entered(*back, customer="cus_1", product="prod_1")
    await submitted(database, journal)

    assert await found(database) == {(1, 0): [(2, "44.00")]}


async def test_others_do_not_count(database: Database) -> None:
    """Of another product, of no customer, or between other accounts."""
    await record(
        database,
        invoice(
            "inv_1", milestone_line(("a", "300.00", None)), line("2", product="p2")
        ),
        on="2025-02-10",
    )
    await recognize(database, "10.00", product="p2")
    await recognize(database, "10.00", customer=None)
    moved = debit(Role.DEFERRED, "10.00"), credit(Role.BILLED, "10.00")
    journal = entered(*moved, customer="cus_1", product="prod_1")
    await submitted(database, journal)

    assert await found(database) == {}


async def test_a_line_counts_for_its_own_product(database: Database) -> None:
    await record(database, PROJECT, on="2025-02-10")
    lines = (
        debit(Role.DEFERRED, "25.00", product="prod_1"),
        credit(Role.RECOGNIZED, "25.00", product="p2"),
    )
    other = invoice("inv_2", line(product="p2"))
    await record(database, other, on="2025-02-11")
    await submitted(database, entered(*lines, customer="cus_1"))

    assert await found(database) == {(1, 0): [(1, "25.00")]}


async def test_one_that_adjusts_counts_for_that_invoice(database: Database) -> None:
    """So does one that adjusts the manual journal."""
    second = invoice("inv_2", milestone_line(("c", "50.00", None)))
    await record(database, PROJECT, second, on="2025-02-10")
    adjusting: dict[str, Any] = {"adjusts": 2, "mode": AdjustmentMode.DIFFERENCE}

    await recognize(database, "60.00", **adjusting)
    assert await found(database) == {(2, 0): [(1, "50.00")]}

    back = debit(Role.RECOGNIZED, "45.00"), credit(Role.DEFERRED, "45.00")
    await submitted(database, entered(*back, adjusts=3, mode=AdjustmentMode.DIFFERENCE))
    assert await found(database) == {(2, 0): [(1, "15.00")]}


async def test_none_of_what_is_void_or_taken_back_whole(database: Database) -> None:
    third = invoice("inv_3", milestone_line(("d", "70.00", None)))
    void = invoice("inv_2", milestone_line(("c", "50.00", None)))
    await record(database, PROJECT, void, third, on="2025-02-10")
    await record(database, voided(void), on="2025-02-11")
    note = credit_note("cn_1", credited_line("900.00"), invoice_id="inv_1")
    await record(database, note, on="2025-02-12")

    await recognize(database, "60.00")

    assert await found(database) == {(3, 0): [(1, "60.00")]}
