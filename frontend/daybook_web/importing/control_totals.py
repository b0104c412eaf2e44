"""Control totals of the sender's own system, compared with a file. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from daybook.money import InvalidAmount, parse_amount
from daybook_web.importing.results import Effect
from daybook_web.kit.amounts import plain_amount
from daybook_web.kit.formats import money
from daybook_web.kit.results import Money

FIELD = "total-"
"""What the names of the fields begin with: `total-USD`."""
TEXT_MAX = 40


@dataclass(frozen=True, slots=True)
class ControlTotal:
    """The field of a ledger's control total: what was typed, and how it compares."""

    field: str
    text: str = ""
    verdict: str = ""
    is_agreed: bool = False

    @classmethod
    def of(cls, effect: Effect, typed: Mapping[str, str]) -> "ControlTotal":
        """The field of a ledger, compared if something was typed into it."""
        field = f"{FIELD}{effect.currency}"
        text = typed.get(field, "").strip()[:TEXT_MAX]
        if not text:
            return cls(field)
        try:
            total = parse_amount(plain_amount(text), effect.currency)
        except InvalidAmount:
            return cls(field, text, f"“{text}” is not an amount such as 1,204.50")
        more = effect.file_total.minor - total
        if not more:
            return cls(field, text, "Agrees with the file", is_agreed=True)
        amount = money(Money.of(abs(more), effect.file_total.decimals))
        which = "more" if more > 0 else "less"
        return cls(field, text, f"The file has {amount} {which}")
