"""`daybook`, and `python -m daybook`."""

from daybook.loading import loading


def main() -> None:
    """Run the command line."""
    with loading():
        from daybook.cli import app  # noqa: PLC0415  (slow: only while loading)
    app.main()


if __name__ == "__main__":
    main()
