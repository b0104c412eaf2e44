"""What a change of a lock opens or closes, and what it takes to make it."""

import json
from collections import defaultdict
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import text

from daybook.calendar import (
    FIRST_DAY,
    Day,
    first_day_of,
    last_day_of,
    month_of,
    parse_day,
)
from daybook.configuration.commands import Locked, set_lock, set_time_zone
from daybook.configuration.locking import Effect, Lock, LockChange
from daybook.configuration.queries import preview_lock
from daybook.configuration.rules import REASON_MAX
from daybook.db.engine import Database
from daybook.errors import ProblemCode, Rejected
from daybook.ledger.rules import LockMethod, Role
from daybook_factories import (
    billing_schedule,
    credit_note,
    credited_line,
    invoice,
    line,
    record,
    terms,
    usage_line,
)
from daybook_filled import filled_new
from daybook_stored import dump, entries

pytestmark = pytest.mark.anyio

ORGANISATION = 1
NOW = datetime(2025, 6, 15, 12, tzinfo=UTC)
BY_DOCUMENT = Lock(LockMethod.ACCOUNTING_DATE)
NONE = Lock()


def through(day: str) -> Lock:
    return Lock(LockMethod.CUSTOM_DATE, parse_day(day))


MAY, JUNE, JULY = map(through, ("2025-05-31", "2025-06-30", "2025-07-31"))
ENDS = parse_day("2025-06-30")
START = FIRST_DAY


async def change(  # noqa: PLR0913  (what a caller may give)
    database: Database,
    lock: Lock,
    reason: str | None = None,
    *,
    is_confirmed: bool = False,
    now: datetime = NOW,
    currency: str = "USD",
) -> Locked:
    return await set_lock(
        database,
        ORGANISATION,
        currency,
        method=lock.method,
        locked_through=lock.through,
        reason=reason,
        is_confirmed=is_confirmed,
        now=now,
        made_by="a test",
    )


async def preview(
    database: Database, lock: Lock, currency: str = "USD", now: datetime = NOW
) -> LockChange:
    async with database.reads() as session:
        found = await preview_lock(session, ORGANISATION, currency, lock, now=now)
    return found.change


async def rows(database: Database, query: str) -> list[tuple[Any, ...]]:
    async with database.reads() as session:
        return [tuple(row) for row in await session.execute(text(query))]


CHANGES = {
    "the same": (MAY, MAY, Effect.NOTHING, None, ""),
    "by document, still": (BY_DOCUMENT, BY_DOCUMENT, Effect.NOTHING, None, ""),
    "nothing, still": (NONE, NONE, Effect.NOTHING, None, ""),
    "the first lock": (NONE, MAY, Effect.CLOSES, (START, MAY.through), ""),
    "the next month": (MAY, JUNE, Effect.CLOSES, ("2025-06-01", "2025-06-30"), ""),
    "past the month": (
        *(MAY, JULY, Effect.CLOSES, ("2025-06-01", "2025-07-31")),
        "confirmation",
    ),
    "back": (JUNE, MAY, Effect.OPENS, ("2025-06-01", "2025-06-30"), "reason"),
    "back, and late": (
        *(through("2052-05-31"), JULY, Effect.OPENS, ("2025-08-01", "2052-05-31")),
        "confirmation reason",
    ),
    "off": (MAY, NONE, Effect.OPENS, (START, MAY.through), "reason"),
    "to each document's": (
        *(MAY, BY_DOCUMENT, Effect.OPENS, (START, MAY.through)),
        "reason",
    ),
    # A document that is dated in July was locked through June, and is through May now.
    "from each document's": (
        *(BY_DOCUMENT, MAY, Effect.CLOSES, (START, MAY.through)),
        "reason",
    ),
    "each document's, first": (NONE, BY_DOCUMENT, Effect.CLOSES, None, ""),
    "each document's, off": (BY_DOCUMENT, NONE, Effect.OPENS, None, "reason"),
}


@pytest.mark.parametrize(
    ("before", "after", "effect", "days", "takes"), CHANGES.values(), ids=CHANGES
)
def test_a_change_opens_or_closes_the_days_between(
    before: Lock,
    after: Lock,
    effect: Effect,
    days: tuple[str | Day, str | Day] | None,
    takes: str,
) -> None:
    one = LockChange(before, after, ENDS)

    assert one.effect is effect
    assert one.days == (
        days and tuple(parse_day(day) if isinstance(day, str) else day for day in days)
    )
    assert one.needs_confirmation is ("confirmation" in takes)
    assert one.needs_reason is ("reason" in takes)


async def fill(database: Database) -> None:
    await record(
        database,
        invoice("inv_1"),
        invoice("inv_2", line(its_terms=terms("100.01")), accounting_date="2025-02-10"),
        billing_schedule("bs_1", "600.00"),
        invoice(
            "inv_3",
            usage_line(usage={"2025-01-05": "40.00", "2025-01-20": "60.00"}),
            accounting_date="2025-02-01",
        ),
        invoice("inv_4", line(its_terms=terms("500", currency="JPY")), currency="JPY"),
    )
    await change(database, through("2025-01-15"))
    await record(
        database,
        credit_note("cn_1", credited_line("300.00"), invoice_id="inv_1"),
        invoice("inv_5", line(its_terms=terms("365.00"))),
        on="2025-06-15",
    )
    await change(database, NONE, "as before")


@pytest.fixture
async def ledger(database: Database) -> Database:
    """Invoices in advance and in arrears, usage, credits and a lock's catch-up."""
    await filled_new(database, fill)
    return database


def figures(
    its_entries: list[tuple[Any, ...]], first: Day, last: Day
) -> tuple[int, dict[tuple[Role, Role], int]]:
    """How many journals some days have, and the amounts, entry by entry."""
    journals, pairs = set[int](), defaultdict[tuple[Role, Role], int](int)
    for number, _, date, debit, credit, amount, *_ in its_entries:
        if first <= parse_day(date) <= last:
            journals.add(number)
            pairs[Role[debit], Role[credit]] += amount
    return len(journals), dict(pairs)


DAYS = (
    *("2025-01-01", "2025-01-15", "2025-01-16", "2025-01-31", "2025-02-01"),
    *("2025-02-09", "2025-02-28", "2025-03-10", "2025-04-30", "2025-12-31"),
    "2099-12-30",
)


@pytest.mark.parametrize("currency", ["USD", "JPY"])
async def test_figures_are_those_of_the_entries_on_the_days(
    ledger: Database, currency: str
) -> None:
    """Exact, whatever part of a month opens or closes, and month by month."""
    its_entries = await entries(ledger, currency)
    for old in (None, *DAYS):
        before = NONE if old is None else through(old)
        await change(ledger, before, "x", is_confirmed=True, currency=currency)
        for new in DAYS:
            if new == old:
                continue

            one = await preview(ledger, through(new), currency)

            assert one.before == before
            assert one.days is not None
            assert (one.journals, one.pairs) == figures(its_entries, *one.days)
            for share in one.months:
                days = one.share_days(share.month)
                assert share[1:] == figures(its_entries, *days)


async def test_a_preview_changes_nothing(ledger: Database) -> None:
    before = await dump(ledger)

    one = await preview(ledger, through("2052-05-31"))

    assert one.needs_confirmation
    assert await dump(ledger) == before


async def test_a_change_does_what_its_preview_says(ledger: Database) -> None:
    for lock in (MAY, through("2025-02-10"), BY_DOCUMENT, through("2025-03-05"), NONE):
        foretold = await preview(ledger, lock)

        done = await change(ledger, lock, "a reason")

        assert done.change == foretold


@pytest.mark.either_database
async def test_past_the_present_month_is_refused_unless_confirmed(
    ledger: Database,
) -> None:
    await change(ledger, JUNE)
    before = await dump(ledger)

    with pytest.raises(Rejected) as refused:
        await change(ledger, JULY, "a reason alone")

    (problem,) = refused.value.problems
    assert (problem.code, problem.path) == (
        ProblemCode.UNCONFIRMED,
        ("confirmFuture",),
    )
    assert problem.message == (
        "this would close 2025-07-01 … 2025-07-31: 3 journals in 2025-07 (Deferred"
        " -138.75, Recognized 138.75); 2025-07-31 is past the end of the present month"
        " (2025-06-30), and a lock that late must be confirmed"
    )
    assert await dump(ledger) == before
    done = await change(ledger, JULY, is_confirmed=True)
    assert done.recording is not None


@pytest.mark.either_database
async def test_the_present_month_is_the_organisation_s(ledger: Database) -> None:
    late = datetime(2025, 6, 30, 22, 30, tzinfo=UTC)
    with pytest.raises(Rejected, match=r"the present month \(2025-06-30\)"):
        await change(ledger, JULY, now=late)
    await set_time_zone(ledger, ORGANISATION, "Europe/Berlin", now=late, made_by=None)

    await change(ledger, JULY, now=late)  # in Berlin it is July already

    with pytest.raises(Rejected, match=r"the present month \(2025-07-31\)"):
        await change(ledger, through("2025-08-01"), now=late)


@pytest.mark.parametrize("after", [through("2025-05-30"), NONE, BY_DOCUMENT])
@pytest.mark.parametrize("reason", [None, "", "  "])
@pytest.mark.either_database
async def test_what_opens_a_day_needs_a_reason(
    ledger: Database, after: Lock, reason: str | None
) -> None:
    await change(ledger, MAY)
    before = await dump(ledger)

    with pytest.raises(Rejected) as refused:
        await change(ledger, after, reason, is_confirmed=True)

    (problem,) = refused.value.problems
    assert (problem.code, problem.path) == (ProblemCode.MISSING, ("reason",))
    assert problem.message.startswith("this would open ")
    assert problem.message.endswith("; moving the lock back needs a reason")
    assert await dump(ledger) == before
    assert (await change(ledger, after, "late invoices")).recording is not None


@pytest.mark.either_database
async def test_both_are_told_at_once(ledger: Database) -> None:
    await change(ledger, through("2052-05-31"), is_confirmed=True)

    with pytest.raises(Rejected) as refused:
        await change(ledger, JULY)

    codes = [problem.code for problem in refused.value.problems]
    assert codes == [ProblemCode.UNCONFIRMED, ProblemCode.MISSING]


@pytest.mark.either_database
async def test_what_is_set_already_takes_neither(ledger: Database) -> None:
    await change(ledger, JULY, is_confirmed=True)
    before = await dump(ledger)

    done = await change(ledger, JULY)

    assert (done.recording, done.change.effect) == (None, Effect.NOTHING)
    assert await dump(ledger) == before


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        ("x" * (REASON_MAX + 1), ProblemCode.TOO_LARGE),
        ("two\nlines", ProblemCode.INVALID_VALUE),
        ("a \x00", ProblemCode.INVALID_VALUE),
        ("\ud800", ProblemCode.INVALID_VALUE),
        ("right \u202e to left", ProblemCode.INVALID_VALUE),
    ],
)
@pytest.mark.either_database
async def test_a_reason_is_one_line_of_text(
    ledger: Database, reason: str, code: ProblemCode
) -> None:
    with pytest.raises(Rejected) as refused:
        await change(ledger, MAY, reason)

    (problem,) = refused.value.problems
    assert (problem.code, problem.path) == (code, ("reason",))


async def test_a_change_is_told_with_its_reason_and_figures(ledger: Database) -> None:
    await change(ledger, MAY, f"  {'ß' * REASON_MAX} ")
    await change(ledger, through("2025-05-20"), "late invoices of May")

    details, recorded = await _last_told(ledger)

    assert details == {
        "before": {"lockMethod": "CUSTOM_DATE", "lockedThrough": "2025-05-31"},
        "after": {"lockMethod": "CUSTOM_DATE", "lockedThrough": "2025-05-20"},
        "opened": {
            "from": "2025-05-21",
            "to": "2025-05-31",
            "journals": 3,
            "amounts": [
                {"debit": "DEFERRED", "credit": "RECOGNIZED", "amount": "49.15"}
            ],
        },
        "reason": "late invoices of May",
        "recordings": {"USD": {"recording": recorded[0]}},
    }
    assert recorded[1:] == (
        "locked through 2025-05-20: late invoices of May",
        (
            "USD ledger locked through 2025-05-20: late invoices of May; opened"
            " 2025-05-21 … 2025-05-31: 3 journals in 2025-05 (Deferred -49.15,"
            " Recognized 49.15)"
        ),
    )


async def test_a_lock_of_each_document_has_no_days_of_its_own(
    ledger: Database,
) -> None:
    await change(ledger, BY_DOCUMENT)
    closed, (_, _, message) = await _last_told(ledger)
    await change(ledger, through("2025-01-31"), "one date again")
    again, (_, _, changed) = await _last_told(ledger)

    assert set(closed) == {"before", "after", "recordings"}
    assert message == (
        "USD ledger locked by accounting date; closed for each document the days before"
        " its accounting date"
    )
    assert again["closed"]["to"] == "2025-01-31"
    assert changed.endswith(
        ", and opened the days after for documents that are dated later"
    )


async def _last_told(database: Database) -> tuple[dict[str, Any], tuple[Any, ...]]:
    """The last audit record's details; the last recording, its reason, the log."""
    (details,) = await rows(
        database, "SELECT details FROM audit_records ORDER BY number DESC LIMIT 1"
    )
    (recording,) = await rows(
        database,
        "SELECT number, reason FROM recordings WHERE ledger_id ="
        " (SELECT id FROM ledgers WHERE currency = 'USD') ORDER BY number DESC LIMIT 1",
    )
    (activity,) = await rows(
        database, "SELECT message FROM activities ORDER BY id DESC LIMIT 1"
    )
    return json.loads(details[0]), (*recording, *activity)


def test_days_of_a_month_stay_within_it() -> None:
    one = LockChange(through("2025-01-15"), through("2025-03-10"), ENDS)
    january, february, march = (month_of(parse_day(f"2025-0{n}-01")) for n in (1, 2, 3))

    assert one.share_days(january) == (parse_day("2025-01-16"), last_day_of(january))
    assert one.share_days(february) == (first_day_of(february), last_day_of(february))
    assert one.share_days(march) == (first_day_of(march), parse_day("2025-03-10"))
