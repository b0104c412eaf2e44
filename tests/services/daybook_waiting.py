"""`python -m daybook_waiting`: does nothing until its input ends, or it is killed."""

import sys


def main() -> None:
    """Wait for the end of the input."""
    sys.stdin.read()


if __name__ == "__main__":
    main()
