"""Choosing a ledger, and pinning it to its last recording."""

import pytest

from daybook.calendar import parse_day
from daybook.db.engine import Database
from daybook.errors import ProblemCode, Rejected
from daybook.ledger.models import Organisation
from daybook.ledger.pins import AuditHead, Pin
from daybook.ledger.queries import choose_ledger, find_ledgers, pin_ledger
from daybook_factories import ORGANISATION, invoice, record

pytestmark = pytest.mark.anyio

TODAY = parse_day("2025-06-30")


async def test_ledgers_are_listed_by_currency(database: Database) -> None:
    await record(database, invoice("a"), invoice("b", currency="EUR"))

    async with database.reads() as session:
        found = await find_ledgers(session, ORGANISATION)
        assert await find_ledgers(session, 2) == []

    assert [one.currency for one in found] == ["EUR", "USD"]


@pytest.mark.parametrize(
    ("currencies", "chosen", "result"),
    [
        ([], None, "import documents first"),
        ([], "USD", "import documents first"),
        (["USD"], None, "USD"),
        (["USD"], "USD", "USD"),
        (["USD"], "EUR", "no ledger in 'EUR': there are USD"),
        (["EUR", "USD"], None, "by its currency: EUR, USD"),
        (["EUR", "USD"], "EUR", "EUR"),
    ],
)
async def test_a_ledger_is_chosen_by_its_currency_where_there_are_several(
    database: Database, currencies: list[str], chosen: str | None, result: str
) -> None:
    await record(
        database, *(invoice(currency, currency=currency) for currency in currencies)
    )

    async with database.reads() as session:
        try:
            found = await choose_ledger(session, ORGANISATION, chosen)
        except Rejected as rejected:
            (problem,) = rejected.problems
            assert (problem.code, problem.path) == (
                ProblemCode.NOT_FOUND,
                ("currency",),
            )
            assert result in problem.message
        else:
            assert found.currency == result


async def test_a_pin_is_of_the_last_recording(database: Database) -> None:
    await record(database, invoice("a"))
    await record(database, invoice("b"))

    async with database.reads() as session:
        organisation = await session.get_one(Organisation, ORGANISATION)
        assert organisation.audit_hash is not None
        head = AuditHead(organisation.audit_records, organisation.audit_hash)
        assert await pin_ledger(session, ORGANISATION, 1, TODAY) == Pin(
            *(ORGANISATION, 1, "USD", 2), recording=2, today=TODAY, audit_head=head
        )
        assert await pin_ledger(session, ORGANISATION, 2, TODAY) is None
        assert await pin_ledger(session, 2, 1, TODAY) is None
