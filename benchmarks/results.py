"""Figures and targets of a run, as a table for people and as JSON."""

import json
import os
import platform
import sqlite3
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from benchmarks.costs import Spread

MEBIBYTE = 2**20
NAME_WIDTH = 60


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured quantity; `decimals` is for people."""

    name: str
    unit: str
    spread: Spread
    decimals: int = 2


@dataclass(frozen=True, slots=True)
class Target:
    """What a figure should reach, and what it reached."""

    name: str
    reached: float
    wanted: float
    is_most: bool = False
    """Whether `wanted` is the most that is allowed, and not the least."""

    @property
    def is_met(self) -> bool:
        """Whether the run reached it."""
        if self.is_most:
            return self.reached <= self.wanted
        return self.reached >= self.wanted


@dataclass(slots=True)
class Results:
    """All that a run measured."""

    invoices: int
    runs: int
    machine: dict[str, str] = field(default_factory=dict)
    figures: list[Figure] = field(default_factory=list)
    targets: list[Target] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(
        self, name: str, unit: str, values: Iterable[float], decimals: int = 2
    ) -> Spread:
        """Note the runs' values of one figure, and give their spread."""
        figure = Figure(name, unit, Spread.of(values), decimals)
        self.figures.append(figure)
        return figure.spread

    def aim(
        self, name: str, reached: float, wanted: float, *, is_most: bool = False
    ) -> None:
        """Note a target and what was reached."""
        self.targets.append(Target(name, reached, wanted, is_most))

    def note(self, text: str) -> None:
        """Say and keep what was found without measuring."""
        self.notes.append(text)
        self.say(text)

    def say(self, text: str) -> None:
        """Tell whoever waits how far the run is."""
        print(text, flush=True)

    def print_all(self) -> None:
        """The whole table, and which targets were met."""
        print(f"\nThe median of {self.runs} runs, the least and the most of them")
        for figure in self.figures:
            print(_line(figure))
        print("\nTargets")
        for target in self.targets:
            least_or_most = "at most" if target.is_most else "at least"
            verdict = "met" if target.is_met else "MISSED"
            print(
                f"  {target.name:<{NAME_WIDTH}} {target.reached:>12.2f}"
                f"  {least_or_most} {target.wanted:g}: {verdict}"
            )

    def write(self, path: Path) -> None:
        """Keep it all as JSON."""
        content = asdict(self)
        for shown, target in zip(content["targets"], self.targets, strict=True):
            shown["is_met"] = target.is_met
        path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def machine() -> dict[str, str]:
    """What the run ran on, in general words."""
    pages = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "system": f"{platform.system()} on {platform.machine()}",
        "cores": str(os.cpu_count()),
        "memory": f"{round(pages / 2**30)} GiB",
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
    }


def _line(figure: Figure) -> str:
    spread, decimals = figure.spread, figure.decimals
    line = f"  {figure.name:<{NAME_WIDTH}} {spread.median:>12,.{decimals}f} "
    if spread.least == spread.most:
        return line + figure.unit
    ends = f"{spread.least:,.{decimals}f} … {spread.most:,.{decimals}f}"
    return f"{line}{figure.unit:<4} ({ends})"
