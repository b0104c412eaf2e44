"""What each state of the pages costs, in process: an application without a server.

A page is asked for right after a change, when nothing that was kept is true any more,
and once more, when nothing changed. The report's page is asked for in turns with it.
"""

import asyncio
import gc
import json
import sys
import time
from itertools import cycle
from typing import Any

from benchmarks.in_process import ask
from daybook.asgi import create_app
from daybook.cli.server import OBJECTS_BETWEEN
from daybook.configuration.commands import set_time_zone
from daybook.db.engine import open_database
from daybook.settings import Settings
from daybook_factories import ORGANISATION
from daybook_states import NOW, STATES

REPORT = STATES["report"]
WARM_UP = 3
ZONES = ("Europe/Lisbon", "Europe/Rome")
"""Turns of a change that every page of a ledger depends on; the demo has neither."""
CHANGED, KEPT, OF_REPORT = "changed", "kept", "report"


def main() -> None:
    """`python -m benchmarks.page_states TOKEN RUNS [STATE…]`, at settings' database.

    Prints JSON: of each state, the milliseconds of each run after a change, without
    one, and of the report in turns with it.
    """
    token, runs, *names = sys.argv[1:]
    print(json.dumps(asyncio.run(_measure(token, int(runs), names or [*STATES]))))


async def _measure(token: str, runs: int, names: list[str]) -> dict[str, Any]:
    settings = Settings()
    app, database = create_app(settings), open_database(settings)
    gc.freeze()  # as the server does
    gc.set_threshold(OBJECTS_BETWEEN)
    measured, zones = dict[str, Any](), cycle(ZONES)

    async def cost(address: str) -> float:
        start = time.process_time()
        await ask(app, address, token)
        return 1_000 * (time.process_time() - start)

    async with app.router.lifespan_context(app):
        for name in names:
            address = STATES[name]
            for _ in range(WARM_UP):
                await ask(app, address, token)
                await ask(app, REPORT, token)
            its = {
                CHANGED: list[float](),
                KEPT: list[float](),
                OF_REPORT: list[float](),
            }
            for _ in range(runs):
                await set_time_zone(
                    database, ORGANISATION, next(zones), now=NOW, made_by=None
                )
                await ask(app, "/account", token)
                its[CHANGED].append(await cost(address))
                its[KEPT].append(await cost(address))
                await ask(app, REPORT, token)
                its[OF_REPORT].append(await cost(REPORT))
            measured[name] = its
    await database.close()
    return measured


if __name__ == "__main__":
    main()
