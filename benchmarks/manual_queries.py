"""`python -m benchmarks.manual_queries URL RUNS`: pages about manual journals.

Prints, as JSON, the milliseconds of each in the median, with those of the report's
page, which takes turns with them.
"""

import asyncio
import json
import sys
import time
from statistics import median
from typing import Any, NamedTuple

from sqlalchemy import make_url, select

from benchmarks.manual_rows import CONTROLLER, author
from benchmarks.report_queries import MONTH, SIZE, WARM_UP
from daybook.access.models import User
from daybook.access.rules import ROLES, Caller, MemberRole
from daybook.calendar import parse_day
from daybook.db.engine import Database, ReadSession
from daybook.paging import PageRequest
from daybook.reports.manual_journals import ALL_MANUAL, ManualFilter, find_manual
from daybook.settings import Settings
from daybook_graphql.context import Context
from daybook_graphql.execution.operations import Operations
from daybook_graphql.kit.ids import encode
from daybook_graphql.ledgers.ids import LedgerId
from daybook_graphql.parties.ids import CustomerId
from daybook_graphql.schema import schema

REPORT = "the report's page"
HALF = "the report's page of half a month"
"""A period that no sums are kept for: its movements are read."""
OF_HALF = "one, of the middle of June"
"""Its balances are those on its day, which need the same movements."""
FIRST_VIEW = "the page of manual journals, with what waits"
"""It has three lists: what waits for the reader, what waits for others, and all."""
WAITING = 20
"""How many rows of each kind of what waits the page shows."""


class Asked(NamedTuple):
    """A named operation with its variables; `rows` is the field whose rows must be."""

    operation: str
    variables: dict[str, Any]
    rows: str


def main() -> None:
    """Print what was measured."""
    url, runs = sys.argv[1], int(sys.argv[2])
    print(json.dumps(asyncio.run(_measure(Database(make_url(url)), runs))))


async def _measure(database: Database, runs: int) -> dict[str, float]:
    operations = Operations(schema)
    settings = Settings.model_validate({"now": "2025-06-15T12:00:00Z"})
    async with database.reads() as session:
        user_id = await session.scalar(select(User.id).where(User.email == CONTROLLER))
        last = await _last(session, ALL_MANUAL)
        dated = {
            text: await _last(session, ManualFilter(first=day, last=day))
            for text in ("2025-06-15", "2025-06-30")
            if (day := parse_day(text))
        }
    role = MemberRole.CONTROLLER
    caller = Caller(1, CONTROLLER, ROLES[role], user_id, role)
    measured: dict[str, list[float]] = {}
    asked = _asked(last, dated)
    for run in range(WARM_UP + runs):
        for name, (operation, variables, rows) in asked.items():
            # A context for each, as each request has its own.
            context = Context(database, settings, caller)
            start = time.perf_counter()
            data = await operations.run(operation, variables, context)
            seconds = time.perf_counter() - start
            assert _count(data[rows]), f"{name} has rows"
            if run >= WARM_UP:
                measured.setdefault(name, []).append(1_000 * seconds)
    await database.close()
    return {name: median(times) for name, times in measured.items()}


async def _last(session: ReadSession, wanted: ManualFilter) -> int:
    page = await find_manual(session, 1, wanted, PageRequest(1))
    return page.items[0].number


def _count(found: Any) -> int:
    if isinstance(found, dict) and "nodes" in found:
        return len(found["nodes"])
    if isinstance(found, dict) and "edges" in found:
        return len(found["edges"])
    return 1 if found else 0


def _asked(last: int, dated: dict[str, int]) -> dict[str, Asked]:
    return {
        **{
            name: Asked(
                "JournalReport",
                {
                    "ledgerId": encode(LedgerId("USD")),
                    "filter": {"posted": MONTH, **filter_},
                    "first": SIZE,
                },
                "journals",
            )
            for name, filter_ in _REPORTS.items()
        },
        **{f"list, {name}": _listed(filter_) for name, filter_ in _LISTS.items()},
        FIRST_VIEW: _listed({}, with_waiting=True),
        "one, of the end of June": _one(dated["2025-06-30"]),
        OF_HALF: _one(dated["2025-06-15"]),
        **{
            f"audit trail, {name}": Asked(
                "AuditPage",
                {"filter": filter_, "first": SIZE, "withRows": True},
                "auditTrail",
            )
            for name, filter_ in _trail(last).items()
        },
        "activity log": Asked(
            "ActivityPage",
            {"filter": {"kind": "ADJUSTMENT"}, "first": SIZE, "withRows": True},
            "activity",
        ),
    }


_OF_CUSTOMER = {
    "customerId": encode(CustomerId("cus_7")),
    "posted": {"from": "2025-01-01", "to": "2025-12-31"},
}
_REPORTS: dict[str, dict[str, Any]] = {
    REPORT: {},
    HALF: {"posted": {**MONTH, "to": "2025-06-15"}},
    "report, manual": {"type": "MANUAL"},
    "report, manual, of a customer": {"type": "MANUAL", **_OF_CUSTOMER},
}
_LISTS: dict[str, dict[str, Any]] = {
    "all": {},
    "posted": {"status": ["POSTED"]},
    "drafts": {"status": ["DRAFT"]},
    "waiting for me": {"waitsForMe": True},
    "by author": {"madeBy": author(7)},
    "by text": {"search": "usage"},
    "by rare text": {"search": "warranty"},
    "by number": {"search": "MJ-7"},
    "by date": {"date": MONTH},
    "by kind and date": {"kind": "CORRECTION", "date": MONTH},
}


def _listed(filter_: dict[str, Any], *, with_waiting: bool = False) -> Asked:
    variables = {
        "filter": filter_,
        "first": SIZE,
        "withWaiting": with_waiting,
        "waiting": WAITING,
    }
    return Asked("ManualJournalsPage", variables, "manualJournals")


def _one(number: int) -> Asked:
    return Asked("ManualJournalPage", {"number": number}, "manualJournal")


def _trail(last: int) -> dict[str, dict[str, Any]]:
    return {
        "of one of them": {"subjectKind": "MANUAL_JOURNAL", "subjectId": f"MJ-{last}"},
        "of all of them": {"subjectKind": "MANUAL_JOURNAL"},
        "by person": {"madeBy": author(3)},
        "by action": {"action": "APPROVE_MANUAL_JOURNAL"},
        "by person and action": {
            "madeBy": CONTROLLER,
            "action": "APPROVE_MANUAL_JOURNAL",
        },
        "of the ledger": {"currency": "USD"},
    }


if __name__ == "__main__":
    main()
