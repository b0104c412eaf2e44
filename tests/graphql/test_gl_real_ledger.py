"""A real company's ledger by the API alone: sent, imported, refreshed and read.

What is expected is summed here from the files themselves.
"""

import csv
import io
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from daybook.db.engine import Database
from daybook.gl.models import GlRefresh
from daybook.gl.working import work_off
from daybook.jobs.queries import jobs_by_number
from daybook.jobs.rules import JobStatus
from daybook.settings import Settings
from daybook_factories import ORGANISATION
from daybook_gl import LEDGER, MAPPING
from daybook_graphql.context import Context
from daybook_graphql.general_ledger.ids import GlConnectionId
from daybook_graphql.kit.ids import encode
from daybook_graphql.schema import schema
from daybook_people import caller
from daybook_uploaded import uploaded

pytestmark = pytest.mark.anyio

NOW = datetime(2021, 3, 31, 12, tzinfo=UTC)
ACCOUNTS = 12
"""Of how many accounts the lines are summed: those with the most."""
CONNECTION = encode(GlConnectionId(1))
IMPORT = """mutation Import($input: ImportGlInput!) {
  importGl(input: $input) {
    kinds { kind documents rows unchanged } leftOut
    userErrors { code message path }
  }
}"""
TOTALS = """query Totals($filter: GlLineFilter) {
  glJournalLines(filter: $filter, first: 1) {
    reportingCurrency totals { lines baseCurrency debit credit netRc }
  }
}"""
EXPOSURE = """query Exposure($from: Date, $on: Date) {
  glExposure(from: $from, on: $on) {
    byCurrency { currency unrealised realised }
  }
}"""

Ask = Callable[..., Awaitable[dict[str, Any]]]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A server at the end of March 2021."""
    return Settings(data=tmp_path / "data", now=NOW)


@pytest.fixture
def ask(database: Database, settings: Settings) -> Ask:
    """Runs documents as somebody who may do everything."""

    async def execute(document: str, **variables: Any) -> dict[str, Any]:
        context = Context(database, settings, caller())
        result = await schema.execute(
            document, variable_values=variables, context_value=context
        )
        assert result.errors is None, result.errors
        assert result.data is not None
        return result.data

    return execute


def files() -> Mapping[str, bytes]:
    """The tables of the ledger, by their files' names."""
    with ZipFile(LEDGER) as archive:
        names = [name for name in archive.namelist() if name.endswith(".csv")]
        return {name: archive.read(name) for name in names}


def table(content: bytes) -> list[Mapping[str, str]]:
    return [*csv.DictReader(io.StringIO(content.decode()))]


async def sent(
    ask: Ask, database: Database, settings: Settings, tables: Mapping[str, bytes]
) -> dict[str, Any]:
    """Send the files, and import them by the mapping."""
    keys = [
        await uploaded(database, settings, content, name)
        for name, content in tables.items()
    ]
    given = {
        "connectionId": CONNECTION,
        "uploadIds": keys,
        "fileNames": [*tables],
        "mapping": MAPPING.read_text(encoding="utf-8"),
    }
    payload: dict[str, Any] = (await ask(IMPORT, input=given))["importGl"]
    assert payload["userErrors"] == []
    return payload


async def totals(ask: Ask, **line_filter: Any) -> dict[str, Any]:
    """What lines that are as booked sum to."""
    found = await ask(TOTALS, filter={"types": ["ACTUAL"], **line_filter})
    listing = found["glJournalLines"]
    assert listing["reportingCurrency"] == "CAD"
    its: dict[str, Any] = listing["totals"]
    return its


async def test_totals_by_the_api_are_the_files_own_sums(
    ask: Ask, database: Database, settings: Settings
) -> None:
    tables = files()
    added = await ask(
        """mutation { addGlConnection(
          input: { name: "Northwind", baseCurrency: "CAD" }
        ) { userErrors { message } } }"""
    )
    assert added["addGlConnection"]["userErrors"] == []

    payload = await sent(ask, database, settings, tables)
    brought = {its["kind"]: (its["documents"], its["rows"]) for its in payload["kinds"]}
    assert brought["JOURNALS"] == (1685, 4033)
    again = await sent(ask, database, settings, tables)
    assert {its["documents"] for its in again["kinds"]} == {0}

    asked = await ask("mutation { refreshGl(input: {}) { refreshes { number } } }")
    numbers = [its["number"] for its in asked["refreshGl"]["refreshes"]]
    async with database.runtime.reads() as session:
        jobs = await jobs_by_number(session, GlRefresh, ORGANISATION, numbers)
    (made,) = await work_off(database, settings, jobs)
    assert (made.status, made.failure_message) == (JobStatus.READY, None)

    codes = {
        row["account_id"]: row["code"] for row in table(tables["xero_account_data.csv"])
    }
    days = {
        row["journal_id"]: row["journal_date"][:10]
        for row in table(tables["xero_journal_data.csv"])
    }
    nets: dict[str, list[Decimal]] = defaultdict(list)
    january = Decimal()
    for row in table(tables["xero_journal_line_data.csv"]):
        net = -Decimal(row["net_amount"])
        code = codes[row["account_id"]]
        nets[code].append(net)
        if code == "200" and days[row["journal_id"]].startswith("2020-01"):
            january += net
    every = [net for its in nets.values() for net in its]
    whole = await totals(ask)
    assert (whole["lines"], whole["baseCurrency"]) == (4033, "CAD")
    assert Decimal(whole["credit"]) == sum(net for net in every if net > 0)
    assert Decimal(whole["debit"]) == -sum(net for net in every if net < 0)
    assert Decimal(whole["netRc"]) == sum(every) == 0

    coded = sorted(filter(None, nets), key=lambda code: (-len(nets[code]), code))
    for code in coded[:ACCOUNTS]:
        its = await totals(ask, accounts=[code])
        assert int(its["lines"]) == len(nets[code]), code
        assert Decimal(its["netRc"]) == sum(nets[code]), code
    month = {"from": "2020-01-01", "to": "2020-01-31"}
    its = await totals(ask, accounts=["200"], posted=month)
    assert Decimal(its["netRc"]) == january == Decimal("19383.48")

    exposed = await ask(EXPOSURE, **{"from": "2019-10-01", "on": "2021-03-31"})
    rows = exposed["glExposure"]["byCurrency"]
    unrealised = sum(Decimal(row["unrealised"]) for row in rows)
    # What rates made of what was open, and what payments took back of that.
    assert unrealised == Decimal("-2785.58") + Decimal("2540.39")
