"""Locks, settings and names of accounts through the API, and what they refuse."""

from typing import Any

import pytest

from daybook.db.engine import Database
from daybook_factories import invoice, record
from daybook_filled import filled
from daybook_graphql.context import Context
from daybook_graphql.execution.operations import Operations
from daybook_graphql.kit.ids import encode
from daybook_graphql.ledgers.ids import LedgerId
from daybook_graphql.parties.ids import CustomerId, ProductId
from daybook_people import caller

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.usefixtures("run"),
    pytest.mark.either_database,
]

Ask = Any  # a fixture's type, see conftest

USD, EUR = encode(LedgerId("USD")), encode(LedgerId("EUR"))
PRODUCT = encode(ProductId("prod_1"))
CUSTOM: dict[str, Any] = {"ledgerId": USD, "method": "CUSTOM_DATE"}


@pytest.fixture
async def run(database: Database, operations: Operations, settings: Any) -> Any:
    """Runs a mutation by its operation's name, and gives its payload."""
    await filled(database, record, invoice())

    async def its_payload(name: str, /, **fields: Any) -> dict[str, Any]:
        variables = {"input": fields}
        data = await operations.run(
            name, variables, Context(database, settings, caller())
        )
        (payload,) = data.values()
        found: dict[str, Any] = payload
        return found

    return its_payload


async def settings_of(ask: Ask) -> dict[str, Any]:
    answer = await ask(
        "query($id: ID!) { ledger(id: $id) { lockMethod lockedThrough firstOpenDay"
        " defaultMethod defaultStrategy recognizesBreakage undatedLines accountNames"
        " { role"
        " productId category name code } } }",
        {"id": USD},
    )
    found: dict[str, Any] = answer["data"]["ledger"]
    return found


async def test_a_new_ledger_is_open_and_has_the_built_in_settings(ask: Ask) -> None:
    assert await settings_of(ask) == {
        "lockMethod": "CUSTOM_DATE",
        "lockedThrough": None,
        "firstOpenDay": None,
        "defaultMethod": "STRAIGHT_LINE",
        "defaultStrategy": "DAILY_RATE_EVEN_MONTHS",
        "recognizesBreakage": False,
        "undatedLines": "REFUSE",
        "accountNames": [],
    }


async def test_a_lock_goes_forward_and_back_and_off(run: Any, ask: Ask) -> None:
    for day, opens in (
        ("2025-12-31", "2026-01-01"),
        ("2025-02-28", "2025-03-01"),
        (None, None),
    ):
        payload = await run(
            "SetLock",
            ledgerId=USD,
            method="CUSTOM_DATE",
            lockedThrough=day,
            reason="a reason",
            confirmFuture=True,
        )
        assert payload["userErrors"] == []
        assert payload["ledger"]["lockedThrough"] == day
        assert payload["ledger"]["firstOpenDay"] == opens
        assert (await settings_of(ask))["lockedThrough"] == day


async def test_a_lock_by_accounting_date_has_no_day(run: Any) -> None:
    payload = await run("SetLock", ledgerId=USD, method="ACCOUNTING_DATE")

    assert payload["change"] == {
        "effect": "CLOSES",
        "firstDay": None,
        "lastDay": None,
        "journalCount": 0,
        "totals": [],
    }
    assert payload["ledger"] == {
        "id": USD,
        "lockMethod": "ACCOUNTING_DATE",
        "lockedThrough": None,
        "firstOpenDay": None,
    }


PREVIEW = """query($id: ID!, $method: LockMethod!, $day: Date) {
  ledger(id: $id) { lockChange(method: $method, lockedThrough: $day) {
    effect before { method lockedThrough } after { method lockedThrough }
    firstDay lastDay journalCount needsConfirmation needsReason
    totals { account { role } debit { amount } credit { amount } }
    months { month firstDay lastDay journalCount totals { debit { amount } } }
  } }
}"""


async def test_a_change_of_the_lock_is_previewed(run: Any, ask: Ask) -> None:
    await run("SetLock", **CUSTOM, lockedThrough="2025-02-10")

    asked = {"id": USD, "method": "CUSTOM_DATE", "day": "2099-02-28"}
    answer = await ask(PREVIEW, asked)

    change = answer["data"]["ledger"]["lockChange"]
    months = change.pop("months")
    nothing, amount = {"amount": "0.00"}, {"amount": "1064.30"}
    assert change == {
        "effect": "CLOSES",
        "before": {"method": "CUSTOM_DATE", "lockedThrough": "2025-02-10"},
        "after": {"method": "CUSTOM_DATE", "lockedThrough": "2099-02-28"},
        "firstDay": "2025-02-11",
        "lastDay": "2099-02-28",
        "journalCount": 11,
        "needsConfirmation": True,
        "needsReason": False,
        "totals": [
            {"account": {"role": "DEFERRED"}, "debit": amount, "credit": nothing},
            {"account": {"role": "RECOGNIZED"}, "debit": nothing, "credit": amount},
        ],
    }
    assert months[0] == {
        "month": "2025-02-01",
        "firstDay": "2025-02-11",
        "lastDay": "2025-02-28",
        "journalCount": 1,
        "totals": [{"debit": {"amount": "64.30"}}, {"debit": nothing}],
    }
    assert [month["month"][5:7] for month in months] == [
        f"{number:02}" for number in range(2, 13)
    ]
    assert (await settings_of(ask))["lockedThrough"] == "2025-02-10"


async def test_a_change_back_is_answered_with_what_it_opened(run: Any) -> None:
    await run("SetLock", **CUSTOM, lockedThrough="2025-02-10")

    refused = await run("SetLock", **CUSTOM)
    payload = await run("SetLock", **CUSTOM, reason="late invoices")
    again = await run("SetLock", **CUSTOM)

    (error,) = refused["userErrors"]
    assert (error["code"], error["path"]) == ("MISSING", ["reason"])
    assert error["message"] == (
        "this would open all days through 2025-02-10: 2 journals in 2025-01 … 2025-02"
        " (Billed 1,200.00, Deferred 1,064.30, Recognized 135.70); moving the lock back"
        " needs a reason"
    )
    assert (refused["change"], refused["recording"]) == (None, None)
    assert payload["recording"] == "3"
    assert payload["change"]["effect"] == "OPENS"
    assert payload["change"]["journalCount"] == 2
    assert payload["change"]["lastDay"] == "2025-02-10"
    assert again["userErrors"] == []
    assert (again["change"]["effect"], again["recording"]) == ("NOTHING", None)


async def test_a_lock_by_accounting_date_is_previewed_without_a_date(ask: Ask) -> None:
    asked = {"id": USD, "method": "ACCOUNTING_DATE", "day": "2025-02-28"}

    (error,) = (await ask(PREVIEW, asked))["errors"]

    assert error["extensions"]["code"] == "INVALID_VALUE"
    assert "takes no date" in error["message"]


async def test_a_lock_of_all_days_is_no_preview(ask: Ask) -> None:
    asked = {"id": USD, "method": "CUSTOM_DATE", "day": "2099-12-31"}

    (error,) = (await ask(PREVIEW, asked))["errors"]

    assert error["extensions"]["code"] == "INVALID_VALUE"
    assert "the last day that can be locked is 2099-12-30" in error["message"]


async def test_settings_that_are_absent_stay(run: Any, ask: Ask) -> None:
    await run("UpdateSettings", ledgerId=USD, defaultMethod="USAGE")
    await run("UpdateSettings", ledgerId=USD, recognizesBreakage=True)
    await run("UpdateSettings", ledgerId=USD, undatedLines="ACCOUNTING_DATE")
    await run("UpdateSettings", ledgerId=USD, defaultStrategy="THIRTY_360")

    found = await settings_of(ask)
    assert found["defaultMethod"] == "USAGE"
    assert found["defaultStrategy"] == "THIRTY_360"
    assert found["recognizesBreakage"] is True
    assert found["undatedLines"] == "ACCOUNTING_DATE"


async def test_a_product_s_method_is_set_and_taken_back(run: Any) -> None:
    for method in ("MILESTONE", None):
        payload = await run("SetProductMethod", productId=PRODUCT, method=method)
        assert payload == {"method": method, "userErrors": []}


async def test_accounts_are_named_with_their_sub_accounts(run: Any, ask: Ask) -> None:
    await run("RenameAccount", ledgerId=USD, role="DEFERRED", name="PRA", code="3900")
    payload = await run(
        "RenameAccount",
        ledgerId=USD,
        role="DEFERRED",
        name="PRA Platform",
        productId=PRODUCT,
    )

    names = [
        {
            "role": "DEFERRED",
            "productId": None,
            "category": None,
            "name": "PRA",
            "code": "3900",
        },
        {
            "role": "DEFERRED",
            "productId": PRODUCT,
            "category": None,
            "name": "PRA Platform",
            "code": None,
        },
    ]
    assert payload["ledger"]["accountNames"] == names
    assert (await settings_of(ask))["accountNames"] == names


NAME: dict[str, Any] = {"ledgerId": USD, "role": "BILLED", "name": "x"}
REFUSED: dict[str, tuple[str, dict[str, Any], str, str]] = {
    "a date for a lock by accounting date": (
        "SetLock",
        {**CUSTOM, "method": "ACCOUNTING_DATE", "lockedThrough": "2025-12-31"},
        "INVALID_VALUE",
        "lockedThrough",
    ),
    "a lock past the month": (
        "SetLock",
        {**CUSTOM, "lockedThrough": "2099-12-30"},
        "UNCONFIRMED",
        "confirmFuture",
    ),
    "a lock of all days": (
        "SetLock",
        {**CUSTOM, "lockedThrough": "2099-12-31", "confirmFuture": True},
        "INVALID_VALUE",
        "lockedThrough",
    ),
    "a long reason": (
        "SetLock",
        {**CUSTOM, "lockedThrough": "2025-01-31", "reason": "x" * 501},
        "TOO_LARGE",
        "reason",
    ),
    "a reason of several lines": (
        "SetLock",
        {**CUSTOM, "lockedThrough": "2025-01-31", "reason": "a\nb"},
        "INVALID_VALUE",
        "reason",
    ),
    "no such ledger": ("SetLock", {**CUSTOM, "ledgerId": EUR}, "NOT_FOUND", "ledgerId"),
    "no ledger to set": (
        "UpdateSettings",
        {"ledgerId": EUR, "defaultMethod": "USAGE"},
        "NOT_FOUND",
        "ledgerId",
    ),
    "no such product": (
        "SetProductMethod",
        {"productId": encode(ProductId("prod_9"))},
        "NOT_FOUND",
        "productId",
    ),
    "no ledger to name accounts in": (
        "RenameAccount",
        {**NAME, "ledgerId": EUR},
        "NOT_FOUND",
        "ledgerId",
    ),
    "a sub-account of no product": (
        "RenameAccount",
        {**NAME, "productId": encode(ProductId("prod_9"))},
        "NOT_FOUND",
        "productId",
    ),
    "a sub-account of no category": (
        "RenameAccount",
        {**NAME, "category": "None"},
        "NOT_FOUND",
        "category",
    ),
    "a sub-account of nothing": (
        "RenameAccount",
        {**NAME, "category": ""},
        "INVALID_VALUE",
        "category",
    ),
    "a sub-account of two": (
        "RenameAccount",
        {**NAME, "productId": PRODUCT, "category": "None"},
        "INVALID_VALUE",
        "category",
    ),
    "a code alone": (
        "RenameAccount",
        {**NAME, "name": "", "code": "1"},
        "MISSING",
        "name",
    ),
    "a long name": ("RenameAccount", {**NAME, "name": "x" * 999}, "TOO_LARGE", "name"),
    "a name of several lines": (
        "RenameAccount",
        {**NAME, "name": "a\x00b"},
        "INVALID_VALUE",
        "name",
    ),
}


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED.keys())
async def test_what_is_refused_is_a_user_error(
    run: Any, ask: Ask, case: tuple[str, dict[str, Any], str, str]
) -> None:
    name, fields, code, field = case
    before = await settings_of(ask)

    payload = await run(name, **fields)

    (error,) = payload.pop("userErrors")
    assert (error["code"], error["path"]) == (code, [field])
    assert set(payload.values()) == {None}
    assert await settings_of(ask) == before


async def test_an_id_of_another_type_is_refused(ask: Ask) -> None:
    answer = await ask(
        "mutation($id: ID!) { setLock(input: { ledgerId: $id, method: CUSTOM_DATE })"
        " { userErrors { code } } }",
        {"id": encode(CustomerId("cus_1"))},
    )

    (error,) = answer["errors"]
    assert error["extensions"] == {"code": "INVALID_ID", "argument": "input.ledgerId"}


async def test_a_products_method_is_shown_and_listed(run: Any, ask: Ask) -> None:
    every = "{ products { nodes { externalId method } } }"
    listed = "{ products(hasMethod: true) { totalCount nodes { method } } }"
    lacking = "{ products(lacksMethod: true) { totalCount } }"
    before = await ask(every)
    without = await ask(lacking)
    nothing = await ask(listed)

    await run("SetProductMethod", productId=PRODUCT, method="USAGE")

    assert without["data"]["products"] == {"totalCount": 1}
    assert (await ask(lacking))["data"]["products"] == {"totalCount": 0}
    nodes = [{"externalId": "prod_1", "method": None}]
    assert before["data"]["products"]["nodes"] == nodes
    assert nothing["data"]["products"] == {"totalCount": 0, "nodes": []}
    nodes = [{"externalId": "prod_1", "method": "USAGE"}]
    assert (await ask(every))["data"]["products"]["nodes"] == nodes
    assert (await ask(listed))["data"]["products"] == {
        "totalCount": 1,
        "nodes": [{"method": "USAGE"}],
    }
