"""Programs that tests start can be interrupted, also where the tests themselves can't.

A shell has its background jobs ignore SIGINT, and what they start inherits that: a
program that a test interrupts would go on until the test's patience ends.
"""

import signal


def heed_interrupts() -> None:
    """Let SIGINT interrupt this process and those that it starts."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


heed_interrupts()
