"""An event loop that takes one connection at a time, so that workers share them.

Processes that listen on one socket are all woken when clients come. asyncio would take
every connection that waits: the first to wake would have them all, and for as long as
clients keep them open the others would have nothing to do.
"""

import asyncio
from typing import Any


class SharingLoop(asyncio.SelectorEventLoop):
    """asyncio's loop, which looks at what else there is to do after each connection."""

    def _accept_connection(  # what asyncio calls once it is told that clients wait
        self,
        protocol_factory: Any,
        sock: Any,
        sslcontext: Any = None,
        server: Any = None,
        backlog: int = 100,
        *timeouts: Any,
    ) -> None:
        accept: Any = super()._accept_connection  # type: ignore[misc]
        accept(protocol_factory, sock, sslcontext, server, min(backlog, 1), *timeouts)
