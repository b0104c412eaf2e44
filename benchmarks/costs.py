"""What a process costs, and what several runs of it cost."""

import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]

# The unit of the kernel's figure.
_MAXRSS_BYTES = 1 if sys.platform == "darwin" else 1024


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
    # What is still on its way to the disk belongs to nobody's measurement.
    os.sync()
    with (folder / "output").open("w+") as output, (folder / "errors").open("w+") as no:
        start = time.perf_counter()
        process = subprocess.Popen(  # noqa: S603  (the benchmarks' own commands)
            command, cwd=folder, env={**own, **environment}, stdout=output, stderr=no
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        no.seek(0)
        if process.returncode != 0:
            raise CommandFailed(f"{' '.join(command)}: {no.read() or output.read()}")
        peak = usage.ru_maxrss * _MAXRSS_BYTES
        own_peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _MAXRSS_BYTES
        # Until it runs its own program, a process is a copy of this one, which counts.
        assert peak > own_peak, "the benchmark itself must stay smaller than the rest"
        cpu_seconds = usage.ru_utime + usage.ru_stime
        return Cost(seconds, cpu_seconds, peak, output.read())


def daybook(data: Path, *arguments: str) -> Cost:
    """Run the `daybook` command on the database of a data folder."""
    command = [sys.executable, "-m", "daybook", *arguments]
    return run(command, folder=data.parent, environment={"DAYBOOK_DATA": str(data)})


def module(
    name: str, *arguments: Path | str | int, data: Path | None = None, folder: Path
) -> Cost:
    """Run a module of the benchmarks in a process of its own."""
    command = [sys.executable, "-m", f"benchmarks.{name}", *map(str, arguments)]
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    environment = {"PYTHONPATH": path}
    if data is not None:
        environment["DAYBOOK_DATA"] = str(data)
    return run(command, folder=folder, environment=environment)
