"""Many who read over HTTP, alone and while others write: a process of its own."""

import asyncio
import json
import sys
import time
from asyncio.subprocess import DEVNULL
from collections.abc import Callable
from typing import Any

import httpx2

from daybook_graphql.kit.ids import encode
from daybook_graphql.ledgers.ids import LedgerId

READERS = 200
A_SECOND = 10
"""So many requests a second come of all of them."""
CHANGES = 30
TIMEOUT_SECONDS = 300
LEDGER = encode(LedgerId("USD"))
LIST = """query($ledger: ID!) { journals(ledgerId: $ledger, first: 50) { nodes {
  id number month customer { name } product { name } total { amount } } } }"""
CHANGE = """mutation($ledger: ID!) {
  setLock(input: { ledgerId: $ledger, method: ACCOUNTING_DATE }) {
    userErrors { message } } }"""


def main() -> None:
    """`python -m benchmarks.readers PORT KEY SECONDS INVOICES`, at a data folder."""
    port, key, seconds, invoices = sys.argv[1:]
    told = asyncio.run(
        _measure(f"http://127.0.0.1:{port}", key, float(seconds), invoices)
    )
    print(json.dumps(told))


async def _measure(
    address: str, key: str, seconds: float, invoices: str
) -> dict[str, Any]:
    """Latencies in milliseconds of both times, and how many errors there were."""
    headers = {"Authorization": f"Bearer {key}"}
    clients = [
        httpx2.AsyncClient(base_url=address, headers=headers, timeout=TIMEOUT_SECONDS)
        for _ in range(READERS)
    ]
    for client in clients:  # each connects
        await _ask(client, LIST)
    end = time.perf_counter() + seconds
    calm = await _read(clients, lambda: time.perf_counter() < end)
    command = [sys.executable, "-m", "daybook", "import", invoices]
    importing = await asyncio.create_subprocess_exec(*command, stdout=DEVNULL)
    ended = asyncio.create_task(importing.wait())
    changing = asyncio.create_task(_change(clients[-1]))
    began = time.perf_counter()
    busy = await _read(clients, lambda: not ended.done())
    took = time.perf_counter() - began
    failed = calm.count(None) + busy.count(None) + (await ended != 0)
    failed += sum(one is None for one in await changing)
    for client in clients:
        await client.aclose()
    return {
        "calm": sorted(one for one in calm if one is not None),
        "busy": sorted(one for one in busy if one is not None),
        "busy_seconds": took,
        "errors": failed,
    }


async def _read(
    clients: list[httpx2.AsyncClient], goes_on: Callable[[], bool]
) -> list[float | None]:
    """Ask in turn, at a pace that doesn't wait for answers."""
    tasks: list[asyncio.Task[float | None]] = []
    start = time.perf_counter()
    while goes_on():
        client = clients[len(tasks) % READERS]
        tasks.append(asyncio.create_task(_ask(client, LIST)))
        due = start + len(tasks) / A_SECOND
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
    return await asyncio.gather(*tasks)


async def _change(client: httpx2.AsyncClient) -> list[float | None]:
    """Ask for changes once the import has begun to write: they wait for its end."""
    await asyncio.sleep(2)
    return await asyncio.gather(*(_ask(client, CHANGE) for _ in range(CHANGES)))


async def _ask(client: httpx2.AsyncClient, document: str) -> float | None:
    """The milliseconds until an answer came; None where it was an error."""
    start = time.perf_counter()
    request = {"query": document, "variables": {"ledger": LEDGER}}
    try:
        answer = await client.post("/graphql", json=request)
    except httpx2.HTTPError:
        return None
    if answer.status_code != 200 or "errors" in answer.json():
        return None
    return 1_000 * (time.perf_counter() - start)


if __name__ == "__main__":
    main()
