"""Loading of modules, quickly and so that it can be interrupted."""

import gc
import signal
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def loading() -> Iterator[None]:
    """What the block imports is loaded at once, and Ctrl+C ends it without a traceback.

    Until a command can say what Ctrl+C means, the system ends the process as it does
    for SIGTERM: nothing is begun, so there is nothing to tell.
    """
    is_ours = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if is_ours:  # else whoever started us has Ctrl+C ignored
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    # Loading modules makes many objects and drops few: collecting them again and again
    # would take a fifth of the time until a command begins.
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
        if is_ours:
            signal.signal(signal.SIGINT, signal.default_int_handler)
