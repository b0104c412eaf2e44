"""Connections, imports and rates of the general ledger by the API."""

import gzip
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as limits
from hypothesis import strategies as st

from daybook.access.organisations import add_organisation
from daybook.db.engine import Database
from daybook.reports.audit import verify
from daybook.settings import Settings
from daybook_counted import counted
from daybook_factories import ORGANISATION, invoice, record
from daybook_gl_imports import account, journal
from daybook_graphql.context import Context
from daybook_graphql.execution.operations import operation_texts
from daybook_graphql.general_ledger.ids import GlConnectionId
from daybook_graphql.kit.ids import encode
from daybook_graphql.schema import schema
from daybook_people import NOON, caller
from daybook_services.faults import examples
from daybook_stored import dump
from daybook_uploaded import uploaded

Ask = Callable[..., Awaitable[dict[str, Any]]]

pytestmark = [pytest.mark.anyio, pytest.mark.either_database]

UK, INC = encode(GlConnectionId(1)), encode(GlConnectionId(2))
ONE, TWO = journal(1, "10.00", "-10.00"), journal(2, "2.50", "-2.50")
LIST = """{
  glConnections {
    id number name baseCurrency isMain yearEnd periodLock yearLock takesExports
    accounts { receivable payable tax realised unrealised revaluation }
    budgetId countsForecasts createdBy
    journalCount lastJournal missingJournalCount missingJournals { first last }
    inputs { kind imports documents firstNumber lastNumber dataTime importedAt }
  }
  glDataset {
    reportingCurrency isReportingCurrencyChosen mainConnection { name }
  }
}"""


async def run(ask: Ask, operation: str, **values: Any) -> dict[str, Any]:
    """The payload of a named mutation."""
    answer = await ask(operation_texts()[operation], {"input": values})
    assert "errors" not in answer, answer
    (payload,) = answer["data"].values()
    assert isinstance(payload, dict)
    return payload


async def added(ask: Ask, name: str = "UK", currency: str = "GBP", **more: Any) -> str:
    """The id of a new connection."""
    payload = await run(
        ask, "AddGlConnection", name=name, baseCurrency=currency, **more
    )
    assert payload["userErrors"] == []
    id_: str = payload["connection"]["id"]
    return id_


async def listed(ask: Ask) -> list[dict[str, Any]]:
    answer = await ask(LIST)
    connections: list[dict[str, Any]] = answer["data"]["glConnections"]
    return connections


def problems(payload: Mapping[str, Any]) -> list[tuple[str, list[str]]]:
    """Code and path of each user error."""
    return [(error["code"], error["path"]) for error in payload["userErrors"]]


def journals(*documents: Any, **more: Any) -> bytes:
    """A page of journals."""
    return json.dumps({"Journals": documents, **more}).encode()


async def test_a_connection_from_its_adding_to_its_end(
    ask: Ask, database: Database
) -> None:
    await record(database, invoice(), invoice("inv_2", currency="EUR"))
    assert (await ask(LIST))["data"] == {
        "glConnections": [],
        "glDataset": {
            "reportingCurrency": None,
            "isReportingCurrencyChosen": False,
            "mainConnection": None,
        },
    }
    assert await added(ask) == UK
    assert await added(ask, "Inc", "USD", yearEnd="02-29") == INC
    changes = {
        "connectionId": INC,
        "name": "Northwind Inc",
        "periodLock": "2025-05-31",
        "yearLock": "2024-12-31",
        "takesExports": ["USD", "EUR"],
        "accounts": {"tax": "a-1", "payable": "a-2"},
        "budgetId": "b-1",
        "countsForecasts": True,
    }
    payload = await run(ask, "UpdateGlConnection", **changes)
    assert payload["connection"] == {"id": INC, "number": 2, "name": "Northwind Inc"}

    uk, inc = await listed(ask)
    assert (uk["name"], uk["isMain"], uk["yearEnd"]) == ("UK", True, "12-31")
    assert set(uk["accounts"].values()) == {None}
    nothing = {"receivable": None, "realised": None, "unrealised": None}
    assert inc == {
        "id": INC,
        "number": 2,
        "name": "Northwind Inc",
        "baseCurrency": "USD",
        "isMain": False,
        "yearEnd": "02-29",
        "periodLock": "2025-05-31",
        "yearLock": "2024-12-31",
        "takesExports": ["EUR", "USD"],
        "accounts": {**nothing, "payable": "a-2", "tax": "a-1", "revaluation": None},
        "budgetId": "b-1",
        "countsForecasts": True,
        "createdBy": caller().name,
        "journalCount": 0,
        "lastJournal": None,
        "missingJournalCount": "0",
        "missingJournals": [],
        "inputs": [],
    }

    changes = {
        "connectionId": INC,
        "yearLock": None,
        "budgetId": None,
        "accounts": {"tax": None},
    }
    await run(ask, "UpdateGlConnection", **changes)
    _, inc = await listed(ask)
    assert (inc["periodLock"], inc["yearLock"]) == ("2025-05-31", None)
    assert (inc["budgetId"], inc["countsForecasts"]) == (None, True)
    assert (inc["accounts"]["tax"], inc["accounts"]["payable"]) == (None, "a-2")

    payload = await run(ask, "RemoveGlConnection", connectionId=UK)
    assert problems(payload) == [("IN_USE", ["connectionId"])]
    payload = await run(ask, "UpdateGlDataset", mainConnectionId=INC)
    assert payload["dataset"] == {
        "reportingCurrency": "USD",
        "isReportingCurrencyChosen": False,
        "mainConnection": {"id": INC, "name": "Northwind Inc"},
    }
    payload = await run(ask, "UpdateGlDataset", reportingCurrency="EUR")
    assert payload["dataset"]["reportingCurrency"] == "EUR"
    assert payload["dataset"]["isReportingCurrencyChosen"]
    payload = await run(ask, "UpdateGlDataset", reportingCurrency=None)
    assert payload["dataset"]["reportingCurrency"] == "USD"
    assert [its["name"] for its in await listed(ask)] == ["Northwind Inc", "UK"]
    payload = await run(ask, "RemoveGlConnection", connectionId=UK)
    assert payload == {"userErrors": []}
    assert [its["name"] for its in await listed(ask)] == ["Northwind Inc"]
    payload = await run(ask, "UpdateGlConnection", connectionId=UK, name="UK")
    assert problems(payload) == [("NOT_FOUND", ["connectionId"])]
    assert payload["connection"] is None
    payload = await run(ask, "UpdateGlDataset", mainConnectionId=UK)
    assert problems(payload) == [("NOT_FOUND", ["mainConnectionId"])]
    assert (await verify(database, ORGANISATION)).mismatch is None


async def test_a_repeated_request_with_a_key_adds_one_connection(
    ask: Ask, database: Database
) -> None:
    first = await added(ask, isMain=True, idempotencyKey="k-1")
    before = await dump(database)

    assert await added(ask, isMain=True, idempotencyKey="k-1") == first
    assert await dump(database) == before
    values = {"name": "UK", "baseCurrency": "EUR", "idempotencyKey": "k-1"}
    payload = await run(ask, "AddGlConnection", **values)
    assert problems(payload) == [("KEY_USED", ["idempotencyKey"])]
    payload = await run(ask, "AddGlConnection", name="uk", baseCurrency="EUR")
    assert problems(payload) == [("DUPLICATE", ["name"])]
    assert len(await listed(ask)) == 1


async def test_what_is_so_already_leaves_no_record(
    ask: Ask, database: Database
) -> None:
    await added(ask, periodLock="2025-05-31")
    before = await dump(database)

    values = {"connectionId": UK, "periodLock": "2025-05-31", "yearEnd": "12-31"}
    assert problems(await run(ask, "UpdateGlConnection", **values)) == []
    assert problems(await run(ask, "UpdateGlDataset", mainConnectionId=UK)) == []
    assert await dump(database) == before


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"name": ""}, [("MISSING", ["name"])]),
        ({"name": "x" * 101}, [("INVALID_VALUE", ["name"])]),
        ({"yearEnd": "2025-03-31"}, [("INVALID_VALUE", ["yearEnd"])]),
        ({"yearEnd": "02-30"}, [("INVALID_VALUE", ["yearEnd"])]),
        ({"budgetId": ""}, [("INVALID_VALUE", ["budgetId"])]),
        (
            {"name": "\n", "accounts": {"tax": "x" * 101}},
            [("MISSING", ["name"]), ("INVALID_VALUE", ["accounts", "tax"])],
        ),
    ],
)
async def test_what_is_wrong_is_told_at_its_place(
    ask: Ask, values: dict[str, Any], expected: list[Any]
) -> None:
    payload = await run(
        ask, "AddGlConnection", **{"name": "UK", **values}, baseCurrency="GBP"
    )
    assert problems(payload) == expected
    assert payload["connection"] is None
    await added(ask, "Other")
    payload = await run(ask, "UpdateGlConnection", connectionId=UK, **values)
    assert problems(payload) == expected
    assert [its["name"] for its in await listed(ask)] == ["Other"]


async def test_journals_come_in_once_and_whole(
    ask: Ask, database: Database, settings: Settings
) -> None:
    await added(ask)
    at = {"DateTimeUTC": "2025-10-01T08:30:00"}
    first = await uploaded(database, settings, journals(ONE, **at), "page-1.json")
    third = journal(3, "1.00", "-1.00")
    zipped = gzip.compress(journals(TWO, journal(9, "7", "-7")))
    second = await uploaded(database, settings, zipped)
    values = {
        "connectionId": UK,
        "kind": "JOURNALS",
        "uploadIds": [first, second],
        "fileNames": ["", "page-2.json"],
    }
    before = await dump(database)

    tried = await run(ask, "PreviewGlImport", **values, dryRun=True)

    assert await dump(database) == before
    assert tried["connection"]["journalCount"] == 0
    assert tried["number"] is None
    done = await run(ask, "ImportGl", **values)
    brought = {
        "documents": 3,
        "rows": 6,
        "unchanged": 0,
        "firstNumber": "1",
        "lastNumber": "9",
        "dataTime": "2025-10-01T08:30:00Z",
        "userErrorCount": 0,
        "userErrors": [],
    }
    assert tried | brought == tried
    of_kind = {name: brought[name] for name in list(brought)[:6]}
    assert done == {
        **brought,
        "number": "1",
        "kinds": [{"kind": "JOURNALS", "number": "1", **of_kind}],
        "leftOut": [],
        "auditRecord": "1",
        "connection": {
            "id": UK,
            "name": "UK",
            "journalCount": 3,
            "missingJournalCount": "6",
        },
    }
    (uk,) = await listed(ask)
    assert uk["lastJournal"] == "9"
    assert uk["missingJournals"] == [{"first": "3", "last": "8"}]
    assert uk["inputs"] == [
        {
            "kind": "JOURNALS",
            "imports": 1,
            "documents": 3,
            "firstNumber": "1",
            "lastNumber": "9",
            "dataTime": "2025-10-01T08:30:00Z",
            "importedAt": "2025-06-15T12:00:00Z",
        }
    ]

    spent = await run(ask, "ImportGl", **values)
    assert problems(spent) == [("UPLOAD_SPENT", ["uploadIds", "0"])]
    assert "import 1 of the general ledger" in spent["userErrors"][0]["message"]
    again = await uploaded(database, settings, journals(ONE, TWO, third))
    values = {"connectionId": UK, "kind": "JOURNALS", "uploadIds": [again]}
    more = await run(ask, "ImportGl", **values)
    assert (more["number"], more["documents"], more["unchanged"]) == ("2", 1, 2)
    again = await uploaded(database, settings, journals(ONE, third))
    before = await dump(database)
    same = await run(ask, "ImportGl", **{**values, "uploadIds": [again]})
    assert (same["number"], same["documents"], same["unchanged"]) == (None, 0, 2)
    assert await dump(database) == before
    assert (await verify(database, ORGANISATION)).mismatch is None


async def test_a_broken_journal_refuses_all_and_leaves_the_uploads(
    ask: Ask, database: Database, settings: Settings
) -> None:
    await added(ask)
    good = await uploaded(database, settings, journals(ONE), "good.json")
    wrong = journals(TWO, journal(14, "1.00", "-1.01"))
    bad = await uploaded(database, settings, wrong, "bad.json")
    values = {"connectionId": UK, "kind": "JOURNALS", "uploadIds": [good, bad]}

    refused = await run(ask, "ImportGl", **values)

    assert refused["connection"] is None
    assert refused["userErrorCount"] == 1
    (error,) = refused["userErrors"]
    assert (error["code"], error["path"]) == ("UNBALANCED", [])
    assert "journal 14 (j-14) sums to -0.01 and not to 0" in error["message"]
    (uk,) = await listed(ask)
    assert (uk["journalCount"], uk["inputs"]) == (0, [])
    done = await run(ask, "ImportGl", **{**values, "uploadIds": [good]})
    assert done["documents"] == 1


async def test_csv_of_another_program_comes_in_by_a_mapping(
    ask: Ask, database: Database, settings: Settings
) -> None:
    await added(ask)
    table = b"id,label,kind\na-1,Sales,REVENUE\na-2,Bank,BANK\n"
    mapping = """
        [accounts]
        files = { header = "chart.csv" }
        columns = { AccountID = "id", Name = "label", Type = "kind" }
    """
    text = await uploaded(database, settings, mapping.encode(), "map.toml")
    values = {"connectionId": UK, "kind": "ACCOUNTS", "fileNames": ["chart.csv"]}

    for way in ({"mapping": mapping}, {"mappingUploadId": text}):
        sent = [await uploaded(database, settings, table)]
        done = await run(ask, "ImportGl", **values, **way, uploadIds=sent)
        assert done["userErrors"] == []
        assert done["documents"] + done["unchanged"] == 2

    both = {"mapping": mapping, "mappingUploadId": text}
    refused = await run(ask, "ImportGl", **values, **both, uploadIds=sent)
    assert problems(refused) == [("INVALID_VALUE", ["mappingUploadId"])]
    for wrong in ("[[", f"a = {'9' * 5_000}", f"a = {'[' * 5_000}"):
        refused = await run(ask, "ImportGl", **values, mapping=wrong, uploadIds=sent)
        assert problems(refused) == [("UNREADABLE", ["mapping"])]
    refused = await run(ask, "ImportGl", **values, mapping="[invoices]", uploadIds=sent)
    assert problems(refused) == [
        ("INVALID_VALUE", ["mapping", "invoices", "files"]),
    ]
    values["kind"] = "CONTACTS"
    refused = await run(ask, "ImportGl", **values, mapping=mapping, uploadIds=sent)
    assert problems(refused) == [("INVALID_VALUE", ["mapping"])]


async def test_uploads_that_can_t_be_taken_are_named(
    ask: Ask, database: Database, settings: Settings
) -> None:
    await added(ask)
    other = await add_organisation(database, "Other", now=NOON, made_by="test")
    ours = await uploaded(database, settings, journals(ONE))
    theirs = await uploaded(database, settings, journals(ONE), organisation_id=other)
    cut = await uploaded(database, settings, gzip.compress(journals(ONE))[:-9])
    values = {"connectionId": UK, "kind": "JOURNALS"}

    for ids, expected in (
        ([], ("MISSING", ["uploadIds"])),
        (["upl_x"] * 101, ("TOO_LARGE", ["uploadIds"])),
        ([ours, theirs], ("NOT_FOUND", ["uploadIds", "1"])),
        (["\0"], ("NOT_FOUND", ["uploadIds", "0"])),
        ([ours, ours], ("DUPLICATE", ["uploadIds", "1"])),
        ([ours, cut], ("UNREADABLE", ["uploadIds", "1"])),
    ):
        refused = await run(ask, "ImportGl", **values, uploadIds=ids)
        assert problems(refused) == [expected]
    names = ["a.json", "b.json"]
    refused = await run(ask, "ImportGl", **values, uploadIds=[ours], fileNames=names)
    assert problems(refused) == [("INVALID_VALUE", ["fileNames"])]
    values["connectionId"] = INC
    refused = await run(ask, "ImportGl", **values, uploadIds=[ours])
    assert problems(refused) == [("NOT_FOUND", ["connectionId"])]
    values["connectionId"] = UK
    done = await run(ask, "ImportGl", **values, uploadIds=[ours])
    assert done["documents"] == 1


async def test_what_grows_beyond_the_limit_when_unzipped_is_refused(
    database: Database, settings: Settings
) -> None:
    small = settings.model_copy(update={"import_bytes_max": 1_000})

    async def ask_small(document: str, values: dict[str, Any]) -> dict[str, Any]:
        context = Context(database, small, caller())
        result = await schema.execute(
            document, variable_values=values, context_value=context
        )
        return {"data": result.data}

    await added(ask_small)
    long = gzip.compress(journals(ONE) + b" " * 1_000)
    id_ = await uploaded(database, small, long)

    refused = await run(
        ask_small, "ImportGl", connectionId=UK, kind="JOURNALS", uploadIds=[id_]
    )

    assert problems(refused) == [("TOO_LARGE", ["uploadIds", "0"])]


RATES = """query($from: CurrencyCode!, $to: CurrencyCode!, $days: DateRangeInput!) {
  fxRates(from: $from, to: $to, days: $days) {
    from to day value publishedOn source
    euroRates { currency rate day source refresh }
  }
}"""
MANUAL = """query($first: Int, $after: String) {
  manualRates(first: $first, after: $after) {
    totalCount pageInfo { hasNextPage endCursor }
    nodes { currency day rate reason enteredBy }
  }
}"""


async def test_rates_by_day(ask: Ask) -> None:
    values = {"currency": "KES", "day": "2025-01-31", "reason": "Central bank"}
    for rate in ("129", "130.0"):
        payload = await run(ask, "AddManualRate", **values, rate=rate)
        assert payload["userErrors"] == []
    assert payload["rate"] == {"currency": "KES", "day": "2025-01-31", "rate": "130"}
    days = {"from": "2025-01-31", "to": "2025-01-31"}

    answer = await ask(RATES, {"from": "USD", "to": "KES", "days": days})

    # 130 / 1.0393
    euro = {"day": "2025-01-31", "refresh": None}
    assert answer["data"]["fxRates"] == [
        {
            "from": "USD",
            "to": "KES",
            "day": "2025-01-31",
            "value": "125.08419128",
            "publishedOn": "2025-01-31",
            "source": "MANUAL",
            "euroRates": [
                {**euro, "currency": "USD", "rate": "1.0393", "source": "ECB"},
                {**euro, "currency": "KES", "rate": "130", "source": "MANUAL"},
            ],
        }
    ]
    payload = await run(ask, "WithdrawManualRate", **values)
    assert payload == {"userErrors": []}
    payload = await run(ask, "WithdrawManualRate", **values)
    assert problems(payload) == [("NOT_FOUND", ["day"])]
    answer = await ask(RATES, {"from": "USD", "to": "KES", "days": days})
    assert answer["data"]["fxRates"] == []


@pytest.mark.parametrize(
    ("days", "code"),
    [
        ({"from": "2025-01-01"}, "INVALID_PERIOD"),
        ({"from": "2025-01-02", "to": "2025-01-01"}, "INVALID_PERIOD"),
        ({"from": "2024-01-01", "to": "2025-01-01"}, "TOO_LARGE"),
    ],
)
async def test_days_that_are_no_range_are_refused(
    ask: Ask, days: dict[str, str], code: str
) -> None:
    answer = await ask(RATES, {"from": "USD", "to": "EUR", "days": days})

    (error,) = answer["errors"]
    assert error["extensions"]["code"] == code


async def test_a_year_is_told_at_once(ask: Ask) -> None:
    days = {"from": "2024-01-01", "to": "2024-12-31"}

    answer = await ask(RATES, {"from": "USD", "to": "GBP", "days": days})

    assert len(answer["data"]["fxRates"]) == 366


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"currency": "EUR"}, ("UNKNOWN_CURRENCY", ["currency"])),
        ({"day": "2025-06-16"}, ("INVALID_DATE", ["day"])),
        ({"rate": "0"}, ("INVALID_VALUE", ["rate"])),
        ({"rate": "1.123456789"}, ("INVALID_VALUE", ["rate"])),
        ({"reason": " "}, ("MISSING", ["reason"])),
        ({"currency": "USD"}, ("DUPLICATE", ["day"])),
    ],
)
async def test_rates_that_can_t_be_entered(
    ask: Ask, database: Database, values: dict[str, Any], expected: Any
) -> None:
    given = {"currency": "KES", "day": "2025-01-31", "rate": "130", "reason": "x"}
    await added(ask)

    payload = await run(ask, "AddManualRate", **{**given, **values})

    assert problems(payload) == [expected]
    assert payload["rate"] is None
    assert (await ask(MANUAL))["data"]["manualRates"]["totalCount"] == 0
    assert (await verify(database, ORGANISATION)).mismatch is None


async def test_manual_rates_are_paged_and_newest_first(ask: Ask) -> None:
    for day in range(1, 6):
        values = {"currency": "KES", "day": f"2025-01-0{day}", "reason": f"on {day}"}
        await run(ask, "AddManualRate", **values, rate=str(100 + day))
    await run(ask, "AddManualRate", **values | {"day": "2025-01-02"}, rate="99")
    gone = values | {"day": "2025-01-03"}
    await run(ask, "WithdrawManualRate", **gone)
    found: list[str] = []
    after = None
    while True:
        answer = await ask(MANUAL, {"first": 2, "after": after})
        page = answer["data"]["manualRates"]
        assert page["totalCount"] == 4
        found += [f"{node['day'][-1]}: {node['rate']}" for node in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break

    assert found == ["2: 99", "5: 105", "4: 104", "1: 101"]


async def test_many_connections_take_as_many_statements_as_one(
    ask: Ask, database: Database, settings: Settings
) -> None:
    await added(ask)
    document = operation_texts()["GlConnectionsPage"]
    await ask(document)
    with counted(database) as statements:
        await ask(document)
        of_one = len(statements)
    for name in ("Inc", "Ltd", "SA"):
        await added(ask, name, "USD")
    sent = json.dumps({"Accounts": [account(1)]}).encode()
    values = {"connectionId": INC, "kind": "ACCOUNTS"}
    ids = [await uploaded(database, settings, sent)]
    await run(ask, "ImportGl", **values, uploadIds=ids)
    with counted(database) as statements:
        answer = await ask(document)
        of_four = len(statements)

    assert len(answer["data"]["glConnections"]) == 4
    assert of_four == of_one > 0


async def test_a_connection_is_a_node(ask: Ask) -> None:
    await added(ask)
    document = operation_texts()["GlConnectionPage"]

    found = await ask(document, {"id": UK, "refreshes": 5})
    none = await ask(document, {"id": INC, "refreshes": 5})

    assert found["data"]["node"]["name"] == "UK"
    assert none["data"]["node"] is None


odd = st.text(max_size=12) | st.sampled_from(["\0", "\ud800", "x" * 3_000, "٣", "é"])
dates = st.sampled_from(["2025-01-31", "2000-01-01", "2099-12-31"])
roles = st.dictionaries(
    st.sampled_from(["receivable", "tax", "revaluation"]), st.none() | odd, max_size=2
)
added_ones = st.fixed_dictionaries(
    {"name": odd, "baseCurrency": st.sampled_from(["GBP", "JPY", "BHD"])},
    optional={
        "yearEnd": odd | st.from_regex(r"[0-9]{2}-[0-9]{2}", fullmatch=True),
        "periodLock": st.none() | dates,
        "takesExports": st.lists(st.sampled_from(["USD", "EUR"]), max_size=3),
        "accounts": st.none() | roles,
        "budgetId": st.none() | odd,
        "idempotencyKey": odd,
    },
)
mappings = odd | st.sampled_from(
    ["[" * 5_000, f"a = {'9' * 5_000}", "a = 2025-13-01", "[accounts]", "accounts = 1"]
)
imports = st.fixed_dictionaries(
    {
        "connectionId": st.sampled_from([UK, INC]),
        "kind": st.sampled_from(["JOURNALS", "TAX_RATES"]),
        "uploadIds": st.lists(odd, max_size=3),
    },
    optional={
        "fileNames": st.none() | st.lists(odd, max_size=3),
        "mapping": st.none() | mappings,
        "mappingUploadId": st.none() | odd,
        "dryRun": st.booleans(),
    },
)
entered = st.fixed_dictionaries(
    {
        "currency": st.sampled_from(["KES", "USD", "EUR"]),
        "day": dates,
        "rate": odd | st.from_regex(r"[0-9]{1,12}(\.[0-9]{1,10})?", fullmatch=True),
        "reason": odd,
    }
)
asked = st.one_of(
    st.tuples(st.just("AddGlConnection"), added_ones),
    st.tuples(st.just("ImportGl"), imports),
    st.tuples(st.just("AddManualRate"), entered),
    st.tuples(
        st.just("UpdateGlConnection"),
        added_ones.map(
            lambda values: {
                **{
                    name: value
                    for name, value in values.items()
                    if name not in {"baseCurrency", "idempotencyKey"}
                },
                "connectionId": UK,
            }
        ),
    ),
)


@pytest.mark.hypothesis
@limits(
    max_examples=examples(60),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(asked=asked)
async def test_whatever_is_sent_is_answered(
    ask: Ask, asked: tuple[str, dict[str, Any]]
) -> None:
    operation, values = asked
    answer = await ask(operation_texts()[operation], {"input": values})

    codes = {error["extensions"]["code"] for error in answer.get("errors", ())}
    assert "INTERNAL_ERROR" not in codes


async def test_two_imports_of_one_operation_each_say_what_is_there(
    ask: Ask, database: Database, settings: Settings
) -> None:
    await added(ask)
    ids = [
        await uploaded(database, settings, journals(document))
        for document in (ONE, TWO)
    ]
    document = """mutation($one: ImportGlInput!, $two: ImportGlInput!) {
      one: importGl(input: $one) { connection { journalCount } userErrors { code } }
      two: importGl(input: $two) { connection { journalCount } userErrors { code } }
    }"""
    first, second = (
        {"connectionId": UK, "kind": "JOURNALS", "uploadIds": [id_]} for id_ in ids
    )

    answer = await ask(document, {"one": first, "two": second})

    assert answer["data"] == {
        "one": {"connection": {"journalCount": 1}, "userErrors": []},
        "two": {"connection": {"journalCount": 2}, "userErrors": []},
    }
