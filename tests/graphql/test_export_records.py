"""Records of files through the API: a job's own, and all of them page by page."""

from typing import Any

import pytest
from sqlalchemy import update

from daybook.db.engine import Database
from daybook.exports.file_spec import FileSpec, Groupings
from daybook.exports.models import ExportJob
from daybook.exports.records import MadeFile, record_file
from daybook.exports.rules import Totals
from daybook.ledger.models import Organisation
from daybook.reports.journals.filters import JournalFilter
from daybook.reports.journals.group_keys import Granularity, Grouping
from daybook.settings import Settings
from daybook.worker import running_jobs
from daybook_factories import invoice, pin, record
from daybook_graphql.context import Context
from daybook_graphql.execution.operations import Operations
from daybook_graphql.exports.ids import ExportJobId, ExportRecordId
from daybook_graphql.kit.ids import encode
from daybook_graphql.schema import schema
from daybook_jobs import NOW, ask, wait_for
from daybook_people import caller
from daybook_posted import mark, undo

pytestmark = pytest.mark.anyio

JOB = "query($id: ID!) { exportJob(id: $id) { record { id sha256 } file { sha256 } } }"
WANTED = JournalFilter(include_scheduled=False)


async def made(database: Database, by: Groupings = (Grouping.CUSTOMER,)) -> None:
    """A file of the command line."""
    spec = FileSpec(await pin(database), WANTED, Granularity.MONTHLY, by)
    totals = Totals(2, 10_00, 10_00)
    file = MadeFile(spec, "june.csv", 9, bytes(32), totals, manifest='{"rows": 2}')
    await record_file(database, file, now=NOW, made_by="Ada")


@pytest.fixture
def present(settings: Settings) -> Settings:
    """Settings of a day behind all recordings."""
    return settings.model_copy(update={"now": NOW})


@pytest.mark.either_database
async def test_a_job_has_its_record_once_it_is_written(
    database: Database, present: Settings
) -> None:
    await record(database, invoice())
    await ask(database)
    asked = {"id": encode(ExportJobId(1))}
    context = Context(database, present, caller())

    before = await schema.execute(JOB, variable_values=asked, context_value=context)
    async with running_jobs(database, present):
        await wait_for(database, lambda job: job.is_logged)
    after = await schema.execute(
        JOB, variable_values=asked, context_value=context.unloaded()
    )

    assert before.data == {"exportJob": {"record": None, "file": None}}
    assert after.data is not None
    job = after.data["exportJob"]
    assert job["record"]["id"] == encode(ExportRecordId(1))
    assert job["record"]["sha256"] == job["file"]["sha256"]


async def test_records_are_listed_newest_first_in_both_directions(
    database: Database, present: Settings, operations: Operations
) -> None:
    await record(database, invoice())
    for _ in range(5):
        await made(database)

    async def page(**arguments: Any) -> Any:
        context = Context(database, present, caller())
        data = await operations.run("ExportRecords", arguments, context)
        return data["exportRecords"]

    first = await page(first=2)
    second = await page(first=2, after=first["pageInfo"]["endCursor"])
    before = await page(last=2, before=second["pageInfo"]["startCursor"])

    assert first["totalCount"] == 5
    numbers = [node["number"] for node in first["nodes"] + second["nodes"]]
    assert numbers == ["5", "4", "3", "2"]
    assert before["nodes"] == first["nodes"]
    total = {"amount": "10.00", "currency": "USD"}
    told = first["nodes"][0]
    head = told.pop("auditHead")
    assert told == {
        "id": encode(ExportRecordId(5)),
        "number": "5",
        "madeAt": "2025-10-15T12:00:00Z",
        "madeBy": "Ada",
        "currency": "USD",
        "recording": "1",
        "postedThrough": "2025-01-01",
        "filters": "",
        "format": "SEQUENCE",
        "compression": None,
        "options": {
            "preset": None,
            "dateForm": None,
            "convert": False,
            "convertedInto": None,
            "maxRows": None,
            "defaultAccount": None,
            "opens": None,
            "rateRefresh": None,
        },
        "granularity": "MONTHLY",
        "groupBy": ["CUSTOMER"],
        "renderer": 3,
        "filename": "june.csv",
        "rows": "2",
        "bytes": "9",
        "sha256": bytes(32).hex(),
        "debitTotal": total,
        "creditTotal": total,
        "manifest": '{"rows": 2}',
        "jobId": None,
        "posting": None,
    }
    # The record before, of the same pin's time, was the trail's last then.
    assert head["number"] == "5"


FOUND = """query($jobs: ExportFilter, $files: ExportRecordFilter) {
  exportJobs(filter: $jobs) { totalCount nodes { number } }
  exportRecords(filter: $files) { totalCount nodes { number } }
}"""


@pytest.mark.either_database
async def test_filters_tell_what_is_posted_and_what_commands_made(
    database: Database, present: Settings
) -> None:
    await record(database, invoice())
    for _ in range(2):
        await ask(database)
    async with running_jobs(database, present):
        await wait_for(database, lambda job: job.is_logged, 2)
    await made(database)
    await mark(database, 1, "MJ-1")
    await mark(database, 3, "MJ-3", confirm=True)

    async def found(jobs: Any, files: Any) -> list[list[int]]:
        wanted = {"jobs": jobs, "files": files}
        context = Context(database, present, caller())
        answer = await schema.execute(
            FOUND, variable_values=wanted, context_value=context
        )
        assert answer.data is not None, answer.errors
        lists = [answer.data["exportJobs"], answer.data["exportRecords"]]
        for its in lists:
            assert its["totalCount"] == len(its["nodes"])
        return [[int(node["number"]) for node in its["nodes"]] for its in lists]

    # Exports 1 and 2 have records 1 and 2, if they ended in this order.
    posted_job = (await found({"isPosted": True}, None))[0]
    other_job = (await found({"isPosted": False}, None))[0]
    assert sorted(posted_job + other_job) == [1, 2]
    assert len(posted_job) == 1
    assert await found(None, {"isPosted": True}) == [[2, 1], [3, 1]]
    assert await found(None, {"isPosted": False}) == [[2, 1], [2]]
    assert await found(None, {"ofCommands": True}) == [[2, 1], [3]]
    assert await found(None, {"ofCommands": False}) == [[2, 1], [2, 1]]
    assert await found(None, {"ofCommands": True, "isPosted": False}) == [[2, 1], []]
    assert await found(None, {"currency": "GBP"}) == [[2, 1], []]
    await undo(database, 1)
    assert (await found({"isPosted": True}, None))[0] == []
    assert await found(None, {"isPosted": True}) == [[2, 1], [3]]


@pytest.mark.either_database
async def test_a_job_of_an_earlier_store_is_not_posted(
    database: Database, present: Settings
) -> None:
    await record(database, invoice())
    await ask(database)
    async with running_jobs(database, present):
        await wait_for(database, lambda job: job.is_logged)
    await mark(database, 1, "MJ-1")
    async with database.runtime.writes() as session:
        # The store was lost, and its first export since has the same number.
        await session.execute(update(ExportJob).values(file_sha256=bytes(32)))

    async def posted(*, is_posted: bool) -> int:
        answer = await schema.execute(
            FOUND,
            variable_values={"jobs": {"isPosted": is_posted}},
            context_value=Context(database, present, caller()),
        )
        assert answer.data is not None, answer.errors
        count: int = answer.data["exportJobs"]["totalCount"]
        return count

    assert await posted(is_posted=True) == 0
    assert await posted(is_posted=False) == 1


@pytest.mark.either_database
async def test_nobody_reaches_anothers_records(
    database: Database, present: Settings
) -> None:
    await record(database, invoice())
    await made(database)
    async with database.writes() as session:
        session.add(
            Organisation(id=2, name="Other", time_zone="UTC", customers=0, products=0)
        )
    document = "query($id: ID!) { node(id: $id) { id } exportRecords { totalCount } }"
    asked = {"id": encode(ExportRecordId(1))}

    ours, theirs = [
        await schema.execute(
            document,
            variable_values=asked,
            context_value=Context(database, present, caller(organisation)),
        )
        for organisation in (1, 2)
    ]

    assert ours.data == {
        "node": asked,
        "exportRecords": {"totalCount": 1},
    }
    assert theirs.data == {"node": None, "exportRecords": {"totalCount": 0}}
