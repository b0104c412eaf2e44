"""Servers that stop or are killed during a download, which is then resumed."""

import random
from collections.abc import Awaitable, Callable
from hashlib import sha256

import httpx2
import pytest

from daybook.exports.models import ExportJob
from daybook_installation import PATIENCE, Installation, NewInstallation
from daybook_outcomes import outcome_of
from daybook_services.figures import Note

pytestmark = [pytest.mark.anyio, pytest.mark.faults]

STOPS = 10
PIECE_BYTES = 2**16


async def read_on(
    installation: Installation,
    job: ExportJob,
    content: bytearray,
    most: int,
    end: Callable[[], Awaitable[object]],
) -> bool:
    """Read on from where a download is; after so many bytes the server is ended.

    Return whether the file was complete nevertheless.
    """
    headers = await installation.signed_in()
    if content:
        assert job.file_sha256 is not None
        headers |= {"Range": f"bytes={len(content)}-"}
        headers |= {"If-Range": f'"{job.file_sha256.hex()}"'}
    address = f"{installation.address}/exports/{job.number}/{job.file_name}"
    through, has_ended = len(content) + most, False
    async with (
        httpx2.AsyncClient(timeout=PATIENCE) as client,
        client.stream("GET", address, headers=headers) as answer,
    ):
        assert answer.status_code == (206 if content else 200)
        try:
            async for piece in answer.aiter_raw(PIECE_BYTES):
                content += piece
                if len(content) >= through and not has_ended:
                    has_ended = True
                    await end()
        except (httpx2.RemoteProtocolError, httpx2.ReadError):
            return False
    return True


@pytest.mark.parametrize("storage", ["local", "bucket"])
async def test_servers_stop_during_a_download(
    new_installation: NewInstallation, note: Note, storage: str
) -> None:
    moments = random.Random(18)  # noqa: S311  (any moments do)
    content, breaks = bytearray(), 0
    async with new_installation(storage) as installation:
        server = await installation.start_server()
        await installation.start_worker()
        await installation.request(compress=None)
        job = await installation.ended()
        assert job.file_bytes is not None
        for stop in range(STOPS):
            most = moments.randrange(1, job.file_bytes // (2 * STOPS))
            # By turns as an operator ends it, and as a lack of memory does.
            end = server.kill if stop % 2 else server.stop
            assert not await read_on(installation, job, content, most, end)
            breaks += 1
            server = await installation.start_server()
        nothing_left = job.file_bytes + 1
        is_complete = await read_on(
            installation, job, content, nothing_left, server.kill
        )
        outcome = await outcome_of(installation)

    assert is_complete
    assert len(content) == job.file_bytes
    assert sha256(content).digest() == job.file_sha256
    note(f"{breaks} stops during a download of {job.file_bytes:,} bytes: {outcome}")
