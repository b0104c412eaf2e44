"""`daybook`, and `python -m daybook`."""

import gc
import signal


def main() -> None:
    """Run the command line."""
    # Until a command can say what Ctrl+C means, the system ends the process as it does
    # for SIGTERM: nothing is begun, so there is nothing to tell.
    is_ours = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if is_ours:  # else whoever started us has Ctrl+C ignored
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    # Loading modules makes many objects and drops few: collecting them again and again
    # would take a fifth of the time until a command begins.
    gc.disable()
    from daybook.cli import app  # noqa: PLC0415  (slow: only after gc.disable())

    gc.freeze()
    gc.enable()
    if is_ours:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    app.main()


if __name__ == "__main__":
    main()
