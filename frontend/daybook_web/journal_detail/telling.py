"""The sum that explains a journal, as its page tells it. Pure."""

from collections.abc import Sequence
from typing import NamedTuple

from daybook_web.journal_detail.days import ACCOUNTS
from daybook_web.journal_detail.results import Gains, Journal
from daybook_web.kit.formats import MINUS, money, month
from daybook_web.kit.results import Money

_DONE = {
    "RECOGNIZED": "recognized",
    "DEFERRED": "deferred",
    "BILLED": "billed",
    "UNBILLED": "earned and not yet billed",
}


class ToldLine(NamedTuple):
    """A line: `figures` are what makes it, `words` what else is to say of it."""

    sign: str
    amount: Money
    figures: str
    words: str


class Told(NamedTuple):
    """A journal's sum, and what each account gains by the journal."""

    lines: Sequence[ToldLine]
    result: Money
    done: str
    """What became of the result: `recognized in October 2025 for Acme, Platform`."""
    gains: Sequence[tuple[str, Money]]
    footing: str
    """`150.00 = 100.00 + 50.00`: that both sides of the journal are equal."""

    @property
    def is_short(self) -> bool:
        """Whether the result is its one line."""
        return len(self.lines) == 1 and not self.lines[0].sign


def told(journal: Journal) -> Told:
    """The sum of a journal, with its gains as they are now."""
    lines = []
    for number, line in enumerate(journal.sum.lines):
        figures, _, words = line.words.partition(", ")
        if not set(figures) & _FORMULA:
            figures, words = "", line.words
        sign = MINUS if line.sign == "MINUS" else "+" * (number > 0)
        lines.append(ToldLine(sign, line.amount, figures, words))
    gains = _gains(journal)
    return Told(
        lines=lines,
        result=journal.sum.result,
        done=_done(journal),
        gains=[
            (name, gains.of(role))
            for role, name in ACCOUNTS.items()
            if role != "UNBILLED" or gains.unbilled.minor
        ],
        footing=_footing(gains),
    )


_FORMULA = {"÷", "×"}  # noqa: RUF001  (signs of arithmetic, for people)


def _gains(journal: Journal) -> Gains:
    """What the whole journal gains: the last of its recordings left it so."""
    return journal.recordings[0].gains


def _done(journal: Journal) -> str:
    names = [party.name for party in (journal.customer, journal.product) if party]
    whose = f" for {', '.join(names)}" if names else ""
    done = _DONE[journal.sum.account]
    return f"{done} in {month(journal.month)}{whose}"


def _footing(gains: Gains) -> str:
    left = [gains.billed, *([gains.unbilled] if gains.unbilled.minor else [])]
    return f"{_added(left)} = {_added([gains.deferred, gains.recognized])}"


def _added(amounts: Sequence[Money]) -> str:
    first, *others = amounts
    text = money(first)
    for amount in others:
        sign = MINUS if amount.minor < 0 else "+"
        text += f" {sign} {money(amount).lstrip(MINUS)}"
    return text
