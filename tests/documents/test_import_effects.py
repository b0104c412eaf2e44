"""What an import brings to each ledger, against the ledger before and after it."""

import pytest

from daybook.calendar import parse_day
from daybook.db.engine import Database
from daybook.documents.effects import LedgerEffect
from daybook.documents.rules import Document
from daybook.money import amount_text
from daybook_factories import (
    credit_note,
    credited_line,
    invoice,
    line,
    lock,
    record,
    terms,
    usd,
    voided,
)
from daybook_shown import balances, moved_by_locks
from daybook_stored import dump

pytestmark = pytest.mark.anyio

TODAY = "2025-06-15"
WINTER = ("2025-12-01", "2026-03-31")


def sold(
    id: str,  # noqa: A002  (the document's field)
    amount: str,
    customer: str = "cus_1",
) -> Document:
    """An invoice for 2025."""
    return invoice(id, line(its_terms=terms(amount)), customer=customer)


async def effect(
    database: Database, *documents: Document, on: str = TODAY, is_dry_run: bool = False
) -> dict[str, LedgerEffect]:
    """What an import brings, or would bring."""
    result = await record(
        database, *documents, on=on, is_dry_run=is_dry_run, with_effects=True
    )
    return dict(result.effects)


async def stand(database: Database, on: str = TODAY) -> dict[str, int]:
    """Balances by a day, by the days of all movements, and what locks moved."""
    shown = {name: usd(text) for name, text in (await balances(database, on)).items()}
    moved = 0
    for words in await moved_by_locks(database):
        _day, _dr, debit, _cr, credit, amount, *_ = words.split()
        if "Recognized" in {debit, credit}:
            moved += usd(amount) * (1 if credit == "Recognized" else -1)
    return {"Deferred": 0, "Recognized": 0, **shown, "Moved": moved}


async def test_the_effects_are_what_the_ledger_gains(database: Database) -> None:
    await record(
        database,
        sold("inv_1", "1200.00"),
        sold("inv_2", "2400.00"),
        sold("inv_4", "600.00"),
        on="2025-01-01",
    )
    await lock(database, "2025-03-31", on="2025-06-01")
    documents = [
        sold("inv_1", "1500.00"),
        voided(sold("inv_2", "2400.00")),
        sold("inv_3", "1200.00"),
        sold("inv_4", "600.00"),
        credit_note("cn_1", credited_line("100.00"), accounting_date="2025-06-10"),
    ]
    stored, before = await dump(database), await stand(database)

    dry = await effect(database, *documents, is_dry_run=True)
    assert await dump(database) == stored
    done = await effect(database, *documents)
    after = await stand(database)

    assert dry == done
    (of_dollars,) = dry.values()
    assert (of_dollars.documents, of_dollars.invoiced) == (4, usd("-900.00"))
    assert (of_dollars.credited, of_dollars.file_total) == (usd("100"), usd("3200"))
    assert of_dollars.recognized == after["Recognized"] - before["Recognized"]
    assert of_dollars.deferred == after["Deferred"] - before["Deferred"]
    assert of_dollars.moved == after["Moved"] - before["Moved"] != 0
    # All of it is billed by today, so what came in is deferred or recognized.
    gained = of_dollars.recognized + of_dollars.deferred
    assert gained == of_dollars.invoiced - of_dollars.credited


async def test_what_a_lock_moves_is_told_apart(database: Database) -> None:
    # 12,000.00 for 1 Dec to 31 Mar, locked through 31 Dec: December's 3,000.00 are
    # posted on 1 January, beside fifteen days of January at 96.77.
    await record(database, sold("nothing", "0.00"))
    await lock(database, "2025-12-31", on="2026-01-02")
    winter = invoice(
        "inv_1",
        line(its_terms=terms("12,000.00", WINTER)),
        accounting_date="2025-12-01",
    )

    brought = await effect(database, winter, on="2026-01-15")

    assert brought["USD"] == LedgerEffect(
        documents=1,
        invoiced=usd("12,000.00"),
        recognized=usd("3,000.00") + 15 * usd("96.77"),
        deferred=usd("12,000.00") - usd("3,000.00") - 15 * usd("96.77"),
        moved=usd("3,000.00"),
        moved_from=parse_day("2026-01-01"),
        moved_through=parse_day("2026-01-01"),
        file_total=usd("12,000.00"),
    )


async def test_each_ledger_has_its_own(database: Database) -> None:
    yen = terms("1200000", currency="JPY")
    documents = [
        sold("inv_1", "1200.00"),
        invoice("inv_2", line(its_terms=yen), currency="JPY", customer="cus_2"),
    ]

    brought = await effect(database, *documents, on="2025-01-31")

    found = {
        currency: [
            amount_text(amount, currency)
            for amount in (its.invoiced, its.recognized, its.deferred)
        ]
        for currency, its in brought.items()
    }
    assert found == {
        "JPY": ["1200000", "100000", "1100000"],
        "USD": ["1200.00", "100.00", "1100.00"],
    }


async def test_documents_that_are_recorded_already_count_in_the_file_only(
    database: Database,
) -> None:
    await record(database, sold("inv_1", "1200.00"))

    brought = await effect(database, sold("inv_1", "1200.00"))

    assert brought == {"USD": LedgerEffect(file_total=usd("1200.00"))}


async def test_nobody_pays_for_effects_who_does_not_ask(database: Database) -> None:
    result = await record(database, sold("inv_1", "1200.00"))

    assert result.effects == {}
