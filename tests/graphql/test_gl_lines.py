"""Lines of the general ledger's dataset by the API: pages, totals, filters, states."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from daybook.connections.commands import Author, add_connection
from daybook.connections.rules import ConnectionSettings
from daybook.db.engine import Database
from daybook.gl.kinds import Kind
from daybook.gl.rules.columns import DatasetColumn
from daybook.settings import Settings
from daybook_gl_company import connect_company, journal, refresh_all
from daybook_gl_states import BY, bring
from daybook_graphql.context import Context
from daybook_graphql.general_ledger.ids import GlConnectionId
from daybook_graphql.general_ledger.line_types import FIELDS
from daybook_graphql.kit.ids import encode
from daybook_graphql.schema import schema
from daybook_people import caller

Ask = Callable[..., Awaitable[dict[str, Any]]]

pytestmark = [pytest.mark.anyio, pytest.mark.either_database]

UK, INC = encode(GlConnectionId(1)), encode(GlConnectionId(2))
LINES = """query Lines(
  $filter: GlLineFilter $refresh: BigInt
  $first: Int $after: String $last: Int $before: String
) {
  glJournalLines(
    filter: $filter refresh: $refresh
    first: $first after: $after last: $last before: $before
  ) {
    refresh dataCurrentAsOf reportingCurrency
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    nodes {
      connectionName journalDate journalType journalNumber accountCode netAmountRc
    }
    totals { lines baseCurrency debit credit netRc byType { type netRc } }
  }
}"""


PRESENT = datetime(2025, 6, 15, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
async def company(
    module_database: Database, tmp_path_factory: pytest.TempPathFactory
) -> Settings:
    """Settings of a database with both connections, refreshed on 15 June 2025."""
    settings = Settings(data=tmp_path_factory.mktemp("data"), now=PRESENT)
    jobs = await connect_company(module_database, settings)
    assert [job.failure_message for job in jobs] == [None, None]
    return settings


@pytest.fixture
def asked(module_database: Database, company: Settings) -> Ask:
    """Executes a document over that database."""
    return asking(module_database, company)


def asking(database: Database, settings: Settings) -> Ask:
    """Executes documents as somebody who may read."""

    async def execute(document: str, variables: Any = None) -> dict[str, Any]:
        context = Context(database, settings, caller())
        result = await schema.execute(
            document, variable_values=variables or {}, context_value=context
        )
        answer: dict[str, Any] = {"data": result.data}
        if result.errors:
            answer["errors"] = [error.formatted for error in result.errors]
        return answer

    return execute


async def found(ask: Ask, **variables: Any) -> dict[str, Any]:
    """The lines that are found."""
    answer = await ask(LINES, variables)
    assert "errors" not in answer, answer
    listing: dict[str, Any] = answer["data"]["glJournalLines"]
    return listing


async def narrowed(ask: Ask, **line_filter: Any) -> dict[str, Any]:
    """The totals of a filter."""
    totals: dict[str, Any] = (await found(ask, filter=line_filter))["totals"]
    return totals


async def test_pages_join_to_all_lines_and_totals_are_their_sums(asked: Ask) -> None:
    lines: list[Mapping[str, str]] = []
    after = None
    while True:
        page = await found(asked, first=37, after=after)
        lines += page["nodes"]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    back = await found(asked, last=5)
    totals = page["totals"]

    assert page["refresh"] == "2"
    assert page["dataCurrentAsOf"] == "2026-10-28T08:30:00Z"
    assert page["reportingCurrency"] == "GBP"
    assert totals["lines"] == len(lines)
    assert back["nodes"] == lines[-5:]
    keys = [
        (line["connectionName"] != "Northwind UK", line["journalDate"])
        for line in lines
    ]
    assert keys == sorted(keys)
    by_type: dict[str, Decimal] = {}
    for line in lines:
        type_ = line["journalType"]
        by_type[type_] = by_type.get(type_, Decimal()) + Decimal(line["netAmountRc"])
    assert {its["type"]: Decimal(its["netRc"]) for its in totals["byType"]} == by_type
    # All journals sum to zero but the budget's, whose rows are single.
    assert totals["netRc"] == "-330.00"
    assert by_type == {
        "ACTUAL": 0,
        "DRAFT_INVOICE": 0,
        "FORECAST_INVOICE": 0,
        "FX_EXPOSURE": 0,
        "FORECAST_BUDGET": -330,
    }
    # Debits in pounds and dollars make no sum.
    assert (totals["debit"], totals["credit"], totals["baseCurrency"]) == (None,) * 3


async def test_a_line_has_the_documented_fields_and_its_rate(asked: Ask) -> None:
    rate = "rate { from to value day publishedOn source ratesRefresh }"
    names = " ".join(FIELDS)
    document = f"""query Line($filter: GlLineFilter) {{
      glJournalLines(filter: $filter) {{ nodes {{ {names} accountClass kind {rate} }} }}
    }}"""
    assert len(FIELDS) == len(DatasetColumn) == 32
    wanted = {"accounts": ["200"], "posted": {"to": "2025-03-31"}}
    answer = await asked(document, {"filter": {**wanted, "connectionIds": [UK]}})
    assert answer["data"]["glJournalLines"]["nodes"] == [
        {
            "accountCode": "200",
            "accountName": "Sales",
            "accountType": "REVENUE",
            "connectionName": "Northwind UK",
            "contactId": "c-tallow",
            "contactName": "Tallow & Sons",
            "created": "2025-03-05T09:00:00Z",
            "credit": "1000.00",
            "dataCurrentAsOf": "2026-10-28T08:30:00Z",
            "debit": "0.00",
            "description": "UK-1",
            "grossAmount": "1000.00",
            "grossAmountRc": "1000.00",
            "journalCurrency": "GBP",
            "journalDate": "2025-03-05",
            "journalNumber": "1",
            "journalType": "ACTUAL",
            "netAmount": "1000.00",
            "netAmountRc": "1000.00",
            "reference": "UK-1",
            "reportingCurrency": "GBP",
            "reportingCurrencyRate": "1.00000000",
            "sourceId": "i-UK-1",
            "sourceTable": "Invoices",
            "sourceType": "ACCREC",
            "taxAmount": "0.00",
            "taxAmountRc": "0.00",
            "taxType": "",
            "trackingCategory0": "Region",
            "trackingCategory1": "",
            "trackingOption0": "Region - North",
            "trackingOption1": "",
            "accountClass": "REVENUE",
            "kind": None,
            "rate": {
                "from": "GBP",
                "to": "GBP",
                "value": "1.00000000",
                "day": "2025-03-05",
                "publishedOn": None,
                "source": None,
                "ratesRefresh": None,
            },
        }
    ]
    answer = await asked(document, {"filter": {**wanted, "connectionIds": [INC]}})
    (line,) = answer["data"]["glJournalLines"]["nodes"]
    # The ECB on 7 March 2025: 1.0857 dollars and 0.84088 pounds for a euro.
    dollars, pounds = Decimal("1.0857"), Decimal("0.84088")
    value = Decimal(line["rate"]["value"])
    assert line["rate"]["day"] == line["rate"]["publishedOn"] == "2025-03-07"
    assert line["rate"]["source"] == "ECB"
    assert value == round(pounds / dollars, 8)
    assert Decimal(line["netAmountRc"]) == round(450 * value, 2)


async def test_filters_find_what_they_say(asked: Ask) -> None:
    actual = {"types": ["ACTUAL"]}
    assert (await narrowed(asked, **actual))["lines"] == 16 + 20
    uk = await narrowed(asked, **actual, connectionIds=[UK])
    assert (uk["lines"], uk["baseCurrency"]) == (16, "GBP")
    assert (uk["debit"], uk["credit"], uk["netRc"]) == ("5200.00", "5200.00", "0.00")
    # An account without a code goes by its name.
    bank = await narrowed(
        asked, **actual, accounts=["Current Account"], connectionIds=[UK]
    )
    assert (bank["lines"], bank["netRc"]) == (4, "1200.00")
    april = {"from": "2025-04-01", "to": "2025-04-30"}
    income = await narrowed(
        asked, connectionIds=[UK], posted=april, accountClasses=["REVENUE"]
    )
    assert (income["lines"], income["netRc"]) == (1, "1000.00")
    assert (await narrowed(asked, types=["DRAFT_INVOICE"]))["credit"] == "70.00"
    assert (await narrowed(asked, types=["FORECAST_INVOICE"]))["credit"] == "80.00"
    budget = await narrowed(asked, types=["FORECAST_BUDGET"])
    assert (budget["lines"], budget["debit"], budget["netRc"]) == (
        31,
        "330.00",
        "-330.00",
    )
    contact = await narrowed(asked, **actual, contactId="c-tallow")
    assert (contact["lines"], contact["debit"]) == (2, "1000.00")
    tracked = await narrowed(
        asked, **actual, tracking="Region - North", connectionIds=[UK]
    )
    assert (tracked["lines"], tracked["netRc"]) == (4, "4000.00")
    rent = await narrowed(asked, **actual, search="rENT", accounts=["469"])
    assert rent["lines"] == 8
    exposed = await narrowed(asked, types=["FX_EXPOSURE"], currency="USD")
    gained = await narrowed(asked, gains=["UNREALISED", "REVERSAL"], currency="USD")
    assert exposed["lines"] == 2 * gained["lines"] > 0
    assert exposed["netRc"] == "0.00"
    assert (await narrowed(asked, gains=["REALISED"]))["lines"] == 0
    assert (await narrowed(asked, currency="EUR"))["lines"] == 0
    assert (await narrowed(asked, accounts=[]))["lines"] == 0
    assert (await narrowed(asked, sourceTables=["Budgets"]))["lines"] == 31


async def test_what_is_wrong_is_named(asked: Ask) -> None:
    async def problem(**line_filter: Any) -> tuple[str, str]:
        (error,) = (await asked(LINES, {"filter": line_filter}))["errors"]
        return error["extensions"]["code"], error["message"]

    backwards = {"from": "2025-05-02", "to": "2025-05-01"}
    assert (await problem(posted=backwards))[0] == "INVALID_PERIOD"
    assert (await problem(connectionIds=["x"]))[0] == "INVALID_ID"
    assert await problem(accounts=["1"] * 101) == (
        "TOO_LARGE",
        "filter: at most 100 values of accounts, not 101",
    )
    assert await problem(search="x" * 201) == (
        "TOO_LARGE",
        "filter: search has at most 200 characters, not 201",
    )


async def test_an_earlier_state_stays_and_is_named_by_its_refresh(
    ask: Ask, database: Database, settings: Settings
) -> None:
    listing = await found(ask)
    assert (listing["refresh"], listing["reportingCurrency"]) == (None, None)
    assert (listing["nodes"], listing["totals"]["lines"]) == ([], 0)
    (error,) = (await ask(LINES, {"refresh": "1"}))["errors"]
    assert error["extensions"]["code"] == "NOT_FOUND"
    assert error["message"] == "there is no refresh 1, or it made nothing"

    author = Author(settings.organisation, BY, PRESENT)
    uk = ConnectionSettings("UK")
    await add_connection(database, author, uk, base_currency="GBP")
    one = journal(1, "2025-06-13", ("bank", "10.00"), ("sales", "-10.00"))
    two = journal(2, "2025-06-14", ("bank", "2.50"), ("sales", "-2.50"))
    await bring(database, settings, 1, Kind.JOURNALS, one)
    await refresh_all(database, settings)
    before = await found(ask)
    assert [line["netAmountRc"] for line in before["nodes"]] == ["-10.00", "10.00"]
    await bring(database, settings, 1, Kind.JOURNALS, two)
    await refresh_all(database, settings)

    now = await found(ask)
    assert (now["refresh"], now["totals"]["lines"]) == ("2", 4)
    assert await found(ask, refresh="1") == before
    other = caller(organisation_id=2)
    result = await schema.execute(
        LINES, variable_values={}, context_value=Context(database, settings, other)
    )
    assert result.data is not None
    listing = result.data["glJournalLines"]
    assert (listing["refresh"], listing["totals"]["lines"]) == (None, 0)


EXPOSURE = """query Exposure($on: Date, $from: Date, $ids: [ID!]) {
  glExposure(on: $on, from: $from, connectionIds: $ids) {
    on from refresh reportingCurrency
    byCurrency {
      connectionNumber connectionName baseCurrency currency
      open valuation unrealised realised revaluation documents
    }
    byMonth { month kind amount }
  }
}"""


async def test_exposure_is_what_is_open_and_what_it_gained(asked: Ask) -> None:
    answer = await asked(EXPOSURE)

    # 800.00 dollars were 600.55 pounds on 5 May, by 0.84500 over 1.1343.
    assert answer["data"]["glExposure"] == {
        "on": "2025-06-15",
        "from": "2025-01-01",
        "refresh": "2",
        "reportingCurrency": "GBP",
        "byCurrency": [
            {
                "connectionNumber": 1,
                "connectionName": "Northwind UK",
                "baseCurrency": "GBP",
                "currency": "USD",
                "open": "800.00",
                "valuation": "591.04",
                "unrealised": "-9.51",
                "realised": "0.00",
                "revaluation": "0.00",
                "documents": 1,
            }
        ],
        "byMonth": [
            {"month": "2025-05-01", "kind": "UNREALISED", "amount": "-7.06"},
            {"month": "2025-06-01", "kind": "UNREALISED", "amount": "-2.45"},
        ],
    }
    answer = await asked(EXPOSURE, {"on": "2025-05-31", "from": "2025-05-31"})
    (june,) = answer["data"]["glExposure"]["byCurrency"]
    assert (june["valuation"], june["unrealised"]) == ("593.49", "0.00")
    answer = await asked(EXPOSURE, {"ids": [INC]})
    assert answer["data"]["glExposure"]["byCurrency"] == []
    (error,) = (await asked(EXPOSURE, {"on": "2025-05-01", "from": "2025-05-02"}))[
        "errors"
    ]
    assert error["extensions"]["code"] == "INVALID_PERIOD"


async def test_profit_and_loss_is_by_account_month_and_type(asked: Ask) -> None:
    document = """query Profit($from: Date, $to: Date, $ids: [ID!]) {
      glProfitAndLoss(from: $from, to: $to, connectionIds: $ids) {
        from to reportingCurrency
        accounts {
          accountClass code name connectionNumbers amounts { month type amount }
        }
      }
    }"""
    june = {"from": "2025-06-01", "to": "2025-07-31", "ids": [UK]}
    report = (await asked(document, june))["data"]["glProfitAndLoss"]
    sales, rent, unrealised = report["accounts"]

    assert sales == {
        "accountClass": "REVENUE",
        "code": "200",
        "name": "Sales",
        "connectionNumbers": [1],
        "amounts": [
            {"month": "2025-06-01", "type": "ACTUAL", "amount": "1000.00"},
            {"month": "2025-06-01", "type": "DRAFT_INVOICE", "amount": "70.00"},
            {"month": "2025-07-01", "type": "FORECAST_INVOICE", "amount": "40.00"},
        ],
    }
    assert rent["amounts"] == [
        {"month": "2025-06-01", "type": "ACTUAL", "amount": "-300.00"},
        {"month": "2025-07-01", "type": "FORECAST_BUDGET", "amount": "-330.00"},
    ]
    assert [its["type"] for its in unrealised["amounts"]] == ["FX_EXPOSURE"]
    report = (await asked(document))["data"]["glProfitAndLoss"]
    assert (report["from"], report["to"]) == ("2025-01-01", "2025-12-31")
    assert report["accounts"][0]["connectionNumbers"] == [1, 2]
    (error,) = (await asked(document, {"from": "2025-01-01"}))["errors"]
    assert error["extensions"]["code"] == "INVALID_PERIOD"
    years = {"from": "2020-01-01", "to": "2023-01-31"}
    (error,) = (await asked(document, years))["errors"]
    assert error["extensions"]["code"] == "TOO_LARGE"


RATES = """query Rates($filter: GlRateFilter, $first: Int, $after: String) {
  glRatesUsed(filter: $filter, first: $first, after: $after) {
    totalCount refresh reportingCurrency
    pageInfo { hasNextPage hasPreviousPage endCursor }
    edges { cursor }
    nodes { lines rate { from to value day publishedOn source ratesRefresh } }
  }
}"""


async def test_rates_used_have_their_days_and_sources(asked: Ask) -> None:
    found = (await asked(RATES))["data"]["glRatesUsed"]

    assert (found["refresh"], found["reportingCurrency"]) == ("2", "GBP")
    # Inc's journals are of the 7th and the 12th of four months, each of a few lines.
    assert found["totalCount"] == len(found["nodes"]) == 8
    newest, *_, oldest = found["nodes"]
    assert newest == {
        "lines": "2",
        "rate": {
            "from": "USD",
            "to": "GBP",
            "value": newest["rate"]["value"],
            "day": "2025-06-12",
            "publishedOn": "2025-06-12",
            "source": "ECB",
            "ratesRefresh": None,
        },
    }
    assert oldest["rate"]["day"] == "2025-03-07"
    # 7 June was a Saturday: Friday's rate counts.
    june = found["nodes"][1]
    assert (june["rate"]["day"], june["rate"]["publishedOn"]) == (
        "2025-06-07",
        "2025-06-06",
    )
    assert june["lines"] == "3"


async def test_rates_used_are_filtered_and_paged(asked: Ask) -> None:
    async def days(**filter_: Any) -> list[str]:
        nodes = (await asked(RATES, {"filter": filter_}))["data"]["glRatesUsed"][
            "nodes"
        ]
        return [node["rate"]["day"] for node in nodes]

    assert len(await days(baseCurrency="USD", source="ECB")) == 8
    assert await days(baseCurrency="GBP") == []
    assert await days(source="MANUAL") == []
    assert await days(connectionIds=[UK]) == []
    may = {"from": "2025-05-01", "to": "2025-05-31"}
    assert await days(days=may) == ["2025-05-12", "2025-05-07"]
    paged, after, pages = [], None, 0
    while pages == 0 or after:
        answer = await asked(RATES, {"first": 3, "after": after})
        page = answer["data"]["glRatesUsed"]
        paged += [node["rate"]["day"] for node in page["nodes"]]
        info, pages = page["pageInfo"], pages + 1
        assert info["hasPreviousPage"] == (pages > 1)
        after = info["endCursor"] if info["hasNextPage"] else None
    assert (paged, pages) == (await days(), 3)
