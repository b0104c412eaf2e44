"""The query `exportPreflight`: its codes, its refusals, and the options of exports."""

from typing import Any

import pytest

from daybook.db.engine import Database
from daybook.exports.preflight.findings import FindingCode
from daybook_factories import invoice, line, record
from daybook_graphql.exports.enums import PreflightCode
from daybook_graphql.kit.ids import encode
from daybook_graphql.ledgers.ids import LedgerId
from daybook_graphql.parties.ids import CustomerId

pytestmark = [pytest.mark.anyio, pytest.mark.either_database]

USD = encode(LedgerId("USD"))
HOSTILE = '=HYPERLINK("http://x","<b>")'
Ask = Any  # a fixture's type, see conftest
LOOK = """query($input: ExportPreflightInput!) { exportPreflight(input: $input) {
  filename rows files isBlocked findings { code title message } firstLines } }"""
CREATE = """mutation($input: CreateExportInput!) { createExport(input: $input) {
  job { id granularity options { maxRows convert preset rateRefresh } }
  userErrors { code path message } } }"""


@pytest.fixture
async def ledger(database: Database) -> Database:
    """An invoice of a customer and a product with names that are formulas."""
    await record(
        database,
        invoice("inv_1", line(product_name=HOSTILE), customer_name=HOSTILE),
    )
    return database


def test_each_code_is_public() -> None:
    assert {code.name for code in PreflightCode} == {code.name for code in FindingCode}


async def test_a_name_that_is_a_formula_is_told_and_written_safely(
    ledger: Database, ask: Ask
) -> None:
    found = (await ask(LOOK, {"input": {"ledgerId": USD}}))["data"]["exportPreflight"]

    assert ledger is not None
    (finding,) = found["findings"]
    assert finding["code"] == "FORMULA_TEXT"
    assert HOSTILE in finding["message"]
    assert "\"'=HYPERLINK(" in found["firstLines"][1]
    assert not found["isBlocked"]


async def test_all_that_is_wrong_with_an_input_is_named_by_its_fields(
    ledger: Database, ask: Ask
) -> None:
    wanted = {
        "ledgerId": USD,
        "maxRows": 1,
        "preset": "VENDOR",
        "filter": {"customerId": encode(CustomerId("nobody"))},
    }

    payload = (await ask(CREATE, {"input": wanted}))["data"]["createExport"]

    assert ledger is not None
    paths = [error["path"] for error in payload["userErrors"]]
    assert paths == [["preset"], ["maxRows"], ["filter", "customerId"]]
    assert payload["job"] is None


async def test_an_export_has_its_format_s_granularity_and_keeps_its_options(
    ledger: Database, ask: Ask
) -> None:
    wanted = {"ledgerId": USD, "maxRows": 64, "idempotencyKey": "once"}

    first = (await ask(CREATE, {"input": wanted}))["data"]["createExport"]
    again = (await ask(CREATE, {"input": wanted}))["data"]["createExport"]
    other = (await ask(CREATE, {"input": {**wanted, "maxRows": 65}}))["data"][
        "createExport"
    ]
    same = (await ask(CREATE, {"input": {**wanted, "granularity": "DAILY"}}))["data"][
        "createExport"
    ]

    assert ledger is not None
    assert first["job"]["granularity"] == "DAILY"
    assert first["job"]["options"] == {
        "maxRows": 64,
        "convert": False,
        "preset": None,
        "rateRefresh": None,
    }
    assert again == first == same
    assert [error["code"] for error in other["userErrors"]] == ["KEY_USED"]


async def test_a_long_account_and_many_rows_are_refused(
    ledger: Database, ask: Ask
) -> None:
    wanted = {"ledgerId": USD, "defaultAccount": "x" * 501, "maxRows": 2_000_000_000}

    payload = (await ask(CREATE, {"input": wanted}))["data"]["createExport"]

    assert ledger is not None
    paths = [error["path"] for error in payload["userErrors"]]
    assert paths == [["defaultAccount"], ["maxRows"]]
