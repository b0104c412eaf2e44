"""Journals told as sums: that they add up, and in which words."""

from collections import defaultdict
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daybook.calendar import first_day_of, last_day_of, parse_month
from daybook.db.engine import Database
from daybook.ledger.rules import AccountPair, Role, net_change
from daybook.money import grouped_text
from daybook.paging import PageRequest
from daybook.recognition.allocation import Strategy
from daybook.recognition.rules import Method
from daybook.reports.journals.explanation_facts import told_sums_of
from daybook.reports.journals.filters import JournalFilter
from daybook.reports.journals.queries import find_journals, movements_of
from daybook.reports.journals.told_sums import LINES_MAX, ToldSum, told_sum
from daybook_factories import (
    billing_schedule,
    credit_note,
    credited_line,
    invoice,
    line,
    lock,
    milestone_line,
    pin,
    record,
    terms,
    voided,
)
from daybook_history import RECORDINGS, History, reads

pytestmark = pytest.mark.anyio

NUMBERS = range(1, 100)
PERIOD = ("2025-02-01", "2026-01-31")


@reads
@given(st.integers(0, RECORDINGS))
async def test_the_lines_are_what_the_journal_gains(
    history: History, recording: int
) -> None:
    at = await history.at(recording)

    async with history.database.reads() as session:
        movements = await movements_of(session, at, NUMBERS)
        sums = await told_sums_of(session, at, movements)

    assert sums.keys() == movements.keys()
    for number, told in sums.items():
        pairs: dict[AccountPair, int] = defaultdict(int)
        for details in movements[number]:
            movement = details.movement
            pairs[movement.debit, movement.credit] += movement.amount
        gains = {role: net_change(pairs, role) for role in Role}
        assert told.result == gains[told.account]
        assert sum(each.amount for each in told.lines) == told.result
        assert told.lines and all(each.words for each in told.lines)
        assert all(each.recording <= recording for each in told.lines)
        # It is told of another account only where Recognized isn't changed.
        assert told.account is Role.RECOGNIZED or not gains[Role.RECOGNIZED]
        assert told.result or not any(gains.values())


async def told_in(database: Database, month: str, document: str = "INV_1") -> ToldSum:
    """The sum of a document's one journal in a month."""
    at = await pin(database)
    first = parse_month(month)
    wanted = JournalFilter(
        posted_from=first_day_of(first), posted_to=last_day_of(first)
    )
    async with database.reads() as session:
        page = await find_journals(session, at, wanted, PageRequest(100))
        numbers = [row.number for row in page.items if row.document_number == document]
        (told,) = (
            await told_sums_of(session, at, await movements_of(session, at, numbers))
        ).values()
    return told


def lines_in(told: ToldSum) -> list[tuple[str, str]]:
    return [(grouped_text(each.amount, "USD"), each.words) for each in told.lines]


@pytest.mark.parametrize(
    ("strategy", "period", "month", "expected"),
    [
        (
            Strategy.DAILY_RATE_EVEN_MONTHS,
            PERIOD,
            "2025-10",
            ("224.10", "2,689.20 ÷ 12, 1 Feb 2025 – 31 Jan 2026, straight line"),
        ),
        (
            Strategy.DAILY_RATE_EVEN_MONTHS,
            ("2025-01-16", "2025-04-15"),
            "2025-01",
            (
                "478.08",
                "2,689.20 × 16 ÷ 90, 16 Jan – 15 Apr 2025, straight line",  # noqa: RUF001
            ),
        ),
        (
            Strategy.DAILY_RATE_EVEN_MONTHS,
            ("2025-01-16", "2025-04-15"),
            "2025-02",
            (
                "881.46",
                "2,689.20 × 59 ÷ 90 ÷ 2, 16 Jan – 15 Apr 2025, straight line",  # noqa: RUF001
            ),
        ),
        (
            Strategy.EXACT_DAYS,
            PERIOD,
            "2025-10",
            (
                "228.40",
                (
                    "2,689.20 × 31 ÷ 365, 1 Feb 2025 – 31 Jan 2026,"  # noqa: RUF001
                    " straight line by days"
                ),
            ),
        ),
        (
            Strategy.EVEN_PERIODS,
            ("2025-01-16", "2025-04-15"),
            "2025-01",
            (
                "672.30",
                (
                    "2,689.20 ÷ 4, 16 Jan – 15 Apr 2025, straight line, every month the"
                    " same"
                ),
            ),
        ),
        (
            Strategy.THIRTY_360,
            ("2025-01-16", "2025-04-15"),
            "2025-02",
            (
                "896.40",
                (
                    "2,689.20 ÷ 3, 16 Jan – 15 Apr 2025, straight line by months of 30"
                    " days"
                ),
            ),
        ),
    ],
)
async def test_a_months_share_is_told_by_its_figures(
    database: Database,
    strategy: Strategy,
    period: tuple[str, str],
    month: str,
    expected: tuple[str, str],
) -> None:
    sold = line(its_terms=terms("2689.20", period, strategy=strategy))
    await record(database, invoice("inv_1", sold, accounting_date=period[0]))

    assert lines_in(await told_in(database, month)) == [expected]


async def test_what_lines_and_a_discount_net_stands_in_brackets(
    database: Database,
) -> None:
    reduced = line("2", its_terms=terms("-120.00"), group="1")
    sold = invoice("inv_1", line(its_terms=terms("1440.00")), reduced, discount="60.00")
    await record(database, sold)

    assert lines_in(await told_in(database, "2025-03")) == [
        (
            "105.00",
            (
                "(1,440.00 − 120.00 − 60.00) ÷ 12, 1 Jan – 31 Dec 2025,"  # noqa: RUF001
                " straight line"
            ),
        )
    ]


async def test_a_revision_after_a_lock_is_the_months_share_and_what_was_taken_back(
    database: Database,
) -> None:
    """7,200.00 that became 6,600.00, as the design's example has it."""
    sold = invoice("inv_1", line(its_terms=terms("7200.00", PERIOD)))
    await record(database, sold)
    await lock(database, "2025-09-30", on="2025-10-01")
    revised = replace(sold, lines=(line(its_terms=terms("6600.00", PERIOD)),))
    await record(database, revised, on="2025-10-12")

    told = await told_in(database, "2025-10")

    assert (told.account, told.result) == (Role.RECOGNIZED, 150_00)
    assert lines_in(told) == [
        ("550.00", "6,600.00 ÷ 12, 1 Feb 2025 – 31 Jan 2026, straight line"),
        (
            "-400.00",
            (
                "taken back: recognized for 1 Feb – 30 Sep 2025, posted 1 Oct 2025:"
                " period locked through 30 Sep 2025, as revised"
            ),
        ),
    ]


async def test_a_void_stands_beside_what_it_takes_back(database: Database) -> None:
    sold = invoice("inv_1")
    await record(database, sold)
    await record(database, voided(sold), on="2025-02-10")

    told = await told_in(database, "2025-01")

    assert (told.account, told.result) == (Role.RECOGNIZED, 0)
    assert lines_in(told) == [
        ("100.00", "recognized over 1–31 Jan 2025"),
        ("-100.00", "taken back: recognized over 1–31 Jan 2025, voided"),
    ]


async def test_after_a_credit_note_the_rest_is_shared(database: Database) -> None:
    await record(database, invoice("inv_1"))
    credit = credit_note("cn_1", credited_line("300.00"), accounting_date="2025-07-01")
    await record(database, credit, on="2025-07-01")

    (own,) = lines_in(await told_in(database, "2025-09"))
    (credited,) = lines_in(await told_in(database, "2025-07", "CN_1"))

    assert own == (
        "50.00",
        "300.00 ÷ 6, 1 Jul – 31 Dec 2025, straight line, after credit note CN_1",
    )
    assert credited == ("-300.00", "credited, out of deferred revenue")


async def test_other_methods_are_told_by_what_happened(database: Database) -> None:
    point = terms(
        "90.00", None, method=Method.POINT_IN_TIME, recognized_on="2025-03-05"
    )
    await record(
        database,
        invoice("inv_1", line(its_terms=point)),
        invoice("inv_2", milestone_line(("go-live", "500.00", "2025-03-20"))),
        billing_schedule("bs_1", "600.00", months=3),
    )

    assert lines_in(await told_in(database, "2025-03")) == [
        ("90.00", "recognized on 5 Mar 2025")
    ]
    assert lines_in(await told_in(database, "2025-03", "INV_2")) == [
        ("500.00", "milestone Go-Live reached on 20 Mar 2025")
    ]
    assert lines_in(await told_in(database, "2025-04", "BS_1")) == [
        (
            "100.00",
            (
                "600.00 ÷ 3 × 15 ÷ 30, 16 Jan – 15 Apr 2025,"  # noqa: RUF001
                " accrued before it is billed"
            ),
        )
    ]


async def test_what_is_only_billed_is_told_of_deferred(database: Database) -> None:
    later = terms("1200.00", ("2025-03-01", "2026-02-28"))
    await record(database, invoice("inv_1", line(its_terms=later)))

    told = await told_in(database, "2025-01")

    assert told.account is Role.DEFERRED
    assert lines_in(told) == [("1,200.00", "billed in advance and deferred")]


async def test_a_long_sum_keeps_its_largest_lines(database: Database) -> None:
    lines = [
        line(str(number), its_terms=terms(f"{number * 12}.00"))
        for number in range(1, 41)
    ]
    await record(database, invoice("inv_1", *lines))

    told = await told_in(database, "2025-06")

    assert len(told.lines) == LINES_MAX
    assert told.result == sum(range(1, 41)) * 100
    *largest, others = lines_in(told)
    assert {amount for amount, _ in largest} == {f"{n}.00" for n in range(30, 41)}
    assert others == ("435.00", "29 smaller ones, each told by its movement")


def test_of_nothing_it_is_nothing() -> None:
    assert told_sum([]) == ToldSum(Role.RECOGNIZED, 0, [])
