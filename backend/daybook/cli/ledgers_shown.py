"""Several ledgers in a terminal: one after another, each under its heading."""

from collections.abc import Sequence

from daybook.cli.running import Failed, out


def print_ledger(currency: str, *, is_first: bool) -> None:
    """Print the heading of a ledger that isn't shown alone."""
    if not is_first:
        out.print()
    out.print(f"{currency} ledger", style="bold")


def holds_one_ledger(output: str, what: str, currencies: Sequence[str]) -> Failed:
    """Why a file isn't made of several ledgers, and both ways out."""
    return Failed(
        f"-o {output}: {what} holds one ledger, and there are {', '.join(currencies)}:"
        f" choose one with --currency {currencies[0]}, or name a folder, such as"
        " -o exports/, for a file of each"
    )
