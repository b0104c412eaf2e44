"""Documents that name one which isn't recorded: a draft, or a void of nothing."""

import io
import json
from collections.abc import Mapping

import pytest

from daybook.calendar import parse_day
from daybook.db.engine import Database
from daybook.documents.commands import import_documents
from daybook.documents.reading import read_stream
from daybook.documents.results import ImportResult
from daybook.errors import Problem, ProblemCode, Rejected
from daybook_factories import ORGANISATION, noon
from daybook_stored import dump

pytestmark = [pytest.mark.anyio, pytest.mark.either_database]

HEAD: dict[str, object] = {
    "currency": "USD",
    "customer": {"id": "cus_1", "name": "Acme"},
}
PRODUCT: dict[str, object] = {"id": "prod_1", "name": "Platform"}
PERIOD: dict[str, object] = {"service_from": "2025-01-01", "service_to": "2025-12-31"}
INVOICE: dict[str, object] = {
    **HEAD,
    "type": "invoice",
    "id": "inv_1",
    "status": "FINAL",
    "issued_on": "2025-01-01",
    "lines": [{"id": "1", "product": PRODUCT, "amount": "1200.00", **PERIOD}],
}
CREDIT_NOTE: dict[str, object] = {
    **HEAD,
    "type": "credit_note",
    "id": "cn_1",
    "status": "FINAL",
    "issued_on": "2025-03-01",
    "invoice_id": "inv_1",
    "lines": [{"id": "1", "invoice_line_id": "1", "amount": "100.00"}],
}
SCHEDULE: dict[str, object] = {
    **HEAD,
    **PERIOD,
    "type": "billing_schedule",
    "id": "bs_1",
    "status": "ACTIVE",
    "product": PRODUCT,
    "frequency": "MONTHLY",
    "price": "100.00",
}
DRAFT: dict[str, object] = {"status": "DRAFT"}
VOIDED: dict[str, object] = {"status": "VOIDED"}


async def import_file(
    database: Database, *documents: Mapping[str, object]
) -> ImportResult:
    text = "\n".join(json.dumps(document) for document in documents)
    reading = read_stream(io.BytesIO(text.encode()), None, bytes_max=10**6)
    today = parse_day("2025-06-15")
    return await import_documents(
        database,
        ORGANISATION,
        reading.documents,
        now=noon(today),
        reason="test",
        drafts=reading.draft_places,
    )


async def refused(
    database: Database, *documents: Mapping[str, object]
) -> list[tuple[ProblemCode, str, int | None, str]]:
    before = await dump(database)
    with pytest.raises(Rejected) as rejected:
        await import_file(database, *documents)
    assert await dump(database) == before
    return [_told(problem) for problem in rejected.value.problems]


def _told(one: Problem) -> tuple[ProblemCode, str, int | None, str]:
    return one.code, ".".join(one.path), one.line, one.message


async def test_a_credit_note_on_a_draft_of_its_file_is_told_so(
    database: Database,
) -> None:
    (told,) = await refused(database, CREDIT_NOTE, INVOICE | DRAFT)

    assert told == (
        ProblemCode.UNKNOWN_DOCUMENT,
        "invoice_id",
        1,
        (
            "invoice 'inv_1' is a draft (line 2), and drafts aren't recorded: send it"
            " FINAL"
        ),
    )


async def test_an_invoice_of_a_draft_billing_schedule_is_told_so(
    database: Database,
) -> None:
    (told,) = await refused(
        database, SCHEDULE | DRAFT, INVOICE | {"billing_schedule_id": "bs_1"}
    )

    assert told == (
        ProblemCode.UNKNOWN_DOCUMENT,
        "billing_schedule_id",
        2,
        (
            "billing schedule 'bs_1' is a draft (line 1), and drafts aren't recorded:"
            " send it ACTIVE"
        ),
    )


async def test_a_draft_of_what_is_recorded_hides_nothing(database: Database) -> None:
    await import_file(database, INVOICE)

    result = await import_file(database, INVOICE | DRAFT, CREDIT_NOTE)

    assert result.recorded.total() == 1


async def test_a_draft_credit_note_names_what_it_likes(database: Database) -> None:
    result = await import_file(database, CREDIT_NOTE | DRAFT)

    assert result.recorded.total() == 0


@pytest.mark.parametrize("is_recorded", [True, False])
async def test_a_credit_note_on_an_invoice_that_its_file_voids(
    database: Database, *, is_recorded: bool
) -> None:
    if is_recorded:
        await import_file(database, INVOICE)

    (told,) = await refused(database, INVOICE | VOIDED, CREDIT_NOTE)

    assert told == (
        ProblemCode.VOID,
        "invoice_id",
        2,
        (
            "invoice 'inv_1' is void, and stays void: name the invoice that was sent in"
            " its place; if there is none, there is nothing to credit"
        ),
    )


async def test_an_invoice_that_is_nowhere_is_still_asked_for(
    database: Database,
) -> None:
    (told,) = await refused(database, CREDIT_NOTE)

    assert told[0] is ProblemCode.UNKNOWN_DOCUMENT
    assert "import it first, or put it into the same file" in told[3]
