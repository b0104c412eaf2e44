"""The cores that this process may use, and which of them others have taken."""

import os
import sys
from hashlib import sha256
from socket import AF_UNIX, socket


def cores() -> int:
    """How many cores this process may use."""
    return len(_usable())


def take_core(purpose: str) -> socket | None:
    """Take a core from the machine's other processes with this purpose.

    None if they have all of ours. Closing it, and the end of this process, gives it
    back. Only Linux knows which cores are taken; elsewhere there is always one.
    """
    digest = sha256(purpose.encode()).hexdigest()
    for core in _usable():
        taken = socket(AF_UNIX)
        if sys.platform != "linux":
            return taken
        try:
            # A name that is no file, and that ends with its socket (`unix(7)`).
            taken.bind(f"\0daybook-{digest[:32]}-{core}")
        except OSError:
            taken.close()
        else:
            return taken
    return None


def _usable() -> list[int]:
    if sys.platform == "linux":
        return sorted(os.sched_getaffinity(0))
    return [*range(os.cpu_count() or 1)]
