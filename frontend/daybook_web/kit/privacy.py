"""Whether a key can be sent to the server without others reading it."""

from starlette.requests import Request

from daybook.server_address import LOOPBACK
from daybook.settings import Settings


def is_private(request: Request, settings: Settings) -> bool:
    """Whether nobody between the client and the server can read a key.

    That is so over HTTPS, which a proxy before the server may end, and on one machine:
    then both ends say so, since a proxy on the machine is a near peer of everybody.
    """
    if request.url.scheme == "https" or settings.is_secure:
        return True
    peer = request.client.host if request.client is not None else ""
    return peer in LOOPBACK and request.url.hostname in LOOPBACK
