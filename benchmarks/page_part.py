"""The report's page, as a browser asks for it: its cost, and how soon it comes.

With another checkout (`--before`), an earlier commit does the same in turns with this
one.
"""

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import token_urlsafe
from typing import Any

import psutil

from benchmarks.costs import UNLIMITED, module, processor_seconds
from benchmarks.graphql_servers import free_port
from benchmarks.page_requests import OF_DEMO, OF_MANY, PRESENT, request_of
from benchmarks.page_session import DEMO, HALF_DONE
from benchmarks.report_part import on_postgresql, on_sqlite
from benchmarks.results import Results
from benchmarks.subscribers_part import wait_for
from daybook_services.postgresql import running_postgresql
from daybook_states import first_states

PAGES_A_SECOND = 60
"""For so many pages in process, a server is asked for one second over HTTP."""
WARM_UP_SECONDS, WARM_UP_READERS = 3.0, 4
"""While a process compiles statements and templates, it has few readers. Then it has
all of them for as long: each of its connections prepares its statements."""
READERS, PROCESSES = 50, 2
COST_MS, FIRST_BYTE_MS, FIRST_BYTE_OF_MANY_MS, P95_MS = 15, 30, 60, 800
POSTGRESQL_SETTINGS = {"shared_buffers": "512MB", "jit": "off"}


@dataclass(frozen=True, slots=True)
class Program:
    """A checkout of Daybook; its `sources` are empty for the present one."""

    name: str
    sources: tuple[Path, ...] = ()

    @classmethod
    def before(cls, checkout: Path) -> "Program":
        """The program of another checkout."""
        roots = ("backend", "graphql", "frontend")
        return cls(", before", tuple(checkout.resolve() / root for root in roots))


@dataclass(frozen=True, slots=True)
class Asked:
    """A running server, and the requests that it is sent in turns."""

    program: Program
    process: psutil.Process
    port: int
    files: Sequence[Path]


@dataclass(frozen=True, slots=True)
class Measuring:
    """Measures the pages of some programs in turns."""

    results: Results
    folder: Path
    programs: Sequence[Program]
    seconds: float

    def measure_demo(self) -> None:
        """The demo on SQLite: in process, and by one server with one connection."""
        with ExitStack() as stack:
            servers, costs = list[Asked](), dict[Program, list[float]]()
            runs = list[tuple[Program, str, Mapping[str, str]]]()
            for number, program in enumerate(self.programs):
                url = stack.enter_context(on_sqlite(self.folder / f"demo{number}"))
                token, settings = self._session(program, url, DEMO)
                runs.append((program, token, settings))
                serving = self._serving(program, settings, token, OF_DEMO)
                servers.append(stack.enter_context(serving))
            for number in range(1, self.results.runs + 1):
                self._say(f"the demo in process, run {number}")
                for program, token, settings in runs:
                    cost = self._cost_in_process(program, token, settings)
                    costs.setdefault(program, []).append(cost)
            medians = self._note("processor time of a page, in process", costs)
            self._aim("processor time of a page, ms", medians, COST_MS)
            self._measure_alone("the demo", servers, FIRST_BYTE_MS)

    def measure_many(self, journals: int) -> None:
        """A ledger of so many journals on both databases, with one connection."""
        for database, start in (("SQLite", on_sqlite), ("PostgreSQL", on_postgresql)):
            what = f"{journals:,} journals on {database}"
            with ExitStack() as stack:
                url = stack.enter_context(start(self.folder / "many"))
                self._say(f"filling {database} with {journals:,} journals")
                module("ledger_rows", url, journals, folder=self.folder)
                token, settings = self._session(self.programs[0], url)
                servers = [
                    stack.enter_context(
                        self._serving(program, settings, token, OF_MANY)
                    )
                    for program in self.programs
                ]
                self._measure_alone(what, servers, FIRST_BYTE_OF_MANY_MS)

    def measure_readers(self) -> None:
        """Fifty readers of the demo on PostgreSQL, and two processes."""
        rates, middles = dict[Program, list[float]](), dict[Program, list[float]]()
        p95s, costs = dict[Program, list[float]](), dict[Program, list[float]]()
        with ExitStack() as stack:
            url = stack.enter_context(
                running_postgresql(self.folder, POSTGRESQL_SETTINGS)
            ).replace(":@", "@")
            _, _, rest = url.partition("://")
            ours = f"postgresql+asyncpg://{rest}"
            token, settings = self._session(self.programs[0], ours, DEMO)
            for number in range(1, self.results.runs + 1):
                for program in self.programs:
                    self._say(f"{READERS} readers, run {number}{program.name}")
                    serving = self._serving(
                        program, settings, token, OF_DEMO, PROCESSES
                    )
                    with serving as server:
                        told, cost = self._load(server, READERS)
                    latencies = told["latencies"]
                    count = len(latencies)
                    for into, value in (
                        (rates, count / told["seconds"]),
                        (middles, latencies[count // 2]),
                        (p95s, latencies[count * 95 // 100]),
                        (costs, cost),
                    ):
                        into.setdefault(program, []).append(value)
        whose = f"{READERS} readers, {PROCESSES} processes, PostgreSQL"
        self._note(f"{whose}: pages", rates, "/s")
        self._note(f"{whose}: median", middles)
        p95 = self._note(f"{whose}: p95", p95s)
        self._note(f"{whose}: processor time of a page", costs)
        self._aim(f"{READERS} readers of {PROCESSES} processes, p95 in ms", p95, P95_MS)

    def measure_states(self) -> None:
        """One state of each of the demo's pages on SQLite, in turns with the report.

        In process: what it costs after a change and without one. Served: its first
        byte, when nothing changed.
        """
        program, pages = self.programs[0], first_states()
        del pages["not-found"]
        with ExitStack() as stack:
            url = stack.enter_context(on_sqlite(self.folder / "states"))
            token, settings = self._session(program, url, HALF_DONE)
            self._say(f"{len(pages)} pages in process")
            runs: list[Path | str | float] = [token, self.results.runs, *pages]
            made = module("page_states", *runs, folder=self.folder, settings=settings)
            serving = self._serving(program, settings, token, [*pages.values()])
            server = stack.enter_context(serving)
            for (page, costs), file in zip(
                json.loads(made.output).items(), server.files, strict=True
            ):
                for when, values in costs.items():
                    self.results.add(f"Page: {page}: {when}", "ms", values, 1)
                self._say(f"first byte of {page}")
                for seconds in (WARM_UP_SECONDS / 10, self.seconds / 10):
                    given: list[Path | float] = [server.port, 1, seconds, file]
                    cost = module("http_load", *given, folder=self.folder)
                firsts = json.loads(cost.output)["first_bytes"]
                name = f"Page: {page}: first byte"
                median = self.results.add(name, "ms", firsts, 1).median
                self.results.aim(name, median, FIRST_BYTE_MS, is_most=True)

    def _measure_alone(
        self, what: str, servers: Sequence[Asked], wanted_ms: float
    ) -> None:
        """First byte and processor time over one connection that is kept."""
        firsts, costs = dict[Program, list[float]](), dict[Program, list[float]]()
        for number in range(1, self.results.runs + 1):
            self._say(f"{what}, one connection, run {number}")
            for server in servers:
                told, cost = self._load(server, 1)
                first = statistics.median(told["first_bytes"])
                firsts.setdefault(server.program, []).append(first)
                costs.setdefault(server.program, []).append(cost)
        self._note(f"{what}, served: processor time of a page", costs)
        medians = self._note(f"{what}, served: first byte", firsts)
        self._aim(f"{what}, first byte in ms", medians, wanted_ms)

    def _load(self, server: Asked, connections: int) -> tuple[dict[str, Any], float]:
        """What a warm server answered, and its processor milliseconds for a page."""
        warming_up = sorted({min(connections, WARM_UP_READERS), connections})
        for many, seconds in (
            *((number, WARM_UP_SECONDS) for number in warming_up),
            (connections, self.seconds),
        ):
            before = processor_seconds(server.process)
            given: list[Path | float] = [server.port, many, seconds]
            cost = module("http_load", *given, *server.files, folder=self.folder)
            took = processor_seconds(server.process) - before
        told = json.loads(cost.output)
        return told, 1_000 * took / len(told["latencies"])

    def _cost_in_process(
        self, program: Program, token: str, settings: Mapping[str, str]
    ) -> float:
        cost = module(
            *("page_costs", token, max(1, round(PAGES_A_SECOND * self.seconds))),
            folder=self.folder,
            settings=settings,
            sources=program.sources,
        )
        return statistics.fmean(json.loads(cost.output))

    def _session(
        self, program: Program, url: str, *what: str
    ) -> tuple[str, Mapping[str, str]]:
        """Fill a database as asked; a session's token there, and the settings."""
        settings = {
            "DAYBOOK_DATABASE_URL": url.replace("+aiosqlite", "").replace(
                "+asyncpg", ""
            ),
            "DAYBOOK_DATA": str(self.folder / "files"),
            "DAYBOOK_NOW": PRESENT,
            "DAYBOOK_SECRET": token_urlsafe(32),
            **UNLIMITED,
        }
        made = module(
            *("page_session", url, *what),
            folder=self.folder,
            settings=settings,
            sources=program.sources,
        )
        return made.output.strip(), settings

    @contextmanager
    def _serving(
        self,
        program: Program,
        settings: Mapping[str, str],
        token: str,
        addresses: Sequence[str],
        processes: int = 1,
    ) -> Iterator[Asked]:
        port = free_port()
        own = {key: text for key, text in os.environ.items() if "DAYBOOK_" not in key}
        own["PYTHONPATH"] = os.pathsep.join(map(str, program.sources))
        command = [sys.executable, "-m", "daybook", "serve", "--port", str(port)]
        process = subprocess.Popen(  # noqa: S603  (the program that is measured)
            [*command, "--workers", str(processes)],
            env={**own, **settings},
            stdout=subprocess.DEVNULL,
        )
        try:
            wait_for(port)
            files = []
            for number, address in enumerate(addresses):
                files.append(self.folder / f"request-{port}-{number}")
                files[-1].write_bytes(request_of(address, token, port))
            yield Asked(program, psutil.Process(process.pid), port, files)
        finally:
            process.terminate()
            process.wait()

    def _note(
        self, what: str, values: Mapping[Program, Sequence[float]], unit: str = "ms"
    ) -> Mapping[Program, float]:
        """Note the figures of all programs; their medians."""
        return {
            program: self.results.add(f"Page: {what}{program.name}", unit, its).median
            for program, its in values.items()
        }

    def _aim(self, what: str, medians: Mapping[Program, float], most: float) -> None:
        """Note the target of the present program, and how it was before."""
        now, *before = medians.values()
        self.results.aim(f"Page: {what}", now, most, is_most=True)
        for was in before:
            self.results.aim(f"Page: {what}, times before", now / was, 1, is_most=True)

    def _say(self, text: str) -> None:
        self.results.say(f"Page: {text}")


def measure_page(
    results: Results, folder: Path, journals: int, seconds: float, before: Path | None
) -> None:
    """Measure the page of the demo and of a ledger of so many journals."""
    programs = [Program("")]
    if before is not None:
        programs.append(Program.before(before))
    measuring = Measuring(results, folder, programs, seconds)
    measuring.measure_demo()
    measuring.measure_states()
    measuring.measure_readers()
    measuring.measure_many(journals)
