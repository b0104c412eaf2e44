"""What posted files have, against a plain list of the entries of each file."""

from collections.abc import Sequence
from typing import TypeAlias

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from daybook.calendar import Day, parse_day
from daybook.exports.formats import FORMATS
from daybook.exports.formats.xero import XERO
from daybook.exports.mapping.forms import Integration
from daybook.exports.posting.overlapping import (
    FILES,
    NUMBERS_NAMED,
    entries_in_both,
    overlapping,
    target_of,
)
from daybook.exports.posting.posted import files_with, posted_in
from daybook.exports.posting.recorded_files import RecordedFile, Selected
from daybook.reports.journals.filters import JournalFilter
from daybook_history import (
    RECORDINGS,
    History,
    filters,
    history,
    lets_pass,
    posting_days,
)
from daybook_posted import days, posted
from daybook_services.faults import examples

pytestmark = pytest.mark.anyio

__all__ = ["history"]

Drawn: TypeAlias = tuple[int, JournalFilter, Day | None]
"""A file's recording, its filter, and the day that divides posted from scheduled."""

few = settings(
    max_examples=examples(10),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
"""The history is made once; each example only reads it, row by row."""

recordings = st.integers(1, RECORDINGS)
drawn = st.tuples(recordings, filters(), posting_days)
files = st.lists(drawn, min_size=1, max_size=3)
MARCH = ("2025-03-01", "2025-03-31")
EVERYTHING: Drawn = (RECORDINGS, JournalFilter(), None)
FIRST_HALF = (3, days("2025-03-01", "2025-03-15"), None)
SECOND_HALF = (9, days("2025-03-16", "2025-03-31"), None)


async def entries(history: History, selected: Selected) -> set[tuple[int, Day]]:
    """The journal and day of each entry that a file has, read row by row."""
    pin, wanted = selected.pin, selected.journal_filter
    return {
        (known.entry[0], known.entry[2])
        for known in await history.known(pin.recording)
        if lets_pass(wanted, pin, known)
    }


async def file_of(history: History, number: int, its: Drawn) -> RecordedFile:
    """A posted file."""
    recording, wanted, on = its
    at = (await history.at(recording))._replace(today=on or history.pin.today)
    return await posted(history.database, number, at, wanted)


async def files_of(history: History, each: Sequence[Drawn]) -> list[RecordedFile]:
    return [await file_of(history, number, its) for number, its in enumerate(each, 1)]


@few
@given(mine=drawn, others=files)
@example(mine=EVERYTHING, others=[FIRST_HALF, SECOND_HALF])
@example(mine=SECOND_HALF, others=[FIRST_HALF, EVERYTHING])
async def test_files_share_the_journals_with_an_entry_on_a_day_that_both_list(
    history: History, mine: Drawn, others: Sequence[Drawn]
) -> None:
    _, selected = await file_of(history, 9, mine)
    theirs = await files_of(history, others)
    ours = await entries(history, selected)
    shared = {}
    for listed, its in theirs:
        both = ours & await entries(history, its)
        shared[listed.record.number] = sorted({journal for journal, _ in both})

    candidates = overlapping(FILES, selected, theirs)
    async with history.database.reads() as session:
        count, found = await entries_in_both(session, selected, candidates)

    assert [(its.file.record.number, its.journals, its.first) for its in found] == [
        (number, len(journals), tuple(journals[:NUMBERS_NAMED]))
        for number, journals in shared.items()
        if journals
    ]
    assert count == len(set().union(*shared.values()))


@few
@given(at=recordings, each=files)
@example(at=RECORDINGS, each=[FIRST_HALF, SECOND_HALF])
@example(at=RECORDINGS, each=[FIRST_HALF, EVERYTHING])
@example(at=RECORDINGS, each=[FIRST_HALF])
async def test_a_journal_is_in_the_files_that_list_an_entry_of_it(
    history: History, at: int, each: Sequence[Drawn]
) -> None:
    pin = await history.at(at)
    theirs = await files_of(history, each)
    now = await entries(history, Selected(pin, JournalFilter()))
    numbers = list(range(1, 60))
    expected = {}
    listed_in = [await entries(history, file.selected) for file in theirs]
    for number in numbers:
        its = [
            file
            for file, entries_ in zip(theirs, listed_in, strict=True)
            if any(journal == number for journal, _ in entries_)
        ]
        whole = [
            file.selected
            for file in its
            if not file.selected.journal_filter.narrows_movements()
        ]
        ranges = [range(a, b + 1) for a, b in (selected.days for selected in whole)]
        days_now = [day for journal, day in now if journal == number]
        is_partial = not all(any(day in its for its in ranges) for day in days_now)
        if its:
            expected[number] = ([file.listed.record.number for file in its], is_partial)

    async with history.database.reads() as session:
        found = await files_with(session, pin, numbers, theirs)

    assert {
        number: ([listed.record.number for listed in its.files], its.is_partial)
        for number, its in found.items()
    } == expected


async def test_a_file_for_another_target_shares_nothing(history: History) -> None:
    selected = Selected(history.pin, JournalFilter())
    both = [
        await posted(history.database, 1, history.pin, JournalFilter()),
        await posted(history.database, 2, history.pin, JournalFilter(), XERO),
    ]

    assert overlapping(FILES, selected, both) == both[:1]
    assert overlapping("XERO", selected, both) == both[1:]


async def test_a_journal_is_in_part_where_one_target_lacks_some_of_it(
    history: History,
) -> None:
    march = await entries(history, Selected(history.pin, days(*MARCH)))
    number = min(
        journal
        for journal, day in march
        if day == parse_day("2025-03-01") and (journal, day + 30) in march
    )
    whole = await posted(history.database, 1, history.pin, JournalFilter(), XERO)
    half = await posted(
        history.database, 2, history.pin, days("2025-03-01", "2025-03-15")
    )
    rest = await posted(
        history.database, 3, history.pin, days("2025-03-16", "2025-03-31")
    )

    async with history.database.reads() as session:
        found = [
            (await files_with(session, history.pin, [number], its))[number]
            for its in ([whole], [whole, half], [whole, half, rest])
        ]

    assert [its.is_partial for its in found] == [False, True, False]


async def test_a_file_of_another_ledger_shares_nothing(history: History) -> None:
    other = history.pin._replace(ledger_id=history.pin.ledger_id + 1)
    selected = Selected(history.pin, JournalFilter())

    assert (
        overlapping(
            FILES, selected, [await posted(history.database, 1, other, JournalFilter())]
        )
        == []
    )


@pytest.mark.parametrize(
    ("first", "last", "compared"),
    [
        ("2025-03-01", "2025-03-09", 0),
        ("2025-03-01", "2025-03-10", 1),
        ("2025-03-20", "2025-03-31", 1),
        ("2025-03-21", "2025-03-31", 0),
    ],
)
async def test_only_files_whose_days_overlap_are_compared(
    history: History, first: str, last: str, compared: int
) -> None:
    selected = Selected(history.pin, days("2025-03-10", "2025-03-20"))
    file = await posted(history.database, 1, history.pin, days(first, last))

    assert overlapping(FILES, selected, [file]) == [file][:compared]


async def test_scheduled_entries_that_a_file_left_out_are_not_compared(
    history: History,
) -> None:
    through = parse_day("2025-03-10")
    file = await posted(
        history.database,
        1,
        history.pin,
        JournalFilter(include_scheduled=False, on=through),
    )

    later = Selected(history.pin, days("2025-03-11", "2025-03-31"))
    assert overlapping(FILES, later, [file]) == []


async def test_without_posted_files_nothing_is_in_one(history: History) -> None:
    async with history.database.reads() as session:
        assert await posted_in(session, history.pin, [1, 2, 3]) == {}


def test_each_system_is_a_target_and_all_other_formats_are_one() -> None:
    targets = {form.name: target_of(form.number) for form in FORMATS}

    systems = {system.name for system in Integration}
    assert {name for name, target in targets.items() if target == name} == systems
    assert {targets[name] for name in targets.keys() - systems} == {FILES}
