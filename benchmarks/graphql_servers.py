"""The servers of `graphql_part`: how each is started, asked for 100 journals, and read.

All answer the same fifteen fields of the same journals, each in its own schema.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from secrets import token_urlsafe
from socket import socket
from typing import Any, TypeAlias

import psutil

from benchmarks.costs import ROOT, UNLIMITED, CommandFailed
from benchmarks.http_load import HOST
from daybook_graphql.kit.ids import encode
from daybook_graphql.ledgers.ids import LedgerId
from daybook_services.node import NODE

POSTGRAPHILE = Path(__file__).parent / "postgraphile"
SIZE = 100
START_SECONDS = 60

Journal: TypeAlias = dict[str, Any]

PARTIES = """
    customer { id externalId name }
    product { id externalId name }
    document { id externalId reference }
"""
DAYBOOK_QUERY = f"""
{{
  journals(ledgerId: "{encode(LedgerId("USD"))}", first: {SIZE}) {{
    edges {{ total {{ amount currency }} node {{ id number month source {PARTIES} }} }}
    pageInfo {{ hasNextPage endCursor }}
  }}
}}
"""
STRAWBERRY_QUERY = f"""
{{
  journals(first: {SIZE}) {{
    edges {{ node {{ id number month source {PARTIES} total {{ amount currency }} }} }}
    pageInfo {{ hasNextPage endCursor }}
  }}
}}
"""
POSTGRAPHILE_QUERY = f"""
{{
  allJournals(first: {SIZE}) {{
    nodes {{ id number month source {PARTIES} amount currency }}
    pageInfo {{ hasNextPage endCursor }}
  }}
}}
"""


@dataclass(frozen=True, slots=True)
class Server:
    """A server that can be started, and what it is asked."""

    name: str
    command: Sequence[str | Path]
    query: str
    read: Callable[[Any], list[Journal]]
    """Makes its `data` the journals that all servers answer."""
    environment: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    def request(self, port: int) -> bytes:
        """The HTTP request, whole."""
        body = json.dumps({"query": self.query}).encode()
        headers = {
            "Host": f"{HOST}:{port}",
            "Content-Type": "application/json",
            "Accept": "application/json",
            "Content-Length": str(len(body)),
            **self.headers,
        }
        lines = ["POST /graphql HTTP/1.1", *map(": ".join, headers.items())]
        return "\r\n".join([*lines, "", ""]).encode() + body


@dataclass(frozen=True, slots=True)
class Running:
    """A server that answers."""

    server: Server
    port: int
    process: psutil.Process
    journals: list[Journal]


def daybook_server(
    database_url: str, data: Path, key: str, processes: int = 1
) -> Server:
    """Daybook as it is served, asked by a program with an API key."""
    return Server(
        _named("Daybook", processes),
        [*_python("daybook"), "serve", "--workers", str(processes), "--port"],
        DAYBOOK_QUERY,
        lambda data: [
            edge["node"] | edge["total"] for edge in data["journals"]["edges"]
        ],
        {
            "DAYBOOK_DATABASE_URL": database_url,
            "DAYBOOK_DATA": str(data),
            **UNLIMITED,
            "DAYBOOK_SECRET": token_urlsafe(32),
        },
        {"Authorization": f"Bearer {key}"},
    )


def strawberry_server(database_url: str) -> Server:
    """Plain Strawberry."""
    return Server(
        "plain Strawberry",
        [*_python("benchmarks.plain_strawberry"), database_url],
        STRAWBERRY_QUERY,
        lambda data: [
            _with_total(**edge["node"]) for edge in data["journals"]["edges"]
        ],
    )


def postgraphile_server(database_url: str, processes: int = 1) -> Server:
    """PostGraphile."""
    return Server(
        _named("PostGraphile", processes),
        [NODE, POSTGRAPHILE / "server.mjs", database_url, str(processes)],
        POSTGRAPHILE_QUERY,
        lambda data: list(data["allJournals"]["nodes"]),
        {"NODE_ENV": "production"},
    )


def _with_total(total: Journal, **journal: Any) -> Journal:
    return journal | total


def _named(name: str, processes: int) -> str:
    return name if processes == 1 else f"{name}, {processes} processes"


def _python(module: str) -> list[str]:
    return [sys.executable, "-m", module]


@contextmanager
def running(server: Server) -> Iterator[Running]:
    """Start a server, its port behind its command, and wait until it answers."""
    port = free_port()
    own = {name: text for name, text in os.environ.items() if "DAYBOOK_" not in name}
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    process = subprocess.Popen(  # noqa: S603  (the benchmarks' own commands)
        [*server.command, str(port)],
        env={**own, "PYTHONPATH": path, **server.environment},
        stdout=subprocess.DEVNULL,
    )
    try:
        answer = _first_answer(server, port, process)
        journals = server.read(answer["data"])
        yield Running(server, port, psutil.Process(process.pid), journals)
    finally:
        process.terminate()
        process.wait()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket() as listening:
        listening.bind((HOST, 0))
        port: int = listening.getsockname()[1]
        return port


def _first_answer(server: Server, port: int, process: subprocess.Popen[bytes]) -> Any:
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        connection = HTTPConnection(HOST, port, timeout=START_SECONDS)
        try:
            head, _, body = server.request(port).partition(b"\r\n\r\n")
            lines = head.decode().split("\r\n")[1:]
            headers = dict(line.split(": ", 1) for line in lines)
            connection.request("POST", "/graphql", body, headers)
            answer = json.loads(connection.getresponse().read())
        except ConnectionError:
            time.sleep(0.1)
            continue
        finally:
            connection.close()
        if "errors" in answer:
            raise CommandFailed(f"{server.name}: {answer['errors']}")
        return answer
    raise CommandFailed(f"{server.name} does not serve")
