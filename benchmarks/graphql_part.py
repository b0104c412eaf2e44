"""A list of journals over HTTP: Daybook's server, plain Strawberry and PostGraphile."""

import json
import statistics
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import psycopg

from benchmarks.comparing import Different
from benchmarks.costs import module, processor_seconds
from benchmarks.graphql_servers import (
    POSTGRAPHILE,
    SIZE,
    Journal,
    Running,
    daybook_server,
    postgraphile_server,
    running,
    strawberry_server,
)
from benchmarks.results import Results
from daybook_services.postgresql import running_postgresql

CONNECTIONS = (1, 16)
PROCESSES = 2
WARM_UP_SECONDS = 2.0
SHORT_TURNS = 14
SETTINGS = {"shared_buffers": "512MB", "jit": "off"}


@dataclass(slots=True)
class Measured:
    """What the runs measured of a server at a number of connections."""

    rates: list[float] = field(default_factory=list)
    p50s: list[float] = field(default_factory=list)
    p99s: list[float] = field(default_factory=list)
    server_costs: list[float] = field(default_factory=list)
    """Milliseconds of processor time a request, of the server's processes."""
    database_costs: list[float] = field(default_factory=list)


def measure_graphql(
    results: Results, folder: Path, journals: int, seconds: float
) -> None:
    """Fill a ledger on both databases, compare what is answered, take turns."""
    _sqlite(results, folder, journals, seconds)
    _postgresql(results, folder, journals, seconds)


def _sqlite(results: Results, folder: Path, journals: int, seconds: float) -> None:
    url = f"sqlite+aiosqlite:///{folder / 'listed.db'}"
    key = _fill(results, folder, url, journals, "SQLite")
    with ExitStack() as stack:
        daybook, strawberry = (
            stack.enter_context(running(one))
            for one in (daybook_server(url, folder, key), strawberry_server(url))
        )
        measuring = Measuring(results, folder, "SQLite", seconds)
        measured = measuring.take_turns([daybook, strawberry])
    _aim_at_strawberry(results, "SQLite", measured)


def _postgresql(results: Results, folder: Path, journals: int, seconds: float) -> None:
    with ExitStack() as stack:
        url = stack.enter_context(running_postgresql(folder, SETTINGS))
        url = url.replace(":@", "@")
        _, _, rest = url.partition("://")
        ours = f"postgresql+asyncpg://{rest}"
        key = _fill(results, folder, ours, journals, "PostgreSQL")
        connection = stack.enter_context(psycopg.connect(url, autocommit=True))
        connection.execute((POSTGRAPHILE / "peer.sql").read_bytes())
        database = psutil.Process(connection.info.backend_pid).parent()
        servers = [
            stack.enter_context(running(one))
            for one in (
                daybook_server(url, folder, key),
                strawberry_server(ours),
                postgraphile_server(url),
                daybook_server(url, folder, key, PROCESSES),
                postgraphile_server(url, PROCESSES),
            )
        ]
        measuring = Measuring(results, folder, "PostgreSQL", seconds, database)
        measured = measuring.take_turns(servers)
        ratios = measuring.compare_rates(*servers[3:])
    _aim_at_strawberry(results, "PostgreSQL", measured)
    results.aim(
        f"GraphQL: rate of {PROCESSES} processes against PostGraphile's",
        statistics.median(ratios),
        1,
    )


def _fill(
    results: Results, folder: Path, url: str, journals: int, database: str
) -> str:
    """Fill a database with a ledger, and give a key with which it may be read."""
    results.say(f"GraphQL: filling {database} with {journals:,} journals")
    module("ledger_rows", url, journals, folder=folder)
    return module("api_key", url, folder=folder).output.strip()


def _aim_at_strawberry(
    results: Results, database: str, measured: dict[tuple[str, int], Measured]
) -> None:
    ours, theirs = (
        statistics.median(measured[name, CONNECTIONS[-1]].server_costs)
        for name in ("Daybook", "plain Strawberry")
    )
    results.aim(
        f"GraphQL: times plain Strawberry per core, {database}", theirs / ours, 3
    )


@dataclass(frozen=True, slots=True)
class Measuring:
    """Asks servers of one database in turns."""

    results: Results
    folder: Path
    database_name: str
    seconds: float
    database: psutil.Process | None = None

    def take_turns(self, servers: list[Running]) -> dict[tuple[str, int], Measured]:
        """Compare their answers, warm them up, measure; by name and connections."""
        _compare(servers)
        self.results.note(
            f"On {self.database_name} all servers answer the same {SIZE} journals."
        )
        for server in servers:
            self._load(server, CONNECTIONS[-1], min(self.seconds, WARM_UP_SECONDS))
        measured: dict[tuple[str, int], Measured] = {}
        for number in range(1, self.results.runs + 1):
            self.results.say(
                f"GraphQL on {self.database_name}, run {number} of {self.results.runs}"
            )
            for server in servers:
                for connections in CONNECTIONS:
                    one = measured.setdefault(
                        (server.server.name, connections), Measured()
                    )
                    self._measure(server, connections, one)
        for (name, connections), one in measured.items():
            self._note(f"{self.database_name}, {name}, {connections}", one)
        return measured

    def compare_rates(self, ours: Running, theirs: Running) -> list[float]:
        """Our rate by theirs, in many short turns: machines change their speed."""
        self.results.say(f"GraphQL: {ours.server.name} and {theirs.server.name}")
        ratios = list[float]()
        for turn in range(SHORT_TURNS):
            pair = (ours, theirs) if turn % 2 else (theirs, ours)
            rates = {
                server.server.name: self._rate(server, self.seconds / SHORT_TURNS * 4)
                for server in pair
            }
            ratios.append(rates[ours.server.name] / rates[theirs.server.name])
        self.results.add(
            f"GraphQL: {ours.server.name} by {theirs.server.name}", "times", ratios
        )
        return ratios

    def _rate(self, server: Running, seconds: float) -> float:
        answered = self._load(server, CONNECTIONS[-1], seconds)
        return len(answered["latencies"]) / float(answered["seconds"])

    def _measure(self, server: Running, connections: int, into: Measured) -> None:
        start = self._cpu_seconds(server)
        answered = self._load(server, connections, self.seconds)
        end = self._cpu_seconds(server)
        latencies = answered["latencies"]
        count = len(latencies)
        into.rates.append(count / answered["seconds"])
        into.p50s.append(latencies[count // 2])
        into.p99s.append(latencies[count * 99 // 100])
        for costs, before, after in zip(
            (into.server_costs, into.database_costs), start, end, strict=True
        ):
            costs.append(1_000 * (after - before) / count)

    def _cpu_seconds(self, server: Running) -> tuple[float, float]:
        """Of the server's processes, and of the database's if it has any."""
        database = 0.0 if self.database is None else processor_seconds(self.database)
        return processor_seconds(server.process), database

    def _load(self, server: Running, connections: int, seconds: float) -> dict:  # type: ignore[type-arg]
        file = self.folder / "request"
        file.write_bytes(server.server.request(server.port))
        cost = module(
            "http_load",
            *(server.port, connections, seconds, file),
            folder=self.folder,
        )
        return json.loads(cost.output)  # type: ignore[no-any-return]

    def _note(self, name: str, one: Measured) -> None:
        add = self.results.add
        add(f"GraphQL: {name}, rate", "/s", one.rates, 1)
        add(f"GraphQL: {name}, p50", "ms", one.p50s)
        add(f"GraphQL: {name}, p99", "ms", one.p99s)
        add(f"GraphQL: {name}, processor", "ms", one.server_costs)
        if self.database is not None:
            add(f"GraphQL: {name}, database", "ms", one.database_costs)


def _compare(servers: list[Running]) -> None:
    """Raise Different unless all answer the same; each has ids of its own."""
    first, *others = (
        [_without_ids(journal) for journal in its.journals] for its in servers
    )
    if len(first) != SIZE:
        raise Different(f"{len(first)} journals were answered, not {SIZE}")
    for server, journals in zip(servers[1:], others, strict=True):
        if journals != first:
            at = next(at for at in range(SIZE) if journals[at : at + 1] != [first[at]])
            raise Different(
                f"{server.server.name}: {journals[at : at + 1]}, not {first[at]}"
            )


def _without_ids(journal: Journal) -> Journal:
    return {
        name: _without_ids(value) if isinstance(value, dict) else value
        for name, value in journal.items()
        if name != "id"
    }
