"""Writing, submitting, approving, undoing manual journals, and what they post."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from daybook.adjustments.commands import JournalState, discard, submit, withdraw
from daybook.adjustments.deciding import approve, reject
from daybook.adjustments.effects import effect_of
from daybook.adjustments.queries import (
    adjustments_of,
    manual_by_number,
    manual_of_documents,
    posted_documents,
    steps_of,
    versions_of,
)
from daybook.adjustments.rules import (
    AdjustmentMode,
    EnteredJournal,
    Part,
    Status,
    StepKind,
)
from daybook.configuration.commands import rename_account, set_lock
from daybook.db.engine import Database
from daybook.documents.actions import void_document
from daybook.errors import ProblemCode, Rejected
from daybook.ledger.rules import LockMethod, Role, SourceKind
from daybook.reports.audit import verify
from daybook_adjusting import (
    ADA,
    BOB,
    approved,
    credit,
    debit,
    drafted,
    entered,
    four_eyes,
    moment,
    reversed_journal,
    submitted,
    two_people,
)
from daybook_factories import (
    ORGANISATION,
    credit_note,
    invoice,
    line,
    lock,
    record,
)
from daybook_filled import filled
from daybook_ledger_sums import entries, net_of_roles
from daybook_stored import entries as entry_rows

pytestmark = pytest.mark.anyio

B, U, D, R = Role.BILLED, Role.UNBILLED, Role.DEFERRED, Role.RECOGNIZED
WHO: dict[str, Any] = {"now": moment("2025-03-21"), "made_by": ADA}


@pytest.fixture
async def ledger(database: Database) -> Database:
    """Two invoices of 1,200.00 for 2025: Platform of Acme, and Seats of Zed."""
    seats = line(product="prod_2", product_name="Seats")
    second = invoice("inv_2", seats, customer="cus_2")
    await filled(database, record, invoice(), second, on="2025-01-02")
    return database


async def holds(database: Database) -> bool:
    """Whether the audit trail and all rows hold."""
    found = await verify(database, ORGANISATION)
    assert found.mismatch is None, str(found.mismatch)
    return True


def problem_of(refused: pytest.ExceptionInfo[Rejected]) -> tuple[ProblemCode, str]:
    (problem,) = refused.value.problems
    return problem.code, problem.message


async def test_without_four_eyes_submitting_posts(ledger: Database) -> None:
    state = await submitted(ledger, entered())

    assert state.status is Status.POSTED and state.recording is not None
    assert await entries(ledger, "MJ-1") == [
        "2025-03-15 Dr DEFERRED Cr RECOGNIZED 50.00 MJ-1"
    ]
    assert await holds(ledger)


async def test_lines_of_customers_post_documents_of_their_own(
    ledger: Database,
) -> None:
    lines = (
        debit(D, "60.00", customer="cus_2", product="prod_2"),
        debit(D, "40.00", customer="cus_1", product="prod_1"),
        credit(R, "40.00", customer="cus_1", product="prod_2"),
        credit(U, "60.00", customer="cus_2"),
    )

    await submitted(ledger, entered(*lines))

    assert await entries(ledger, "MJ-1", "MJ-1-2") == [
        "2025-03-15 Dr DEFERRED[prod_1] Cr RECOGNIZED[prod_2] 40.00 MJ-1-2 cus_1",
        "2025-03-15 Dr DEFERRED[prod_2] Cr UNBILLED 60.00 MJ-1 cus_2",
    ]
    assert await holds(ledger)


async def test_revenue_goes_from_one_product_to_another(ledger: Database) -> None:
    lines = (debit(R, "100.00"), credit(R, "100.00", product="prod_2"))

    await submitted(ledger, entered(*lines, customer="cus_1", product="prod_1"))

    assert await entries(ledger, "MJ-1") == [
        "2025-03-15 Dr RECOGNIZED[prod_1] Cr RECOGNIZED[prod_2] 100.00 MJ-1 cus_1"
    ]


async def test_an_accrual_reverses_itself_and_is_undone_with_its_reversal(
    ledger: Database,
) -> None:
    await submitted(ledger, entered(reverses_on="2025-04-01"))
    assert await entries(ledger, "MJ-1", "MJ-1-REV") == [
        "2025-03-15 Dr DEFERRED Cr RECOGNIZED 50.00 MJ-1",
        "2025-04-01 Dr RECOGNIZED Cr DEFERRED 50.00 MJ-1-REV",
    ]
    before = await net_of_roles(ledger)

    state = await reversed_journal(ledger, 1)

    assert state.status is Status.REVERSED
    assert await entries(ledger, "MJ-1-UNDO", "MJ-1-REV-UNDO") == [
        "2025-03-15 Dr RECOGNIZED Cr DEFERRED 50.00 MJ-1-UNDO",
        "2025-04-01 Dr DEFERRED Cr RECOGNIZED 50.00 MJ-1-REV-UNDO",
    ]
    assert await net_of_roles(ledger) == before
    async with ledger.reads() as session:
        posted = await posted_documents(session, ORGANISATION, [1])
        again = await manual_of_documents(
            session, posted[0].ledger_id, [its.document_id for its in posted]
        )
    assert [its.part for its in posted] == list(Part)
    assert list(again.values()) == posted
    assert await holds(ledger)


@pytest.mark.either_database
async def test_undoing_behind_a_lock_posts_on_the_first_open_day(
    ledger: Database,
) -> None:
    await submitted(ledger, entered(reverses_on="2025-04-15"))
    await lock(ledger, "2025-03-31", on="2025-04-02")

    await reversed_journal(ledger, 1, on="2025-04-03")

    assert await entries(ledger, "MJ-1-UNDO", "MJ-1-REV-UNDO") == [
        "2025-04-15 Dr DEFERRED Cr RECOGNIZED 50.00 MJ-1-REV-UNDO",
        "2025-04-01 Dr RECOGNIZED Cr DEFERRED 50.00 MJ-1-UNDO",
    ]
    assert await holds(ledger)


@pytest.mark.either_database
async def test_a_locked_date_is_refused_with_the_first_open_day(
    ledger: Database,
) -> None:
    await lock(ledger, "2025-03-31", on="2025-04-02")

    with pytest.raises(Rejected) as refused:
        await submitted(ledger, entered(), on="2025-04-03")

    assert problem_of(refused) == (
        ProblemCode.LOCKED,
        "2025-03-15 is locked: the first open day of the USD ledger is 2025-04-01",
    )
    # It stays a draft, whose date can be changed.
    await drafted(
        *(ledger, entered(day="2025-04-01")), number=1, version=1, on="2025-04-03"
    )
    state = await submit(
        ledger, ORGANISATION, 1, version=2, now=moment("2025-04-03"), made_by=ADA
    )
    assert state.status is Status.POSTED


@pytest.mark.either_database
async def test_by_accounting_date_every_date_is_open(ledger: Database) -> None:
    await set_lock(
        *(ledger, ORGANISATION, "USD"),
        method=LockMethod.ACCOUNTING_DATE,
        locked_through=None,
        now=moment("2025-04-02"),
        made_by=ADA,
    )

    await submitted(ledger, entered(), on="2025-04-03")
    await reversed_journal(ledger, 1, on="2025-04-03")

    assert await entries(ledger, "MJ-1", "MJ-1-UNDO") == [
        "2025-03-15 Dr DEFERRED Cr RECOGNIZED 50.00 MJ-1",
        "2025-03-15 Dr RECOGNIZED Cr DEFERRED 50.00 MJ-1-UNDO",
    ]


@pytest.mark.either_database
async def test_a_lock_set_meanwhile_refuses_the_approval(ledger: Database) -> None:
    _, bob = await two_people(ledger, on="2025-01-03")
    await four_eyes(ledger)
    await submitted(ledger, entered())
    await lock(ledger, "2025-03-31", on="2025-04-02")

    with pytest.raises(Rejected) as refused:
        await approve(
            ledger, ORGANISATION, 1, version=1, user_id=bob, now=moment("2025-04-03")
        )

    code, message = problem_of(refused)
    assert code is ProblemCode.LOCKED and "2025-04-01" in message
    assert await entries(ledger, "MJ-1") == []


@pytest.mark.either_database
async def test_an_approved_journal_posts_on_its_own_date(ledger: Database) -> None:
    _, bob = await two_people(ledger, on="2025-01-03")
    await four_eyes(ledger)
    sent = await submitted(ledger, entered())
    assert sent.status is Status.SUBMITTED and sent.recording is None

    state = await approve(
        ledger, ORGANISATION, 1, version=1, user_id=bob, now=moment("2025-05-02")
    )

    assert state.status is Status.POSTED
    assert await entries(ledger, "MJ-1") == [
        "2025-03-15 Dr DEFERRED Cr RECOGNIZED 50.00 MJ-1"
    ]
    async with ledger.reads() as session:
        steps = await steps_of(session, ORGANISATION, [1])
    assert [(step.kind, step.made_by) for step in steps] == [
        (StepKind.DRAFT, ADA),
        (StepKind.SUBMITTED, ADA),
        (StepKind.APPROVED, BOB),
        (StepKind.POSTED, BOB),
    ]
    assert await holds(ledger)


async def test_a_journal_is_taken_back_by_its_mirror(ledger: Database) -> None:
    # Journal 1 is January of inv_1: 1,200.00 billed, 100.00 of it recognized.
    before = await net_of_roles(ledger)

    state = await submitted(
        ledger, entered(adjusts=1, mode=AdjustmentMode.REVERSE, day="2025-03-20")
    )

    assert state.status is Status.POSTED
    assert await entries(ledger, "MJ-1") == [
        "2025-03-20 Dr DEFERRED[prod_1] Cr BILLED[prod_1] 1200.00 MJ-1 cus_1",
        "2025-03-20 Dr RECOGNIZED[prod_1] Cr DEFERRED[prod_1] 100.00 MJ-1 cus_1",
    ]
    after = await net_of_roles(ledger)
    assert before[B] - after[B] == 1_200_00
    assert await holds(ledger)


async def test_a_journal_is_replaced_by_its_mirror_and_lines(ledger: Database) -> None:
    lines = (debit(B, "1,000.00"), credit(D, "1,000.00"))

    await submitted(ledger, entered(*lines, adjusts=1, mode=AdjustmentMode.REPLACE))

    found = await entries(ledger, "MJ-1")
    assert found[-1] == (
        "2025-03-15 Dr BILLED[prod_1] Cr DEFERRED[prod_1] 1000.00 MJ-1 cus_1"
    )
    assert len(found) == 3
    async with ledger.reads() as session:
        (version,) = await versions_of(session, ORGANISATION, 1)
        its = await adjustments_of(session, version.ledger_id, [1, 2])
    assert [line.is_mirror for line in version.lines] == [True] * 4 + [False] * 2
    assert its == {1: [(1, Status.POSTED)]}
    assert await holds(ledger)


@pytest.mark.either_database
async def test_a_journal_is_taken_back_once_at_a_time(ledger: Database) -> None:
    mirror = entered(adjusts=1, mode=AdjustmentMode.REVERSE)
    await submitted(ledger, mirror)

    with pytest.raises(Rejected) as refused:
        await submitted(ledger, mirror)

    code, message = problem_of(refused)
    assert code is ProblemCode.IN_USE and "taken back by MJ-1 already" in message
    await submitted(ledger, entered(adjusts=1, mode=AdjustmentMode.DIFFERENCE))
    await reversed_journal(ledger, 1)
    state = await submit(
        ledger, ORGANISATION, 2, version=1, now=moment("2025-03-26"), made_by=ADA
    )
    assert state.status is Status.POSTED


@pytest.mark.either_database
async def test_a_journal_that_changed_meanwhile_is_saved_again(
    ledger: Database,
) -> None:
    mirror = entered(adjusts=3, mode=AdjustmentMode.REVERSE, day="2025-03-20")
    await drafted(ledger, mirror)
    await record(ledger, credit_note(accounting_date="2025-02-02"), on="2025-03-21")
    at: dict[str, Any] = {"now": moment("2025-03-22"), "made_by": ADA}

    with pytest.raises(Rejected) as refused:
        await submit(ledger, ORGANISATION, 1, version=1, **at)

    code, message = problem_of(refused)
    assert code is ProblemCode.CONFLICT and "journal 3 has changed" in message
    await drafted(ledger, mirror, number=1, version=1, on="2025-03-22")
    state = await submit(ledger, ORGANISATION, 1, version=2, **at)
    assert state.status is Status.POSTED
    assert await holds(ledger)


@pytest.mark.parametrize(
    ("journal", "code", "path"),
    [
        (entered(customer="nobody"), ProblemCode.NOT_FOUND, ("customer",)),
        (
            entered(debit(D, "1.00", product="no"), credit(R, "1.00")),
            ProblemCode.NOT_FOUND,
            ("lines", "0", "product"),
        ),
        (
            entered(adjusts=99, mode=AdjustmentMode.REVERSE),
            ProblemCode.NOT_FOUND,
            ("adjusts",),
        ),
        (replace(entered(), currency="EUR"), ProblemCode.NOT_FOUND, ("currency",)),
    ],
)
@pytest.mark.either_database
async def test_what_is_unknown_is_refused(
    ledger: Database, journal: EnteredJournal, code: ProblemCode, path: tuple[str, ...]
) -> None:
    with pytest.raises(Rejected) as refused:
        await drafted(ledger, journal)

    assert [(its.code, its.path) for its in refused.value.problems] == [(code, path)]


@pytest.mark.either_database
async def test_a_manual_journal_is_not_mirrored_by_another(ledger: Database) -> None:
    await submitted(ledger, entered())
    async with ledger.reads() as session:
        (posted,) = await posted_documents(session, ORGANISATION, [1])

    with pytest.raises(Rejected, match="reverse the manual journal instead"):
        await drafted(
            ledger, entered(adjusts=posted.journal, mode=AdjustmentMode.REVERSE)
        )


async def test_saving_makes_versions_and_the_same_content_makes_none(
    ledger: Database,
) -> None:
    await drafted(ledger, entered())
    changed = entered(narrative="Usage that was billed twice in March")

    same = await drafted(ledger, entered(), number=1, version=1)
    other = await drafted(ledger, changed, number=1, version=1)
    with pytest.raises(Rejected) as refused:
        await drafted(ledger, entered(), number=1, version=1)

    assert (same.is_changed, same.version) == (False, 1)
    assert (other.is_changed, other.version) == (True, 2)
    code, message = problem_of(refused)
    assert code is ProblemCode.CONFLICT
    assert "version 2 is in force, and you saw version 1" in message
    async with ledger.reads() as session:
        versions = await versions_of(session, ORGANISATION, 1)
    assert [its.narrative for its in versions] == [
        entered().narrative,
        changed.narrative,
    ]


async def test_a_repeated_request_writes_one_journal(ledger: Database) -> None:
    first = await drafted(ledger, entered(), idempotency_key="once")
    again = await drafted(ledger, entered(), idempotency_key="once")

    with pytest.raises(Rejected) as refused:
        await drafted(ledger, entered(customer="cus_1"), idempotency_key="once")

    assert again == first._replace(is_changed=False)
    assert problem_of(refused)[0] is ProblemCode.KEY_USED


@pytest.mark.either_database
async def test_each_step_repeats_without_effect(ledger: Database) -> None:
    _, bob = await two_people(ledger, on="2025-01-03")
    await four_eyes(ledger)
    await drafted(ledger, entered())
    where = (ledger, ORGANISATION, 1)
    seen: dict[str, Any] = {"version": 1, **WHO}
    decided = {**WHO, "version": 1, "user_id": bob}

    async def is_done_once(step: Callable[[], Awaitable[JournalState]]) -> bool:
        return [(await step()).is_changed for _ in range(2)] == [True, False]

    assert await is_done_once(lambda: submit(*where, **seen))
    assert await is_done_once(lambda: withdraw(*where, **seen))
    assert await is_done_once(lambda: submit(*where, **seen))
    assert await is_done_once(lambda: reject(*where, **decided, reason="Which usage?"))
    assert await is_done_once(lambda: submit(*where, **seen))
    assert await is_done_once(lambda: approve(*where, **decided))
    await drafted(ledger, entered(), on="2025-03-21")
    other = (ledger, ORGANISATION, 2)
    assert await is_done_once(lambda: discard(*other, **seen))
    assert await entries(ledger, "MJ-1", "MJ-2") == [
        "2025-03-15 Dr DEFERRED Cr RECOGNIZED 50.00 MJ-1"
    ]
    assert await holds(ledger)


@pytest.mark.either_database
async def test_what_is_posted_is_not_edited_submitted_or_discarded(
    ledger: Database,
) -> None:
    await submitted(ledger, entered())
    where = (ledger, ORGANISATION, 1)
    seen: dict[str, Any] = {"version": 1, **WHO}

    for step in (
        drafted(ledger, entered(customer="cus_1"), number=1, version=1),
        withdraw(*where, **seen),
        discard(*where, **seen),
        void_document(ledger, ORGANISATION, SourceKind.STANDALONE, "MJ-1", **WHO),
    ):
        with pytest.raises(Rejected, match=r"reverse (it|that manual journal) instead"):
            await step


@pytest.mark.either_database
async def test_a_journal_stays_in_its_ledger(ledger: Database) -> None:
    await record(ledger, invoice("eur", currency="EUR"), on="2025-03-01")
    await drafted(ledger, entered())

    with pytest.raises(Rejected, match="MJ-1 is in the USD ledger and stays there"):
        await drafted(ledger, replace(entered(), currency="EUR"), number=1, version=1)


@pytest.mark.either_database
async def test_an_invoice_of_the_same_id_is_another_document(ledger: Database) -> None:
    await record(ledger, invoice("MJ-1"), on="2025-03-01")

    state = await submitted(ledger, entered())

    assert state.status is Status.POSTED
    assert await holds(ledger)


async def test_the_effect_is_shown_before_posting(ledger: Database) -> None:
    await rename_account(
        *(ledger, ORGANISATION, "USD"),
        role=R,
        scope="product:prod_2",
        name="Seats revenue",
        code="4010",
        **(WHO | {"now": moment("2025-03-01")}),
    )
    lines = (
        debit(D, "50.00"),
        credit(R, "30.00", product="prod_2"),
        credit(R, "20.00"),
    )
    await drafted(ledger, entered(*lines, day="2025-01-31"))

    async with ledger.reads() as session:
        (version,) = await versions_of(session, ORGANISATION, 1)
        effect = await effect_of(session, ORGANISATION, version)

    # Two invoices of 1,200.00 recognize 100.00 each in January.
    assert [
        (its.role, its.name.name, its.product and its.product.id, its.change)
        for its in effect.accounts
    ] == [
        (D, "Deferred Revenue", None, -50_00),
        (R, "Recognized Revenue", None, 20_00),
        (R, "Seats revenue", "prod_2", 30_00),
    ]
    january = 2 * 100_00
    assert [(its.role, its.before, its.after) for its in effect.roles] == [
        (D, 2 * 1_200_00 - january, 2 * 1_200_00 - january - 50_00),
        (R, january, january + 50_00),
    ]
    assert (effect.recognized.before, effect.recognized.after) == (
        january,
        january + 50_00,
    )


async def test_what_a_posted_journal_did_stays_as_it_was_posted(
    ledger: Database,
) -> None:
    lines = (debit(D, "50.00"), credit(R, "50.00"))
    state = await submitted(ledger, entered(*lines, day="2025-01-31"))
    await record(ledger, invoice("inv_late"), on="2025-04-01")

    async with ledger.reads() as session:
        (version,) = await versions_of(session, ORGANISATION, 1)
        did = await effect_of(session, ORGANISATION, version, state.recording)
        now = await effect_of(session, ORGANISATION, version)

    # The late invoice of 1,200.00 recognizes another 100.00 in January.
    january = 2 * 100_00 + 50_00
    recognized = {its.role: its.before for its in did.roles}[R]
    assert (recognized, did.recognized.before) == (january, january)
    assert now.recognized.before == january + 100_00


@pytest.mark.parametrize(
    "day", ["2025-01-01", "2025-01-30", "2025-01-31", "2025-02-01", "2025-02-28"]
)
async def test_balances_are_those_of_the_entries_up_to_the_day(
    ledger: Database, day: str
) -> None:
    await drafted(ledger, entered(day=day))
    async with ledger.reads() as session:
        (version,) = await versions_of(session, ORGANISATION, 1)
        effect = await effect_of(session, ORGANISATION, version)

    balances = dict.fromkeys(Role, 0)
    for _, _, date, debited, credited, amount, *_ in await entry_rows(ledger):
        if date <= day:
            balances[Role[debited]] += amount
            balances[Role[credited]] -= amount
    assert [(its.role, its.before) for its in effect.roles] == [
        (D, -balances[D]),
        (R, -balances[R]),
    ]


@pytest.mark.either_database
async def test_a_rejected_journal_is_changed_and_submitted_again(
    ledger: Database,
) -> None:
    _, bob = await two_people(ledger, on="2025-01-03")
    await four_eyes(ledger)
    await submitted(ledger, entered())
    at = moment("2025-03-21")
    where = (ledger, ORGANISATION, 1)
    decided: dict[str, Any] = {"user_id": bob, "now": at}

    with pytest.raises(Rejected, match="a reason is needed"):
        await reject(*where, version=1, reason=" ", **decided)
    state = await reject(*where, version=1, reason="Which customer?", **decided)
    assert state.status is Status.REJECTED
    await drafted(
        *(ledger, entered(customer="cus_1")), number=1, version=1, on="2025-03-21"
    )
    await submit(*where, version=2, **WHO)
    with pytest.raises(Rejected) as stale:
        await approve(*where, version=1, **decided)
    await approve(*where, version=2, **decided)

    assert problem_of(stale)[0] is ProblemCode.CONFLICT
    async with ledger.reads() as session:
        (listed,) = await manual_by_number(session, ORGANISATION, [1])
        steps = await steps_of(session, ORGANISATION, [1])
    assert (listed.status, listed.version, listed.amount) == (Status.POSTED, 2, 50_00)
    assert (listed.created_by, listed.changed_by) == (ADA, BOB)
    assert steps[2].reason == "Which customer?"
    assert await holds(ledger)


@pytest.mark.either_database
async def test_approving_takes_the_sum_of_two_people(ledger: Database) -> None:
    _, bob = await two_people(ledger, on="2025-01-03")
    await four_eyes(ledger)

    state = await approved(ledger, entered(reverses_on="2025-04-01"), bob)

    assert await entries(ledger, "MJ-1", "MJ-1-REV") == [
        "2025-03-15 Dr DEFERRED Cr RECOGNIZED 50.00 MJ-1",
        "2025-04-01 Dr RECOGNIZED Cr DEFERRED 50.00 MJ-1-REV",
    ]
    assert state.recording is not None
