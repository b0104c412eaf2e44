"""The auditors' population through the API: entries, flags, filters, ties."""

from typing import Any

import pytest

from daybook.db.engine import Database
from daybook.reports.population.rules import PopulationFlag as StoredFlag
from daybook_deferred import deferred_history
from daybook_factories import invoice, line, lock, record, terms
from daybook_graphql.documents.ids import InvoiceId
from daybook_graphql.kit.ids import encode
from daybook_graphql.ledgers.ids import LedgerId
from daybook_graphql.parties.ids import CustomerId, ProductId
from daybook_graphql.reports.enums import PopulationFlag
from daybook_report_answers import failed, plain

pytestmark = [pytest.mark.anyio, pytest.mark.either_database]

Ask = Any  # a fixture's type, see conftest

LEDGER = encode(LedgerId("USD"))
MONEY = "{ amount currency }"
POPULATION = f"""
query(
  $asOf: Date, $filter: PopulationFilter,
  $first: Int, $after: String, $last: Int, $before: String
) {{
  population(
    ledgerId: "{LEDGER}", asOf: $asOf, filter: $filter,
    first: $first, after: $after, last: $last, before: $before
  ) {{
    totals {{ flag entries amount {MONEY} }}
    ties {{ name words left {MONEY} right {MONEY} difference {MONEY} holds }}
    countTies {{ name words left right difference holds }}
    pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }}
    nodes {{ number movement }}
    edges {{ cursor node {{
      journal {{ number month }} number movement debit {{ role }} credit {{ role }}
      amount {MONEY} firstDay lastDay source document {{ reference }}
      customer {{ externalId }} product {{ externalId }} author recordedAt reason flags
    }} }}
  }}
}}
"""


async def population(ask: Ask, **variables: Any) -> Any:
    """The population, with amounts as text."""
    answer = await ask(POPULATION, {"first": 100} | variables)
    assert "errors" not in answer, answer
    return plain(answer["data"]["population"])


def places(shown: Any) -> list[tuple[str, int]]:
    """The journals and places of a page's entries."""
    return [(node["number"], node["movement"]) for node in shown["nodes"]]


def counts(shown: Any) -> dict[str | None, tuple[int, str]]:
    """The totals by their flags, those without entries left out."""
    return {
        total["flag"]: (total["entries"], total["amount"])
        for total in shown["totals"]
        if total["entries"]
    }


def test_the_schema_has_every_flag() -> None:
    assert [flag.name for flag in PopulationFlag] == [flag.name for flag in StoredFlag]


async def test_every_field_of_every_kind_of_entry(database: Database, ask: Ask) -> None:
    await deferred_history(database)

    shown = await population(ask)

    entries = {
        (edge["node"]["number"], edge["node"]["movement"]): edge["node"]
        for edge in shown["edges"]
    }
    sold = {
        "journal": {"number": "10", "month": "2025-10-01"},
        "number": "10",
        "debit": {"role": "DEFERRED"},
        "credit": {"role": "RECOGNIZED"},
        "firstDay": "2025-10-01",
        "lastDay": "2025-10-31",
        "source": "INVOICE",
        "document": {"reference": "INV_1"},
        "customer": {"externalId": "cus_1"},
        "product": {"externalId": "prod_1"},
        "author": None,
        "reason": "test",
    }
    assert entries["10", 1] == sold | {
        "movement": 1,
        "amount": "100.00",
        "recordedAt": "2025-01-01T12:00:00Z",
        "flags": ["SUPERSEDED"],
    }
    assert entries["10", 2] == sold | {
        "movement": 2,
        "amount": "80.00",
        "recordedAt": "2025-03-21T12:00:00Z",
        "flags": [],
    }
    (by_hand,) = [entry for entry in entries.values() if entry["document"] is None]
    assert by_hand == {
        "journal": {"number": "28", "month": "2025-03-01"},
        "number": "28",
        "movement": 1,
        "debit": {"role": "DEFERRED"},
        "credit": {"role": "RECOGNIZED"},
        "amount": "50.00",
        "firstDay": "2025-03-15",
        "lastDay": "2025-03-15",
        "source": "STANDALONE",
        "document": None,
        "customer": None,
        "product": None,
        "author": "ada@example.com",
        "recordedAt": "2025-03-20T12:00:00Z",
        "reason": "MJ-1 posted: Usage that was billed twice",
        "flags": ["MANUAL"],
    }
    assert places(shown) == list(entries)
    assert counts(shown) == {
        None: (35, "4580.00"),
        "MANUAL": (1, "50.00"),
        "SUPERSEDED": (3, "300.00"),
    }
    assert [total["flag"] for total in shown["totals"]] == [
        None,
        *(flag.name for flag in PopulationFlag),
    ]


async def test_it_ties_to_the_journal_report(database: Database, ask: Ask) -> None:
    await deferred_history(database)

    shown = await population(ask)

    assert all(tie["holds"] and tie["words"] for tie in shown["ties"])
    assert {tie["name"]: tie["left"] for tie in shown["ties"]} == {
        "debits_are_reported": "4280.00",
        "billed_is_reported": "1980.00",
        "unbilled_is_reported": "150.00",
        "deferred_is_reported": "-50.00",
        "recognized_is_reported": "2180.00",
    }
    (journals,) = shown["countTies"]
    assert journals == {
        "name": "journals_are_listed",
        "words": "Journals with entries in force = journals of the journal report",
        "left": 29,
        "right": 29,
        "difference": 0,
        "holds": True,
    }


async def test_entries_are_flagged(database: Database, ask: Ask) -> None:
    await record(database, invoice("inv_1"), on="2025-01-01")
    weekly = line(its_terms=terms("3000.00", ("2025-01-01", "2025-03-31")))
    await record(database, invoice("inv_2", weekly), on="2025-01-05")  # a Sunday
    await lock(database, "2025-01-31", on="2025-02-03")
    await record(
        database, invoice("inv_3", accounting_date="2025-01-15"), on="2025-02-04"
    )

    found = {
        flag.name: places(await population(ask, filter={"flags": [flag.name]}))
        for flag in (
            PopulationFlag.AFTER_CLOSE,
            PopulationFlag.WEEKEND,
            PopulationFlag.ROUND,
        )
    }
    either = await population(ask, filter={"flags": ["WEEKEND", "AFTER_CLOSE"]})
    every = await population(ask, filter={"flags": []})

    # 3,000.00 billed, and 1,000.00 recognized in each of three months.
    assert found["ROUND"] == found["WEEKEND"]
    assert len(found["WEEKEND"]) == 4
    # What was billed and earned in January is posted on 1 February.
    assert found["AFTER_CLOSE"]
    assert sorted(places(either)) == sorted(found["WEEKEND"] + found["AFTER_CLOSE"])
    assert len(places(every)) == counts(every)[None][0]


async def test_filters_narrow_and_are_told_apart(database: Database, ask: Ask) -> None:
    await deferred_history(database)

    found = {
        name: counts(await population(ask, filter=narrow)).get(None, (0, "0.00"))
        for name, narrow in {
            "customer": {"customerId": encode(CustomerId("cus_2"))},
            "product": {"productId": encode(ProductId("prod_2"))},
            "document": {"documentId": encode(InvoiceId("inv_3"))},
            "posted": {"posted": {"from": "2025-02-01", "to": "2025-02-28"}},
            "recorded": {"recorded": {"from": "2025-03-21"}},
            "recorded earlier": {"recorded": {"to": "2025-03-20"}},
            "author": {"author": "ada@example.com"},
            "nobody": {"author": "nobody"},
        }.items()
    }

    assert found == {
        "customer": (14, "1680.00"),
        "product": (7, "1200.00"),
        "document": (7, "480.00"),
        "posted": (2, "150.00"),
        "recorded": (4, "300.00"),
        "recorded earlier": (31, "4280.00"),
        "author": (1, "50.00"),
        "nobody": (0, "0.00"),
    }


async def test_pages_go_on_both_ways(database: Database, ask: Ask) -> None:
    await deferred_history(database)
    whole = await population(ask)

    first = await population(ask, first=20)
    rest = await population(ask, first=20, after=first["pageInfo"]["endCursor"])
    back = await population(
        ask, first=None, last=20, before=rest["pageInfo"]["startCursor"]
    )

    assert first["edges"] + rest["edges"] == whole["edges"]
    assert back["edges"] == first["edges"]
    assert first["pageInfo"]["hasNextPage"] is True
    assert rest["pageInfo"]["hasNextPage"] is False


async def test_an_earlier_day_knows_nothing_of_what_came_later(
    database: Database, ask: Ask
) -> None:
    await deferred_history(database)

    shown = await population(ask, asOf="2025-03-20")

    assert counts(shown) == {None: (31, "4280.00"), "MANUAL": (1, "50.00")}


async def test_what_can_be_no_filter_is_told_in_words(
    database: Database, ask: Ask
) -> None:
    await deferred_history(database)

    refused = [
        await failed(ask, POPULATION, filter=narrow)
        for narrow in (
            {"posted": {"from": "2025-02-01", "to": "2025-01-01"}},
            {"recorded": {"from": "2025-02-01", "to": "2025-01-01"}},
            {"author": "a\0b"},
            {"customerId": encode(CustomerId("nobody"))},
        )
    ]

    order = "the range ends on 2025-01-01, before it starts on 2025-02-01"
    assert refused == [
        ("INVALID_PERIOD", f"filter.posted: {order}"),
        ("INVALID_PERIOD", f"filter.recorded: {order}"),
        (
            "INVALID_VALUE",
            "filter.author: this has a character that is in no name: type it again",
        ),
        ("NOT_FOUND", "there is no customer 'nobody'"),
    ]
