"""`python -m benchmarks.trail_queries URL N`: N pages of each filter of the trail.

Prints, as JSON, each filter's milliseconds: its slowest place, in the median.
"""

import asyncio
import json
import sys
from statistics import median
from time import perf_counter

from sqlalchemy import make_url

from benchmarks.trail_rows import START
from daybook.audit.rules import Action, SubjectKind
from daybook.calendar import day_of
from daybook.db.engine import Database
from daybook.paging import PageRequest
from daybook.reports.trail.filters import TrailFilter
from daybook.reports.trail.queries import find_records

PAGE = 50
DAY = day_of(START.date())
FILTERS = {
    "everything": TrailFilter(),
    "who": TrailFilter(who="person-4@example.com"),
    "who, rare": TrailFilter(who="rare@example.com"),
    "who, often": TrailFilter(who="warehouse"),
    "who, nobody": TrailFilter(who="nobody"),
    "action": TrailFilter(action=Action.SET_LOCK),
    "action, none": TrailFilter(action=Action.MAP_ACCOUNTS),
    "who and action": TrailFilter(who="person-4@example.com", action=Action.SET_LOCK),
    "who and action, none": TrailFilter(who="warehouse", action=Action.MAP_ACCOUNTS),
    "who and kind": TrailFilter(who="person-5@example.com", kind=SubjectKind.EXPORT),
    "who and kind, rare": TrailFilter(who="rare@example.com", kind=SubjectKind.LEDGER),
    "days": TrailFilter(since=DAY + 30, until=DAY + 40),
    "days and who": TrailFilter(since=DAY, until=DAY + 300, who="person-4@example.com"),
    "kind": TrailFilter(kind=SubjectKind.USER),
    "document": TrailFilter(kind=SubjectKind.INVOICE, id="inv_18"),
    "ledger": TrailFilter(currency="USD"),
    "ledger, rare": TrailFilter(currency="JPY"),
    "ledger and who": TrailFilter(currency="EUR", who="person-4@example.com"),
    "ledger and action": TrailFilter(currency="EUR", action=Action.IMPORT),
    "after close": TrailFilter(is_after_close=True),
    "after close and who": TrailFilter(is_after_close=True, who="rare@example.com"),
    "after close and days": TrailFilter(is_after_close=True, until=DAY + 30),
}


async def measure(url: str, times: int) -> dict[str, float]:
    """The milliseconds of each filter's first and middle page, the slower one."""
    database = Database(make_url(url))
    async with database.reads() as session:
        newest = await find_records(session, 1, PageRequest(1))
    middle = (newest.items[0].record.number // 2,)
    found = {}
    for name, wanted in FILTERS.items():
        found[name] = max(
            [await _median(database, wanted, key, times) for key in (None, middle)]
        )
    await database.close()
    return found


async def _median(
    database: Database, wanted: TrailFilter, key: tuple[int] | None, times: int
) -> float:
    took = []
    for _ in range(times):
        begun = perf_counter()
        async with database.reads() as session:
            await find_records(session, 1, PageRequest(PAGE, key), wanted)
        took.append((perf_counter() - begun) * 1000)
    return median(took)


if __name__ == "__main__":
    print(json.dumps(asyncio.run(measure(sys.argv[1], int(sys.argv[2])))))
