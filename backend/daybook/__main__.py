"""`daybook`, and `python -m daybook`."""

import gc


def main() -> None:
    """Run the command line."""
    # Loading modules makes many objects and drops few: collecting them again and again
    # would take a fifth of the time until a command begins.
    gc.disable()
    from daybook.cli import app  # noqa: PLC0415  (slow: only after gc.disable())

    gc.freeze()
    gc.enable()
    app.main()


if __name__ == "__main__":
    main()
