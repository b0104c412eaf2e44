"""What the API says of one journal: its sum, days, recordings and versions."""

from dataclasses import replace
from typing import Any

import pytest

from daybook.db.engine import Database
from daybook_factories import (
    credit_note,
    credited_line,
    invoice,
    line,
    lock,
    record,
    terms,
)
from daybook_graphql.journals.ids import JournalId
from daybook_graphql.kit.ids import encode

Ask = Any  # a fixture's type, see conftest

pytestmark = pytest.mark.anyio

JOURNAL = """query ($id: ID!, $asOf: Date) { journal(id: $id, asOf: $asOf) {
  sum { account result { amount } lines { sign amount { amount } words recording } }
  days { from to days what status each { ...Gains } gains { ...Gains } }
  recordings { number recordedAt reason madeBy documentVersion gains { ...Gains } }
  auditRecords { number action madeBy reason recordings { currency first last } }
  movements { version amount { amount } }
  document { versions { number recording status accountingDate total { amount } } } } }
fragment Gains on AccountGains {
  billed { amount } unbilled { amount } deferred { amount } recognized { amount } }
"""
PERIOD = ("2025-02-01", "2026-01-31")


def gains(shown: Any) -> tuple[str, ...]:
    names = ("billed", "unbilled", "deferred", "recognized")
    return tuple(shown[name]["amount"] for name in names)


async def journal(ask: Ask, number: int, as_of: str | None = None) -> Any:
    id_ = encode(JournalId("USD", number))
    answer = await ask(JOURNAL, {"id": id_, "asOf": as_of})
    assert "errors" not in answer, answer
    return answer["data"]["journal"]


async def recorded(database: Database) -> int:
    """7,200.00 invoiced, revised to 6,600.00 after a lock; the journal of June."""
    sold = invoice("inv_1", line(its_terms=terms("7200.00", PERIOD)))
    await record(database, sold, on="2025-02-01")
    await lock(database, "2025-05-31", on="2025-06-01")
    revised = replace(sold, lines=(line(its_terms=terms("6600.00", PERIOD)),))
    await record(database, revised, on="2025-06-12", made_by="Anna Bell")
    return 6  # billed in January, and then a journal a month


async def test_a_revised_journal_tells_what_each_version_brought(
    database: Database, ask: Ask
) -> None:
    number = await recorded(database)

    found = await journal(ask, number)

    assert found["sum"]["account"] == "RECOGNIZED"
    assert found["sum"]["result"] == {"amount": "350.00"}
    assert [
        (its["sign"], its["amount"]["amount"], its["recording"])
        for its in found["sum"]["lines"]
    ] == [("PLUS", "550.00", "3"), ("MINUS", "200.00", "3")]
    assert [
        (its["number"], its["reason"], its["madeBy"], its["documentVersion"])
        for its in found["recordings"]
    ] == [("3", "test", "Anna Bell", 2), ("1", "test", None, 1)]
    assert [gains(its["gains"]) for its in found["recordings"]] == [
        ("-600.00", "0.00", "-950.00", "350.00"),
        ("0.00", "0.00", "-600.00", "600.00"),
    ]
    assert [
        (its["action"], its["madeBy"], its["reason"], its["recordings"])
        for its in found["auditRecords"]
    ] == [
        ("IMPORT", "Anna Bell", None, [_covering("3")]),
        ("IMPORT", None, None, [_covering("1")]),
    ]
    # June was open: the first version's movement of it was superseded.
    assert {its["version"] for its in found["movements"]} == {2}
    assert [
        (its["number"], its["recording"], its["status"], its["total"]["amount"])
        for its in found["document"]["versions"]
    ] == [(2, "3", "FINAL", "6600.00"), (1, "1", "FINAL", "7200.00")]
    whats = [its["what"] for its in found["days"]]
    assert whats[0] == "Moved by the lock"
    assert {its["status"] for its in found["days"]} == {"POSTED", "SCHEDULED"}


def _covering(recording: str) -> Any:
    """What a record of one recording covers."""
    return {"currency": "USD", "first": recording, "last": recording}


async def test_before_the_revision_there_is_one_version_and_one_recording(
    database: Database, ask: Ask
) -> None:
    number = await recorded(database)

    found = await journal(ask, number, "2025-06-11")

    assert [its["number"] for its in found["recordings"]] == ["1"]
    (its,) = found["auditRecords"]
    assert its["recordings"] == [_covering("1")]
    assert [its["number"] for its in found["document"]["versions"]] == [1]
    assert [its["version"] for its in found["movements"]] == [1]
    (only,) = found["sum"]["lines"]
    assert only["words"].startswith("7,200.00 ÷ 12, ")
    statuses = [(its["from"], its["to"], its["status"]) for its in found["days"]]
    assert statuses == [
        ("2025-06-01", "2025-06-11", "POSTED"),
        ("2025-06-12", "2025-06-30", "SCHEDULED"),
    ]


async def test_a_movement_that_a_credit_note_made_is_of_no_version(
    database: Database, ask: Ask
) -> None:
    await record(database, invoice("inv_1"), on="2025-01-01")
    note = credit_note("cn_1", credited_line("120.00"), accounting_date="2025-03-01")
    await record(database, note, on="2025-03-01")

    invoiced = await journal(ask, 4)
    superseded = await journal(ask, 4, "2025-02-01")

    assert [its["version"] for its in superseded["movements"]] == [1]
    assert [its["version"] for its in invoiced["movements"]] == [None]
    assert [its["documentVersion"] for its in invoiced["recordings"]] == [1, 1]
