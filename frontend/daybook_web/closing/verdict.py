"""Whether the balances of a day agree, in words. Pure."""

from typing import NamedTuple

from daybook_web.closing.results import Compared
from daybook_web.kit.formats import day, money


class Verdict(NamedTuple):
    """Words for people, and whether a balance differs; without words, none is there."""

    words: str = ""
    differs: bool = False


def verdict(compared: Compared | None, on: str) -> Verdict:
    """What the balances of a day (`2026-10-31`) differ by, if any is of it."""
    found = [
        (its.account.name, its.target, balance)
        for its in (() if compared is None else compared.accounts)
        for balance in its.balances
        if balance.on.isoformat() == on
    ]
    if not found:
        return Verdict()
    # The same account may be compared with the files of several targets.
    differing = dict.fromkeys(
        f"{name} by {money(balance.difference)}"
        for name, _, balance in found
        if balance.difference.minor
    )
    with_what = "what is posted" if any(its[1] for its in found) else "the ledger"
    of_day = day(found[0][2].on)
    if not differing:
        return Verdict(f"All that is entered for {of_day} agrees with {with_what}.")
    words = f"Of {of_day}, these differ from {with_what}: {', '.join(differing)}."
    return Verdict(words, differs=True)
