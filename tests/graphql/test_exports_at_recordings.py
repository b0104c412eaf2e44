"""Exports as of a recording, and what tells the recording: ledgers and imports."""

from collections.abc import Callable
from typing import Any

import pytest

from daybook.db.engine import Database
from daybook.settings import Settings
from daybook.worker import running_jobs
from daybook_factories import invoice, pin, record
from daybook_filled import filled
from daybook_graphql.context import Context
from daybook_graphql.exports.ids import ExportJobId
from daybook_graphql.kit.ids import encode
from daybook_graphql.ledgers.ids import LedgerId
from daybook_jobs import ended, files_in, rendered
from daybook_terminal import INVOICE

pytestmark = pytest.mark.anyio

Ask = Any  # a fixture's type, see conftest

USD = encode(LedgerId("USD"))
ALL = {"includeScheduled": True}
CREATE = """mutation ($input: CreateExportInput!) {
  createExport(input: $input) { job { id recording } userErrors { code path message } }
}"""
LOOK = """query ($input: ExportPreflightInput!) {
  exportPreflight(input: $input) { rows }
}"""
IMPORT = """mutation ($input: ImportDocumentsInput!) {
  importDocuments(input: $input) {
    ledgers { currency recording } unchanged userErrors { code }
  }
}"""


async def test_an_export_is_of_its_recording_whatever_came_later(
    ask: Ask, database: Database, settings: Settings, tmp_path: Any
) -> None:
    await filled(database, record, invoice("inv_1"))
    then = await rendered(database, await pin(database, on="2025-06-15"))
    await record(database, invoice("inv_2", customer="cus_2"))
    await record(database, invoice("inv_3", customer_name="Renamed"))

    at_first = {"ledgerId": USD, "granularity": "DAILY", "filter": ALL}
    created = await ask(CREATE, {"input": {**at_first, "asOfRecording": "1"}})
    rows = [
        (await ask(LOOK, {"input": {**at_first, "asOfRecording": number}}))["data"]
        for number in (1, None)
    ]
    async with running_jobs(database, settings):
        await ended(database)

    payload = created["data"]["createExport"]
    job = {"id": encode(ExportJobId(1)), "recording": "1"}
    assert payload == {"job": job, "userErrors": []}
    (file,) = (
        content for name, content in files_in(tmp_path).items() if name.endswith(".csv")
    )
    assert file == then
    first, last = (int(each["exportPreflight"]["rows"]) for each in rows)
    assert first == then.count(b"\n") - 1
    assert last == 3 * first


@pytest.mark.either_database
async def test_a_recording_that_is_not_there_is_refused(
    ask: Ask, database: Database
) -> None:
    await filled(database, record, invoice("inv_1"))
    asked = {"ledgerId": USD, "granularity": "DAILY"}

    async def refusal(**others: Any) -> Any:
        answer = await ask(CREATE, {"input": {**asked, **others}})
        (error,) = answer["data"]["createExport"]["userErrors"]
        return error["code"], error["path"], error["message"]

    code, path, message = await refusal(asOfRecording="2")
    both = await refusal(asOfRecording="1", filter={"asOf": "2025-01-31"})
    looked = await ask(LOOK, {"input": {**asked, "asOfRecording": "2"}})
    no_number = await ask(CREATE, {"input": {**asked, "asOfRecording": "last"}})

    assert (code, path) == ("NOT_FOUND", ["asOfRecording"])
    assert "no recording 2" in message
    assert both[:2] == ("INVALID_VALUE", ["asOfRecording"])
    assert looked["errors"]
    assert no_number["errors"]


@pytest.mark.either_database
async def test_a_key_is_of_one_recording(ask: Ask, database: Database) -> None:
    await filled(database, record, invoice("inv_1"), invoice("inv_2"))
    await record(database, invoice("inv_3"))
    asked = {"ledgerId": USD, "granularity": "DAILY", "idempotencyKey": "k"}

    first, again, other, none = [
        (await ask(CREATE, {"input": {**asked, "asOfRecording": number}}))["data"][
            "createExport"
        ]
        for number in ("1", "1", "2", None)
    ]

    assert again == first
    for payload in (other, none):
        assert [error["code"] for error in payload["userErrors"]] == ["KEY_USED"]


@pytest.mark.either_database
async def test_an_import_tells_the_recordings_of_all_ledgers_also_if_it_changes_nothing(
    ask: Ask,
) -> None:
    euros = {**INVOICE, "id": "inv_2", "currency": "EUR"}

    async def imported(*documents: Any, **others: Any) -> Any:
        answer = await ask(IMPORT, {"input": {"documents": documents, **others}})
        return answer["data"]["importDocuments"]

    first = await imported(INVOICE)
    second = await imported(euros)
    again = await imported(INVOICE, euros)
    tried = await imported({**INVOICE, "id": "inv_3"}, dryRun=True)
    refused = await imported({**INVOICE, "status": "NONE"})

    usd, eur = ({"currency": each, "recording": "1"} for each in ("USD", "EUR"))
    assert first["ledgers"] == [usd]
    assert [each["ledgers"] for each in (second, again, tried, refused)] == [
        [eur, usd]
    ] * 4
    assert again["unchanged"] == 2
    assert refused["userErrors"]


@pytest.mark.either_database
async def test_an_organisation_tells_its_own_day(
    ask: Ask, new_context: Callable[[], Context]
) -> None:
    told = await ask("{ viewer { organisation { today } } }")

    assert new_context().now.date().isoformat() == "2025-06-15"
    assert told == {"data": {"viewer": {"organisation": {"today": "2025-06-15"}}}}
