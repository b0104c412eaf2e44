"""A transport of httpx2 that connects only to allowed addresses.

A host is resolved once, its addresses are checked, and the connection is made to one
of them: rebinding the name a moment later changes nothing.
"""

import asyncio
import socket
import ssl
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from ipaddress import ip_address
from typing import Any

import httpx2

from daybook.outbound.rules import Address, Allowed

_RESOLVERS = ThreadPoolExecutor(64, thread_name_prefix="resolve")
"""Threads of their own: a name server that doesn't answer holds each for half a minute,
and the event loop's few threads have other work to do."""
_NOTHING_KEPT = httpx2.Limits(max_keepalive_connections=0)


class AddressRefused(httpx2.ConnectError):
    """A host has an address that must not be called; the message says what to do."""


class GuardedTransport(httpx2.AsyncHTTPTransport):
    """Connects to public addresses, over TLS, and to what the operator allows.

    It uses no proxy and keeps no connection open: the next request might be for another
    host with the same address, whose certificate was never checked.
    """

    def __init__(
        self, allowed: Allowed, *, verify: ssl.SSLContext | None = None
    ) -> None:
        verify = verify or _public_certificates()
        super().__init__(verify=verify, trust_env=False, limits=_NOTHING_KEPT)
        self._allowed = allowed

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request to an address of its host.

        The name stays in the header Host and in the TLS handshake. Raises
        AddressRefused if one of its addresses must not be called, and ConnectError if
        none answers.
        """
        url, host = request.url, request.url.host
        is_tls = url.scheme == "https"
        addresses = await _resolve(host, url.port or (443 if is_tls else 80))
        for address in addresses:
            refusal = self._allowed.refusal(host, address, is_tls=is_tls)
            if refusal is not None:
                raise AddressRefused(refusal, request=request)
        request.extensions = {**request.extensions, "sni_hostname": host}
        for address in addresses[:-1]:
            request.url = url.copy_with(host=str(address))
            try:
                return await super().handle_async_request(request)
            except httpx2.ConnectError:
                continue
        request.url = url.copy_with(host=str(addresses[-1]))
        return await super().handle_async_request(request)


def guarded_client(allowed: Allowed, *, seconds: float) -> httpx2.AsyncClient:
    """A client that times out each step after `seconds` and follows no redirect."""
    return httpx2.AsyncClient(
        transport=GuardedTransport(allowed), timeout=seconds, trust_env=False
    )


@cache
def _public_certificates() -> ssl.SSLContext:
    """What trusts the certificates of the public internet; it takes long to load."""
    return httpx2.create_ssl_context(trust_env=False)


async def _resolve(host: str, port: int) -> list[Address]:
    """The addresses of a host, in the system's order.

    Raises ConnectError if it has none.
    """
    loop = asyncio.get_running_loop()
    try:
        found = await loop.run_in_executor(_RESOLVERS, _look_up, host, port)
    except (OSError, UnicodeError) as error:
        raise httpx2.ConnectError(f"{host} has no address") from error
    texts = dict.fromkeys(str(address[0]) for *_, address in found)
    return [ip_address(text) for text in texts]


def _look_up(host: str, port: int) -> list[tuple[Any, ...]]:
    return list(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
