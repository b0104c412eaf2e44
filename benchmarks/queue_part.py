"""Many organisations' queued exports, by a server alone and by one and two workers."""

import json
import statistics
from pathlib import Path
from typing import NamedTuple

import psycopg

from benchmarks.costs import module
from benchmarks.invoices import write_invoices
from benchmarks.job_starts import Turns, wait_for_all, watch
from benchmarks.results import Results
from benchmarks.worker_processes import (
    ALONE,
    making_exports,
    new_database,
    words_for,
)

COUNTS = (ALONE, 1, 2)
INVOICES = 100
"""Invoices of an organisation: an export of its months has some thousand lines."""
SINGLE = 10
"""How many exports are requested one after the other once nothing waits."""


class Worked(NamedTuple):
    """What was measured of a queue, and of exports without one."""

    turns: Turns
    processor: float
    """The workers' processor seconds for an export."""
    rendering: float
    """The seconds that rendering an export takes by itself."""
    single: float
    """The seconds from a request to its file where nothing waits."""


def measure_queue(
    results: Results, folder: Path, url: str, redis: str, size: tuple[int, int]
) -> None:
    """Queue exports of many organisations: all of the first one, then of the next.

    `size` is how many organisations, and exports of each. Nobody works until all are
    queued.
    """
    organisations, each = size
    invoices, filled = folder / "queued.jsonl", new_database(url, "filled")
    write_invoices(invoices, INVOICES)
    module("export_requests", "fill", filled, organisations, invoices, folder=folder)
    measured: dict[int, list[Worked]] = {count: [] for count in COUNTS}
    for number in range(1, results.runs + 1):
        results.say(f"Queued exports, run {number} of {results.runs}")
        for count in COUNTS:
            results.say(f"  {words_for(count)}")
            its = new_database(url, "queue", like="filled")
            worked = _work_off(count, its, redis if count else "", folder, size)
            measured[count].append(worked)
    _add(results, organisations * each, organisations, measured)


def _work_off(
    workers: int, url: str, redis: str, folder: Path, size: tuple[int, int]
) -> Worked:
    organisations, each = size
    data = folder / "queued"
    data.mkdir(exist_ok=True)
    run = ("export_requests",)
    with psycopg.connect(url, autocommit=True) as connection:
        watch(connection)
        module(*run, "queue", url, redis, each, folder=folder)
        with making_exports(workers, url, redis, data) as processor:
            turns = wait_for_all(connection, organisations * each)
            taken = processor()
            single = ("make", url, redis, "MONTHLY", "", SINGLE)
            singles = json.loads(module(*run, *single, folder=folder).output)
    rendering = json.loads(module(*run, "render", url, folder=folder).output)
    middle = statistics.median(made["seconds"] for made in singles)
    return Worked(turns, taken / (organisations * each), rendering, middle)


def _add(
    results: Results,
    count: int,
    organisations: int,
    measured: dict[int, list[Worked]],
) -> None:
    name = "Queue"
    results.note(f"Queue: {count:,} exports of {organisations} organisations.")
    every = [worked for of_count in measured.values() for worked in of_count]
    rendering = results.add(
        f"{name}: rendering one by itself", "s", (each.rendering for each in every), 3
    )
    seconds = {}
    for workers, worked in measured.items():
        its = f"{name}, {words_for(workers)}"
        seconds[workers] = results.add(
            its, "s", (each.turns.seconds for each in worked)
        ).median
        spent = [
            each.turns.seconds * max(workers, 1) / count - rendering.median
            for each in worked
        ]
        results.add(f"{its}: for each, besides rendering", "s", spent, 3)
        if workers:
            processor = [each.processor for each in worked]
            results.add(f"{its}: user + system for each", "s", processor, 3)
        results.add(
            f"{its}: until each organisation had one",
            "s",
            [each.turns.first_seconds for each in worked],
        )
        results.add(
            f"Export without a queue, {words_for(workers)}",
            "s",
            [each.single for each in worked],
            3,
        )
    results.add(f"{name}: two workers, times one", "", [seconds[1] / seconds[2]])
    results.add(
        f"{name}: one worker's time by the server's", "", [seconds[1] / seconds[ALONE]]
    )
    results.aim(
        f"{name}: starts until each organisation had one",
        max(worked.turns.firsts for worked in every),
        organisations,
        is_most=True,
    )
    results.aim(
        f"{name}: starts by which one is ahead of another",
        max(worked.turns.most_ahead for worked in every),
        1,
        is_most=True,
    )
