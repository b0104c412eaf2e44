"""What a process costs, and what several runs of it cost."""

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import psutil

ROOT = Path(__file__).parents[1]
SERVICES = ROOT / "tests" / "services"
LAUNCHER = Path(__file__).with_name("launcher.py")
UNLIMITED = {
    f"DAYBOOK_{one}": "1000000"
    for one in (
        "REQUESTS_AT_ONCE",
        "REQUESTS_PER_MINUTE",
        "SOCKETS_PER_CALLER",
        "SUBSCRIPTIONS_PER_CALLER",
        "SOCKETS_PER_ORGANISATION",
        "SUBSCRIPTIONS_PER_ORGANISATION",
    )
}
"""A benchmark asks as one caller what many would."""


class CommandFailed(Exception):
    """A command that is measured ended with an error; the message says which one."""


@dataclass(frozen=True, slots=True)
class Cost:
    """A whole process, from its start to its end, by the kernel's own account."""

    seconds: float
    cpu_seconds: float
    peak_bytes: int
    output: str


@dataclass(frozen=True, slots=True)
class Spread:
    """The middle one of several measurements, and the ends."""

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, values: Iterable[float]) -> "Spread":
        """Of one measurement or more."""
        every = sorted(values)
        return cls(statistics.median(every), every[0], every[-1])


def run(
    command: Sequence[str], *, folder: Path, environment: Mapping[str, str]
) -> Cost:
    """Run a command to its end; raises CommandFailed with what it said.

    Settings of Daybook come from `environment` alone.
    """
    own = {name: text for name, text in os.environ.items() if "DAYBOOK_" not in name}
    # An installed program has its bytecode; without it, the compiler would be timed.
    own.pop("PYTHONDONTWRITEBYTECODE", None)
    report = folder / "cost.json"
    # What is still on its way to the disk belongs to nobody's measurement.
    os.sync()
    completed = subprocess.run(  # noqa: S603  (the benchmarks' own commands)
        [sys.executable, "-S", LAUNCHER, report, *command],
        cwd=folder,
        env={**own, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    measured = json.loads(report.read_text())
    if measured.pop("status") != 0:
        said = completed.stderr or completed.stdout
        raise CommandFailed(f"{' '.join(command)}: {said}")
    return Cost(**measured, output=completed.stdout)


def processor_seconds(server: psutil.Process) -> float:
    """User and system time of a server's processes, with those that have ended."""
    seconds = float(sum(server.cpu_times()[:4]))
    for process in server.children(recursive=True):
        # One that ends meanwhile is among its parent's children.
        with suppress(psutil.NoSuchProcess):
            seconds += sum(process.cpu_times()[:4])
    return seconds


def daybook(data: Path, *arguments: str, database_url: str | None = None) -> Cost:
    """Run the `daybook` command on a data folder's database, or on the one named."""
    command = [sys.executable, "-m", "daybook", *arguments]
    environment = {"DAYBOOK_DATA": str(data)}
    if database_url is not None:
        environment["DAYBOOK_DATABASE_URL"] = database_url
    return run(command, folder=data.parent, environment=environment)


def module(  # noqa: PLR0913  (keyword-only, each has its meaning)
    name: str,
    *arguments: Path | str | float,
    data: Path | None = None,
    database_url: str | None = None,
    folder: Path,
    settings: Mapping[str, str] = MappingProxyType({}),
    sources: Sequence[Path] = (),
) -> Cost:
    """Run a module of the benchmarks in a process of its own.

    `sources` are folders of a program that is measured instead of this one.
    """
    command = [sys.executable, "-m", f"benchmarks.{name}", *map(str, arguments)]
    path = os.pathsep.join(map(str, (*sources, ROOT, SERVICES)))
    environment = {"PYTHONPATH": path, **settings}
    if data is not None:
        environment["DAYBOOK_DATA"] = str(data)
    if database_url is not None:
        environment["DAYBOOK_DATABASE_URL"] = database_url
    return run(command, folder=folder, environment=environment)
