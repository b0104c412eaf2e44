"""Whether a server can listen on a port, before anything else is done for it."""

import errno
import socket
from contextlib import suppress

from daybook.cli.running import Failed


def check_port(host: str, port: int) -> None:
    """Raise Failed, with the way out, if nothing can listen on a port.

    The port stays free: the server's own attempt decides.
    """
    try:
        found = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or error
        message = f"{host} is no address to listen on: {reason} (--host)"
        raise Failed(message) from None
    for family, _, _, _, address in found:
        try:
            _bind(family, address)
        except OSError as error:
            raise Failed(_words(error, host, port), status=1) from None


def _bind(family: socket.AddressFamily, address: tuple[str | int | bytes, ...]) -> None:
    """Bind a socket as a server does, and close it; raises OSError."""
    try:
        listening = socket.socket(family, socket.SOCK_STREAM)
    except OSError:  # a family that this machine doesn't have, which servers skip
        return
    with listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            with suppress(OSError):
                listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listening.bind(address)


def _words(error: OSError, host: str, port: int) -> str:
    """Why nothing can listen there, and the way out."""
    if error.errno == errno.EADDRINUSE:
        return (
            f"port {port} is in use by another program: stop that, or choose another"
            " port with --port"
        )
    if error.errno in {errno.EACCES, errno.EPERM}:
        return f"port {port} may not be used: choose one above 1023 with --port"
    return f"can't listen on {host}, port {port}: {error.strerror or error}"
