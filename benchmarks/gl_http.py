"""The dataset as a program asks a server for it: first pages and totals, over HTTP."""

import json
import statistics
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from benchmarks.costs import CommandFailed, module
from benchmarks.graphql_servers import Running, daybook_server, running
from benchmarks.http_load import HOST
from daybook_graphql.general_ledger.ids import GlConnectionId
from daybook_graphql.kit.ids import encode

TIMES = 5
PAGE_QUERY = """
query ($filter: GlLineFilter) {
  glJournalLines(filter: $filter, first: 50) {
    nodes {
      connectionName journalDate journalType journalNumber accountCode accountName
      contactId contactName description reference sourceTable trackingOption0
      trackingOption1 journalCurrency debit credit netAmountRc
    }
    pageInfo { hasNextPage endCursor }
  }
}
"""
TOTALS_QUERY = """
query ($filter: GlLineFilter) {
  glJournalLines(filter: $filter, first: 1) {
    totals { lines baseCurrency debit credit netRc byType { type netRc } }
  }
}
"""
QUERIES = {"pages": PAGE_QUERY, "totals": TOTALS_QUERY}
FILTERS: Mapping[str, Mapping[str, Any]] = {
    "all lines": {},
    "an account of a year": {
        "accounts": ["260"],
        "posted": {"from": "2024-01-01", "to": "2024-12-31"},
    },
    "a connection's actuals of a month": {
        "connectionIds": [encode(GlConnectionId(2))],
        "types": ["ACTUAL"],
        "posted": {"from": "2022-06-01", "to": "2022-06-30"},
    },
    "a search": {"search": "customer 996 "},
}
MOST_SECONDS = 120


@contextmanager
def dataset_server(folder: Path, data: Path, url: str) -> Iterator[Running]:
    """A server of the dataset, which answered its first page."""
    key = module("api_key", url, folder=folder).output.strip()
    server = daybook_server(url, data, key)
    query = "{ glJournalLines(first: 1) { nodes { journalNumber } } }"
    asked = replace(
        server, query=query, read=lambda data: list(data["glJournalLines"]["nodes"])
    )
    with running(asked) as its:
        yield its


def measure_reads(server: Running) -> dict[str, dict[str, float]]:
    """Milliseconds of each reading by its kind and filter: the middle of several.

    One more comes before, which isn't timed: the server opens its files once.
    """
    connection = HTTPConnection(HOST, server.port, timeout=MOST_SECONDS)
    try:
        return {
            kind: {
                name: _median(server, connection, query, its)
                for name, its in FILTERS.items()
            }
            for kind, query in QUERIES.items()
        }
    finally:
        connection.close()


def _median(
    server: Running,
    connection: HTTPConnection,
    query: str,
    line_filter: Mapping[str, Any],
) -> float:
    body = json.dumps({"query": query, "variables": {"filter": line_filter}})
    headers = {"Content-Type": "application/json", **server.server.headers}
    milliseconds = []
    for _ in range(TIMES + 1):
        start = time.perf_counter()
        connection.request("POST", "/graphql", body, headers)
        answer = json.loads(connection.getresponse().read())
        milliseconds.append(1_000 * (time.perf_counter() - start))
        if "errors" in answer or not answer["data"]["glJournalLines"]:
            raise CommandFailed(f"the dataset: {answer}")
    return statistics.median(milliseconds[1:])
