"""One large export, by a server alone and by one, two and four workers."""

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.comparing import Different
from benchmarks.costs import module
from benchmarks.invoices import write_invoices
from benchmarks.postgresql import SETTINGS
from benchmarks.queue_part import measure_queue
from benchmarks.results import Results
from benchmarks.worker_processes import (
    ALONE,
    making_exports,
    new_database,
    wait_until_loaded,
    words_for,
)
from daybook_services.postgresql import running_postgresql
from daybook_services.redis import redis_server

COUNTS = (ALONE, 1, 2, 4)
COMPRESSIONS = {"plain": "", "gzip": "gzip"}
TWO_LEAST = 1.5
"""How many times as fast two workers are as one, at least."""
FOUR_MOST = 1.1
"""How many times as long four workers take as two, at most, on two cores."""


class Made(NamedTuple):
    """An export that was made: how long it took, and what it came to."""

    seconds: float
    processor: float
    size: int
    rows: int
    sha256: str


def measure_workers(
    results: Results, folder: Path, invoices: int, queue: tuple[int, int]
) -> None:
    """Time an export of so many invoices, and a queue, on PostgreSQL with Redis."""
    with running_postgresql(folder, SETTINGS) as url, redis_server() as redis:
        large, exported = new_database(url, "large"), folder / "exported.jsonl"
        write_invoices(exported, invoices)
        module("export_requests", "fill", large, 1, exported, folder=folder)
        _measure_one(results, folder, large, redis.url)
        measure_queue(results, folder, url, redis.url, queue)


def _measure_one(results: Results, folder: Path, url: str, redis: str) -> None:
    data = folder / "workers"
    data.mkdir()
    measured: dict[str, dict[int, list[Made]]] = {form: {} for form in COMPRESSIONS}
    for number in range(1, results.runs + 1):
        results.say(f"One export by workers, run {number} of {results.runs}")
        for form, compression in COMPRESSIONS.items():
            for count in COUNTS:
                with making_exports(count, url, redis, data) as processor:
                    wait_until_loaded(count)
                    before = processor()
                    make = ("make", url, redis if count else "", "DAILY", compression)
                    told = module("export_requests", *make, 1, folder=folder).output
                    (made,) = json.loads(told)
                    its = Made(processor=processor() - before, **made)
                measured[form].setdefault(count, []).append(its)
                results.say(f"  {form}, {words_for(count)}: {its.seconds:.2f} s")
                shutil.rmtree(data / "exports")
    for form, of_form in measured.items():
        _add(results, f"Workers: {form}", of_form)


def _add(results: Results, name: str, measured: Mapping[int, Sequence[Made]]) -> None:
    """Note the figures of a form of the file; raises Different if its bytes differ."""
    first, *others = (made for every in measured.values() for made in every)
    if any(made.sha256 != first.sha256 for made in others):
        raise Different(f"{name}: some made other bytes than the others")
    results.note(
        f"{name}: all made the same {first.rows:,} rows, {first.size:,} bytes."
    )
    seconds = {
        count: results.add(
            f"{name}, {words_for(count)}", "s", (each.seconds for each in made)
        ).median
        for count, made in measured.items()
    }
    for count in COUNTS[1:]:
        processor = [made.processor for made in measured[count]]
        results.add(f"{name}, {words_for(count)}: user + system", "s", processor)
    results.add(
        f"{name}: one worker's time by the server's", "", [seconds[1] / seconds[ALONE]]
    )
    results.aim(f"{name}: two workers, times one", seconds[1] / seconds[2], TWO_LEAST)
    slower = seconds[4] / seconds[2]
    results.aim(f"{name}: four workers' time by two's", slower, FOUR_MOST, is_most=True)
