"""What the benchmark of queues says of an order of starts."""

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from daybook_services.left_out import leave_out

ROOT = Path(__file__).parents[2]
QUEUED, RUNNING, READY = 1, 2, 3


@pytest.fixture(scope="module")
def job_starts() -> Iterator[Any]:
    """The benchmark's module, which lies outside the import path."""
    for package in ("psycopg", "psutil"):
        if importlib.util.find_spec(package) is None:
            leave_out("the benchmarks' packages are not installed: run make bench")
    sys.path.append(str(ROOT))
    try:
        yield importlib.import_module("benchmarks.job_starts")
    finally:
        sys.path.remove(str(ROOT))


def turns(job_starts: Any, *changes: tuple[int, int]) -> Any:
    """What is said of changes, a second apart: organisations and statuses."""
    return job_starts.turns_of(
        job_starts.Change(at, organisation, status)
        for at, (organisation, status) in enumerate(changes)
    )


def test_organisations_that_take_turns(job_starts: Any) -> None:
    found = turns(
        job_starts,
        *((1, QUEUED), (1, QUEUED), (2, QUEUED)),
        *((1, RUNNING), (2, RUNNING), (1, READY), (1, RUNNING), (2, READY)),
        (1, READY),
    )

    assert found == (5, 2, 1, 1)


def test_an_organisation_that_pushes_in(job_starts: Any) -> None:
    found = turns(
        job_starts,
        *((1, QUEUED), (1, QUEUED), (2, QUEUED)),
        *((1, RUNNING), (1, READY), (1, RUNNING), (1, READY)),
        *((2, RUNNING), (2, READY)),
    )

    assert found.firsts == 3
    assert found.most_ahead == 2


def test_who_has_no_more_waiting_is_not_behind(job_starts: Any) -> None:
    found = turns(
        job_starts,
        *((1, QUEUED), (1, QUEUED), (1, QUEUED), (2, QUEUED)),
        *((1, RUNNING), (2, RUNNING), (1, RUNNING), (1, RUNNING)),
        *((1, READY), (1, READY), (1, READY), (2, READY)),
    )

    assert found.most_ahead == 1
