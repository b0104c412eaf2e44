"""Fetches the ECB's file of rates from the address that the settings name."""

from pathlib import PurePosixPath
from urllib.parse import urlsplit

import httpx2

from daybook.errors import Problem, ProblemCode, Rejected
from daybook.fx.reading import BYTES_MAX
from daybook.outbound.client import guarded_client
from daybook.outbound.rules import Allowed
from daybook.settings import Settings

SECONDS_MAX = 30
"""How long the server may take for each step of its answer."""


async def download_rates(settings: Settings) -> tuple[str, bytes]:
    """The file's name and content; raises Rejected with why there is none.

    Redirects aren't followed: the setting names the file itself.
    """
    address = settings.ecb_url
    parts = urlsplit(address)
    # The operator chose the address; it may be in their own network.
    allowed = Allowed.of([*settings.webhooks_allow, parts.hostname or ""])
    try:
        async with (
            guarded_client(allowed, seconds=SECONDS_MAX) as client,
            client.stream("GET", address) as answer,
        ):
            if answer.status_code != httpx2.codes.OK:
                raise _refused(address, f"the server answered {answer.status_code}")
            content = b""
            async for piece in answer.aiter_bytes():
                content += piece
                if len(content) > BYTES_MAX:
                    raise _refused(address, f"it has more than {BYTES_MAX:,} bytes")
    except httpx2.HTTPError as error:
        raise _refused(address, str(error) or type(error).__name__) from None
    return PurePosixPath(parts.path).name or (parts.hostname or address), content


def _refused(address: str, reason: str) -> Rejected:
    message = (
        f"{address} can't be downloaded: {reason}; download the file in a browser and"
        " name it: `daybook fx refresh FILE`"
    )
    return Rejected([Problem(ProblemCode.UNREADABLE, message)])
