"""A database with the faults of revision 0007's program is upgraded and put right."""

import pytest

from daybook.calendar import parse_day
from daybook.clock import ClockState
from daybook.db.engine import Database
from daybook.documents.checking import Balances, Fault, FaultyFamily, faulty_families
from daybook.documents.replanning import ReplannedFamilies, put_families_right
from daybook.errors import Rejected
from daybook.ledger.queries import choose_ledger
from daybook.reports.audit import verify
from daybook_factories import (
    ORGANISATION,
    accept,
    credit_note,
    credited_line,
    invoice,
    line,
    lock,
    noon,
    record,
    terms,
    usage_line,
)
from daybook_faults import fill_with_faults
from daybook_replayed import replayed
from daybook_shown import balances, booked, booked_by_month
from daybook_stored import dump

pytestmark = [pytest.mark.anyio, pytest.mark.either_database]

TODAY = "2026-11-28"
"""Years before the last recording, which a clock that was wrong has made."""
AHEAD = "2036-01-02"


@pytest.fixture(autouse=True)
async def recorded_before(database: Database) -> None:
    """Fill the test's database with what was recorded, and upgrade it."""
    await fill_with_faults(database)


async def faults(database: Database) -> dict[str, FaultyFamily]:
    found = {}
    async with database.reads() as session:
        ledger = await choose_ledger(session, ORGANISATION, "USD")
        async for _, some in faulty_families(session, ORGANISATION, ledger):
            found.update({one.document: one for one in some})
    return found


async def put_right(database: Database, on: str = TODAY) -> ReplannedFamilies:
    return await put_families_right(
        database,
        ORGANISATION,
        "USD",
        reason="an upgrade",
        now=noon(parse_day(on)),
        made_by="test",
    )


async def test_what_departs_from_the_rules_is_found(database: Database) -> None:
    found = await faults(database)

    assert {
        id_: (one.fault, one.stored, one.planned) for id_, one in found.items()
    } == {
        "bs_1": (Fault.DIFFERS, Balances(-600_00, 0), Balances(0, 0)),
        "bs_2": (Fault.DIFFERS, Balances(0, 600_00), Balances(0, 0)),
        "bs_3": (Fault.DIFFERS, Balances(0, 0), Balances(0, 0)),
        "bs_4": (Fault.DIFFERS, Balances(0, 0), Balances(0, 600_00)),
        "behind": (Fault.TOO_EARLY, Balances(0, 0), Balances(0, 0)),
        "project": (Fault.TOO_EARLY, Balances(0, 0), Balances(0, 0)),
    }
    assert found["behind"].early == (parse_day("2025-07-10"), parse_day("2025-08-01"))


async def test_what_departs_from_the_rules_is_no_tampering(database: Database) -> None:
    for is_put_right in (False, True):
        if is_put_right:
            await put_right(database, AHEAD)

        found = await replayed(database)

        assert all(one.mismatch is None for one in found.values())
        assert {one.document for one in found["USD"].named} == {
            *("invoice 'behind'", "invoice 'project'"),
            *(f"billing schedule 'bs_{number}'" for number in range(1, 5)),
        }
        assert found["USD"].earlier == 6


async def test_a_clock_that_was_ahead_is_to_be_accepted_first(
    database: Database,
) -> None:
    before = await dump(database)

    with pytest.raises(Rejected, match="2036-01-01 12:00:00 UTC"):
        await put_right(database)

    after = await dump(database)
    assert {**after, "activities": None} == {**before, "activities": None}
    assert await accept(database, TODAY) is ClockState.BEHIND
    assert len((await put_right(database)).families) == 6


async def test_families_are_put_right_once(database: Database) -> None:
    done = await put_right(database, AHEAD)

    assert {family.document for family in done.families} == {
        *("bs_1", "bs_2", "bs_3", "bs_4", "behind", "project")
    }
    assert await faults(database) == {}
    assert await booked(database, "cn_whole") == {
        "2025-02-10 Dr Recognized Cr Billed": "600.00"
    }
    assert await booked(database, "zero") == {
        "2025-02-01 Dr Recognized Cr Unbilled": "600.00"
    }
    assert await booked(database, "lines") == {
        "2025-02-01 Dr Billed Cr Unbilled": "500.00",
        "2025-02-01 Dr Recognized Cr Unbilled": "100.00",
    }
    assert await booked(database, "second") == {
        "2025-02-01 Dr Billed Cr Recognized": "50.00"
    }
    assert await balances(database, document="bs_4") == {
        "Unbilled": "600.00",
        "Recognized": "600.00",
    }
    assert await booked(database, "cn_behind") == {
        "2025-08-01 Dr Deferred Cr Billed": "300.00"
    }
    assert await booked(database, "project") == {
        "2025-08-01 Dr Billed Cr Deferred": "600.00",
        "2025-08-01 Dr Deferred Cr Recognized": "600.00",
    }
    assert (await verify(database, ORGANISATION)).mismatch is None

    before = await dump(database)
    assert (await put_right(database, AHEAD)).families == []
    assert await dump(database) == before


async def test_nothing_is_put_right_on_a_locked_day(database: Database) -> None:
    await lock(database, "2025-12-31", on=AHEAD)

    await put_right(database, AHEAD)

    # What was posted before its invoice stays in its locked month; the rest is one
    # entry on the first open day.
    months = await booked_by_month(database, "zero")
    assert months == {"2026-01 Dr Recognized Cr Unbilled": "600.00"}
    assert await faults(database) == {}
    assert (await put_right(database, AHEAD)).families == []


async def test_nothing_is_put_right_behind_a_lock_far_ahead(
    database: Database,
) -> None:
    await lock(database, "2052-05-31", on=AHEAD)
    before = await dump(database)

    with pytest.raises(Rejected, match="move the lock back first"):
        await put_right(database, AHEAD)

    after = await dump(database)
    assert {**after, "activities": None} == {**before, "activities": None}


async def test_usage_with_corrections_is_put_right_by_sending_it_again(
    database: Database,
) -> None:
    period = ("2025-01-01", "2025-02-28")
    used = {"2025-01-10": "100.00", "2025-02-10": "100.00"}
    back = {"2025-01-20": "-40.00"}
    again = invoice(
        "usage",
        usage_line("1", "200.00", period, usage=used),
        usage_line("2", "-40.00", period, usage=back, group="1"),
        customer="cus_7",
        customer_name="Customer 7",
    )
    assert (await booked_by_month(database, "usage"))[
        "2025-01 Dr Deferred Cr Recognized"
    ] == "80.00"

    await record(database, again, on=AHEAD)

    assert await booked_by_month(database, "usage") == {
        "2025-01 Dr Billed Cr Deferred": "160.00",
        "2025-01 Dr Deferred Cr Recognized": "60.00",
        "2025-02 Dr Deferred Cr Recognized": "100.00",
    }
    assert (await record(database, again, on=AHEAD)).unchanged == 1


async def test_a_change_to_one_document_puts_its_family_right(
    database: Database,
) -> None:
    note = credit_note(
        "cn_more",
        credited_line("0.00"),
        invoice_id="zero",
        customer="cus_2",
        customer_name="Customer 2",
        accounting_date="2025-02-10",
    )

    await record(database, note, on=AHEAD)

    assert "bs_2" not in await faults(database)


async def test_other_documents_sent_again_change_nothing(database: Database) -> None:
    its_terms = terms("1200.00", ("2025-07-01", "2026-06-30"))
    behind = invoice(
        "behind",
        line(its_terms=its_terms),
        customer="cus_5",
        customer_name="Customer 5",
        accounting_date="2025-07-01",
    )

    result = await record(database, behind, on=AHEAD)

    assert result.unchanged == 1


async def test_a_lock_far_ahead_moves_back_with_a_reason(database: Database) -> None:
    await lock(database, None, currency="EUR", on=AHEAD)

    async with database.reads() as session:
        ledger = await choose_ledger(session, ORGANISATION, "EUR")
    assert ledger.locked_through is None
