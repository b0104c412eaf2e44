"""Lines without the service period that their method needs: refused, or one day's."""

import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from daybook.calendar import parse_day
from daybook.configuration.commands import set_product_method, update_settings
from daybook.db.engine import Database
from daybook.documents.commands import import_documents
from daybook.documents.queries import load_defaults
from daybook.documents.reading import read_documents, read_stream
from daybook.documents.results import ImportResult
from daybook.documents.rules import Defaults, LedgerDefaults
from daybook.errors import Rejected
from daybook.ledger.rules import UndatedLines
from daybook.recognition.rules import Method, Terms, Timing
from daybook_factories import ORGANISATION, invoice, noon, record
from daybook_shown import booked

TAKEN = Defaults(
    ledgers={"USD": LedgerDefaults(undated_lines=UndatedLines.ACCOUNTING_DATE)}
)
INVOICE: dict[str, Any] = {
    "type": "invoice",
    "id": "inv_2",
    "status": "FINAL",
    "currency": "USD",
    "customer": {"id": "cus_1", "name": "Acme"},
    "issued_on": "2025-03-15",
    "accounting_date": "2025-03-31",
}
ACCOUNTING_DATE = parse_day("2025-03-31")
MARCH = {"service_from": "2025-03-01", "service_to": "2025-03-31"}


def with_lines(*lines: Mapping[str, Any], **fields: Any) -> dict[str, Any]:
    product = {"id": "prod_1", "name": "Platform"}
    numbered = [
        {"id": str(at), "product": product, "amount": "100.00", **line}
        for at, line in enumerate(lines, start=1)
    ]
    return {**INVOICE, "lines": numbered, **fields}


def terms_of(*lines: Mapping[str, Any], **fields: Any) -> list[Terms | None]:
    value = with_lines(*lines, **fields)
    (document,) = read_documents([value], defaults=TAKEN).documents
    return [line.terms for line in document.lines]


def refused(
    *lines: Mapping[str, Any], defaults: Defaults = TAKEN, **fields: Any
) -> list[str]:
    """What is wrong with a document in any ledger, or in one with these defaults."""
    with pytest.raises(Rejected) as raised:
        read_documents([with_lines(*lines, **fields)], defaults=defaults)
    return [str(problem) for problem in raised.value.problems]


def on_the_day(amount: int, timing: Timing = Timing.IN_ADVANCE) -> Terms:
    return Terms(amount, Method.POINT_IN_TIME, timing, recognized_on=ACCOUNTING_DATE)


def undated(*lines: Mapping[str, Any], **fields: Any) -> list[str]:
    """The problems of a document in a ledger that refuses lines without dates."""
    value = with_lines(*lines, **fields)
    (document,) = read_documents([value], defaults=Defaults()).documents
    return [str(one) for one in document.undated]


def missing(place: str, method: str = "STRAIGHT_LINE") -> str:
    return (
        f"{place}service_from: service_from is missing: {method} needs service_from and"
        " service_to, unless the ledger is set to take lines without them"
        " (`daybook settings --undated-lines ACCOUNTING_DATE`) [MISSING]"
    )


def test_a_document_keeps_what_is_wrong_with_it_where_they_are_refused() -> None:
    lines = [{}, MARCH, {"method": "USAGE"}, {"method": "POINT_IN_TIME"}]
    discount = {"amount": "-20.00", "group": "1"}

    assert undated(*lines, discount) == [
        missing("0.lines.0."),
        missing("0.lines.2.", "USAGE"),
    ]
    assert undated({"method": "STRAIGHT_LINE"}, type="credit_note") == [
        missing("0.lines.0.")
    ]


def test_the_setting_changes_nothing_of_what_a_document_says() -> None:
    value = with_lines({}, MARCH)

    (there,) = read_documents([value], defaults=TAKEN).documents
    (here,) = read_documents([value], defaults=Defaults()).documents

    assert (here, here.content_hash()) == (there, there.content_hash())
    assert here.undated == there.undated != ()


def test_a_void_needs_no_dates() -> None:
    assert undated({}, status="VOIDED") == []


def test_a_draft_is_refused_when_it_is_read() -> None:
    assert refused({}, status="DRAFT", defaults=Defaults()) == [missing("0.lines.0.")]
    assert read_documents([with_lines({}, status="DRAFT")], defaults=TAKEN).drafts == 1


@pytest.mark.parametrize(
    "other",
    [{"amount": "1.234"}, {"group": "9"}, {"id": "1"}],
    ids=["a field", "a group", "an id"],
)
def test_beside_other_problems_of_the_document_they_are_told(
    other: dict[str, Any],
) -> None:
    places = [one.partition(": ")[0] for one in refused({}, other, defaults=Defaults())]

    assert places.count("0.lines.0.service_from") == 1
    assert places.count(f"0.lines.1.{next(iter(other))}") == 1
    assert "0.lines.0.service_from" not in str(refused({}, other, defaults=TAKEN))
    voided = refused({}, other, status="VOIDED", defaults=Defaults())
    assert "service_from" not in str(voided)


def test_a_line_has_all_of_its_problems_told() -> None:
    line = {"amount": "1.234"}

    assert [one.partition(": ")[0] for one in refused(line, defaults=Defaults())] == [
        "0.lines.0.amount",
        "0.lines.0.service_from",
    ]


@pytest.mark.parametrize("method", [None, "STRAIGHT_LINE", "USAGE"])
def test_all_of_a_line_is_recognized_on_the_accounting_date(method: str | None) -> None:
    assert terms_of({"method": method}) == [on_the_day(100_00)]


def test_its_timing_is_still_its_own() -> None:
    (terms,) = terms_of({"method": "USAGE", "timing": "IN_ARREARS"})

    assert terms == on_the_day(100_00, Timing.IN_ARREARS)


def test_a_line_with_dates_goes_by_its_method() -> None:
    first, second = terms_of(MARCH, {"method": "USAGE", **MARCH})

    assert first is not None and second is not None
    assert (first.method, second.method) == (Method.STRAIGHT_LINE, Method.USAGE)


def test_a_group_goes_by_the_line_that_leads_it() -> None:
    discount = {"amount": "-20.00", "group": "1", "method": "STRAIGHT_LINE"}

    assert terms_of({}, discount) == [on_the_day(100_00), on_the_day(-20_00)]


def test_a_credit_note_without_an_invoice_goes_by_it_too() -> None:
    line = {"method": "STRAIGHT_LINE"}

    assert terms_of(line, type="credit_note") == [on_the_day(100_00)]


@pytest.mark.parametrize(
    ("lines", "fields", "message"),
    [
        (
            [
                {
                    "method": "USAGE",
                    "usage": [{"day": "2025-03-01", "amount": "100.00"}],
                }
            ],
            {},
            (
                "0.lines.0.service_from: service_from is missing: days of usage need a"
                " service period [MISSING]"
            ),
        ),
        (
            [{"service_from": "2025-03-01"}],
            {},
            (
                "0.lines.0.service_from: service_from is given without service_to; give"
                " both or neither [INVALID_PERIOD]"
            ),
        ),
        (
            [
                {"method": "USAGE"},
                {
                    "amount": "-20.00",
                    "group": "1",
                    "usage": [{"day": "2025-03-01", "amount": "-20.00"}],
                },
            ],
            {},
            (
                "0.lines.1.usage: usage needs the service period of its group, but"
                " line 1 has no service_from and service_to [MISSING]"
            ),
        ),
        (
            [
                {"method": "USAGE"},
                {"amount": "-20.00", "group": "1", "classification": "BURNDOWN"},
            ],
            {},
            (
                "0.lines.1.group: group needs a service period for a grant to pay for,"
                " but line 1 has no service_from and service_to [MISMATCH]"
            ),
        ),
        (
            [{}, {"amount": "-20.00", "group": "1", "method": "USAGE"}],
            {},
            (
                "0.lines.1.method: method USAGE is not that of its group's line 1,"
                " STRAIGHT_LINE; leave it out [MISMATCH]"
            ),
        ),
    ],
)
def test_what_needs_dates_all_the_same_is_refused(
    lines: Sequence[Mapping[str, Any]], fields: dict[str, Any], message: str
) -> None:
    assert refused(*lines, **fields) == [message]
    assert message in refused(*lines, **fields, defaults=Defaults())


def test_in_csv_too() -> None:
    text = (
        "type,id,status,currency,customer.id,customer.name,issued_on,product.id,"
        "product.name,amount,service_from,service_to\n"
        "invoice,inv_1,FINAL,USD,c,C,2025-03-31,p,P,100.00,,\n"
    )

    reading = read_stream(
        io.BytesIO(text.encode()), None, bytes_max=10**6, defaults=TAKEN
    )

    (document,) = reading.documents
    assert document.lines[0].terms == on_the_day(100_00)
    assert [str(one) for one in document.undated] == [missing("line 2: ")]


async def take_undated(
    database: Database, undated: UndatedLines = UndatedLines.ACCOUNTING_DATE
) -> None:
    await update_settings(
        database,
        ORGANISATION,
        "USD",
        undated_lines=undated,
        now=noon(parse_day("2025-06-15")),
        made_by="test",
    )


async def send(database: Database, *values: Mapping[str, Any]) -> ImportResult:
    async with database.reads() as session:
        defaults = await load_defaults(session, ORGANISATION)
    text = "\n".join(json.dumps(value) for value in values)
    reading = read_stream(
        io.BytesIO(text.encode()), None, bytes_max=10**6, defaults=defaults
    )
    today = parse_day("2025-06-15")
    return await import_documents(
        database,
        ORGANISATION,
        reading.documents,
        now=noon(today),
        reason="test",
    )


@pytest.mark.anyio
async def test_the_setting_acts_on_what_is_recorded_from_then_on(
    database: Database,
) -> None:
    await record(database, invoice("inv_1"))
    with pytest.raises(Rejected):
        await send(database, with_lines({}))
    await take_undated(database)

    result = await send(database, with_lines({}))
    again = await send(database, with_lines({}))

    assert result.recorded.total() == 1
    assert (again.unchanged, again.journals) == (1, 0)
    assert await booked(database, "inv_2") == {
        "2025-03-31 Dr Billed Cr Recognized": "100.00"
    }


@pytest.mark.anyio
async def test_what_was_recorded_stays_until_it_is_changed(database: Database) -> None:
    await record(database, invoice("inv_1"))
    await take_undated(database)
    await send(database, with_lines({}))
    await set_product_method(
        database,
        ORGANISATION,
        "prod_1",
        method=Method.USAGE,
        now=noon(parse_day("2025-06-15")),
        made_by="test",
    )

    again = await send(database, with_lines({}))
    dated = await send(database, with_lines({**MARCH, "method": "STRAIGHT_LINE"}))

    assert (again.unchanged, dated.revised.total()) == (1, 1)
    assert len(await booked(database, "inv_2")) > 1


@pytest.mark.anyio
async def test_it_is_a_setting_with_a_history_and_an_audit_record(
    database: Database,
) -> None:
    await record(database, invoice("inv_1"))

    await take_undated(database)
    await take_undated(database, UndatedLines.REFUSE)

    async with database.reads() as session:
        kept = await session.connection()
        history = await kept.exec_driver_sql(
            "SELECT undated_lines FROM ledger_settings ORDER BY recorded_in"
        )
        assert [row[0] for row in history] == [2, 1]
        said = await kept.exec_driver_sql(
            "SELECT message FROM activities ORDER BY id DESC LIMIT 2"
        )
        assert [row[0] for row in said] == [
            "USD ledger settings: undated lines REFUSE",
            "USD ledger settings: undated lines ACCOUNTING_DATE",
        ]
        details = await kept.exec_driver_sql(
            "SELECT details FROM audit_records ORDER BY number DESC LIMIT 1"
        )
        after = json.loads(details.scalar_one())["after"]
        assert after["undatedLines"] == "REFUSE"
