"""Integrations and mapped accounts through the API, and what they refuse."""

from typing import Any

import pytest

from daybook.db.engine import Database
from daybook_factories import invoice, record
from daybook_filled import filled
from daybook_graphql.context import Context
from daybook_graphql.execution.operations import Operations
from daybook_graphql.kit.ids import encode
from daybook_graphql.ledgers.ids import LedgerId
from daybook_graphql.parties.ids import ProductId
from daybook_people import caller

pytestmark = [pytest.mark.anyio, pytest.mark.either_database]

USD = encode(LedgerId("USD"))
PRODUCT = encode(ProductId("prod_1"))
XERO = {"integration": "XERO", "ledgerId": USD}
CHART = "Code,Name,Type,Tax Code\n200,Sales,Revenue,No VAT\n610,Debtors,Bank,\n"


@pytest.fixture
async def run(database: Database, operations: Operations, settings: Any) -> Any:
    """Runs an operation by its name, and gives its only field."""
    await filled(database, record, invoice())

    async def its_field(name: str, /, **variables: Any) -> Any:
        context = Context(database, settings, caller())
        (found,) = (await operations.run(name, variables, context)).values()
        return found

    return its_field


async def test_an_integration_is_set_and_what_is_absent_stays(run: Any) -> None:
    for fields in (
        {"isEnabled": True, "preset": "VENDOR", "closedThrough": "2025-01-31"},
        {"baseCurrency": "EUR"},
        {"closedThrough": None},
    ):
        done = await run("UpdateIntegration", input={**XERO, **fields})
        assert done == {"changedCount": 1, "request": None, "userErrors": []}

    xero, quickbooks, netsuite = await run("Integrations", ledgerId=USD)

    assert {key: xero[key] for key in list(xero)[:9]} == {
        "kind": "XERO",
        "title": "Xero",
        "currency": "USD",
        "isEnabled": True,
        "preset": "VENDOR",
        "dateForm": "DAY_NAMED_MONTH_YEAR",
        "closedThrough": None,
        "chosenDateForm": None,
        "baseCurrency": "EUR",
    }
    assert not quickbooks["isEnabled"] and not netsuite["isEnabled"]
    assert netsuite["dateForm"] == "MONTH_DAY_YEAR"
    assert netsuite["baseCurrency"] is None


async def test_a_chosen_form_of_dates_and_a_base_currency_are_taken_back_by_null(
    run: Any,
) -> None:
    for fields in (
        {"dateForm": "DAY_MONTH_YEAR", "baseCurrency": "EUR"},
        {"dateForm": None, "baseCurrency": None},
    ):
        await run("UpdateIntegration", input={**XERO, **fields})

        xero, *_ = await run("Integrations", ledgerId=USD)

        assert xero["chosenDateForm"] == fields["dateForm"]
        assert xero["dateForm"] == (fields["dateForm"] or "ISO")
        assert xero["baseCurrency"] == fields["baseCurrency"]


async def test_an_account_is_mapped_for_all_and_for_a_product(run: Any) -> None:
    await run("ImportTargetAccounts", input={**XERO, "text": CHART})
    for more in ({}, {"productId": PRODUCT}):
        fields = [{"name": "code", "value": "200"}]
        if more:
            fields.append({"name": "tax_rate", "value": ""})
        done = await run(
            "SetAccountMapping",
            input={**XERO, "role": "RECOGNIZED", "fields": fields, **more},
        )
        assert done == {"changedCount": 1, "request": None, "userErrors": []}

    xero, *_ = await run("Integrations", ledgerId=USD)

    billed, _, _, recognized, of_product = xero["mappings"]
    assert billed["account"] is None and billed["fields"] == []
    assert recognized == {
        "role": "RECOGNIZED",
        "productId": None,
        "category": None,
        "account": "200",
        "normalBalance": "CREDIT",
        "fields": [
            {"name": "code", "value": "200"},
            {"name": "type", "value": "Revenue"},
            {"name": "tax_rate", "value": "No VAT"},
        ],
    }
    assert of_product["productId"] == PRODUCT
    assert len(of_product["fields"]) == 2


@pytest.mark.parametrize(
    ("name", "fields", "error"),
    [
        (
            "SetAccountMapping",
            {"role": "BILLED", "fields": [{"name": "code", "value": "1"}]},
            ("MISSING", ["type"], None),
        ),
        (
            "SetAccountMapping",
            {"role": "BILLED", "fields": [], "productId": PRODUCT, "category": "x"},
            ("INVALID_VALUE", ["category"], None),
        ),
        (
            "UpdateIntegration",
            {"dateForm": "MONTH_DAY_YEAR"},
            ("INVALID_VALUE", ["dateForm"], None),
        ),
        (
            "UpdateIntegration",
            {"baseCurrency": "eur"},
            ("UNKNOWN_CURRENCY", ["baseCurrency"], None),
        ),
        (
            "ImportTargetAccounts",
            {"text": "Code,Name,Type\n12345678901,A,Sales\n"},
            ("TOO_LARGE", ["code"], 2),
        ),
    ],
)
async def test_what_is_refused_is_a_user_error_and_changes_nothing(
    run: Any, name: str, fields: dict[str, Any], error: tuple[Any, ...]
) -> None:
    done = await run(name, input={**XERO, **fields})

    (found,) = done["userErrors"]
    assert (found["code"], found["path"], found["line"]) == error
    assert done["changedCount"] == 0


async def test_a_file_of_mappings_is_imported(run: Any) -> None:
    text = "currency,role,code,type\n,BILLED,200,Sales\nUSD,DEFERRED,840,Liability\n"
    done = await run(
        "ImportAccountMappings", input={"integration": "XERO", "text": text}
    )

    assert done == {"changedCount": 2, "request": None, "userErrors": []}
