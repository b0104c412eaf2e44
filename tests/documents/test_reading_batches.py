"""Many documents: batches in the order of recording, repeats, memory."""

import gc
import io
import json
import tracemalloc
from collections.abc import Iterable
from typing import Any

import pytest

from daybook.documents.reading import Reading, read_documents, read_stream
from daybook.documents.reading.spool import BATCH_DOCUMENTS, BATCH_LINES
from daybook.documents.rules import Document
from daybook.errors import Rejected
from daybook.ledger.rules import SourceKind

LINE = {
    "id": "1",
    "product": {"id": "p", "name": "Platform"},
    "amount": "1200.00",
    "method": "POINT_IN_TIME",
}
HEAD = {
    "status": "FINAL",
    "currency": "USD",
    "customer": {"id": "cus_1", "name": "Acme"},
    "issued_on": "2025-01-01",
}


def invoice(id_: str, **fields: Any) -> dict[str, Any]:
    return {"type": "invoice", "id": id_, **HEAD, "lines": [LINE], **fields}


def schedule(id_: str) -> dict[str, Any]:
    return {
        **HEAD,
        "type": "billing_schedule",
        "id": id_,
        "status": "ACTIVE",
        "product": LINE["product"],
        "frequency": "MONTHLY",
        "price": "1.00",
        "service_from": "2025-01-01",
        "service_to": "2025-12-31",
    }


def read(values: Iterable[dict[str, Any]]) -> Reading:
    text = "\n".join(json.dumps(value) for value in values)
    return read_stream(io.BytesIO(text.encode()), None, bytes_max=2**30)


VOID = {"status": "VOIDED"}


def ids(documents: Iterable[Document]) -> list[str]:
    return [document.id for document in documents]


def test_each_kind_keeps_the_files_order_and_schedules_come_first() -> None:
    note = {"type": "credit_note", "id": "cn_1", **HEAD, "lines": [LINE]}

    reading = read([note, invoice("b"), schedule("s2"), invoice("a"), schedule("s1")])

    assert ids(reading.documents) == ["s2", "s1", "b", "a", "cn_1"]
    assert [batch[0].kind for batch in reading.batches()] == [
        SourceKind.BILLING_SCHEDULE,
        SourceKind.INVOICE,
        SourceKind.CREDIT_NOTE,
    ]


def test_voids_come_first_and_of_credit_notes_before_their_invoices() -> None:
    note = {"type": "credit_note", "id": "cn_1", **HEAD, "lines": [LINE]}
    values = [invoice("a"), note]
    voids = [{**value, "id": f"{value['id']}v", **VOID} for value in values]

    reading = read([*values, schedule("s1"), *voids])

    assert ids(reading.documents) == ["cn_1v", "av", "s1", "a", "cn_1"]


def test_many_documents_come_in_batches_and_can_be_had_again() -> None:
    values = [invoice(str(number)) for number in range(2 * BATCH_DOCUMENTS + 500)]

    reading = read(values)

    sizes = [len(batch) for batch in reading.batches()]
    assert sizes == [BATCH_DOCUMENTS, BATCH_DOCUMENTS, 500]
    assert reading.count == len(values)
    assert ids(reading.documents) == [value["id"] for value in values]
    assert reading.documents == read_documents(values).documents


def test_the_documents_that_others_name_are_known() -> None:
    credited = {"id": "1", "amount": "100.00", "invoice_line_id": "1"}
    note = {"type": "credit_note", "id": "cn_1", **HEAD, "lines": [credited]}
    draft = {**note, "id": "cn_2", "status": "DRAFT", "invoice_id": "c"}

    reading = read(
        [
            invoice("a", billing_schedule_id="s1"),
            schedule("s1"),
            {**note, "invoice_id": "b"},
            draft,
        ]
    )

    assert reading.named == {
        (SourceKind.INVOICE, "b"),
        (SourceKind.BILLING_SCHEDULE, "s1"),
    }


def test_several_may_go_through_the_batches_at_once() -> None:
    reading = read(invoice(str(number)) for number in range(3 * BATCH_DOCUMENTS))

    pairs = zip(reading.batches(), reading.batches(), strict=True)

    assert all(one == other for one, other in pairs)


def test_documents_of_every_form_come_back_as_they_were() -> None:
    usage = {
        **LINE,
        "method": "USAGE",
        "service_from": "2025-01-01",
        "service_to": "2025-01-31",
        "usage": [{"day": "2025-01-05", "amount": "1200.00"}],
    }
    project = {
        **LINE,
        "id": "2",
        "method": "MILESTONE",
        "milestones": [{"id": "m", "name": "M", "percent": "100"}],
    }
    values = [
        invoice(str(number), lines=[usage, project], discount="1.00")
        for number in range(BATCH_DOCUMENTS)
    ]
    few = read_documents(values[:3]).documents

    many = read(values).documents

    assert many[:3] == few
    assert [one.content_hash() for one in many[:3]] == [
        one.content_hash() for one in few
    ]
    assert [one.line for one in many[:2]] == [1, 2]


def test_a_batch_is_bounded_by_its_lines_too() -> None:
    lines = [{**LINE, "id": str(number)} for number in range(BATCH_LINES // 4)]

    reading = read(invoice(str(number), lines=lines) for number in range(9))

    assert [len(batch) for batch in reading.batches()] == [4, 4, 1]


def test_repeats_are_found_across_batches() -> None:
    values = [invoice(str(number)) for number in range(BATCH_DOCUMENTS + 10)]

    assert read([*values, values[0], values[-1]]).count == len(values)
    with pytest.raises(Rejected) as raised:
        read([*values, {**values[0], "number": "x"}, {**values[-1], "status": "DRAFT"}])

    first, last = raised.value.problems
    assert "invoice 0 is also at line 1, with other content" in first.message
    assert f"is also at line {len(values)}," in last.message
    assert (first.line, last.line) == (len(values) + 1, len(values) + 2)


def test_a_draft_that_comes_again_is_counted_once() -> None:
    draft = invoice("1", status="DRAFT")

    assert read([draft, draft]).drafts == 1
    with pytest.raises(Rejected):
        read([draft, {**draft, "number": "x"}])


def test_repeats_are_told_beside_other_problems() -> None:
    with pytest.raises(Rejected) as raised:
        read([invoice("1"), invoice("2", status=None), invoice("1", number="x")])

    assert [problem.line for problem in raised.value.problems] == [2, 3]


def test_memory_does_not_grow_with_what_documents_say() -> None:
    count = 5 * BATCH_DOCUMENTS
    lines = [{**LINE, "id": str(number)} for number in range(10)]
    text = "\n".join(
        json.dumps(invoice(str(number), lines=lines)) for number in range(count)
    ).encode()

    tracemalloc.start()
    reading = read_stream(io.BytesIO(text), None, bytes_max=2**30)
    gc.collect()
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert reading.count == count
    assert kept < 400 * count, "only its key is kept of a document"
