"""Many who listen to one export over sockets: the load, in a process of its own."""

import asyncio
import json
import sys
import time
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import httpx2
from websockets.asyncio.client import ClientConnection, connect

from daybook_graphql.kit.ids import encode
from daybook_graphql.ledgers.ids import LedgerId

AT_ONCE = 50
"""So many open their sockets at the same time: a crowd, but no attack."""
SECONDS_MAX = 300
CREATE = """mutation($ledger: ID!) {
  createExport(input: {
    ledgerId: $ledger, granularity: DAILY, filter: { includeScheduled: true }
  }) { job { id } }
}"""
LISTEN = """subscription($id: ID!) {
  exportProgress(id: $id) {
    status finishedAt progress { done total percent }
    file { url rows bytes sha256 debitTotal { amount } creditTotal { amount } }
  }
}"""
PROTOCOL: Any = "graphql-transport-ws"


def main() -> None:
    """`python -m benchmarks.listeners PORT KEY COUNT`: what they were told, as JSON."""
    port, key, count = sys.argv[1:]
    told = asyncio.run(_listen(f"127.0.0.1:{port}", key, int(count)))
    print(json.dumps(told))


async def _listen(host: str, key: str, count: int) -> dict[str, Any]:
    """Open all sockets, ask for the export, listen until everybody knows its end."""
    async with asyncio.timeout(SECONDS_MAX):
        start = time.perf_counter()
        sockets = await _open(host, key, count)
        opened = time.perf_counter() - start
        job = await _ask(host, key)
        told = await asyncio.gather(*(_hear(socket, job) for socket in sockets))
        for socket in sockets:
            await socket.close()
    return {
        "opened_seconds": opened,
        "events": [events for events, _ in told],
        "late_seconds": [late for _, late in told],
    }


async def _open(host: str, key: str, count: int) -> list[ClientConnection]:
    turns = asyncio.Semaphore(AT_ONCE)

    async def one() -> ClientConnection:
        async with turns:
            socket = await connect(f"ws://{host}/graphql", subprotocols=[PROTOCOL])
            payload = {"authorization": f"Bearer {key}"}
            await _say(socket, type="connection_init", payload=payload)
            assert json.loads(await socket.recv())["type"] == "connection_ack"
            return socket

    return await asyncio.gather(*(one() for _ in range(count)))


async def _ask(host: str, key: str) -> str:
    variables = {"ledger": encode(LedgerId("USD"))}
    async with httpx2.AsyncClient() as client:
        answer = await client.post(
            f"http://{host}/graphql",
            json={"query": CREATE, "variables": variables},
            headers={"Authorization": f"Bearer {key}"},
        )
    job: str = answer.json()["data"]["createExport"]["job"]["id"]
    return job


async def _hear(socket: ClientConnection, job: str) -> tuple[int, float]:
    """How many events there were, and how long after its making the last one came."""
    request = {"query": LISTEN, "variables": {"id": job}}
    await _say(socket, type="subscribe", id="1", payload=request)
    texts: list[tuple[float, str | bytes]] = []
    while not texts or '"complete"' not in str(texts[-1][1]):
        text = await socket.recv()
        texts.append((time.time(), text))
    return len(texts) - 1, _late(texts[:-1])


def _late(texts: Sequence[tuple[float, str | bytes]]) -> float:
    came, text = texts[-1]
    job = json.loads(text)["payload"]["data"]["exportProgress"]
    assert job["status"] == "READY", "the export was made"
    assert job["file"]["debitTotal"] == job["file"]["creditTotal"], "it balances"
    return came - datetime.fromisoformat(job["finishedAt"]).timestamp()


async def _say(socket: ClientConnection, **message: Any) -> None:
    await socket.send(json.dumps(message))


if __name__ == "__main__":
    main()
