"""`daybook`, and `python -m daybook`."""

import gc


def main() -> None:
    """Run the command line."""
    # Loading modules makes many values and drops few: the collector would walk them
    # again and again, a fifth of the time until a command begins.
    gc.disable()
    from daybook.cli import app  # noqa: PLC0415  (what takes its time is imported here)

    gc.freeze()
    gc.enable()
    app.main()


if __name__ == "__main__":
    main()
