"""Disks that are full, and stores that refuse or don't answer."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from daybook.jobs.rules import FailureCode, JobStatus
from daybook_disks import enlarge, small_disk
from daybook_installation import SHARED, NewInstallation
from daybook_outcomes import outcome_of
from daybook_services.figures import Note
from daybook_services.s3 import Fault, Request, S3Store

pytestmark = [pytest.mark.anyio, pytest.mark.faults]

FORMS: dict[str, tuple[str, dict[str, Any]]] = {
    "exports": ("local", {"compress": None}),
    "scratch": ("bucket", {"compress": None}),
    "temporary": ("local", {"compress": None, "format": "XLSX", "maxRows": None}),
}
"""Folders whose disk is full, the storage, and a file that has no room there.

A shared export needs no room in the scratch folder, since its pieces are sent at once.
"""


@pytest.mark.parametrize(
    ("full", "others"),
    [*((full, {}) for full in FORMS), ("exports", SHARED)],
    ids=[*FORMS, "exports, shared"],
)
async def test_a_disk_is_full(
    new_installation: NewInstallation, note: Note, full: str, others: dict[str, str]
) -> None:
    storage, large = FORMS[full]
    async with new_installation(storage, **others) as installation:
        folder = installation.temporary
        if full != "temporary":
            folder = installation.data / full
            folder.mkdir()
        with small_disk(folder):
            await installation.start_server()
            for _ in range(2):
                await installation.start_worker()
            # Both workers fill it at the same time.
            numbers = [await installation.request(**large) for _ in range(2)]
            failed = [await installation.ended(number) for number in numbers]
            small = await installation.request(granularity="MONTHLY")
            fits = await installation.ended(small)
            await asyncio.to_thread(enlarge, folder)
            again = await installation.retry(numbers[0])
            has_room = await installation.ended(again)
            outcome = await outcome_of(installation)
            reason = failed[0].failure_message

    assert {job.failure_code for job in failed} == {FailureCode.STORAGE_FAILED}, reason
    assert fits.status == JobStatus.READY, fits.failure_message
    assert has_room.status == JobStatus.READY, has_room.failure_message
    note(f"{outcome}; “{reason}”")


def sends(request: Request) -> bool:
    """Whether a request sends a part of a file."""
    return request.method == "PUT" and "partNumber" in request.path


def begins(request: Request) -> bool:
    """Whether a request begins an upload of an export."""
    return request.method == "POST" and request.path.endswith("uploads")


def completes(request: Request) -> bool:
    """Whether a request publishes a file."""
    return request.method == "POST" and "uploadId" in request.path


def lists(request: Request) -> bool:
    """Whether a request looks for what is there."""
    return request.method == "GET" and "uploads" in request.path


STEPS: list[Callable[[Request], bool]] = [lists, begins, sends, completes]


class Refusal(NamedTuple):
    """An answer of the store, and how a job's reason says it."""

    status: int
    code: str
    words: str


REFUSALS = [
    Refusal(403, "AccessDenied", "the storage refuses access (AccessDenied): see"),
    Refusal(500, "InternalError", "the storage answers 500 (InternalError): try again"),
    Refusal(507, "StorageFull", "the storage is full (StorageFull): make room"),
]


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: refusal.code)
async def test_a_store_refuses(
    new_installation: NewInstallation, s3_store: S3Store, note: Note, refusal: Refusal
) -> None:
    status, code, words = refusal
    async with new_installation("bucket") as installation:
        await installation.start_server()
        for _ in range(2):
            await installation.start_worker()
        for step in STEPS:
            with s3_store.failing(Fault(step, status, code)) as fault:
                number = await installation.request()
                job = await installation.ended()
                assert fault.met
            assert job.failure_code == FailureCode.STORAGE_FAILED
            assert words in (job.failure_message or "")
            await installation.retry(number)
            assert (await installation.ended()).status == JobStatus.READY
            # What is over before the attempts are is no failure.
            with s3_store.failing(Fault(step, 503, "SlowDown", times=1)):
                await installation.request()
                assert (await installation.ended()).status == JobStatus.READY
        outcome = await outcome_of(installation)

    assert (outcome.ready, outcome.failed) == (2 * len(STEPS), len(STEPS))
    note(f"at {len(STEPS)} steps: {outcome}; “{job.failure_message}”")


class Silence:
    """A store that takes requests of a kind and doesn't answer them."""

    def __init__(self, when: Callable[[Request], bool]) -> None:
        self._when = when
        self._is_over = threading.Event()
        self.met = 0

    def __call__(self, request: Request) -> bool:
        """Hold a request back until it is over; none fails."""
        if self._when(request) and not self._is_over.is_set():
            self.met += 1
            self._is_over.wait()
        return False

    def end(self) -> None:
        """Answer all that waits, and what comes."""
        self._is_over.set()


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.__name__)
async def test_a_store_is_silent(
    new_installation: NewInstallation,
    s3_store: S3Store,
    note: Note,
    step: Callable[[Request], bool],
) -> None:
    silence = Silence(step)
    # A request times out after half a minute, and is not sent again here.
    async with new_installation("bucket", AWS_MAX_ATTEMPTS="1") as installation:
        await installation.start_server()
        for _ in range(2):
            await installation.start_worker()
        with s3_store.failing(Fault(silence)):
            number = await installation.request()
            try:
                job = await installation.ended()
            finally:
                silence.end()
        assert silence.met
        await installation.retry(number)
        assert (await installation.ended()).status == JobStatus.READY
        outcome = await outcome_of(installation)

    assert job.failure_code == FailureCode.STORAGE_FAILED, job.failure_message
    assert outcome.lost == 0, "a worker that waits for the store keeps its job"
    note(f"{outcome}; “{job.failure_message}”")
