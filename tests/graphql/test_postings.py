"""Posted files through the API: marking, undoing, and what records and journals say."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

import pytest

from daybook.access.rules import Permission
from daybook.db.engine import Database
from daybook.ledger.models import Organisation
from daybook.settings import Settings
from daybook_factories import invoice, record
from daybook_graphql.context import Context
from daybook_graphql.execution.operations import Operations
from daybook_graphql.exports.ids import ExportRecordId
from daybook_graphql.journals.ids import JournalId
from daybook_graphql.kit.ids import encode
from daybook_graphql.ledgers.ids import LedgerId
from daybook_graphql.schema import schema
from daybook_jobs import NOW
from daybook_people import caller
from daybook_posted import days, made, mark

pytestmark = pytest.mark.anyio

Run: TypeAlias = Callable[..., Awaitable[Any]]

JANUARY, HALF = days("2025-01-01", "2025-01-31"), days("2025-02-01", "2025-02-14")
FILE = encode(ExportRecordId(1))
JOURNALS = """query($id: ID!) { journals(ledgerId: $id, first: 5) { nodes {
  number postedInPart postedIn { number posting { reference } } } } }"""


@pytest.fixture
async def run(database: Database, operations: Operations, settings: Settings) -> Run:
    """Runs an operation by its name; file 1 has January, file 2 half February."""
    await record(database, invoice("inv_1"))
    for wanted in (JANUARY, HALF):
        await made(database, wanted)
    present = settings.model_copy(update={"now": NOW})

    async def its_answer(name: str, /, **fields: Any) -> Any:
        variables = {"input": fields} if fields else {}
        context = Context(database, present, caller())
        data = await operations.run(name, variables, context)
        (payload,) = data.values()
        return payload

    return its_answer


async def test_a_file_is_marked_and_undone(run: Run) -> None:
    marked = await run("MarkExportPosted", recordId=FILE, reference="MJ-0934")
    listed = (await run("ExportRecords"))["nodes"]
    undone = await run("UndoExportPosting", recordId=FILE, reason="wrong month")

    posting = {
        "postedOn": "2025-10-15",
        "reference": "MJ-0934",
        "markedAt": "2025-10-15T12:00:00Z",
        "markedBy": caller().name,
    }
    its_record = {"id": FILE, "number": "1"}
    assert marked == {"record": its_record | {"posting": posting}, "userErrors": []}
    assert [its["posting"] for its in listed] == [None, posting]
    undoing = {
        "reason": "wrong month",
        "undoneAt": "2025-10-15T12:00:00Z",
        "undoneBy": caller().name,
    }
    history = {"posting": None, "postings": [posting | {"undoing": undoing}]}
    assert undone == {"record": its_record | history, "userErrors": []}


@pytest.mark.either_database
async def test_refusals_are_user_errors_of_the_inputs_fields(run: Run) -> None:
    file = {"recordId": FILE}
    answers = [
        await run("MarkExportPosted", **file, reference=""),
        await run("UndoExportPosting", **file, reason="wrong month"),
        await run("MarkExportPosted", **file, reference="MJ-1", postedOn="2025-10-14"),
        await run("MarkExportPosted", **file, reference="MJ-2"),
        await run("UndoExportPosting", **file, reason=" "),
        await run("MarkExportPosted", **file, reference="MJ-1", postedOn="2025-10-13"),
    ]

    assert [
        [(error["code"], error["path"]) for error in answer["userErrors"]]
        for answer in answers
    ] == [
        [("MISSING", ["reference"])],
        [("NOT_POSTED", ["recordId"])],
        [],
        [("POSTED", ["reference"])],
        [("MISSING", ["reason"])],
        [("POSTED", ["postedOn"])],
    ]
    assert [bool(answer["record"]) for answer in answers].count(True) == 1


@pytest.mark.either_database
async def test_doubled_entries_are_confirmed(run: Run, database: Database) -> None:
    await mark(database, 1)
    other = {"recordId": encode(ExportRecordId(await made(database, JANUARY)))}

    refused = await run("MarkExportPosted", **other, reference="MJ-0935")
    confirmed = await run(
        "MarkExportPosted", **other, reference="MJ-0935", confirmDoubled=True
    )

    (error,) = refused["userErrors"]
    assert (error["code"], error["path"]) == ("UNCONFIRMED", ["confirmDoubled"])
    assert "journal 1 in file 1 (MJ-0934)" in error["message"]
    assert confirmed["record"]["posting"]["reference"] == "MJ-0935"


@pytest.mark.usefixtures("run")
async def test_journals_name_the_posted_files_that_have_them(
    database: Database, settings: Settings
) -> None:
    await mark(database, 1)
    await mark(database, 2, "MJ-0935")

    answer = await schema.execute(
        JOURNALS,
        variable_values={"id": encode(LedgerId("USD"))},
        context_value=Context(database, settings, caller()),
    )

    def file(number: str, reference: str) -> dict[str, Any]:
        return {"number": number, "posting": {"reference": reference}}

    assert answer.data is not None
    found = {
        journal["number"]: (journal["postedIn"], journal["postedInPart"])
        for journal in answer.data["journals"]["nodes"]
    }
    assert found == {
        "1": ([file("1", "MJ-0934")], False),
        "2": ([file("2", "MJ-0935")], True),
        **dict.fromkeys(("3", "4", "5"), ([], False)),
    }


@pytest.mark.either_database
@pytest.mark.parametrize(
    "has", [~Permission.CLOSE, Permission.CLOSE], ids=["all-but-that", "that"]
)
async def test_only_who_may_close_periods_marks_files(
    run: Run, database: Database, settings: Settings, has: Permission
) -> None:
    its_caller = caller(permissions=has | Permission.READ)
    document = """mutation($input: MarkExportPostedInput!) {
      markExportPosted(input: $input) { record { number } } }"""
    asked = {"input": {"recordId": FILE, "reference": "MJ-0934"}}
    present = settings.model_copy(update={"now": NOW})

    answer = await schema.execute(
        document,
        variable_values=asked,
        context_value=Context(database, present, its_caller),
    )

    if Permission.CLOSE in has:
        assert answer.data == {"markExportPosted": {"record": {"number": "1"}}}
    else:
        assert answer.errors is not None
        assert answer.errors[0].extensions == {
            "code": "FORBIDDEN",
            "permissions": ["CLOSE"],
        }
        listed = (await run("ExportRecords"))["nodes"]
        assert [its["posting"] for its in listed] == [None, None]


@pytest.mark.usefixtures("run")
@pytest.mark.either_database
async def test_nobody_marks_anothers_files(
    database: Database, operations: Operations, settings: Settings
) -> None:
    async with database.writes() as session:
        session.add(
            Organisation(id=2, name="Other", time_zone="UTC", customers=0, products=0)
        )
    context = Context(database, settings, caller(2))
    asked = {"input": {"recordId": FILE, "reference": "MJ-0934"}}

    answer = await operations.run("MarkExportPosted", asked, context)

    (error,) = answer["markExportPosted"]["userErrors"]
    assert (error["code"], error["path"]) == ("NOT_FOUND", ["recordId"])


@pytest.mark.usefixtures("run")
@pytest.mark.either_database
async def test_a_journals_page_tells_its_files(
    database: Database, operations: Operations, settings: Settings
) -> None:
    await mark(database, 1)

    context = Context(database, settings, caller())
    asked = {"id": encode(JournalId("USD", 1))}
    journal = (await operations.run("JournalDetail", asked, context))["journal"]

    posting = {"postedOn": "2025-10-15", "reference": "MJ-0934"}
    assert journal["postedIn"] == [{"number": "1", "posting": posting}]
    assert journal["postedInPart"] is False
