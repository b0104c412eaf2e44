"""What is typed into the form of a manual journal: reading it, editing its lines. Pure.

Lines are numbered from 1, as their fields are: `line-3-debit`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace

from daybook.adjustments.rules import LINES_MAX
from daybook.money import amount_text, grouped_text
from daybook_web.manual_journals.arithmetic import Unreadable, evaluate

LINES_OF_NEW = 2
SIDES = ("debit", "credit")


@dataclass(frozen=True, slots=True)
class TypedLine:
    """The fields of a line, as they were typed.

    `account` is a role, or a role and the product of a sub-account: `DEFERRED support`.
    """

    account: str = ""
    description: str = ""
    debit: str = ""
    credit: str = ""
    customer: str = ""
    product: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether nothing was typed; a chosen account alone is something."""
        return not any(getattr(self, field.name) for field in fields(self))

    @property
    def has_amount(self) -> bool:
        """Whether either side is filled in."""
        return bool(self.debit or self.credit)


@dataclass(frozen=True, slots=True)
class Entry:
    """The form's fields, as they were typed."""

    ledger: str = ""
    kind: str = "CORRECTION"
    date: str = ""
    reverses_on: str = ""
    narrative: str = ""
    customer: str = ""
    product: str = ""
    adjusts: str = ""
    mode: str = "DIFFERENCE"
    lines: tuple[TypedLine, ...] = (TypedLine(),) * LINES_OF_NEW

    @classmethod
    def of(cls, form: Mapping[str, str]) -> "Entry":
        """The fields of a form that was sent; texts lose the spaces around them."""
        own = {
            field.name: form[field.name].strip()
            for field in fields(cls)
            if field.name in form and field.name != "lines"
        }
        return cls(**own, lines=tuple(_lines(form)))

    @property
    def is_reversal(self) -> bool:
        """Whether all its lines follow from the journal that it reverses."""
        return bool(self.adjusts) and self.mode == "REVERSE"

    @property
    def filled(self) -> list[tuple[int, TypedLine]]:
        """The lines that hold something, with their numbers."""
        return [
            (number, line)
            for number, line in enumerate(self.lines, 1)
            if not line.is_empty
        ]

    @property
    def sent(self) -> list[tuple[int, TypedLine]]:
        """The lines that are entered: those of a reversal are kept, and not sent."""
        return [] if self.is_reversal else self.filled

    @property
    def has_parties(self) -> bool:
        """Whether a line has a customer or a product of its own."""
        return any(line.customer or line.product for line in self.lines)

    def amounts(self) -> dict[str, int]:
        """The readable amounts in minor units, by their fields' names."""
        found = {}
        for number, line in self.filled:
            for side in SIDES:
                text = getattr(line, side)
                try:
                    found[f"line-{number}-{side}"] = evaluate(text, self.ledger)
                except Unreadable:
                    continue
        return found

    def worked_out(self) -> "Entry":
        """The same with each readable amount in figures instead of a sum."""
        amounts = self.amounts()

        def shown(number: int, side: str, typed: str) -> str:
            minor = amounts.get(f"line-{number}-{side}")
            return typed if minor is None else grouped_text(minor, self.ledger)

        return replace(
            self,
            lines=tuple(
                replace(
                    line,
                    debit=shown(number, "debit", line.debit),
                    credit=shown(number, "credit", line.credit),
                )
                for number, line in enumerate(self.lines, 1)
            ),
        )

    def with_line(self) -> "Entry":
        """The same with one empty line more, unless there are as many as may be."""
        more = (TypedLine(),) if len(self.lines) < LINES_MAX else ()
        return replace(self, lines=(*self.lines, *more))

    def without_line(self, number: int) -> "Entry":
        """The same without a line; the form keeps one."""
        lines = tuple(
            line for other, line in enumerate(self.lines, 1) if other != number
        )
        return replace(self, lines=lines or (TypedLine(),))

    def balanced(self) -> "Entry":
        """The same with the difference put into the line that `Figures` names."""
        figures = Figures.of(self)
        if not figures.difference:
            return self
        side = "credit" if figures.difference > 0 else "debit"
        text = grouped_text(abs(figures.difference), self.ledger)
        entry = self if figures.place <= len(self.lines) else self.with_line()
        return replace(
            entry,
            lines=tuple(
                replace(line, **{side: text}) if number == figures.place else line
                for number, line in enumerate(entry.lines, 1)
            ),
        )


@dataclass(frozen=True, slots=True)
class Figures:
    """The sums of both sides in minor units; `place` is the line for the difference."""

    debits: int
    credits: int
    place: int

    @classmethod
    def of(cls, entry: Entry) -> "Figures":
        """The sums of the amounts that are readable."""
        sums = dict.fromkeys(SIDES, 0)
        for field, minor in entry.amounts().items():
            sums[field.rpartition("-")[2]] += minor
        free = [
            number for number, line in enumerate(entry.lines, 1) if not line.has_amount
        ]
        place = next(
            (number for number in free if not entry.lines[number - 1].is_empty),
            free[0] if free else len(entry.lines) + 1,
        )
        return cls(sums["debit"], sums["credit"], place)

    @property
    def difference(self) -> int:
        """By how much debits are more than credits."""
        return self.debits - self.credits


def amount_of(text: str, currency: str) -> str:
    """An amount as the API takes it; raises Unreadable."""
    return amount_text(evaluate(text, currency), currency)


def _lines(form: Mapping[str, str]) -> Iterable[TypedLine]:
    """The lines of a form in their order; it sends the fields of every line."""
    names = [field.name for field in fields(TypedLine)]
    for number in range(1, LINES_MAX + 1):
        texts = {name: form.get(f"line-{number}-{name}") for name in names}
        if all(text is None for text in texts.values()):
            return
        yield TypedLine(**{name: (text or "").strip() for name, text in texts.items()})
