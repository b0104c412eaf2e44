"""`daybook`, and `python -m daybook`."""

from daybook.cli.app import main

if __name__ == "__main__":
    main()
