"""The roll-forward through the API, with what ASC 606 asks for beside it."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from daybook.db.engine import Database
from daybook.reports.rollforward.rules import Column
from daybook_deferred import DAY, deferred_history
from daybook_graphql.journals.enums import RollForwardColumn
from daybook_graphql.kit.ids import encode
from daybook_graphql.ledgers.ids import LedgerId
from daybook_graphql.parties.ids import ProductId
from daybook_report_answers import failed, plain

pytestmark = [pytest.mark.anyio, pytest.mark.either_database]

Ask = Any  # a fixture's type, see conftest

LEDGER = encode(LedgerId("USD"))
MONEY = "{ amount currency }"
MONTH = f"""{{
  month opening {MONEY} amounts {{ column amount {MONEY} }} closing {MONEY}
}}"""
ROLL_FORWARD = f"""
query(
  $account: AccountRole! = DEFERRED, $from: Date, $on: Date, $asOf: Date,
  $filter: RevenueFilter
) {{
  rollForward(
    ledgerId: "{LEDGER}", account: $account, from: $from, on: $on, asOf: $asOf,
    filter: $filter
  ) {{
    account {{ role name }} months {MONTH} total {MONTH} recognizedFromOpening {MONEY}
    maturity {{
      withinTwelveMonths {MONEY} later {MONEY} unscheduled {MONEY}
      takenBackLater {MONEY} total {MONEY}
    }}
    ties {{ name words left {MONEY} right {MONEY} difference {MONEY} holds }}
  }}
}}
"""


async def rolled(ask: Ask, **variables: Any) -> Any:
    """The roll-forward, with amounts as text."""
    answer = await ask(ROLL_FORWARD, {"on": DAY} | variables)
    assert "errors" not in answer, answer
    return plain(answer["data"]["rollForward"])


def month(month: str, opening: str, closing: str, **amounts: str) -> dict[str, Any]:
    """A month of the roll-forward."""
    return {
        "month": month,
        "opening": opening,
        "amounts": [
            {"column": column, "amount": amount} for column, amount in amounts.items()
        ],
        "closing": closing,
    }


def deferred(day: str, opening: str, *amounts: str, closing: str) -> dict[str, Any]:
    """A month of the ledger's Deferred: billed, recognized, and by hand."""
    columns = ("BILLED", "RECOGNIZED", "MANUAL")
    return month(day, opening, closing, **dict(zip(columns, amounts, strict=True)))


def test_the_schema_has_every_column_in_order() -> None:
    assert [column.name for column in RollForwardColumn] == [its.name for its in Column]


async def test_every_figure_of_deferred(database: Database, ask: Ask) -> None:
    await deferred_history(database)

    shown = await rolled(ask, **{"from": "2025-01-20"})

    assert shown["account"] == {"role": "DEFERRED", "name": "Deferred Revenue"}
    assert shown["months"] == [
        deferred("2025-01-01", "0.00", "1200.00", "-100.00", "0.00", closing="1100.00"),
        deferred("2025-02-01", "1100.00", "0.00", "-100.00", "0.00", closing="1000.00"),
        deferred(
            "2025-03-01", "1000.00", "0.00", "-100.00", "-50.00", closing="850.00"
        ),
        deferred(
            "2025-04-01", "850.00", "600.00", "-200.00", "0.00", closing="1250.00"
        ),
        deferred("2025-05-01", "1250.00", "0.00", "-200.00", "0.00", closing="1050.00"),
        deferred("2025-06-01", "1050.00", "0.00", "-200.00", "0.00", closing="850.00"),
    ]
    assert shown["total"] == deferred(
        "2025-01-01", "0.00", "1800.00", "-900.00", "-50.00", closing="850.00"
    )
    assert shown["recognizedFromOpening"] == "0.00"
    assert shown["maturity"] == {
        "withinTwelveMonths": "840.00",
        "later": "0.00",
        "unscheduled": "-50.00",
        "takenBackLater": "60.00",
        "total": "850.00",
    }
    assert shown["ties"]
    assert all(tie["holds"] and tie["words"] for tie in shown["ties"])


async def test_a_period_begins_with_what_was_there(
    database: Database, ask: Ask
) -> None:
    await deferred_history(database)

    shown = await rolled(ask, **{"from": "2025-04-01"})

    assert [its["month"] for its in shown["months"]] == [
        "2025-04-01",
        "2025-05-01",
        "2025-06-01",
    ]
    assert shown["total"] == month(
        "2025-04-01", "850.00", "850.00", BILLED="600.00", RECOGNIZED="-600.00"
    )
    assert shown["recognizedFromOpening"] == "300.00"


async def test_the_last_month_ends_with_the_day(database: Database, ask: Ask) -> None:
    await deferred_history(database)

    shown = await rolled(ask, **{"from": "2025-02-01", "on": "2025-02-10"})

    # 27 days of 3.57, and 3.61 on the last.
    assert shown["months"] == [
        month("2025-02-01", "1100.00", "1064.30", RECOGNIZED="-35.70")
    ]


async def test_unbilled_rolls_forward_likewise(database: Database, ask: Ask) -> None:
    await deferred_history(database)

    shown = await rolled(ask, account="UNBILLED", **{"from": "2025-01-01"})

    assert shown["account"]["role"] == "UNBILLED"
    openings = ["0.00", "50.00", "100.00"]
    assert shown["months"][:3] == [
        month(f"2025-{at:02}-01", openings[at - 1], closing, RECOGNIZED="50.00")
        for at, closing in enumerate(["50.00", "100.00", "150.00"], 1)
    ]
    assert shown["total"] == month("2025-01-01", "0.00", "150.00", RECOGNIZED="150.00")
    assert shown["maturity"]["total"] == "850.00"
    assert all(tie["holds"] for tie in shown["ties"])


async def test_a_filter_narrows_every_figure(database: Database, ask: Ask) -> None:
    await deferred_history(database)

    shown = await rolled(
        ask,
        filter={"productId": encode(ProductId("prod_2"))},
        **{"from": "2025-06-01"},
    )

    assert shown["months"] == [
        month("2025-06-01", "400.00", "300.00", RECOGNIZED="-100.00")
    ]
    assert shown["recognizedFromOpening"] == "100.00"
    assert shown["maturity"]["total"] == "300.00"


async def test_twelve_months_are_shown_unless_a_first_day_is_given(
    database: Database, ask: Ask
) -> None:
    await deferred_history(database)

    shown = await rolled(ask)
    at_first = await rolled(ask, on="2000-03-31")

    months = [its["month"] for its in shown["months"]]
    assert (months[0], months[-1], len(months)) == ("2024-07-01", "2025-06-01", 12)
    assert [its["month"] for its in at_first["months"]] == [
        "2000-01-01",
        "2000-02-01",
        "2000-03-01",
    ]
    assert at_first["total"] == month("2000-01-01", "0.00", "0.00")


async def test_periods_and_accounts_that_make_no_sense_are_refused(
    database: Database, ask: Ask
) -> None:
    await deferred_history(database)

    refused = [
        await failed(ask, ROLL_FORWARD, **variables)
        for variables in (
            {"account": "BILLED"},
            {"from": "2025-07-01", "on": DAY},
            {"from": "2015-06-30", "on": DAY},
        )
    ]

    assert refused == [
        (
            "INVALID_VALUE",
            "account: BILLED has no roll-forward, which is of DEFERRED or UNBILLED",
        ),
        (
            "INVALID_PERIOD",
            "from: the period starts on 2025-07-01, after it ends on 2025-06-30",
        ),
        (
            "TOO_LARGE",
            "from: a roll-forward has 120 months at the most, these are 121",
        ),
    ]
    assert "errors" not in await ask(ROLL_FORWARD, {"from": "2015-07-01", "on": DAY})


@pytest.mark.parametrize("account", ["DEFERRED", "UNBILLED"])
async def test_the_journals_behind_each_amount_add_up_to_it(
    database: Database, ask: Ask, account: str
) -> None:
    await deferred_history(database)
    shown = await rolled(ask, account=account, **{"from": "2025-01-01"})
    document = f"""query($filter: JournalFilter) {{
      journals(ledgerId: "{LEDGER}", filter: $filter) {{
        totals {{ account {{ role }} debit {MONEY} credit {MONEY} }}
      }}
    }}"""

    for its in shown["months"]:
        first = date.fromisoformat(its["month"])
        last = date(first.year, first.month + 1, 1) - timedelta(days=1)
        period = {"from": its["month"], "to": last.isoformat()}
        for amount in its["amounts"]:
            narrow = {"account": account, "column": amount["column"], "posted": period}
            answer = await ask(document, {"filter": narrow})
            totals = plain(answer["data"]["journals"]["totals"])
            changes = [
                Decimal(total["credit"]) - Decimal(total["debit"])
                for total in totals
                if total["account"]["role"] == account
            ]
            sign = 1 if account == "DEFERRED" else -1
            assert sum(changes) == sign * Decimal(amount["amount"]), narrow
