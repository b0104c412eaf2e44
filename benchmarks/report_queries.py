"""The journal report's page of a month, timed in a process of its own."""

import asyncio
import json
import sys
import time

from sqlalchemy import make_url

from daybook.access.rules import Caller, Permission
from daybook.db.engine import Database
from daybook.settings import Settings
from daybook_graphql.context import Context
from daybook_graphql.execution.operations import Operations
from daybook_graphql.kit.ids import encode
from daybook_graphql.ledgers.ids import LedgerId
from daybook_graphql.schema import schema

MONTH = {"from": "2025-06-01", "to": "2025-06-30"}
WARM_UP = 5
SIZE = 50


def main() -> None:
    """`python -m benchmarks.report_queries URL RUNS`: milliseconds, as JSON."""
    url, runs = sys.argv[1], int(sys.argv[2])
    print(json.dumps(asyncio.run(_measure(Database(make_url(url)), runs))))


async def _measure(database: Database, runs: int) -> list[float]:
    operations = Operations(schema)
    settings = Settings.model_validate({"now": "2025-06-15T12:00:00Z"})
    variables = {
        "ledgerId": encode(LedgerId("USD")),
        "filter": {"posted": MONTH},
        "first": SIZE,
    }
    measured = []
    for run in range(WARM_UP + runs):
        # A context for each, as each request has its own.
        context = Context(database, settings, Caller(1, "bench", Permission.READ))
        start = time.perf_counter()
        data = await operations.run("JournalReport", variables, context)
        seconds = time.perf_counter() - start
        assert len(data["journals"]["edges"]) == SIZE, "the month has more than a page"
        assert data["journals"]["totals"], "the month has totals"
        if run >= WARM_UP:
            measured.append(1_000 * seconds)
    await database.close()
    return measured


if __name__ == "__main__":
    main()
