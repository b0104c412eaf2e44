"""Marking files as posted, and undoing that: what is recorded and what is refused."""

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from daybook.activity.models import Activity
from daybook.activity.rules import ActivityKind
from daybook.audit.models import AuditRecord
from daybook.calendar import parse_day
from daybook.configuration.commands import set_time_zone
from daybook.db.engine import Database
from daybook.errors import ProblemCode, Rejected
from daybook.exports.formats.xero import XERO
from daybook.exports.formats.xlsx import XLSX
from daybook.exports.models import ExportPosting, UndonePosting
from daybook.exports.posting.overlapping import doubles_in_target
from daybook.exports.posting.posted import posted_in
from daybook.exports.queries import postings_of, records_by_number
from daybook.reports.audit import verify
from daybook.reports.journals.filters import JournalFilter
from daybook_factories import (
    ORGANISATION,
    credit_note,
    credited_line,
    invoice,
    pin,
    record,
)
from daybook_filled import filled_new
from daybook_jobs import NOW
from daybook_posted import days, made, mark, undo

pytestmark = pytest.mark.anyio

JANUARY, FEBRUARY = days("2025-01-01", "2025-01-31"), days("2025-02-01", "2025-02-28")
TODAY = parse_day("2025-10-15")


async def fill(database: Database) -> None:
    await record(database, invoice("inv_1"), invoice("inv_2"))
    await made(database, JANUARY)
    await made(database, FEBRUARY)


@pytest.fixture
async def files(database: Database) -> Database:
    """Two invoices of a year; file 1 has January, and file 2 has February."""
    await filled_new(database, fill)
    return database


async def refusal(doing: Any) -> tuple[ProblemCode, str, tuple[str, ...]]:
    """The one problem for which something is refused."""
    with pytest.raises(Rejected) as rejected:
        await doing
    (problem,) = rejected.value.problems
    return problem.code, problem.message, problem.path


async def references(database: Database) -> dict[int, str]:
    """The references of the records that are posted."""
    async with database.reads() as session:
        found = await records_by_number(session, ORGANISATION, range(1, 20))
    return {
        listed.record.number: listed.posting.reference
        for listed in found
        if listed.posting is not None
    }


async def counts(database: Database) -> list[int]:
    """How many postings, audit records and lines of the activity log there are."""
    async with database.reads() as session:
        return [
            len((await session.scalars(select(table))).all())
            for table in (ExportPosting, AuditRecord, Activity)
        ]


async def test_a_file_is_posted_on_a_day_under_a_reference(files: Database) -> None:
    posted = await mark(files, 1, " MJ-0934 ", posted_on=parse_day("2025-02-03"))

    async with files.reads() as session:
        (listed,) = await records_by_number(session, ORGANISATION, [1])
    posting = listed.posting
    assert posted.is_new
    assert posting is not None
    assert (posting.number, posting.record, posting.reference) == (1, 1, "MJ-0934")
    assert posting.posted_on == parse_day("2025-02-03")
    assert (posting.marked_at, posting.marked_by) == (NOW, "Ada")
    assert await references(files) == {1: "MJ-0934"}


@pytest.mark.either_database
async def test_a_file_is_posted_today_unless_a_day_is_given(files: Database) -> None:
    zone, late = "Asia/Tokyo", NOW.replace(hour=23)
    await set_time_zone(files, ORGANISATION, zone, now=NOW, made_by="Ada")

    posted = await mark(files, 1, now=late)

    assert posted.listed.posting is not None
    assert posted.listed.posting.posted_on == TODAY + 1


async def test_the_trail_and_the_log_tell_of_both(files: Database) -> None:
    await mark(files, 1)
    await undo(files, 1, "voided in Xero")

    async with files.reads() as session:
        trail = await session.scalars(
            select(AuditRecord).order_by(AuditRecord.number.desc()).limit(2)
        )
        undone, marked = trail.all()
        lines = await session.scalars(
            select(Activity).where(Activity.kind == int(ActivityKind.POSTING))
        )
        messages = [(its.message, its.made_by, its.is_failed) for its in lines]
    digest = (await _sha256(files, 1)).hex()
    named = {"currency": "USD", "posting": 1, "reference": "MJ-0934"}
    named |= {"file": "journals.csv", "sha256": digest}
    assert (marked.action, marked.subject_kind, marked.subject_id, marked.made_by) == (
        *("POST_EXPORT", "EXPORT", "1", "Ada"),
    )
    assert json.loads(marked.details) == named | {"postedOn": "2025-10-15"}
    assert (undone.action, undone.subject_id, undone.made_by) == (
        *("UNDO_EXPORT_POSTING", "1", "Bob"),
    )
    assert json.loads(undone.details) == named | {"reason": "voided in Xero"}
    assert messages == [
        ("file 1 posted as MJ-0934 on 2025-10-15", "Ada", False),
        ("posting of file 1 as MJ-0934 undone: voided in Xero", "Bob", False),
    ]
    assert (await verify(files, ORGANISATION)).mismatch is None


async def _sha256(database: Database, number: int) -> bytes:
    async with database.reads() as session:
        (listed,) = await records_by_number(session, ORGANISATION, [number])
    return listed.record.file_sha256


async def test_marking_again_with_the_reference_changes_nothing(
    files: Database,
) -> None:
    await mark(files, 1, posted_on=TODAY - 1)
    before = await counts(files)

    for again in ({}, {"posted_on": TODAY - 1}, {"made_by": "Bob"}):
        posted = await mark(files, 1, **again)
        assert not posted.is_new
        assert posted.listed.posting is not None
        assert posted.listed.posting.marked_by == "Ada"

    assert await counts(files) == before


@pytest.mark.parametrize(
    ("other", "path"),
    [
        ({"reference": "MJ-0935"}, ("reference",)),
        ({"posted_on": TODAY - 1}, ("postedOn",)),
    ],
    ids=["reference", "day"],
)
@pytest.mark.either_database
async def test_marking_as_something_else_names_the_way_out(
    files: Database, other: dict[str, Any], path: tuple[str, ...]
) -> None:
    await mark(files, 1)

    refused = await refusal(mark(files, 1, **other))

    message = "file 1 is posted as MJ-0934, 2025-10-15: undo that first"
    assert refused == (ProblemCode.POSTED, message, path)
    assert await references(files) == {1: "MJ-0934"}


async def test_what_was_undone_is_posted_again(files: Database) -> None:
    await mark(files, 1)
    await undo(files, 1, "wrong month")
    await mark(files, 1, "MJ-0940")

    async with files.reads() as session:
        first, second = (await postings_of(session, ORGANISATION, [1]))[1]
    assert await references(files) == {1: "MJ-0940"}
    assert (first.posting.reference, second.posting.reference) == ("MJ-0934", "MJ-0940")
    assert first.undone is not None and second.undone is None
    assert (first.undone.reason, first.undone.undone_by) == ("wrong month", "Bob")
    assert (await verify(files, ORGANISATION)).mismatch is None


@pytest.mark.either_database
async def test_undoing_needs_a_posting_and_names_the_state(files: Database) -> None:
    never = await refusal(undo(files, 1))
    await mark(files, 1)
    await undo(files, 1)
    twice = await refusal(undo(files, 1))

    code, path = ProblemCode.NOT_POSTED, ("recordId",)
    assert never == (code, "file 1 is not posted", path)
    message = (
        "file 1 is not posted: its posting as MJ-0934, 2025-10-15 was undone"
        " 2025-10-15 12:00:00 UTC by Bob"
    )
    assert twice == (code, message, path)


@pytest.mark.either_database
async def test_undoing_needs_a_reason(files: Database) -> None:
    await mark(files, 1)

    refused = await refusal(undo(files, 1, "  "))

    assert refused == (ProblemCode.MISSING, "give a reason", ("reason",))
    assert await references(files) == {1: "MJ-0934"}


@pytest.mark.parametrize(
    ("asked", "code", "path"),
    [
        ({"reference": "  "}, ProblemCode.MISSING, "reference"),
        ({"reference": "x" * 201}, ProblemCode.TOO_LARGE, "reference"),
        ({"reference": "MJ\n0934"}, ProblemCode.INVALID_VALUE, "reference"),
        ({"posted_on": TODAY + 1}, ProblemCode.INVALID_DATE, "postedOn"),
        ({"number": 3}, ProblemCode.NOT_FOUND, "recordId"),
    ],
    ids=["no-reference", "long-reference", "two-lines", "tomorrow", "no-record"],
)
@pytest.mark.either_database
async def test_bad_input_is_refused_and_logged(
    files: Database, asked: dict[str, Any], code: ProblemCode, path: str
) -> None:
    before = await counts(files)

    refused = await refusal(mark(files, **{"number": 1, **asked}))

    assert (refused[0], refused[2]) == (code, (path,))
    postings, records, lines = before
    assert await counts(files) == [postings, records, lines + 1]


async def test_entries_in_another_posted_file_need_a_confirmation(
    files: Database,
) -> None:
    await mark(files, 1)
    whole = await made(files, days("2025-01-31", "2025-02-28"), XLSX)

    refused = await refusal(mark(files, whole, "MJ-0935"))
    posted = await mark(files, whole, "MJ-0935", confirm=True)

    message = (
        "file 3: 2 journals have entries in posted files already: journals 1, 2 in"
        " file 1 (MJ-0934); file 3 comes to 10.00 USD, file 1 to 10.00 USD; undo these,"
        " or confirm that the target has them twice"
    )
    assert refused == (ProblemCode.UNCONFIRMED, message, ("confirmDoubled",))
    assert [its.file.record.number for its in posted.shared.doubled] == [1]
    async with files.reads() as session:
        details = await session.scalar(
            select(AuditRecord.details).order_by(AuditRecord.number.desc()).limit(1)
        )
    assert json.loads(details or "")["doubles"] == [{"export": 1, "journals": 2}]


async def test_a_refusal_names_all_files_and_counts_each_journal_once(
    files: Database,
) -> None:
    await mark(files, 1)
    again = await made(files, days("2025-01-01", "2025-01-15"))
    await mark(files, again, "MJ-0936", confirm=True)
    await mark(files, 2, "MJ-0935")
    whole = await made(files, days("2025-01-01", "2025-02-28"))

    _, message, _ = await refusal(mark(files, whole, "MJ-0937"))

    assert message.startswith(
        "file 4: 4 journals have entries in posted files already: journals 1, 2 in"
        " file 1 (MJ-0934), journals 3, 4 in file 2 (MJ-0935), journals 1, 2 in"
        " file 3 (MJ-0936); file 4 comes to 10.00 USD, file 1 to 10.00 USD, file 2 to"
        " 10.00 USD, file 3 to 10.00 USD; undo"
    )


@pytest.mark.either_database
async def test_a_refusal_names_the_first_journals_and_the_first_files(
    database: Database,
) -> None:
    await record(database, *(invoice(f"inv_{number}") for number in range(5)))
    for number in range(1, 6):
        file = await made(database, days("2025-01-01", "2025-01-31"))
        await mark(database, file, f"MJ-{number}", confirm=True)

    refused = await refusal(mark(database, await made(database, JANUARY)))

    assert refused[1].startswith(
        "file 6: 5 journals have entries in posted files already:"
        " journals 1, 2, 3 and 2 more in file 1 (MJ-1),"
        " journals 1, 2, 3 and 2 more in file 2 (MJ-2),"
        " journals 1, 2, 3 and 2 more in file 3 (MJ-3), and in 2 more files; file 6"
        " comes to 10.00 USD, file 1 to 10.00 USD, file 2 to 10.00 USD, file 3 to"
        " 10.00 USD; undo"
    )


async def test_days_next_to_each_other_are_posted_without_a_confirmation(
    files: Database,
) -> None:
    await mark(files, 1)
    await mark(files, 2, "MJ-0935")

    assert await references(files) == {1: "MJ-0934", 2: "MJ-0935"}


async def test_an_undone_file_doubles_nothing(files: Database) -> None:
    await mark(files, 1)
    await undo(files, 1)

    await mark(files, await made(files, JANUARY, XLSX), "MJ-0935")

    assert await references(files) == {3: "MJ-0935"}


@pytest.mark.either_database
async def test_the_first_file_of_a_target_asks_for_entries_that_another_target_has(
    files: Database,
) -> None:
    await mark(files, 1)
    again = await made(files, JANUARY, XERO)

    refused = await refusal(mark(files, again, "MJ-0935"))
    posted = await mark(files, again, "MJ-0935", confirm=True)

    message = (
        "file 3: 2 journals have entries in posted files already: journals 1, 2 in"
        " file 1 (MJ-0934); file 3 comes to 10.00 USD, file 1 to 10.00 USD; undo these,"
        " or confirm that a second system has them"
    )
    assert refused == (ProblemCode.UNCONFIRMED, message, ("confirmDoubled",))
    assert not doubles_in_target(posted.listed, posted.shared)
    async with files.reads() as session:
        details = await session.scalar(
            select(AuditRecord.details).order_by(AuditRecord.number.desc()).limit(1)
        )
    assert "doubles" not in json.loads(details or "")


async def test_later_files_of_a_target_are_compared_with_its_own_only(
    files: Database,
) -> None:
    await mark(files, 1)
    await mark(files, 2, "MJ-0935")
    await mark(files, await made(files, JANUARY, XERO), "X-1", confirm=True)

    await mark(files, await made(files, FEBRUARY, XERO), "X-2")

    assert (await references(files))[4] == "X-2"


async def test_each_file_is_compared_at_its_own_recording(database: Database) -> None:
    await record(database, invoice("inv_1"))
    its_pin = await pin(database, on="2025-10-15")
    december = days("2025-12-01", "2025-12-31")
    await mark(database, await made(database, december))
    later = NOW + timedelta(days=1)
    note = credit_note(
        *("cn_1", credited_line("1200.00")), accounting_date="2025-10-16"
    )
    await record(database, note, on="2025-10-16")
    # The credit superseded all of December.
    after = await made(database, december, now=later)
    before = await made(database, JournalFilter(), its_pin=its_pin, now=later)

    assert (await mark(database, after, "MJ-0935", now=later)).is_new
    code, message, _ = await refusal(mark(database, before, "MJ-0936", now=later))

    assert code is ProblemCode.UNCONFIRMED
    assert message.startswith("file 3: 1 journal has entries in posted files already: ")
    # Of all days of the file, only December is in the first: the second has none.
    assert message.count("in file") == 1


async def corrected(database: Database) -> None:
    """Two invoices in a posted file, one of which a credit changed since."""
    await record(database, invoice("inv_1"), invoice("inv_2"))
    await mark(database, await made(database, JournalFilter()))
    note = credit_note(*("cn_1", credited_line("12.00")), accounting_date="2025-10-16")
    await record(database, note, on="2025-10-16")


LATER = NOW + timedelta(days=1)


async def test_a_difference_doubles_nothing_of_the_files_that_it_goes_on_from(
    database: Database,
) -> None:
    await corrected(database)
    first = await made(database, JournalFilter(), since=1, now=LATER)
    second = await made(database, JournalFilter(), since=first, now=LATER)

    for number in (first, second):
        assert (await mark(database, number, f"MJ-{number}", now=LATER)).is_new

    _, message, _ = await refusal(undo(database, 1, now=LATER))
    assert message == (
        "file 2 and file 3 hold differences to file 1 and would be left alone:"
        " undo the posting of file 3 first"
    )
    for number in (second, first, 1):
        await undo(database, number, now=LATER)
    assert (await mark(database, 1, now=LATER)).is_new


async def test_two_differences_to_one_file_double_what_changed_since(
    database: Database,
) -> None:
    await corrected(database)
    first, second = [
        await made(database, JournalFilter(), since=1, now=LATER) for _ in range(2)
    ]
    await mark(database, first, "MJ-0935", now=LATER)

    _, message, _ = await refusal(mark(database, second, "MJ-0936", now=LATER))

    # Those of the credited invoice from October on, and the credit note's own.
    assert message.startswith("file 3: 4 journals have entries in posted files")
    async with database.reads() as session:
        found = await posted_in(session, await pin(database), range(1, 30))
    assert [
        [listed.record.number for listed in its.files] for its in found.values()
    ].count([1, 2]) == 3


async def test_two_who_mark_at_once_mark_it_once(files: Database) -> None:
    both = await asyncio.gather(
        *(mark(files, 1, reference) for reference in ("MJ-0934", "MJ-0935")),
        return_exceptions=True,
    )

    refused = [its for its in both if isinstance(its, Rejected)]
    assert [its.problems[0].code for its in refused] == [ProblemCode.POSTED]
    assert len(await references(files)) == 1


async def test_two_overlapping_files_that_are_marked_at_once_need_a_confirmation(
    files: Database,
) -> None:
    other = await made(files, JANUARY)

    both = await asyncio.gather(
        *(mark(files, number, f"MJ-{number}") for number in (1, other)),
        return_exceptions=True,
    )

    refused = [its for its in both if isinstance(its, Rejected)]
    assert [its.problems[0].code for its in refused] == [ProblemCode.UNCONFIRMED]
    assert len(await references(files)) == 1


async def test_two_who_undo_at_once_undo_it_once(files: Database) -> None:
    await mark(files, 1)

    both = await asyncio.gather(undo(files, 1), undo(files, 1), return_exceptions=True)

    refused = [its for its in both if isinstance(its, Rejected)]
    assert [its.problems[0].code for its in refused] == [ProblemCode.NOT_POSTED]
    async with files.reads() as session:
        assert len((await session.scalars(select(UndonePosting))).all()) == 1


@pytest.mark.either_database
async def test_times_of_postings_never_decrease(files: Database) -> None:
    await mark(files, 1, now=NOW + timedelta(hours=1))

    with pytest.raises(Rejected, match="clock"):
        await mark(files, 2, now=NOW)
