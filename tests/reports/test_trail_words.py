"""The words of audit records: each action has a name and a teller."""

import json
from typing import Any

import pytest
from sqlalchemy import URL

from daybook.activity.rules import ActivityKind
from daybook.audit.rules import ERASED, Action, Record, SubjectKind
from daybook.db.engine import Database
from daybook.paging import PageRequest
from daybook.reports.trail.names import (
    ACTIONS,
    ACTIVITIES,
    SUBJECTS,
    person_name,
    subject_name,
)
from daybook.reports.trail.queries import ListedRecord, find_records
from daybook.reports.trail.telling import TELLING, tell
from daybook_everything import everything_url
from daybook_factories import ORGANISATION
from daybook_services.database import AT_ANY_TIME

pytestmark = pytest.mark.anyio

__all__ = ["everything_url"]


def record(action: str, details: Any, kind: str = "LEDGER", id_: str = "USD") -> Record:
    text = details if isinstance(details, str) else json.dumps(details)
    return Record(
        organisation_id=1,
        number=7,
        recorded_at="2026-11-03T09:30:00.000000+00:00",
        made_by="ada@example.com",
        action=action,
        subject_kind=kind,
        subject_id=id_,
        details=text,
        previous_hash=bytes(32),
        hash=bytes(32),
    )


def lock(before: str | None, after: str | None, **more: Any) -> dict[str, Any]:
    return {
        "before": {"lockMethod": "CUSTOM_DATE", "lockedThrough": before},
        "after": {"lockMethod": "CUSTOM_DATE", "lockedThrough": after},
        **more,
    }


def test_everything_that_is_stored_has_a_name_and_words() -> None:
    assert ACTIONS.keys() == set(Action)
    assert TELLING.keys() == set(Action)
    assert SUBJECTS.keys() == set(SubjectKind)
    assert ACTIVITIES.keys() == set(ActivityKind)
    assert len(set(ACTIONS.values())) == len(ACTIONS)


def test_a_lock_says_what_it_closed_and_what_each_account_comes_to() -> None:
    amounts = [
        {"debit": "BILLED", "credit": "DEFERRED", "amount": "1200.00"},
        {"debit": "DEFERRED", "credit": "RECOGNIZED", "amount": "1200.00"},
    ]
    closed = {"from": "2026-10-01", "to": "2026-10-31", "journals": 4}
    told = tell(
        record(
            "SET_LOCK",
            lock("2026-09-30", "2026-10-31", closed={**closed, "amounts": amounts}),
        )
    )

    assert told.sentence == (
        "Closed 1–31 Oct 2026 in USD: 4 journals (Billed 1,200.00, Recognized 1,200.00)"
    )
    assert told.changes_text == "Locked through: 30 Sep 2026 → 31 Oct 2026"
    assert told.reason is None


def test_a_lock_moved_back_says_what_it_opened_and_why() -> None:
    opened: dict[str, Any] = {"from": None, "to": "2026-10-31", "journals": 0}
    opened["amounts"] = []
    details = lock("2026-10-31", None, opened=opened, reason="late invoices")
    told = tell(record("SET_LOCK", details))

    assert told.sentence == "Opened all days through 31 Oct 2026 in USD: no journals"
    assert told.changes_text == "Locked through: 31 Oct 2026 → none"
    assert told.reason == "late invoices"


def test_only_settings_that_differ_are_listed() -> None:
    before = {"method": "STRAIGHT_LINE", "strategy": "THIRTY_360", "breakage": False}
    after = {**before, "strategy": "EXACT_DAYS", "breakage": True}
    told = tell(record("UPDATE_SETTINGS", {"before": before, "after": after}))

    assert told.changes_text == (
        "Strategy: 30/360 → Exact days; Breakage recognized: off → on"
    )


def test_an_import_counts_its_documents() -> None:
    details = {
        "recorded": {"INVOICE": 1_204, "CREDIT_NOTE": 1},
        "revised": {"INVOICE": 2},
        "recordings": {"EUR": {"documents": 1}, "USD": {"documents": 1_206}},
    }
    told = tell(record("IMPORT", details, "ORGANISATION", ""))

    assert told.sentence == (
        "Recorded 1,204 invoices and 1 credit note; revised 2 invoices in EUR and USD"
    )


@pytest.mark.parametrize(
    ("now", "before", "sentence", "change"),
    [
        (
            *("2026-10-05", None),
            "Completed milestone m1 of line 1 of invoice inv_1 on 5 Oct 2026",
            "Completed on: none → 5 Oct 2026",
        ),
        (
            *(None, "2026-10-05"),
            "Opened milestone m1 of line 1 of invoice inv_1 again",
            "Completed on: 5 Oct 2026 → none",
        ),
    ],
)
def test_a_milestone_says_both_days(
    now: str | None, before: str | None, sentence: str, change: str
) -> None:
    details = {"milestone": "m1", "line": "1", "completed_on": now}
    told = tell(
        record(
            *("COMPLETE_MILESTONE", {**details, "completed_before": before}),
            *("INVOICE", "inv_1"),
        )
    )
    earlier = tell(record("COMPLETE_MILESTONE", details, "INVOICE", "inv_1"))

    assert (told.sentence, told.changes_text) == (sentence, change)
    assert (earlier.sentence, earlier.changes) == (sentence, ())


@pytest.mark.parametrize(
    "details",
    ["", "[]", "7", "{}", '{"before": 1, "after": []}', '{"recordings": 3}', "\x00"],
)
@pytest.mark.parametrize("action", [*Action, "ADDED_LATER"])
def test_details_that_nobody_knows_are_told_by_name(action: str, details: str) -> None:
    assert tell(record(action, details)).sentence


def test_an_erased_person_shows_as_erased() -> None:
    erased = f"{ERASED}{'1a2b3c4d' * 4}"

    assert person_name(erased) == "Erased person 1a2b3c4d"
    assert subject_name("USER", erased) == "Erased person 1a2b3c4d"
    assert person_name(None) == "Not known"
    assert subject_name("INVOICE", "INV-7") == "Invoice INV-7"
    assert subject_name("SOMETHING_NEW", "x") == "Something new x"


@pytest.fixture
async def told(everything_url: URL) -> list[ListedRecord]:
    """All records of a ledger with everything in it."""
    database = Database(everything_url, AT_ANY_TIME)
    async with database.reads() as session:
        page = await find_records(session, ORGANISATION, PageRequest(1_000))
    await database.close()
    return page.items


@pytest.mark.either_database
async def test_whatever_the_commands_record_is_told(told: list[ListedRecord]) -> None:
    for row in told:
        details = json.loads(row.record.details)
        its = TELLING[Action(row.record.action)]

        # No fall-back: what commands store is what the tellers read.
        assert its(row.record, details) == row.told
        assert all(before != after for _, before, after in row.told.changes)
    assert len({row.record.action for row in told}) > 15
