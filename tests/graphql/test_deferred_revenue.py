"""The deferred revenue report through the API: figures, rows, pages, ties."""

from typing import Any

import pytest

from daybook.db.engine import Database
from daybook_deferred import DAY, deferred_history
from daybook_graphql.documents.ids import CreditNoteId, InvoiceId
from daybook_graphql.kit.ids import encode
from daybook_graphql.ledgers.ids import LedgerId
from daybook_graphql.parties.ids import CustomerId, ProductId
from daybook_report_answers import failed, figures, plain

pytestmark = [pytest.mark.anyio, pytest.mark.either_database]

Ask = Any  # a fixture's type, see conftest

LEDGER = encode(LedgerId("USD"))
MONEY = "{ amount currency }"
FIGURES = f"""{{
  booked {MONEY} unbilled {MONEY} recognized {MONEY} balance {MONEY} remaining {MONEY}
}}"""
REPORT = f"""
query(
  $on: Date, $asOf: Date, $filter: RevenueFilter, $openOnly: Boolean! = false,
  $first: Int, $after: String, $last: Int, $before: String
) {{
  deferredRevenue(
    ledgerId: "{LEDGER}", on: $on, asOf: $asOf, filter: $filter, openOnly: $openOnly,
    first: $first, after: $after, last: $last, before: $before
  ) {{
    totals {FIGURES}
    otherManualJournals {FIGURES}
    ties {{ name words left {MONEY} right {MONEY} difference {MONEY} holds }}
    pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }}
    nodes {{ total {FIGURES} }}
    edges {{ cursor node {{
      total {FIGURES}
      rows {{
        customer {{ externalId name }} product {{ externalId name }}
        source document {{ externalId reference }} journal {{ source }}
        isCredit isManual method serviceFrom serviceTo figures {FIGURES}
      }}
    }} }}
  }}
}}
"""


async def report(ask: Ask, **variables: Any) -> Any:
    """The report, with amounts as text."""
    answer = await ask(REPORT, {"on": DAY} | variables)
    assert "errors" not in answer, answer
    return plain(answer["data"]["deferredRevenue"])


async def test_every_figure_of_every_row(database: Database, ask: Ask) -> None:
    await deferred_history(database)

    shown = await report(ask)

    totals = figures("1800.00", "150.00", "1100.00", "850.00", "850.00")
    assert shown["totals"] == totals
    nothing = figures("0.00", "0.00", "0.00", "0.00", "0.00")
    assert shown["otherManualJournals"] == nothing
    acme = figures("1200.00", "0.00", "600.00", "600.00", "600.00")
    beta = figures("600.00", "0.00", "300.00", "300.00", "300.00")
    usage = figures("0.00", "150.00", "150.00", "0.00", "0.00")
    by_hand = figures("0.00", "0.00", "50.00", "-50.00", "-50.00")
    families = [edge["node"] for edge in shown["edges"]]
    assert [family["total"] for family in families] == [acme, beta, usage, by_hand]
    assert [node["total"] for node in shown["nodes"]] == [acme, beta, usage, by_hand]
    assert [family["rows"] for family in families] == [
        [
            {
                "customer": {"externalId": "cus_1", "name": "Acme"},
                "product": {"externalId": "prod_1", "name": "Platform"},
                "source": "INVOICE",
                "document": {"externalId": "inv_1", "reference": "INV_1"},
                "journal": {"source": "INVOICE"},
                "isCredit": False,
                "isManual": False,
                "method": "STRAIGHT_LINE",
                "serviceFrom": "2025-01-01",
                "serviceTo": "2025-12-31",
                "figures": acme,
            }
        ],
        [
            {
                "customer": {"externalId": "cus_2", "name": "Beta"},
                "product": {"externalId": "prod_2", "name": "Support"},
                "source": "INVOICE",
                "document": {"externalId": "inv_2", "reference": "INV_2"},
                "journal": {"source": "INVOICE"},
                "isCredit": False,
                "isManual": False,
                "method": "STRAIGHT_LINE",
                "serviceFrom": "2025-04-01",
                "serviceTo": "2025-09-30",
                "figures": beta,
            }
        ],
        [
            {
                "customer": {"externalId": "cus_1", "name": "Acme"},
                "product": {"externalId": "prod_1", "name": "Platform"},
                "source": "BILLING_SCHEDULE",
                "document": {"externalId": "bs_1", "reference": "BS_1"},
                "journal": {"source": "BILLING_SCHEDULE"},
                "isCredit": False,
                "isManual": False,
                "method": "STRAIGHT_LINE",
                "serviceFrom": "2025-01-01",
                "serviceTo": "2025-03-31",
                "figures": usage,
            }
        ],
        [
            {
                "customer": None,
                "product": None,
                "source": "STANDALONE",
                "document": None,
                "journal": {"source": "STANDALONE"},
                "isCredit": False,
                "isManual": True,
                "method": None,
                "serviceFrom": None,
                "serviceTo": None,
                "figures": by_hand,
            }
        ],
    ]


async def test_the_totals_tie_to_the_journal_report(
    database: Database, ask: Ask
) -> None:
    await deferred_history(database)

    ties = (await report(ask))["ties"]

    assert {tie["name"] for tie in ties} >= {"remaining_is_deferred"}
    for tie in ties:
        assert tie["holds"] is True
        assert tie["left"] == tie["right"]
        assert tie["difference"] == "0.00"
        assert tie["words"]
    (remaining,) = [tie for tie in ties if tie["name"] == "remaining_is_deferred"]
    assert remaining["left"] == "850.00"


async def test_a_credit_is_a_row_of_its_own_below_what_was_sold(
    database: Database, ask: Ask
) -> None:
    await deferred_history(database)

    shown = await report(ask, on="2025-10-31", first=1)

    (family,) = [edge["node"] for edge in shown["edges"]]
    sold, credited = family["rows"]
    assert (sold["isCredit"], credited["isCredit"]) == (False, True)
    assert credited["document"] == {"externalId": "cn_1", "reference": "CN_1"}
    assert credited["source"] == "CREDIT_NOTE"
    assert sold["figures"] == figures("1200.00", "0.00", "980.00", "220.00", "220.00")
    assert credited["figures"] == figures("-60.00", "0.00", "0.00", "-60.00", "-60.00")
    assert family["total"] == figures("1140.00", "0.00", "980.00", "160.00", "160.00")


async def test_pages_go_on_both_ways_and_keep_the_totals(
    database: Database, ask: Ask
) -> None:
    await deferred_history(database)
    whole = await report(ask)

    first = await report(ask, first=3)
    rest = await report(ask, first=3, after=first["pageInfo"]["endCursor"])
    back = await report(ask, last=3, before=rest["pageInfo"]["startCursor"])

    assert first["edges"] + rest["edges"] == whole["edges"]
    assert back["edges"] == first["edges"]
    assert first["pageInfo"]["hasNextPage"] is back["pageInfo"]["hasNextPage"] is True
    assert rest["pageInfo"]["hasPreviousPage"] is True
    assert rest["pageInfo"]["hasNextPage"] is False
    assert first["totals"] == rest["totals"] == back["totals"] == whole["totals"]


async def test_open_only_leaves_out_what_has_nothing_on_deferred(
    database: Database, ask: Ask
) -> None:
    await deferred_history(database)

    shown = await report(ask, openOnly=True)

    sources = [edge["node"]["rows"][0]["source"] for edge in shown["edges"]]
    assert sources == ["INVOICE", "INVOICE", "STANDALONE"]
    assert shown["totals"]["unbilled"] == "150.00"


@pytest.mark.parametrize(
    ("narrow", "remaining", "rows"),
    [
        ({"customerId": encode(CustomerId("cus_1"))}, "600.00", 2),
        ({"productId": encode(ProductId("prod_2"))}, "300.00", 1),
        ({"documentId": encode(InvoiceId("inv_1"))}, "600.00", 1),
        (
            {
                "customerId": encode(CustomerId("cus_2")),
                "productId": encode(ProductId("prod_1")),
            },
            "0.00",
            0,
        ),
    ],
)
async def test_a_filter_narrows_rows_and_totals(
    database: Database, ask: Ask, narrow: Any, remaining: str, rows: int
) -> None:
    await deferred_history(database)

    shown = await report(ask, filter=narrow)

    assert shown["totals"]["remaining"] == remaining
    assert len(shown["edges"]) == rows
    assert all(tie["holds"] for tie in shown["ties"])


async def test_the_day_is_today_unless_one_is_given_or_known_earlier(
    database: Database, ask: Ask
) -> None:
    await deferred_history(database)

    today = await report(ask, on=None)
    in_march = await report(ask, on=None, asOf="2025-03-20")
    before = await report(ask, on=DAY, asOf="2024-12-31")

    assert today == await report(ask, on="2025-06-15")
    assert in_march == await report(ask, on="2025-03-20", asOf="2025-03-20")
    assert before["edges"] == []
    assert before["totals"] == figures("0.00", "0.00", "0.00", "0.00", "0.00")


@pytest.mark.parametrize("field", ["deferredRevenue", "waterfall", "cohorts"])
async def test_unknown_ids_are_told_in_words(
    database: Database, ask: Ask, field: str
) -> None:
    await deferred_history(database)
    below = "months" if field == "cohorts" else "pageInfo { hasNextPage }"
    document = f"""query($filter: RevenueFilter) {{
      {field}(ledgerId: "{LEDGER}", filter: $filter) {{ {below} }}
    }}"""

    unknown = [
        await failed(ask, document, filter=narrow)
        for narrow in (
            {"customerId": encode(CustomerId("nobody"))},
            {"productId": encode(ProductId("nothing"))},
            {"documentId": encode(CreditNoteId("none"))},
            {"customerId": encode(ProductId("prod_1"))},
            {"documentId": encode(CustomerId("cus_1"))},
            {"customerId": "?"},
        )
    ]

    assert unknown == [
        ("NOT_FOUND", "there is no customer 'nobody'"),
        ("NOT_FOUND", "there is no product 'nothing'"),
        ("NOT_FOUND", "there is no credit note 'none' in the USD ledger"),
        ("INVALID_ID", "filter.customerId: the id of a Product, not of a Customer"),
        ("INVALID_ID", "filter.documentId: the id of a Customer, not of a document"),
        (
            "INVALID_ID",
            (
                "filter.customerId: '?' is not an id of this API: `{ customers { nodes"
                " { id externalId } } }` lists them"
            ),
        ),
    ]


async def test_a_ledger_that_is_not_there_and_cursors_of_other_lists_are_refused(
    database: Database, ask: Ask
) -> None:
    document = f"""{{
      deferredRevenue(ledgerId: "{LEDGER}") {{ pageInfo {{ hasNextPage }} }}
    }}"""
    missing = await failed(ask, document)
    await deferred_history(database)
    other = await failed(ask, REPORT, on=DAY, after="WzJd")

    assert missing == ("NOT_FOUND", "ledgerId: there is no USD ledger")
    assert other == ("INVALID_CURSOR", "after: not a cursor of this list")
