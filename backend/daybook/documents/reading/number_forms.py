"""How a file writes numbers: separators, negatives, currency signs. Pure.

A form reads a text in one way or not at all: thousands are groups of exactly three
digits, and nothing but what the form declares is taken.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

from daybook.documents.reading.everyday_words import CURRENCY_SIGNS
from daybook.documents.reading.mixed_forms import WRITE_IT, Mixed, by_forms

SEPARATORS = {",": ",", ".": r"\.", " ": "[ \u00a0\u2009\u202f]", "'": "['\u2019]"}
"""Thousands separators by their names: patterns, for spaces of any width."""

_DIGITS = r"(?:0|[1-9][0-9]{0,17})"
_MINUS = ("-", "\N{MINUS SIGN}")
_NUMBER = re.compile(r"[^0-9]*([0-9](?:.*[0-9])?)[^0-9]*", re.DOTALL)
_TRAILING_MINUS = re.compile(r"[0-9][^0-9]*[-\u2212][^0-9]*\Z")
_BRACKETS = re.compile(r"[^0-9]*\([^()]*[0-9][^()]*\)[^0-9]*")


class ReadNumber(NamedTuple):
    """A number as the format writes it (`-1234.50`), and the currency of its sign."""

    text: str
    currency: str | None


@dataclass(frozen=True)
class NumberForm:
    """How numbers are written: `1234.50` by default.

    A leading minus is always taken. `signs` are pairs of a sign and its currency.
    `also` are further forms that cells may have; a text that two forms read as two
    numbers is none.
    """

    decimal: str = "."
    thousands: str | None = None
    parentheses: bool = False
    trailing_minus: bool = False
    signs: tuple[tuple[str, str], ...] = ()
    also: "tuple[NumberForm, ...]" = ()

    def read(self, text: str) -> ReadNumber | None:
        """The number that a text is in this form, or None."""
        if not self.also:
            return self._read(text)
        found = self.readings(text)
        return found[0] if len(found) == 1 else None

    def reads_all(self, texts: Iterable[str]) -> bool:
        """Whether each text is one number."""
        return all(self.read(text) is not None for text in texts)

    def readings(self, text: str) -> list[ReadNumber]:
        """The different numbers that a text is by the form and those in `also`."""
        found = [self._read(text), *(form.read(text) for form in self.also)]
        return [*dict.fromkeys(number for number in found if number is not None)]

    def refusal(self, text: str) -> str:
        """Why a text isn't read, for a message: `is not a number like 1,234.50`."""
        found = self.readings(text) if self.also else []
        if len(found) > 1:
            several = " or ".join(number.text for number in found)
            return f"may be {several} by the mapping's numbers: {WRITE_IT}"
        return f"is not a number like {self.example}"

    @property
    def has_signs(self) -> bool:
        """Whether numbers may have currency signs."""
        return bool(self.signs) or any(form.has_signs for form in self.also)

    def _read(self, text: str) -> ReadNumber | None:
        """The number that a text is, but for `also`."""
        rest, is_bracketed = self._without_brackets(text)
        rest, minuses = self._without_minus(rest)
        rest, currency = self._without_sign(rest)
        if currency is not None and not minuses and not is_bracketed:
            rest, is_bracketed = self._without_brackets(rest)
            rest, minuses = self._without_minus(rest)
        match = self._digits.fullmatch(rest)
        if match is None or minuses + is_bracketed > 1:
            return None
        whole = re.sub("[^0-9]", "", match["whole"])
        fraction = match["fraction"]
        number = whole if fraction is None else f"{whole}.{fraction}"
        is_negative = bool(minuses or is_bracketed)
        return ReadNumber(f"-{number}" if is_negative else number, currency)

    @property
    def example(self) -> str:
        """A number in this form, for messages: `1,234.50`."""
        own = f"1{self.thousands or ''}234{self.decimal}50"
        return " or ".join([own, *(form.example for form in self.also)])

    @property
    def words(self) -> str:
        """What a mapping says under `[numbers]` for this form."""
        settings = []
        if self.decimal != ".":
            settings.append(f'decimal = "{self.decimal}"')
        if self.thousands is not None:
            settings.append(f'thousands = "{self.thousands}"')
        if self.parentheses:
            settings.append("parentheses = true")
        if self.trailing_minus:
            settings.append("trailing_minus = true")
        if self.signs:
            signs = ", ".join(f'"{sign}" = "{code}"' for sign, code in self.signs)
            settings.append(f"currency_signs = {{ {signs} }}")
        if self.also:
            settings.append(f"also = {self.also_words}")
        return ", ".join(settings)

    @property
    def also_words(self) -> str:
        """The further forms as a mapping says them; empty without any."""
        tables = [f"{{ {form.words or _PLAIN_SETTING} }}" for form in self.also]
        return f"[{', '.join(tables)}]" if tables else ""

    @cached_property
    def _digits(self) -> re.Pattern[str]:
        whole = _DIGITS
        if self.thousands is not None:
            separator = SEPARATORS[self.thousands]
            whole = rf"(?:{_DIGITS}|[1-9][0-9]{{0,2}}(?:{separator}[0-9]{{3}}){{1,5}})"
        decimal = re.escape(self.decimal)
        return re.compile(
            rf"(?P<whole>{whole})(?:{decimal}(?P<fraction>[0-9]{{1,18}}))?"
        )

    def _without_brackets(self, text: str) -> tuple[str, bool]:
        """A text without the parentheses around it, and whether it had any."""
        if self.parentheses and text.startswith("(") and text.endswith(")"):
            return text[1:-1].strip(), True
        return text, False

    def _without_minus(self, text: str) -> tuple[str, int]:
        """A text without its minus, and how many it had; two are one too many."""
        count = 0
        if text.startswith(_MINUS):
            text, count = text[1:].lstrip(), 1
        if self.trailing_minus and text.endswith(_MINUS):
            text, count = text[:-1].rstrip(), count + 1
        return text, count

    def _without_sign(self, text: str) -> tuple[str, str | None]:
        for sign, currency in self._longest_first:
            if text.startswith(sign):
                return text[len(sign) :].lstrip(), currency
            if text.endswith(sign):
                return text[: -len(sign)].rstrip(), currency
        return text, None

    @cached_property
    def _longest_first(self) -> tuple[tuple[str, str], ...]:
        return tuple(sorted(self.signs, key=lambda pair: -len(pair[0])))


_PLAIN_SETTING = 'decimal = "."'
PLAIN = NumberForm()
"""The format's own form: `1234.50`."""
_SEPARATED = (
    *(NumberForm(decimal) for decimal in ".,"),
    *(NumberForm(decimal, other) for decimal, other in (".,", ",.")),
    *(NumberForm(decimal, other) for other in " '" for decimal in ".,"),
)


def forms_that_fit(texts: Iterable[str]) -> list[NumberForm]:
    """The forms in which all of the texts are numbers, without needless separators.

    There are several where the texts don't tell: `1,200` may be 1200 or 1.2.
    """
    texts = tuple(texts)
    found: list[NumberForm] = []
    for form in possible_forms(texts):
        if replace(form, thousands=None) not in found and all(map(form.read, texts)):
            found.append(form)
    if PLAIN not in map(_undressed, found):
        return found
    # Most plain numbers are the same in every form that fits, but 1.000 may be 1000.
    plain, *others = found
    return [plain, *(form for form in others if _differ(plain, form, texts))]


def possible_forms(texts: Iterable[str]) -> list[NumberForm]:
    """All known forms, with the negatives and currency signs that the texts have."""
    texts = tuple(texts)
    dress = NumberForm(
        parentheses=any(_BRACKETS.fullmatch(text) for text in texts),
        trailing_minus=any(_TRAILING_MINUS.search(text) for text in texts),
        signs=_signs_of(texts),
    )
    return [
        replace(dress, decimal=separated.decimal, thousands=separated.thousands)
        for separated in _SEPARATED
    ]


def mixed(texts: Iterable[str]) -> Mixed[NumberForm]:
    """Which of the texts are numbers in which form, where no one form fits all."""
    texts = tuple(texts)
    forms = possible_forms(texts)
    return by_forms(texts, forms, lambda text, form: form.read(text) is not None)


def together(forms: Sequence[NumberForm]) -> NumberForm:
    """One form that reads what each of several does, begun by the first."""
    first, *others = forms
    return replace(first, also=tuple(others))


def are_distinct(by_form: Sequence[tuple[NumberForm, Sequence[str]]]) -> bool:
    """Whether each text is one number by the forms, and by all that fit its own."""
    return not unclear(by_form)


def unclear(by_form: Sequence[tuple[NumberForm, Sequence[str]]]) -> list[str]:
    """The texts that aren't one number by the forms, and by all that fit its own."""
    forms = [form for form, _ in by_form]
    return [
        text
        for _, texts in by_form
        for text in texts
        if together([*forms, *forms_that_fit(texts)]).read(text) is None
    ]


def way_out_of_mixed(texts: Sequence[str]) -> str:
    """How numbers of several forms can be read; empty if one may be two numbers."""
    by_form = mixed(texts).by_form
    if not are_distinct(by_form):
        return ""
    form = together([form for form, _ in by_form])
    return f": write it so, or say {form.words} under [numbers] in a mapping"


def way_out(forms: Sequence[NumberForm]) -> str:
    """What to say under `[numbers]` for one of the forms; empty without any."""
    settings = [form.words for form in forms if form.words]
    if not settings:
        return ""
    which = ", whichever it is" if len(settings) > 1 else ""
    said = " or ".join(settings)
    return f": write it so, or say {said} under [numbers] in a mapping{which}"


def _undressed(form: NumberForm) -> NumberForm:
    """The separators of a form alone."""
    return NumberForm(form.decimal, form.thousands)


def _differ(form: NumberForm, other: NumberForm, texts: Iterable[str]) -> bool:
    """Whether two forms read any of the texts as different numbers."""
    return any(form.read(text) != other.read(text) for text in texts)


def _signs_of(texts: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Currency signs around the digits of texts, with the currency of each."""
    found = {}
    for text in texts:
        digits = _NUMBER.fullmatch(text)
        if digits is None:
            continue
        start, end = digits.span(1)
        around = f"{text[:start]} {text[end:]}"
        for mark in (*_MINUS, "(", ")"):
            around = around.replace(mark, " ")
        for sign in around.split():
            if sign in CURRENCY_SIGNS:
                found[sign] = CURRENCY_SIGNS[sign]
            elif sign in CURRENCY_SIGNS.values():
                found[sign] = sign
    return tuple(sorted(found.items()))
