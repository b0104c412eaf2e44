"""Domain rule 2, `MILESTONE`: completed, not yet, and no longer."""

import pytest

from daybook.db.engine import Database
from daybook.documents.reading import read_documents
from daybook.documents.rules import Document
from daybook_factories import invoice, lock, milestone_line, record, revise
from daybook_shown import balances, booked, moved_by_locks

pytestmark = [pytest.mark.anyio, pytest.mark.either_database]


def project(*days: str | None, untouched: tuple[str, ...] = ()) -> Document:
    """An invoice of 1 January for two milestones, 400.00 and 600.00."""
    first, second = days
    line = milestone_line(
        ("m1", "400.00", first), ("m2", "600.00", second), untouched=untouched
    )
    return invoice("inv_1", line)


async def test_open_milestones_stay_in_deferred(database: Database) -> None:
    await record(database, project(None, None))

    assert await booked(database) == {"2025-01-01 Dr Billed Cr Deferred": "1000.00"}


async def test_a_milestone_is_earned_on_its_completion_date(
    database: Database,
) -> None:
    await record(database, project("2025-02-14", None))

    assert await booked(database) == {
        "2025-01-01 Dr Billed Cr Deferred": "1000.00",
        "2025-02-14 Dr Deferred Cr Recognized": "400.00",
    }


@pytest.mark.parametrize("recorded_on", ["2025-02-01", "2025-02-14", "2025-06-01"])
async def test_completing_a_milestone_past_or_future(
    database: Database, recorded_on: str
) -> None:
    await record(database, project(None, None))

    await record(database, project("2025-02-14", None), on=recorded_on)

    assert await booked(database, between=("2025-01-02", "9999")) == {
        "2025-02-14 Dr Deferred Cr Recognized": "400.00"
    }
    assert await balances(database) == {
        "Billed": "1000.00",
        "Deferred": "600.00",
        "Recognized": "400.00",
    }


async def test_a_milestone_reached_before_it_is_billed(database: Database) -> None:
    await record(database, project("2024-12-20", "2025-03-01"))

    assert await booked(database) == {
        "2024-12-20 Dr Unbilled Cr Recognized": "400.00",
        "2025-01-01 Dr Billed Cr Unbilled": "400.00",
        "2025-01-01 Dr Billed Cr Deferred": "600.00",
        "2025-03-01 Dr Deferred Cr Recognized": "600.00",
    }


@pytest.mark.parametrize("recorded_on", ["2025-02-01", "2025-06-01"])
async def test_un_completing_posts_the_mirror_on_the_completion_date(
    database: Database, recorded_on: str
) -> None:
    await record(database, project("2025-02-14", None))

    await record(database, project(None, None), on=recorded_on)

    assert await booked(database) == {"2025-01-01 Dr Billed Cr Deferred": "1000.00"}


async def test_un_completing_in_a_locked_period_posts_on_the_first_open_day(
    database: Database,
) -> None:
    await record(database, project("2025-02-14", None))
    await lock(database, "2025-02-28")

    await record(database, project(None, None), on="2025-03-10")

    assert await booked(database, between=("2025-01-02", "9999")) == {
        "2025-02-14 Dr Deferred Cr Recognized": "400.00",
        "2025-03-01 Dr Recognized Cr Deferred": "400.00",
    }
    (moved,) = await moved_by_locks(database)
    assert moved == (
        "2025-03-01 Dr Recognized Cr Deferred 400.00 for 2025-02-14 to 2025-02-14,"
        " locked through 2025-02-28"
    )


async def test_a_completion_that_is_left_out_stays(database: Database) -> None:
    await record(database, project("2025-02-14", None))
    before = await booked(database)

    renamed = revise(
        project(None, None, untouched=("m1", "m2")), accounting_date="2025-01-01"
    )
    await record(database, renamed, on="2025-03-01")

    assert await booked(database) == before


async def test_a_milestone_under_another_id_is_found_by_it_from_then_on(
    database: Database,
) -> None:
    await record(database, project("2025-02-14", None))
    line = milestone_line(("a", "400.00", "2025-02-14"), ("b", "600.00", None))
    await record(database, invoice("inv_1", line))

    line = milestone_line(
        ("a", "400.00", None), ("b", "600.00", "2025-03-01"), untouched=["a"]
    )
    await record(database, invoice("inv_1", line))

    assert await balances(database) == {"Billed": "1000.00", "Recognized": "1000.00"}


async def test_percentages_follow_the_rounding_rule_the_last_takes_the_rest(
    database: Database,
) -> None:
    thirds = [("a", "33.33", "02-01"), ("b", "33.33", "03-01"), ("c", "33.34", "04-01")]
    line = {
        "id": "1",
        "product": {"id": "prod_1", "name": "Project"},
        "amount": "100.00",
        "method": "MILESTONE",
        "milestones": [
            {"id": id_, "name": id_, "percent": percent, "completed_on": f"2025-{day}"}
            for id_, percent, day in thirds
        ],
    }
    value: dict[str, object] = {
        "type": "invoice",
        "id": "inv_1",
        "status": "FINAL",
        "currency": "USD",
        "customer": {"id": "cus_1", "name": "Acme"},
        "issued_on": "2025-01-01",
        "lines": [line],
    }

    await record(database, *read_documents([value]).documents)

    assert await booked(database, between=("2025-01-02", "9999")) == {
        "2025-02-01 Dr Deferred Cr Recognized": "33.33",
        "2025-03-01 Dr Deferred Cr Recognized": "33.33",
        "2025-04-01 Dr Deferred Cr Recognized": "33.34",
    }
