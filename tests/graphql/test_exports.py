"""Exports through the API: asked for, listed, listened to, fetched; nobody else's."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, update

from daybook.db.engine import Database, Store
from daybook.exports.links import REVOKED, read_link
from daybook.exports.models import ExportJob
from daybook.jobs.rules import JobStatus
from daybook.ledger.models import Organisation
from daybook.reports.journals.filters import JournalFilter
from daybook.secrets import Secrets
from daybook.settings import Settings
from daybook.worker import running_jobs
from daybook_factories import ORGANISATION, invoice, pin, record
from daybook_filled import filled
from daybook_graphql.context import Context
from daybook_graphql.documents.ids import InvoiceId
from daybook_graphql.execution.operations import Operations, operation_texts
from daybook_graphql.exports.ids import ExportJobId
from daybook_graphql.kit.ids import encode
from daybook_graphql.ledgers.ids import LedgerId
from daybook_graphql.parties.ids import CustomerId
from daybook_graphql.schema import schema
from daybook_jobs import files_in, job_of, rendered
from daybook_people import caller

pytestmark = pytest.mark.anyio

Ask = Any  # a fixture's type, see conftest

USD, EUR = encode(LedgerId("USD")), encode(LedgerId("EUR"))
FIRST, SECOND = encode(ExportJobId(1)), encode(ExportJobId(2))
ALL = "subscription { exportJobs { id status } }"
SECONDS = 60
NOW = datetime(2025, 6, 15, 12, tzinfo=UTC)
NO_OPTIONS = {
    "preset": None,
    "dateForm": None,
    "convert": False,
    "convertedInto": None,
    "maxRows": None,
    "defaultAccount": None,
    "opens": None,
    "rateRefresh": None,
}


@pytest.fixture
async def run(database: Database, operations: Operations, settings: Settings) -> Any:
    """Runs a mutation by its operation's name, and gives its payload."""
    second = invoice("inv_2", customer="cus_2")
    await filled(database, record, invoice("inv_1"), second)

    async def its_payload(name: str, /, **fields: Any) -> dict[str, Any]:
        variables = {"input": fields}
        data = await operations.run(
            name, variables, Context(database, settings, caller())
        )
        (payload,) = data.values()
        found: dict[str, Any] = payload
        return found

    return its_payload


@contextmanager
def selects_of(store: Store) -> Iterator[list[str]]:
    """The queries that a store is asked meanwhile."""
    found: list[str] = []

    def note(*arguments: Any) -> None:
        if arguments[2].startswith("SELECT"):
            found.append(arguments[2])

    # Reads and writes have connections of their own, or share them.
    both = store.writing.sync_engine, store.engine.sync_engine
    engines = {id(engine.pool): engine for engine in both}.values()
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    yield found
    for engine in engines:
        event.remove(engine, "before_cursor_execute", note)


async def quiet(selects: list[str]) -> None:
    """Wait until nothing is asked for half a second."""
    async with asyncio.timeout(SECONDS):
        asked = -1
        while asked != len(selects):
            asked = len(selects)
            await asyncio.sleep(0.5)


async def listen(context: Context, document: str, **variables: Any) -> Any:
    """The results of a subscription; whoever takes them closes them."""
    return await schema.stream(
        document, variable_values=variables, context_value=context
    )


async def every(results: AsyncIterator[Any], field: str) -> list[dict[str, Any]]:
    """All that a subscription tells until it completes."""
    async with asyncio.timeout(SECONDS):
        return [result.data[field] async for result in results]


async def audit_head(database: Database) -> dict[str, str]:
    """The last record of the audit trail, as the schema shows it."""
    async with database.reads() as session:
        organisation = await session.get_one(Organisation, ORGANISATION)
    assert organisation.audit_hash is not None
    return {
        "number": str(organisation.audit_records),
        "hash": organisation.audit_hash.hex(),
    }


@pytest.mark.either_database
async def test_an_export_keeps_the_audit_head_of_its_recording(
    run: Any, database: Database, ask: Ask
) -> None:
    await run("CreateExport", ledgerId=USD, granularity="DAILY")
    first = await audit_head(database)
    await record(database, invoice("inv_3"))
    await run("CreateExport", ledgerId=USD, granularity="DAILY")
    second = await audit_head(database)
    answer = await ask(
        "{ exportJobs { nodes { recording auditHead { number hash } } } }"
    )

    nodes = answer["data"]["exportJobs"]["nodes"]
    assert nodes == [
        {"recording": "2", "auditHead": second},
        {"recording": "1", "auditHead": first},
    ]
    assert first != second


@pytest.mark.either_database
async def test_an_export_is_asked_for_and_told_until_it_is_ready(
    run: Any, database: Database, settings: Settings, ask: Ask
) -> None:
    payload = await run("CreateExport", ledgerId=USD, granularity="DAILY")
    head = await audit_head(database)
    text = operation_texts()["ExportProgress"]
    results = await listen(Context(database, settings, caller()), text, id=FIRST)
    first = await anext(results)
    async with running_jobs(database, settings):
        told = [first.data["exportProgress"], *await every(results, "exportProgress")]
    results = await listen(Context(database, settings, caller()), text, id=FIRST)
    late = await every(results, "exportProgress")
    nodes = await ask(
        "query($id: ID!) { node(id: $id) { ... on ExportJob { status } } }",
        {"id": FIRST},
    )

    assert payload["userErrors"] == []
    assert payload["job"] == {
        "id": FIRST,
        "status": "QUEUED",
        "format": "SEQUENCE",
        "compression": None,
        "options": NO_OPTIONS,
        "granularity": "DAILY",
        "groupBy": None,
        "currency": "USD",
        "recording": "1",
        "auditHead": head,
        "requestedBy": "test",
        "createdAt": "2025-06-15T12:00:00Z",
    }
    assert payload["job"]["auditHead"]["number"] == "1"
    assert told[0]["status"] == "QUEUED"
    assert told[-1]["status"] == "READY"
    assert late == told[-1:]
    today = await pin(database, on="2025-06-15")
    wanted = JournalFilter(include_scheduled=False)
    expected = await rendered(database, today, wanted=wanted)
    rows = str(expected.count(b"\n") - 1)
    assert told[-1]["progress"] == {"done": rows, "total": rows, "percent": 100.0}
    total = {"amount": "3499.90", "currency": "USD"}
    assert told[-1]["file"] == {
        "url": "/exports/1/journals-USD-all-daily.csv",
        "expiresAt": "2025-06-22T12:00:00Z",
        "filename": "journals-USD-all-daily.csv",
        "bytes": str(len(expected)),
        "rows": rows,
        "parts": 1,
        "sha256": hashlib.sha256(expected).hexdigest(),
        "debitTotal": total,
        "creditTotal": total,
    }
    assert nodes["data"]["node"] == {"status": "READY"}


@pytest.mark.either_database
async def test_a_filter_selects_as_journals_does(
    run: Any, database: Database, settings: Settings, tmp_path: Path
) -> None:
    customer = encode(CustomerId("cus_2"))
    its_filter = {
        "customerId": customer,
        "posted": {"from": "2025-02-01", "to": "2025-02-28"},
        "source": ["INVOICE"],
    }
    await run("CreateExport", ledgerId=USD, granularity="MONTHLY", filter=its_filter)
    text = operation_texts()["ExportProgress"]
    async with running_jobs(database, settings):
        results = await listen(Context(database, settings, caller()), text, id=FIRST)
        told = await every(results, "exportProgress")

    assert told[-1]["file"]["rows"] == "2"
    assert told[-1]["file"]["debitTotal"] == {"amount": "100.00", "currency": "USD"}
    file = files_in(tmp_path)["1/journals-USD-2025-02-monthly-filtered.csv"]
    assert file.count(b",2025-02-28,") == 2


@pytest.mark.either_database
async def test_rows_of_files_are_never_of_all_days(run: Any) -> None:
    wanted = {"ledgerId": USD, "granularity": "TOTAL", "groupBy": ["CUSTOMER"]}

    refused = await run("CreateExport", **wanted)

    assert refused == {
        "job": None,
        "userErrors": [
            {
                "code": "UNSUPPORTED",
                "path": ["granularity"],
                "message": "rows of files are of a day or a month: choose DAILY or"
                " MONTHLY",
            }
        ],
    }


@pytest.mark.either_database
async def test_the_same_key_gives_the_same_export_and_no_other(
    run: Any,
) -> None:
    key = {"ledgerId": USD, "granularity": "DAILY", "idempotencyKey": "k"}
    first = await run("CreateExport", **key)
    again = await run("CreateExport", **key)
    other = await run("CreateExport", **{**key, "granularity": "MONTHLY"})
    as_of = await run("CreateExport", **key, filter={"asOf": "2025-01-31"})
    said = await run("CreateExport", **key, filter={"includeScheduled": False})
    scheduled = await run("CreateExport", **key, filter={"includeScheduled": True})
    grouped = await run("CreateExport", **key, groupBy=[])
    new = await run("CreateExport", **{**key, "idempotencyKey": "l"})
    at_once = await asyncio.gather(
        *(run("CreateExport", **{**key, "idempotencyKey": "m"}) for _ in range(4))
    )

    assert again == said == first
    assert [error["code"] for error in scheduled["userErrors"]] == ["KEY_USED"]
    assert [error["code"] for error in grouped["userErrors"]] == ["KEY_USED"]
    assert [error["code"] for error in other["userErrors"]] == ["KEY_USED"]
    assert [error["path"] for error in as_of["userErrors"]] == [["idempotencyKey"]]
    assert new["job"]["id"] == SECOND
    assert {payload["job"]["id"] for payload in at_once} == {encode(ExportJobId(3))}


@pytest.mark.either_database
async def test_what_an_export_groups_by_is_told(
    run: Any, database: Database, settings: Settings
) -> None:
    month = {"ledgerId": USD, "granularity": "MONTHLY"}
    for by in ([], ["PRODUCT", "CUSTOMER"], None):
        payload = await run("CreateExport", **month, groupBy=by)
        in_order = by and sorted(by)
        assert payload["job"]["groupBy"] == in_order
    text = operation_texts()["ExportProgress"]
    async with running_jobs(database, settings):
        results = await listen(Context(database, settings, caller()), text, id=SECOND)
        told = await every(results, "exportProgress")

    assert told[-1]["status"] == "READY", told[-1]
    assert told[-1]["groupBy"] == ["CUSTOMER", "PRODUCT"]
    name = "journals-USD-all-monthly-by-customer-product.csv"
    assert told[-1]["file"]["filename"] == name
    assert told[-1]["progress"]["total"] == told[-1]["file"]["rows"]


@pytest.mark.either_database
async def test_every_broken_rule_is_told_at_once(run: Any, ask: Ask) -> None:
    payload = await run(
        "CreateExport",
        ledgerId=USD,
        granularity="DAILY",
        idempotencyKey="",
        filter={
            "customerId": encode(CustomerId("nobody")),
            "invoiceId": encode(InvoiceId("none")),
            "posted": {"from": "2025-02-01", "to": "2025-01-01"},
        },
    )
    no_ledger = await run("CreateExport", ledgerId=EUR, granularity="DAILY")
    no_job = await run("CancelExport", id=FIRST)

    told = [(error["code"], error["path"]) for error in payload["userErrors"]]
    assert sorted(told) == [
        ("INVALID_PERIOD", ["filter", "posted", "to"]),
        ("INVALID_VALUE", ["idempotencyKey"]),
        ("NOT_FOUND", ["filter", "customerId"]),
        ("NOT_FOUND", ["filter", "invoiceId"]),
    ]
    assert [error["path"] for error in no_ledger["userErrors"]] == [["ledgerId"]]
    assert [error["path"] for error in no_job["userErrors"]] == [["id"]]
    assert payload["job"] is no_ledger["job"] is no_job["job"] is None
    listed = await ask("{ exportJobs { totalCount } }")
    assert listed["data"]["exportJobs"]["totalCount"] == 0


@pytest.mark.either_database
async def test_exports_are_cancelled_once(run: Any) -> None:
    await run("CreateExport", ledgerId=USD, granularity="DAILY")

    cancelled = await run("CancelExport", id=FIRST)
    again = await run("CancelExport", id=FIRST)

    assert cancelled["job"]["status"] == "CANCELLED"
    assert cancelled == again


@pytest.mark.either_database
async def test_exports_without_a_file_are_requested_again(run: Any) -> None:
    await run("CreateExport", ledgerId=USD, granularity="DAILY")
    waiting = await run("RetryExport", id=FIRST)
    await run("CancelExport", id=FIRST)

    again, repeated = [
        await run("RetryExport", id=FIRST, idempotencyKey="once") for _ in range(2)
    ]
    another = await run("RetryExport", id=FIRST)
    key_used = await run("RetryExport", id=SECOND, idempotencyKey="once")
    nothing = await run("RetryExport", id=encode(ExportJobId(9)))

    assert waiting["job"] is None
    assert waiting["userErrors"] == [
        {
            "code": "WRONG_STATUS",
            "message": "export 1 hasn't ended: wait for it, or cancel it first",
            "path": ["id"],
        }
    ]
    assert again == repeated
    assert (again["job"]["id"], again["job"]["status"]) == (SECOND, "QUEUED")
    assert another["job"]["id"] == encode(ExportJobId(3))
    codes = [fault["code"] for fault in key_used["userErrors"]]
    assert codes == ["WRONG_STATUS"]
    assert [fault["code"] for fault in nothing["userErrors"]] == ["NOT_FOUND"]


@pytest.mark.either_database
async def test_links_are_made_to_files_and_revoked(
    run: Any, database: Database, settings: Settings
) -> None:
    await run("CreateExport", ledgerId=USD, granularity="DAILY")
    too_early = await run("CreateExportLink", id=FIRST)
    async with database.runtime.writes() as session:
        columns = {
            "status": int(JobStatus.READY),
            "file_sha256": bytes(32),
            "expires_at": NOW + timedelta(days=7),
        }
        await session.execute(update(ExportJob).values(columns))

    made = await run("CreateExportLink", id=FIRST, expiresInHours=24)
    longest = await run("CreateExportLink", id=FIRST)
    refused = await run("CreateExportLink", id=FIRST, expiresInHours=0)
    nothing = await run("CreateExportLink", id=SECOND)
    revoked = await run("RevokeExportLinks", id=FIRST)
    no_links = await run("RevokeExportLinks", id=SECOND)

    assert too_early["link"] is too_early["job"] is None
    assert [error["code"] for error in too_early["userErrors"]] == ["WRONG_STATUS"]
    assert made["job"] == longest["job"] == revoked["job"]
    assert made["link"]["expiresAt"] == "2025-06-16T12:00:00Z"
    assert longest["link"]["expiresAt"] == "2025-06-22T12:00:00Z"
    secrets, job = Secrets.of(settings), await job_of(database)
    for payload in (made, longest):
        link = read_link(secrets, payload["link"]["url"].removeprefix("/files/"))
        assert link is not None
        assert link.refusal(job, NOW) == REVOKED
    assert [error["path"] for error in refused["userErrors"]] == [["expiresInHours"]]
    for payload in (nothing, no_links):
        assert payload["job"] is None
        assert [error["code"] for error in payload["userErrors"]] == ["NOT_FOUND"]


async def test_an_export_is_found_by_its_id_or_its_number(run: Any, ask: Ask) -> None:
    await run("CreateExport", ledgerId=USD, filter={}, idempotencyKey="k")

    found = await ask(
        "query($id: ID!) { byId: exportJob(id: $id) { number }"
        " byNumber: exportJob(number: 1) { id number }"
        " missing: exportJob(number: 2) { id } }",
        {"id": FIRST},
    )

    assert found["data"] == {
        "byId": {"number": 1},
        "byNumber": {"id": FIRST, "number": 1},
        "missing": None,
    }


@pytest.mark.parametrize("arguments", ["(id: null)", "(id: $id, number: 1)", ""])
async def test_an_export_is_asked_for_by_one_of_id_and_number(
    ask: Ask, arguments: str
) -> None:
    takes = "($id: ID!)" if "$" in arguments else ""

    found = await ask(
        f"query{takes} {{ exportJob{arguments} {{ id }} }}", {"id": FIRST}
    )

    (error,) = found["errors"]
    assert error["extensions"]["code"] == "INVALID_VALUE"
    assert error["message"] == "an export has one of id and number: send either"


async def test_exports_are_listed_newest_first_in_both_directions(
    run: Any, operations: Operations, new_context: Any
) -> None:
    for _ in range(5):
        await run("CreateExport", ledgerId=USD, granularity="DAILY")
    ids = [encode(ExportJobId(number)) for number in (5, 4, 3, 2, 1)]

    async def page(**arguments: Any) -> Any:
        data = await operations.run("ExportJobs", arguments, new_context())
        return data["exportJobs"]

    first = await page(first=2)
    second = await page(first=2, after=first["pageInfo"]["endCursor"])
    before = await page(last=2, before=second["pageInfo"]["startCursor"])

    assert first["totalCount"] == 5
    assert [node["id"] for node in first["nodes"] + second["nodes"]] == ids[:4]
    assert before["nodes"] == first["nodes"]
    assert before["pageInfo"]["hasPreviousPage"] is False


LIST = """query($filter: ExportFilter, $first: Int) {
  exportJobs(filter: $filter, first: $first) {
    totalCount pageInfo { hasNextPage } nodes { number }
  }
}"""


@pytest.mark.either_database
@pytest.mark.parametrize(
    ("wanted", "numbers"),
    [
        ({}, [4, 3, 2, 1]),
        ({"status": ["QUEUED"]}, [4, 3]),
        ({"status": ["CANCELLED", "READY"]}, [2, 1]),
        ({"status": []}, []),
        ({"currency": "USD"}, [4, 3, 2, 1]),
        ({"currency": "EUR"}, []),
        ({"format": "XLSX"}, [4]),
        ({"requestedBy": "test"}, [4, 3, 2, 1]),
        ({"requestedBy": "tes"}, []),
        ({"isPosted": True}, []),
        ({"isPosted": False}, [1]),
        ({"status": ["QUEUED"], "format": "SEQUENCE"}, [3]),
    ],
)
async def test_a_filter_narrows_the_list(
    run: Any, database: Database, ask: Ask, wanted: dict[str, Any], numbers: list[int]
) -> None:
    for written_as in ("SEQUENCE", "SEQUENCE", "SEQUENCE", "XLSX"):
        await run("CreateExport", ledgerId=USD, format=written_as)
    await run("CancelExport", id=SECOND)
    async with database.runtime.writes() as session:
        ready = {
            "status": int(JobStatus.READY),
            "file_sha256": bytes(32),
            "expires_at": NOW,
        }
        of_first = update(ExportJob).where(ExportJob.number == 1)
        await session.execute(of_first.values(ready))

    answer = (await ask(LIST, {"filter": wanted}))["data"]["exportJobs"]
    first = (await ask(LIST, {"filter": wanted, "first": 1}))["data"]["exportJobs"]

    assert [node["number"] for node in answer["nodes"]] == numbers
    assert answer["totalCount"] == first["totalCount"] == len(numbers)
    assert [node["number"] for node in first["nodes"]] == numbers[:1]
    assert first["pageInfo"]["hasNextPage"] == (len(numbers) > 1)


async def test_a_name_that_nobody_can_have_is_refused(ask: Ask) -> None:
    answer = await ask(LIST, {"filter": {"requestedBy": "\0"}})

    (error,) = answer["errors"]
    assert error["extensions"]["code"] == "INVALID_VALUE"


async def test_a_page_of_exports_takes_one_statement(
    run: Any, database: Database, ask: Ask
) -> None:
    document = "query($n: Int) { exportJobs(first: $n) { nodes { id } } }"
    for _ in range(3):
        await run("CreateExport", ledgerId=USD, granularity="DAILY")

    for size in (1, 3):
        with selects_of(database.runtime) as selects:
            answer = await ask(document, {"n": size})
        assert len(answer["data"]["exportJobs"]["nodes"]) == size
        assert len(selects) == 1


async def test_every_export_of_the_organisation_is_told_as_it_changes(
    run: Any, database: Database, settings: Settings
) -> None:
    await run("CreateExport", ledgerId=USD, granularity="DAILY")
    await run("CreateExport", ledgerId=USD, granularity="DAILY")
    await run("CancelExport", id=FIRST)
    results = await listen(Context(database, settings, caller()), ALL)

    told = []
    async with asyncio.timeout(SECONDS):
        told.append((await anext(results)).data["exportJobs"])
        async with running_jobs(database, settings):
            while told[-1]["status"] != "READY":
                told.append((await anext(results)).data["exportJobs"])
        await run("CreateExport", ledgerId=USD, granularity="DAILY")
        told.append((await anext(results)).data["exportJobs"])
    await results.aclose()

    assert {job["id"] for job in told[:-1]} == {SECOND}
    assert told[0]["status"] == "QUEUED"
    assert told[-1] == {"id": encode(ExportJobId(3)), "status": "QUEUED"}


@pytest.mark.either_database
async def test_many_listeners_are_told_by_one_query(
    run: Any, database: Database, settings: Settings
) -> None:
    await run("CreateExport", ledgerId=USD, granularity="DAILY")
    document = operation_texts()["ExportProgress"]
    streams = [
        await listen(Context(database, settings, caller()), document, id=FIRST)
        for _ in range(20)
    ]
    for stream in streams:
        await anext(stream)
    with selects_of(database.runtime) as selects:
        telling = [
            asyncio.create_task(every(stream, "exportProgress")) for stream in streams
        ]
        await quiet(selects)
        selects.clear()
        await run("CancelExport", id=FIRST)
        told = await asyncio.gather(*telling)

    assert {changes[-1]["status"] for changes in told} == {"CANCELLED"}
    # One reads the job to cancel it, and one tells all.
    assert len(selects) == 2


@pytest.mark.either_database
async def test_nobody_reaches_anothers_exports(
    run: Any, database: Database, settings: Settings
) -> None:
    await run("CreateExport", ledgerId=USD, granularity="DAILY")
    async with database.writes() as session:
        session.add(
            Organisation(id=2, name="Other", time_zone="UTC", customers=0, products=0)
        )
    theirs = Context(database, settings, caller(2))

    async def asked(document: str) -> Any:
        result = await schema.execute(
            document, variable_values={"id": FIRST}, context_value=theirs.unloaded()
        )
        assert not result.errors
        return result.data

    found = await asked(
        "query($id: ID!) { exportJob(id: $id) { id } node(id: $id) { id }"
        " numbered: exportJob(number: 1) { id } nodes(ids: [$id]) { id } }"
    )
    listed = await asked("{ exportJobs { totalCount nodes { id } } }")
    cancelled = await asked(
        "mutation($id: ID!) { cancelExport(input: { id: $id })"
        " { job { id } userErrors { code } } }"
    )
    document = "subscription($id: ID!) { exportProgress(id: $id) { id } }"
    results = await listen(theirs, document, id=FIRST)
    refused = [result async for result in results]
    told = asyncio.create_task(anext(await listen(theirs, ALL)))
    await asyncio.wait([told], timeout=0.5)

    assert found == {
        "exportJob": None,
        "numbered": None,
        "node": None,
        "nodes": [None],
    }
    assert listed["exportJobs"] == {"totalCount": 0, "nodes": []}
    assert cancelled["cancelExport"] == {
        "job": None,
        "userErrors": [{"code": "NOT_FOUND"}],
    }
    assert [
        error.extensions["code"] for result in refused for error in result.errors
    ] == ["NOT_FOUND"]
    assert not told.done()
    told.cancel()
    async with database.runtime.reads() as beside:
        job = await beside.get_one(ExportJob, (1, 1))
    assert job.finished_at is None
