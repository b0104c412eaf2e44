"""The kinds of values of filters, read from text and written as text. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, ClassVar, TypeAlias

from daybook.calendar import Day, day_text, parse_day
from daybook.errors import ProblemCode, did_you_mean
from daybook.ledger.rules import SourceKind
from daybook.numbers import read_number

TEXT_MAX = 200
"""The largest length of an own id, and of a search."""


class Unfit(ValueError):
    """A text that is not a value of its filter; `words` say why.

    Each interface quotes the text in its own way; it is None if quoting wouldn't help.
    """

    def __init__(self, code: ProblemCode, text: str | None, words: str) -> None:
        super().__init__(words if text is None else f"{text!r} {words}")
        self.code = code
        self.text = text
        self.words = words


def give_one(texts: Iterable[str]) -> str:
    """The advice for several values of a filter that takes one."""
    return f"give one of {' and '.join(map(repr, texts))}"


@dataclass(frozen=True, slots=True)
class AnyDay:
    """A day, `YYYY-MM-DD`."""

    form: ClassVar[str] = "day"

    def read(self, text: str) -> Day:
        """The day; raises Unfit for other texts."""
        try:
            return parse_day(text)
        except ValueError:
            words = "is not a date: write it as 2025-10-31, between 2000 and 2099"
            raise Unfit(ProblemCode.INVALID_DATE, text, words) from None

    def write(self, value: Day) -> str:
        """The text of a day, which `read` reads."""
        return day_text(value)


@dataclass(frozen=True, slots=True)
class RecordingNumber:
    """The number of a recording, or 0: before the first one."""

    form: ClassVar[str] = "number"

    def read(self, text: str) -> int:
        """The number; raises Unfit for other texts."""
        try:
            return 0 if text == "0" else read_number(text)
        except ValueError:
            words = "is not a recording: give its number, such as 12, or 0 for all"
            raise Unfit(ProblemCode.INVALID_VALUE, text, words) from None

    def write(self, value: int) -> str:
        """The text of a number, which `read` reads."""
        return str(value)

    def tidy(self, text: str) -> str:
        """The text itself: a number has one spelling."""
        return text


@dataclass(frozen=True, slots=True)
class OneOf:
    """One or several names of an enum; `words` are their labels in a form.

    If a form's first choice is none of them, the empty name has a label too.
    """

    form: ClassVar[str] = "choice"

    noun: str
    names: type[Enum]
    words: Mapping[str, str]
    is_many: bool = False

    def read(self, text: str) -> Any:
        """The named value; raises Unfit with the list of names."""
        known = self.names.__members__
        try:
            return known[self.tidy(text)]
        except KeyError:
            near = did_you_mean(text, known)
            words = f"is not a {self.noun}: it is one of {', '.join(known)}{near}"
            raise Unfit(ProblemCode.INVALID_VALUE, text, words) from None

    def write(self, value: Enum) -> str:
        """The value's name."""
        return value.name

    def tidy(self, text: str) -> str:
        """The enum's name, `CREDIT_NOTE` for `credit-note`; else the text itself."""
        name = text.upper().replace("-", "_")
        return name if name in self.names.__members__ else text


@dataclass(frozen=True, slots=True)
class YesOrNo:
    """Yes or no, with labels for people; a switch without `no` is on or absent.

    `either` is a form's label for neither; if it is empty, neither means yes.
    """

    form: ClassVar[str] = "flag"

    yes: str
    no: str = ""
    either: str = ""

    def read(self, text: str) -> bool | None:
        """True or False, None for a switch that is off; raises Unfit for others."""
        value = _YES_AND_NO.get(text.lower())
        if value is None:
            raise Unfit(ProblemCode.INVALID_VALUE, text, "is neither yes nor no")
        return value or (False if self.no else None)

    def write(self, value: bool) -> str:  # noqa: FBT001  (the value of a filter)
        """`yes` or `no`."""
        return "yes" if value else "no"

    def tidy(self, text: str) -> str:
        """`yes` or `no`, and nothing for a switch that is off; else the text itself."""
        value = _YES_AND_NO.get(text.lower())
        if value is None:
            return text
        return "yes" if value else "no" * bool(self.no)


_YES_AND_NO = {
    **dict.fromkeys(("1", "true", "yes", "on"), True),
    **dict.fromkeys(("0", "false", "no", "off"), False),
}


@dataclass(frozen=True, slots=True)
class Text:
    """A text to search for."""

    form: ClassVar[str] = "text"

    def read(self, text: str) -> str:
        """The text; raises Unfit if no name can contain it."""
        if len(text) > TEXT_MAX:
            words = f"at most {TEXT_MAX} characters can be looked for"
            raise Unfit(ProblemCode.INVALID_VALUE, None, words)
        if not _NOT_IN_NAMES.isdisjoint(text) or not _is_text(text):
            words = "this has a character that is in no name: type it again"
            raise Unfit(ProblemCode.INVALID_VALUE, None, words)
        return text

    def write(self, value: str) -> str:
        """The text itself."""
        return value


_NOT_IN_NAMES = {"\0", "\N{REPLACEMENT CHARACTER}"}
"""Decoders put the second in place of bytes that aren't UTF-8."""


def _is_text(text: str) -> bool:
    """Whether a text is valid UTF-8, as command-line arguments needn't be."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class OwnId(Text):
    """The sender's own id of a customer, a product or a document of one kind."""

    form: ClassVar[str] = "id"

    document: SourceKind | None = None


Kind: TypeAlias = AnyDay | RecordingNumber | OneOf | YesOrNo | OwnId | Text
