"""An event loop that accepts one connection at a time, so that workers share them.

New clients wake all processes that listen on a socket. asyncio would accept every
waiting connection: the first process to wake would have them all, and the others would
have nothing to do for as long as clients keep them open.
"""

import asyncio
from typing import Any


class SharingLoop(asyncio.SelectorEventLoop):
    """asyncio's loop, which runs other callbacks after each accepted connection."""

    def _accept_connection(  # asyncio calls it when clients are waiting
        self,
        protocol_factory: Any,
        sock: Any,
        sslcontext: Any = None,
        server: Any = None,
        backlog: int = 100,
        *timeouts: Any,
    ) -> None:
        accept: Any = super()._accept_connection  # type: ignore[misc]  # asyncio has it, its types do not
        accept(protocol_factory, sock, sslcontext, server, min(backlog, 1), *timeouts)
