"""The waterfall and its cohorts through the API."""

from typing import Any

import pytest

from daybook.db.engine import Database
from daybook_deferred import DAY, deferred_history
from daybook_graphql.kit.ids import encode
from daybook_graphql.ledgers.ids import LedgerId
from daybook_graphql.parties.ids import CustomerId
from daybook_report_answers import plain

pytestmark = [pytest.mark.anyio, pytest.mark.either_database]

Ask = Any  # a fixture's type, see conftest

LEDGER = encode(LedgerId("USD"))
MONEY = "{ amount currency }"
FIGURES = f"""{{
  booked {MONEY} unbilled {MONEY} recognized {MONEY} remaining {MONEY}
  takenBackLater {MONEY} months {{ month amount {MONEY} }} unscheduled {MONEY}
}}"""
TIES = f"ties {{ name words left {MONEY} right {MONEY} difference {MONEY} holds }}"
WATERFALL = f"""
query(
  $on: Date, $filter: RevenueFilter, $apart: Boolean! = false,
  $first: Int, $after: String, $last: Int, $before: String
) {{
  waterfall(
    ledgerId: "{LEDGER}", on: $on, filter: $filter, apart: $apart,
    first: $first, after: $after, last: $last, before: $before
  ) {{
    customerCount totals {FIGURES} apart {FIGURES} {TIES}
    pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }}
    nodes {{ customer {{ externalId }} }}
    edges {{ cursor node {{
      customer {{ externalId name }} figures {FIGURES}
      products {{ product {{ externalId name }} isManual figures {FIGURES} }}
    }} }}
  }}
}}
"""
COHORT = f"""{{
  month booked {MONEY} unbilled {MONEY} recognized {MONEY} remaining {MONEY}
  unscheduled {MONEY} months {{ month recognized {MONEY} scheduled {MONEY} }}
}}"""
COHORTS = f"""
query($on: Date, $filter: RevenueFilter) {{
  cohorts(ledgerId: "{LEDGER}", on: $on, filter: $filter) {{
    months cohorts {COHORT} total {COHORT} {TIES}
  }}
}}
"""
SECOND_HALF = [f"2025-{month:02}-01" for month in range(7, 13)]


def row(*amounts: str, months: list[str], unscheduled: str) -> dict[str, Any]:
    """Figures of the waterfall, with a month for each of the second half of 2025."""
    names = ("booked", "unbilled", "recognized", "remaining", "takenBackLater")
    return {
        **dict(zip(names, amounts, strict=True)),
        "months": [
            {"month": month, "amount": amount}
            for month, amount in zip(SECOND_HALF, months, strict=True)
        ],
        "unscheduled": unscheduled,
    }


async def asked(ask: Ask, document: str, **variables: Any) -> Any:
    """The one field of a document, with amounts as text."""
    answer = await ask(document, {"on": DAY} | variables)
    assert "errors" not in answer, answer
    (shown,) = answer["data"].values()
    return plain(shown)


async def test_every_figure_by_customer_and_product(
    database: Database, ask: Ask
) -> None:
    await deferred_history(database)

    shown = await asked(ask, WATERFALL)

    acme = row(
        *("1200.00", "0.00", "600.00", "600.00", "60.00"),
        months=["100.00"] * 3 + ["80.00"] * 3,
        unscheduled="0.00",
    )
    beta = row(
        *("600.00", "0.00", "300.00", "300.00", "0.00"),
        months=["100.00"] * 3 + ["0.00"] * 3,
        unscheduled="0.00",
    )
    by_hand = row(
        *("0.00", "0.00", "50.00", "-50.00", "0.00"),
        months=["0.00"] * 6,
        unscheduled="-50.00",
    )
    assert [edge["node"] for edge in shown["edges"]] == [
        {
            "customer": {"externalId": "cus_1", "name": "Acme"},
            "figures": acme,
            "products": [
                {
                    "product": {"externalId": "prod_1", "name": "Platform"},
                    "isManual": False,
                    "figures": acme,
                }
            ],
        },
        {
            "customer": {"externalId": "cus_2", "name": "Beta"},
            "figures": beta,
            "products": [
                {
                    "product": {"externalId": "prod_2", "name": "Support"},
                    "isManual": False,
                    "figures": beta,
                }
            ],
        },
        {
            "customer": None,
            "figures": by_hand,
            "products": [{"product": None, "isManual": True, "figures": by_hand}],
        },
    ]
    assert shown["nodes"] == [
        {"customer": {"externalId": "cus_1"}},
        {"customer": {"externalId": "cus_2"}},
        {"customer": None},
    ]
    assert shown["customerCount"] == 3
    assert shown["totals"] == row(
        *("1800.00", "0.00", "950.00", "850.00", "60.00"),
        months=["200.00"] * 3 + ["80.00"] * 3,
        unscheduled="-50.00",
    )


async def test_what_has_nothing_on_deferred_is_apart(
    database: Database, ask: Ask
) -> None:
    await deferred_history(database)

    shown = await asked(ask, WATERFALL, apart=True)

    sums = row(
        *("0.00", "150.00", "150.00", "0.00", "-240.00"),
        months=["40.00"] * 6,
        unscheduled="0.00",
    )
    assert shown["totals"] == shown["apart"] == sums
    assert (await asked(ask, WATERFALL))["apart"] == sums
    customers = [edge["node"] for edge in shown["edges"]]
    assert [row["customer"]["externalId"] for row in customers] == ["cus_1", "cus_2"]
    assert [row["figures"]["unbilled"] for row in customers] == ["150.00", "0.00"]
    assert [row["figures"]["takenBackLater"] for row in customers] == [
        "0.00",
        "-240.00",
    ]
    assert shown["customerCount"] == 2


async def test_the_totals_tie(database: Database, ask: Ask) -> None:
    await deferred_history(database)

    ties = (await asked(ask, WATERFALL))["ties"]

    assert ties
    for tie in ties:
        assert (tie["holds"], tie["difference"]) == (True, "0.00"), tie
        assert tie["name"]
        assert tie["words"]


async def test_pages_keep_the_totals(database: Database, ask: Ask) -> None:
    await deferred_history(database)
    whole = await asked(ask, WATERFALL)

    first = await asked(ask, WATERFALL, first=2)
    rest = await asked(ask, WATERFALL, first=2, after=first["pageInfo"]["endCursor"])
    back = await asked(ask, WATERFALL, last=2, before=rest["pageInfo"]["startCursor"])

    # A page's rows have the months of the page: the last one has none.
    (by_hand,) = [edge["node"] for edge in rest["edges"]]
    assert by_hand["figures"]["months"] == []
    assert by_hand["figures"]["unscheduled"] == "-50.00"
    assert first["edges"] == whole["edges"][:2] == back["edges"]
    assert first["nodes"] + rest["nodes"] == whole["nodes"]
    assert first["totals"] == rest["totals"] == whole["totals"]
    assert [at["pageInfo"]["hasNextPage"] for at in (first, rest)] == [True, False]


async def test_a_customers_waterfall_has_the_months_of_that_customer(
    database: Database, ask: Ask
) -> None:
    await deferred_history(database)

    shown = await asked(
        ask, WATERFALL, filter={"customerId": encode(CustomerId("cus_2"))}
    )

    assert [month["month"] for month in shown["totals"]["months"]] == SECOND_HALF[:3]
    assert shown["totals"]["remaining"] == "300.00"
    assert shown["customerCount"] == 1


async def test_every_figure_of_the_cohorts(database: Database, ask: Ask) -> None:
    await deferred_history(database)

    shown = await asked(ask, COHORTS)

    def months(recognized: dict[int, str], scheduled: dict[int, str]) -> Any:
        return [
            {
                "month": f"2025-{month:02}-01",
                "recognized": recognized.get(month, "0.00"),
                "scheduled": scheduled.get(month, "0.00"),
            }
            for month in sorted({*recognized, *scheduled})
        ]

    first, second = range(1, 7), range(7, 13)
    assert shown["months"] == [f"2025-{month:02}-01" for month in range(1, 13)]
    assert shown["cohorts"] == [
        {
            "month": "2025-01-01",
            "booked": "1200.00",
            "unbilled": "150.00",
            "recognized": "750.00",
            "remaining": "600.00",
            "unscheduled": "0.00",
            "months": months(
                {month: "150.00" if month < 4 else "100.00" for month in first},
                {month: "100.00" if month < 10 else "80.00" for month in second},
            ),
        },
        {
            "month": "2025-04-01",
            "booked": "600.00",
            "unbilled": "0.00",
            "recognized": "300.00",
            "remaining": "300.00",
            "unscheduled": "0.00",
            "months": months(
                dict.fromkeys((4, 5, 6), "100.00"), dict.fromkeys((7, 8, 9), "100.00")
            ),
        },
        {
            "month": "2025-07-01",
            "booked": "0.00",
            "unbilled": "0.00",
            "recognized": "0.00",
            "remaining": "0.00",
            "unscheduled": "0.00",
            "months": months({}, dict.fromkeys(second, "40.00")),
        },
        {
            "month": None,
            "booked": "0.00",
            "unbilled": "0.00",
            "recognized": "50.00",
            "remaining": "-50.00",
            "unscheduled": "-50.00",
            "months": months({3: "50.00"}, {}),
        },
    ]
    assert shown["total"] == {
        "month": None,
        "booked": "1800.00",
        "unbilled": "150.00",
        "recognized": "1100.00",
        "remaining": "850.00",
        "unscheduled": "-50.00",
        "months": months(
            dict(enumerate(["150.00", "150.00", "200.00"] + ["200.00"] * 3, 1)),
            dict(enumerate(["240.00"] * 3 + ["120.00"] * 3, 7)),
        ),
    }
    assert all(tie["holds"] for tie in shown["ties"])


async def test_a_ledger_without_anything_yet_has_empty_reports(
    database: Database, ask: Ask
) -> None:
    await deferred_history(database)

    nothing = {
        "filter": {"customerId": encode(CustomerId("cus_2"))},
        "on": "2025-03-31",
    }
    waterfall = await asked(ask, WATERFALL, **nothing)
    cohorts = await asked(ask, COHORTS, **nothing)

    assert waterfall["edges"] == []
    assert waterfall["totals"]["months"] == []
    assert waterfall["totals"]["remaining"] == "0.00"
    assert cohorts["total"]["recognized"] == "0.00"
