"""What went wrong, what is said, and that following the message literally works."""

import io
import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import pytest

from daybook.calendar import parse_day
from daybook.db.engine import Database
from daybook.documents.actions import complete_milestone, void_document
from daybook.documents.commands import import_documents
from daybook.documents.reading import read_stream
from daybook.documents.results import ImportResult
from daybook.errors import Problem, ProblemCode, Rejected
from daybook.ledger.rules import Role, SourceKind
from daybook_factories import ORGANISATION, lock, noon, usd
from daybook_ledger_sums import net_of_roles

pytestmark = [pytest.mark.anyio, pytest.mark.either_database]

Json = dict[str, Any]

TODAY = parse_day("2025-06-15")
HEAD: Json = {"currency": "USD", "customer": {"id": "cus_1", "name": "Acme"}}
OTHER: Json = {"customer": {"id": "cus_2", "name": "Bolt"}}
EUROS: Json = {"currency": "EUR"}
PERIOD: Json = {"service_from": "2025-01-01", "service_to": "2025-12-31"}
LINE: Json = {
    "id": "1",
    "product": {"id": "prod_1", "name": "Platform"},
    "amount": "1200.00",
    **PERIOD,
}
INVOICE: Json = {
    **HEAD,
    "type": "invoice",
    "id": "inv_1",
    "status": "FINAL",
    "issued_on": "2025-01-01",
    "lines": [LINE],
}
SECOND: Json = INVOICE | {"id": "inv_2", "number": "2"}
CREDIT: Json = {
    **HEAD,
    "type": "credit_note",
    "id": "cn_1",
    "status": "FINAL",
    "issued_on": "2025-03-01",
    "invoice_id": "inv_1",
    "lines": [{"id": "1", "invoice_line_id": "1", "amount": "100.00"}],
}
UNLINKED: Json = CREDIT | {
    "invoice_id": None,
    "lines": [{"id": "1", "product": LINE["product"], "amount": "100.00"}],
}
SCHEDULE: Json = {
    **HEAD,
    **PERIOD,
    "type": "billing_schedule",
    "id": "bs_1",
    "status": "ACTIVE",
    "product": LINE["product"],
    "frequency": "MONTHLY",
    "price": "100.00",
}
BILLED: Json = INVOICE | {"billing_schedule_id": "bs_1"}
GRANT: Json = INVOICE | {
    "id": "inv_g",
    "lines": [
        {
            "id": "1",
            "product": {"id": "prod_5", "name": "Credits"},
            "amount": "500.00",
            "classification": "PREPAYMENT",
            "credit_grant": {"id": "cg_1"},
        }
    ],
}
USED = {"id": "prod_3", "name": "Calls"}
BURNING: Json = INVOICE | {
    "id": "inv_u",
    "issued_on": "2025-04-01",
    "lines": [
        {
            "id": "1",
            "product": USED,
            "amount": "100.00",
            "method": "USAGE",
            "service_from": "2025-03-01",
            "service_to": "2025-03-31",
        },
        {
            "id": "2",
            "product": USED,
            "amount": "-60.00",
            "group": "1",
            "classification": "BURNDOWN",
        },
    ],
}


def voided(document: Json) -> Json:
    return document | {"status": "VOIDED"}


def of(amount: str, document: Json = INVOICE, **line: object) -> Json:
    """The document with a single line of another amount."""
    return document | {"lines": [{**document["lines"][0], "amount": amount, **line}]}


VOID_AND_SEND = (
    "void it as it is recorded (status VOIDED), and send it again under another id"
)
CANCEL_AND_SEND = (
    "cancel it as it is recorded (status CANCELLED, cancelled_on its service_from), and"
    " send it again under another id"
)
SEND_ANOTHER = "send it again under another id"


def followed(message: str, recorded: Json, sent: Json) -> list[Json]:
    """The documents that a message's way out asks for, word by word."""
    again = sent | {"id": f"{sent['id']}-again"}
    if message.endswith(VOID_AND_SEND):
        return [voided(recorded), again]
    if message.endswith(CANCEL_AND_SEND):
        first = recorded["service_from"]
        return [recorded | {"status": "CANCELLED", "cancelled_on": first}, again]
    assert message.endswith(f"is void, and stays void: {SEND_ANOTHER}"), message
    return [again]


async def send(database: Database, *documents: Mapping[str, object]) -> ImportResult:
    text = "\n".join(json.dumps(document) for document in documents)
    reading = read_stream(io.BytesIO(text.encode()), None, bytes_max=10**6)
    return await import_documents(
        database, ORGANISATION, reading.documents, now=noon(TODAY), reason="test"
    )


async def refusal(database: Database, *documents: Mapping[str, object]) -> Problem:
    with pytest.raises(Rejected) as rejected:
        await send(database, *documents)
    (problem,) = rejected.value.problems
    return problem


async def in_the_end(database: Database) -> Mapping[Role, int]:
    """The net of each account that isn't zero."""
    nets = await net_of_roles(database)
    return {role: net for role, net in nets.items() if net}


class Situation(NamedTuple):
    """Documents that are recorded, the one that is then sent, and what is said."""

    recorded: Sequence[Json]
    sent: Json
    code: ProblemCode
    path: str
    message: str


CHANGED, VOID = ProblemCode.CHANGED, ProblemCode.VOID
SITUATIONS = {
    "wrong customer": Situation(
        [INVOICE],
        INVOICE | OTHER,
        *(CHANGED, "customer.id"),
        "invoice 'inv_1' is recorded for customer 'cus_1', and a revision keeps that:"
        f" {VOID_AND_SEND}",
    ),
    "wrong currency": Situation(
        [INVOICE],
        INVOICE | EUROS,
        *(CHANGED, "currency"),
        "invoice 'inv_1' is recorded in USD, and a revision keeps that:"
        f" {VOID_AND_SEND}",
    ),
    "void by mistake": Situation(
        [INVOICE, voided(INVOICE)],
        INVOICE,
        *(VOID, "id"),
        f"invoice 'inv_1' is void, and stays void: {SEND_ANOTHER}",
    ),
    "void by mistake, and changed": Situation(
        [INVOICE, voided(INVOICE)],
        of("600.00") | OTHER,
        *(VOID, "id"),
        f"invoice 'inv_1' is void, and stays void: {SEND_ANOTHER}",
    ),
    "a credit note that lacks its invoice": Situation(
        [INVOICE, UNLINKED],
        CREDIT,
        *(CHANGED, "invoice_id"),
        f"a credit note keeps its invoice, or stays without: {VOID_AND_SEND}",
    ),
    "a credit note that has an invoice": Situation(
        [INVOICE, CREDIT],
        UNLINKED,
        *(CHANGED, "invoice_id"),
        f"a credit note keeps its invoice, or stays without: {VOID_AND_SEND}",
    ),
    "a credit note on the wrong invoice": Situation(
        [INVOICE, SECOND, CREDIT],
        CREDIT | {"invoice_id": "inv_2"},
        *(CHANGED, "invoice_id"),
        f"a credit note keeps its invoice, or stays without: {VOID_AND_SEND}",
    ),
    "an invoice that lacks its billing schedule": Situation(
        [SCHEDULE, INVOICE],
        BILLED,
        *(CHANGED, "billing_schedule_id"),
        f"an invoice keeps its billing schedule, or stays without: {VOID_AND_SEND}",
    ),
    "an invoice that has a billing schedule": Situation(
        [SCHEDULE, BILLED],
        INVOICE,
        *(CHANGED, "billing_schedule_id"),
        f"an invoice keeps its billing schedule, or stays without: {VOID_AND_SEND}",
    ),
    "an invoice of the wrong billing schedule": Situation(
        [SCHEDULE, SCHEDULE | {"id": "bs_2"}, BILLED],
        BILLED | {"billing_schedule_id": "bs_2"},
        *(CHANGED, "billing_schedule_id"),
        f"an invoice keeps its billing schedule, or stays without: {VOID_AND_SEND}",
    ),
    "a billing schedule of the wrong customer": Situation(
        [SCHEDULE],
        SCHEDULE | OTHER,
        *(CHANGED, "customer.id"),
        "billing schedule 'bs_1' is recorded for customer 'cus_1', and a revision keeps"
        f" that: {CANCEL_AND_SEND}",
    ),
    "a billing schedule of the wrong product": Situation(
        [SCHEDULE],
        SCHEDULE | {"product": USED},
        *(CHANGED, "product.id"),
        f"a billing schedule keeps its product: {CANCEL_AND_SEND}",
    ),
}


@pytest.mark.parametrize("situation", SITUATIONS.values(), ids=SITUATIONS)
@pytest.mark.parametrize("closed", [None, "2025-03-31"])
async def test_following_the_message_leaves_what_was_meant(
    database: Database, situation: Situation, closed: str | None
) -> None:
    for document in situation.recorded:
        await send(database, document)
    await send(database, INVOICE | {"id": "other", "number": "other"})
    if closed is not None:
        await lock(database, closed, on="2025-06-15")

    problem = await refusal(database, situation.sent)

    assert (problem.code, ".".join(problem.path)) == (situation.code, situation.path)
    assert problem.message == situation.message
    recorded = next(
        document
        for document in situation.recorded
        if document["id"] == situation.sent["id"]
    )
    result = await send(database, *followed(problem.message, recorded, situation.sent))
    assert result.recorded.total() == 1
    again = situation.sent | {"id": f"{situation.sent['id']}-again"}
    assert (await send(database, again)).unchanged == 1


@pytest.mark.parametrize(
    ("change", "value"),
    [(OTHER, "'cus_1'"), (EUROS, "USD")],
    ids=["customer", "currency"],
)
async def test_a_void_with_the_right_value_is_told_the_recorded_one(
    database: Database, change: Json, value: str
) -> None:
    await send(database, INVOICE)

    problem = await refusal(database, voided(INVOICE | change))

    # It isn't told to void what it just tried to void.
    assert problem.message.endswith(f"send it VOIDED as recorded, with {value}")
    result = await send(
        database, voided(INVOICE), INVOICE | change | {"id": "inv_1-again"}
    )
    assert (result.voided.total(), result.recorded.total()) == (1, 1)


async def test_an_amount_or_a_number_is_sent_again(database: Database) -> None:
    """Before anything was recognized, after it was, and after it was closed."""
    await send(database, INVOICE)
    for amount, closed in (("600.00", None), ("900.00", "2025-03-31")):
        await lock(database, closed, on="2025-06-15")
        result = await send(database, of(amount) | {"number": f"A-{amount}"})
        assert result.revised.total() == 1
        assert await in_the_end(database) == {
            Role.BILLED: usd(amount),
            Role.RECOGNIZED: -usd(amount),
        }


async def test_a_document_is_not_void_as_long_as_others_stand_on_it(
    database: Database,
) -> None:
    await send(database, INVOICE, CREDIT)

    problem = await refusal(database, voided(INVOICE))

    assert problem.code is ProblemCode.IN_USE
    assert problem.message == (
        "invoice 'inv_1' can't be voided while credit note 'cn_1' credits it; void"
        " credit note 'cn_1' first"
    )
    await send(database, voided(CREDIT), voided(INVOICE))
    assert await in_the_end(database) == {}


async def test_a_credited_line_may_go_once_the_credit_note_is_void(
    database: Database,
) -> None:
    await send(database, INVOICE, CREDIT)
    other_line = of("300.00", id="2")

    problem = await refusal(database, other_line)

    assert problem.code is ProblemCode.IN_USE
    assert problem.message == (
        "invoice 'inv_1' can't lose a line while credit note 'cn_1' credits it; void"
        " credit note 'cn_1' first"
    )
    await send(database, other_line, voided(CREDIT))
    assert (await in_the_end(database))[Role.BILLED] == usd("300.00")


async def test_less_than_was_credited_waits_for_the_credit_note(
    database: Database,
) -> None:
    await send(database, INVOICE, CREDIT)

    problem = await refusal(database, of("50.00"))

    assert problem.code is ProblemCode.CREDIT_TOO_LARGE
    assert problem.message == (
        "comes to 50.00, less than the 100.00 that credit note 'cn_1' credited; void"
        " that first"
    )
    await send(database, of("50.00"), voided(CREDIT))
    assert (await in_the_end(database))[Role.BILLED] == usd("50.00")


async def test_a_credit_note_has_the_customer_of_its_invoice(
    database: Database,
) -> None:
    await send(database, INVOICE, SECOND | OTHER)

    problem = await refusal(database, CREDIT | OTHER)

    assert (problem.code, problem.path) == (ProblemCode.MISMATCH, ("customer", "id"))
    assert problem.message == (
        "invoice 'inv_1' is of customer 'cus_1', its credit note of 'cus_2': send it"
        " for 'cus_1', or name another invoice"
    )
    result = await send(
        database, CREDIT, CREDIT | OTHER | {"id": "cn_2", "invoice_id": "inv_2"}
    )
    assert result.recorded.total() == 2


async def test_more_than_is_left_is_sent_as_the_message_says(
    database: Database,
) -> None:
    await send(database, INVOICE, CREDIT)

    problem = await refusal(database, of("1250.00", CREDIT))

    assert problem.code is ProblemCode.CREDIT_TOO_LARGE
    assert problem.message == (
        "credits 1250.00, but line '1' of invoice 'inv_1' has 1200.00 left; send the"
        " other 50.00 as a credit note without invoice_id, whose lines have a product,"
        " dates and a method of their own"
    )
    other = of("50.00", UNLINKED | {"id": "cn_2", "number": "cn_2"})
    await send(database, of("1200.00", CREDIT), other)
    assert await in_the_end(database) == {
        Role.BILLED: -usd("50.00"),
        Role.RECOGNIZED: usd("50.00"),
    }


async def test_a_credit_note_on_a_void_invoice_names_the_one_in_its_place(
    database: Database,
) -> None:
    await send(database, INVOICE)
    await send(database, voided(INVOICE), SECOND)

    problem = await refusal(database, CREDIT)

    assert (problem.code, problem.path) == (ProblemCode.VOID, ("invoice_id",))
    assert "name the invoice that was sent in its place" in problem.message
    result = await send(database, CREDIT | {"invoice_id": "inv_2"})
    assert result.recorded.total() == 1


async def test_a_prepayment_with_another_grant_is_another_line(
    database: Database,
) -> None:
    await send(database, GRANT)
    changed = of("500.00", GRANT, credit_grant={"id": "cg_2"})

    problem = await refusal(database, changed)

    assert problem.code is ProblemCode.CHANGED
    assert problem.message == (
        "a prepayment keeps its credit grant 'cg_1'; give the line another id to make"
        " another grant"
    )
    result = await send(database, of("500.00", changed, id="2"))
    assert result.revised.total() == 1


async def test_a_grant_is_less_once_what_burns_it_down_is_void(
    database: Database,
) -> None:
    await send(database, GRANT, BURNING)

    problem = await refusal(database, of("50.00", GRANT))

    assert problem.code is ProblemCode.GRANT_EXCEEDED
    assert problem.message == (
        "leaves less in a credit grant than invoice 'inv_u' burned down: void what"
        " burns it down first, or leave more in it"
    )
    await send(database, of("60.00", GRANT))
    await send(database, of("50.00", GRANT), voided(BURNING))


async def test_a_billing_schedule_is_cancelled_instead(database: Database) -> None:
    await send(database, SCHEDULE)

    with pytest.raises(Rejected) as rejected:
        await void_document(
            database,
            ORGANISATION,
            SourceKind.BILLING_SCHEDULE,
            "bs_1",
            now=noon(TODAY),
        )

    (problem,) = rejected.value.problems
    assert "cancel it (send it with the status CANCELLED" in problem.message
    cancelled = {"status": "CANCELLED", "cancelled_on": SCHEDULE["service_from"]}
    await send(database, SCHEDULE | cancelled)
    assert await in_the_end(database) == {}


async def test_a_milestone_of_a_void_invoice_is_one_of_another(
    database: Database,
) -> None:
    line = {
        "id": "1",
        "product": LINE["product"],
        "amount": "10.00",
        "method": "MILESTONE",
        "milestones": [{"id": "m1", "name": "Go-live", "amount": "10.00"}],
    }
    built = INVOICE | {"lines": [line]}
    await send(database, built)
    await send(database, voided(built))

    async def complete(invoice_id: str) -> None:
        ids = (invoice_id, "1", "m1")
        await complete_milestone(database, ORGANISATION, *ids, TODAY, now=noon(TODAY))

    with pytest.raises(Rejected) as rejected:
        await complete("inv_1")

    (problem,) = rejected.value.problems
    (again,) = followed(problem.message, built, built)
    await send(database, again)
    await complete("inv_1-again")
    assert await in_the_end(database) == {
        Role.BILLED: usd("10.00"),
        Role.RECOGNIZED: -usd("10.00"),
    }
