"""Documents with lines without dates, sent again where their ledger refuses those."""

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from daybook.calendar import parse_day
from daybook.configuration.commands import update_settings
from daybook.db.engine import Database
from daybook.documents.commands import import_documents
from daybook.documents.queries import load_defaults
from daybook.documents.reading import PartlyRead, Reading, read_stream
from daybook.documents.reading.mapping import Mapping as CsvMapping
from daybook.documents.results import ImportResult
from daybook.documents.rules import Defaults
from daybook.documents.undated import rejection_with_undated
from daybook.errors import Rejected
from daybook.ledger.rules import SourceKind, UndatedLines
from daybook.settings import Settings
from daybook_factories import ORGANISATION, invoice, noon, record
from daybook_graphql.context import Context
from daybook_graphql.schema import schema
from daybook_people import caller
from daybook_shown import booked

pytestmark = [pytest.mark.anyio, pytest.mark.either_database]

NOW = noon(parse_day("2025-06-15"))
HEADER = (
    "Kind,No,Status,Currency,Customer,Customer name,Day,Product,Product name,Net,From\n"
)
COLUMNS = {
    "type": "Kind",
    "id": "No",
    "status": "Status",
    "currency": "Currency",
    "customer.id": "Customer",
    "customer.name": "Customer name",
    "issued_on": "Day",
    "product.id": "Product",
    "product.name": "Product name",
    "amount": "Net",
    "service_from": "From",
}


def document(
    id_: str = "inv_1", amount: str = "100.00", **fields: Any
) -> dict[str, Any]:
    """An invoice with a line without dates."""
    product = {"id": "prod_1", "name": "Platform"}
    return {
        "type": "invoice",
        "id": id_,
        "status": "FINAL",
        "currency": "USD",
        "customer": {"id": "cus_1", "name": "Acme"},
        "issued_on": "2025-03-31",
        "lines": [{"id": "1", "product": product, "amount": amount}],
        **fields,
    }


def row(id_: str, amount: str = "100.00", status: str = "FINAL") -> str:
    """The same as a row of a CSV file."""
    return f"invoice,{id_},{status},USD,cus_1,Acme,2025-03-31,prod_1,Platform,{amount},"


def json_lines(*values: Mapping[str, Any]) -> str:
    return "".join(f"{json.dumps(value)}\n" for value in values)


async def set_undated(database: Database, undated: UndatedLines) -> None:
    await update_settings(
        *(database, ORGANISATION, "USD"),
        undated_lines=undated,
        now=NOW,
        made_by="test",
    )


async def read(
    database: Database, text: str, mapping: CsvMapping | None = None
) -> Reading:
    """Read a file; raises Rejected with what recording would refuse, too."""
    async with database.reads() as session:
        defaults = await load_defaults(session, ORGANISATION)
        stream = io.BytesIO(text.encode())
        try:
            return read_stream(stream, mapping, bytes_max=10**6, defaults=defaults)
        except PartlyRead as partly:
            raise await rejection_with_undated(session, ORGANISATION, partly) from None


async def take(
    database: Database, reading: Reading, *, is_dry_run: bool = False
) -> ImportResult:
    return await import_documents(
        *(database, ORGANISATION, reading.documents),
        now=NOW,
        reason="test",
        is_dry_run=is_dry_run,
    )


async def send(
    database: Database, *values: Mapping[str, Any], is_dry_run: bool = False
) -> ImportResult:
    reading = await read(database, json_lines(*values))
    return await take(database, reading, is_dry_run=is_dry_run)


async def refused(
    database: Database, *values: Mapping[str, Any], is_dry_run: bool = False
) -> list[str]:
    """Where something is wrong with documents, and its code."""
    with pytest.raises(Rejected) as raised:
        await send(database, *values, is_dry_run=is_dry_run)
    assert raised.value.total == len(raised.value.problems)
    return [
        f"{problem.line} {'.'.join(problem.path)} {problem.code}"
        for problem in raised.value.problems
    ]


def missing(line: int) -> str:
    return f"{line} lines.0.service_from MISSING"


@pytest.fixture
async def taken(database: Database) -> Database:
    """A ledger that took an invoice without dates, and refuses such lines again."""
    await record(database, invoice("inv_0"))
    await set_undated(database, UndatedLines.ACCOUNTING_DATE)
    await send(database, document())
    await set_undated(database, UndatedLines.REFUSE)
    return database


@pytest.mark.parametrize("is_dry_run", [False, True])
async def test_sent_again_unchanged_it_is_unchanged(
    taken: Database, *, is_dry_run: bool
) -> None:
    result = await send(taken, document(), is_dry_run=is_dry_run)

    assert (result.unchanged, result.journals) == (1, 0)


async def test_sent_again_as_void_it_is_voided(taken: Database) -> None:
    voided = await send(taken, document(status="VOIDED"))
    again = await send(taken, document(status="VOIDED"))
    of_nothing = await send(taken, document("inv_9", status="VOIDED"))

    assert voided.voided == {SourceKind.INVOICE: 1}
    assert await booked(taken, "inv_1") == {}
    assert (again.unchanged, of_nothing.unknown_voids.total()) == (1, 1)


@pytest.mark.parametrize("is_dry_run", [False, True])
async def test_new_or_changed_it_is_refused_and_the_whole_file_with_it(
    taken: Database, *, is_dry_run: bool
) -> None:
    dated = document("inv_3")
    dated["lines"][0] |= {"service_from": "2025-03-01", "service_to": "2025-03-31"}
    values = [document(), document("inv_2"), dated, document(amount="120.00")]
    values[3]["id"] = "inv_0"

    told = await refused(taken, *values, is_dry_run=is_dry_run)
    changed = await refused(taken, document(amount="90.00"), is_dry_run=is_dry_run)

    assert told == [missing(2), missing(4)]
    assert changed == [missing(1)]
    assert await booked(taken, "inv_3") == {}
    assert await booked(taken, "inv_1") == {
        "2025-03-31 Dr Billed Cr Recognized": "100.00"
    }


async def test_a_new_ledger_refuses_it(taken: Database) -> None:
    assert await refused(taken, document("inv_2", currency="EUR")) == [missing(1)]


async def test_what_recording_finds_is_told_beside_it(taken: Database) -> None:
    credit_note = document("cn_1", type="credit_note", invoice_id="inv_8")
    credit_note["lines"] = [{"id": "1", "invoice_line_id": "1", "amount": "1.00"}]
    billed = document("inv_2", billing_schedule_id="bs_1")

    assert await refused(taken, credit_note, billed) == [
        "1 invoice_id UNKNOWN_DOCUMENT",
        missing(2),
        "2 billing_schedule_id UNKNOWN_DOCUMENT",
    ]


async def test_what_reading_finds_is_told_beside_it(taken: Database) -> None:
    wrong = document("inv_3", amount="1.234")
    values = [
        *(document(), document("inv_2"), wrong, document("inv_0")),
        *(document("inv_4", status="VOIDED"), document("inv_5", status="DRAFT")),
    ]

    assert await refused(taken, *values) == [
        missing(2),
        "3 lines.0.amount INVALID_AMOUNT",
        missing(3),
        missing(4),
        missing(6),
    ]
    await set_undated(taken, UndatedLines.ACCOUNTING_DATE)
    assert await refused(taken, *values) == ["3 lines.0.amount INVALID_AMOUNT"]


async def test_the_setting_is_that_of_when_it_is_recorded(taken: Database) -> None:
    refusing = await read(taken, json_lines(document("inv_2")))
    await set_undated(taken, UndatedLines.ACCOUNTING_DATE)
    taking = await read(taken, json_lines(document("inv_3")))

    result = await take(taken, refusing)
    await set_undated(taken, UndatedLines.REFUSE)
    with pytest.raises(Rejected) as raised:
        await take(taken, taking)

    assert result.recorded == {SourceKind.INVOICE: 1}
    assert [problem.code for problem in raised.value.problems] == ["MISSING"]


async def test_read_without_settings_it_is_judged_by_its_ledger(
    taken: Database,
) -> None:
    text = json_lines(document())
    reading = read_stream(
        io.BytesIO(text.encode()), None, bytes_max=10**6, defaults=Defaults()
    )

    assert (await take(taken, reading)).unchanged == 1


async def test_the_same_in_a_mapped_file(database: Database) -> None:
    mapping = CsvMapping.model_validate({"columns": COLUMNS})
    await record(database, invoice("inv_0"))
    await set_undated(database, UndatedLines.ACCOUNTING_DATE)
    text = f"{HEADER}{row('inv_1')}\n{row('inv_2')}\n"
    await take(database, await read(database, text, mapping))
    await set_undated(database, UndatedLines.REFUSE)

    again = await take(database, await read(database, text, mapping))
    with pytest.raises(Rejected) as by_recording:
        await take(database, await read(database, f"{text}{row('inv_3')}\n", mapping))
    faulty = f"{HEADER}{row('inv_1')}\n{row('inv_3')}\n{row('inv_4', '1.234')}\n"
    with pytest.raises(Rejected) as by_reading:
        await read(database, faulty, mapping)
    voiding = f"{HEADER}{row('inv_2', status='VOIDED')}\n"
    voided = await take(database, await read(database, voiding, mapping))

    assert (again.unchanged, voided.voided.total()) == (2, 1)
    assert [str(problem) for problem in by_recording.value.problems] == [
        (
            "line 4: From: service_from is missing: STRAIGHT_LINE needs service_from"
            " and service_to, unless the ledger is set to take lines without them"
            " (`daybook settings --undated-lines ACCOUNTING_DATE`) [MISSING]"
        )
    ]
    assert [(problem.line, problem.path) for problem in by_reading.value.problems] == [
        (3, ("From",)),
        (4, ("Net",)),
        (4, ("From",)),
    ]


IMPORT = """mutation($given: ImportDocumentsInput!) { importDocuments(input: $given) {
  unchanged voided { count } userErrorCount userErrors { code path message } } }"""


async def test_the_same_through_the_api(context: Context) -> None:
    async def ask(*documents: Mapping[str, Any], **fields: Any) -> dict[str, Any]:
        given = {"documents": list(documents), **fields}
        result = await schema.execute(
            IMPORT, variable_values={"given": given}, context_value=context
        )
        assert result.data is not None, result.errors
        payload: dict[str, Any] = result.data["importDocuments"]
        return payload

    new, wrong = document("inv_2"), document("inv_3", amount="1.234")

    again = await ask(document(), dryRun=True)
    by_recording = await ask(document(), new)
    by_reading = await ask(document(), new, wrong)
    voided = await ask(document(status="VOIDED"))

    assert (again["unchanged"], again["userErrors"]) == (1, [])
    assert [error["path"] for error in by_recording["userErrors"]] == [
        ["1", "lines", "0", "service_from"]
    ]
    assert by_recording["userErrors"][0]["code"] == "MISSING"
    assert sorted(error["path"] for error in by_reading["userErrors"]) == [
        ["1", "lines", "0", "service_from"],
        ["2", "lines", "0", "amount"],
        ["2", "lines", "0", "service_from"],
    ]
    assert by_reading["userErrorCount"] == 3
    assert voided["voided"] == [{"count": 1}]


@pytest.fixture
def context(taken: Database, tmp_path: Path) -> Context:
    """What an operation asks with."""
    values = {"data": tmp_path, "now": "2025-06-15T12:00:00Z"}
    return Context(taken, Settings.model_validate(values), caller())
