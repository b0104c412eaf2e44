"""A few of the long histories that `python -m daybook_histories` plays."""

from pathlib import Path

import pytest

from daybook.calendar import parse_day
from daybook.ledger.rules import Role
from daybook.recognition.allocation import Strategy
from daybook_beside import Beside, Difference
from daybook_choosing import Seeded
from daybook_drawing import Drawing
from daybook_factories import invoice, line, terms
from daybook_histories import CURRENCIES, SCOPE, Databases, play, replay, shortened
from daybook_model import Model
from daybook_steps import File, Step, told

pytestmark = pytest.mark.anyio

JANUARY = ("2025-01-01", "2025-01-31")
JANUARY_1 = parse_day(JANUARY[0])
EVENLY = terms("31.00", JANUARY, strategy=Strategy.EXACT_DAYS)
EXTRA = (JANUARY_1, Role.UNBILLED, Role.RECOGNIZED)


@pytest.fixture
async def databases(tmp_path: Path) -> Databases:
    """A folder of SQLite databases."""
    made = Databases(tmp_path)
    await made.prepare()
    return made


@pytest.mark.parametrize(
    "number", [1, *(pytest.param(at, marks=pytest.mark.faults) for at in range(2, 10))]
)
async def test_histories_come_to_what_the_rules_say(
    databases: Databases, number: int
) -> None:
    played = await play(databases, f"1/{number}", families=60)

    if played.difference is not None:
        pytest.fail(told(*await shortened(databases, played.steps, played.difference)))


async def test_a_history_is_the_same_for_the_same_seed() -> None:
    files = [
        Drawing(Seeded("7"), Model(), "USD", SCOPE).file("first") for _ in range(2)
    ]

    assert files[0] == files[1]


async def test_a_difference_is_found_and_told(databases: Databases) -> None:
    database = databases.new()
    beside = Beside(database, CURRENCIES)
    file = (invoice("inv_1", line(product="p", its_terms=EVENLY)),)
    await beside.record(file, JANUARY_1)
    await beside.check()

    # A day more than there should be.
    beside.books["USD"].postings.places[1][EXTRA] = {JANUARY_1: 1}
    with pytest.raises(Difference) as found:
        await beside.check()

    assert told([File(JANUARY_1, file)], found.value).splitlines() == [
        "2025-01-01 file",
        "  invoice inv_1 2025-01-01 cus_1",
        "    line 1 3100 p STRAIGHT_LINE IN_ADVANCE EXACT_DAYS 2025-01-01..2025-01-31",
        "posting days:",
        "  inv_1 p 2025-01-01 Dr Unbilled Cr Recognized: 0, by the rules 1",
    ]
    await database.close()


async def test_steps_that_a_difference_does_not_need_are_left_out(
    databases: Databases,
) -> None:
    files: list[Step] = [File(JANUARY_1, (invoice(f"inv_{at}"),)) for at in range(3)]

    assert await replay(databases, files) is None
    kept, _ = await shortened(databases, files, Difference("posting days"))
    assert kept == files
