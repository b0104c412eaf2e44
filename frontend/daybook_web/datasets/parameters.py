"""The parameters of a dataset's address: which lines, of which state, which page."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from daybook.calendar import Day, parse_day
from daybook.errors import Problem, ProblemCode, Rejected, did_you_mean, quoted
from daybook.gl.dataset.files import Wanted
from daybook.gl.dataset.filters import LineFilter
from daybook.gl.dataset.rendering import FileForm, FilePage, Place
from daybook.gl.dataset.snapshots import Snapshot
from daybook.gl.rules.chart import AccountClass
from daybook.gl.rules.journal_types import ExposureKind, JournalType
from daybook.money import currencies_in_use
from daybook.numbers import read_number

Value = TypeVar("Value")

SEVERAL = ("connection", "type", "account", "class", "gain")
"""These may be repeated: a line fits one of each."""
SINGLE = (
    *("from", "to", "contact", "tracking", "search", "document_currency"),
    *("refresh", "limit", "after"),
)
LIMIT_MAX = 1_000_000
LIMIT_DIGITS = len(str(LIMIT_MAX))
TYPES: Mapping[str, JournalType] = {
    type_.label.lower().replace(" ", "-"): type_ for type_ in JournalType
}
CLASSES: Mapping[str, str] = {its.lower(): its for its in AccountClass}
GAINS: Mapping[str, ExposureKind] = {its.name.lower(): its for its in ExposureKind}
STATE_CHARACTERS = 16
_CURSOR = re.compile(
    rf"([0-9a-f]{{{STATE_CHARACTERS}}})\.([0-9]{{1,18}})\.([0-9]{{1,18}})", re.ASCII
)


class Parameters:
    """What an address asks for; blank parameters are left out, as forms send them."""

    def __init__(self, query: QueryParams) -> None:
        """Raises Rejected for unknown parameters, and others given more than once."""
        self._values: dict[str, list[str]] = {}
        self._problems: list[Problem] = []
        for name, text in query.multi_items():
            if name not in (*SEVERAL, *SINGLE):
                near = did_you_mean(name, (*SEVERAL, *SINGLE))
                self._note(name, f"there is no such parameter{near}")
            elif text.strip():
                self._values.setdefault(name, []).append(text.strip())
        for name in SINGLE:
            if len(self._all(name)) > 1:
                self._note(name, "it is given more than once")
        self.refresh = self._read("refresh", _number)
        self._check()

    def wanted(self, snapshot: Snapshot, form: FileForm) -> Wanted:
        """The file that is asked for; raises Rejected with all that is wrong."""
        line_filter = LineFilter(
            connections=self._each("connection", snapshot.connections),
            types=self._each("type", TYPES),
            first=self._read("from", _day),
            last=self._read("to", _day),
            account_codes=self._all("account") or None,
            account_classes=self._each("class", CLASSES),
            contact_id=self._text("contact"),
            tracking=self._text("tracking"),
            search=self._text("search"),
            currency=self._read("document_currency", _currency) or "",
            gains=self._each("gain", GAINS),
        )
        limit, after = self._read("limit", _limit), self._after(snapshot)
        first, last = line_filter.first, line_filter.last
        if first is not None and last is not None and first > last:
            self._note("to", "the period ends before it begins")
        self._check()
        page = None
        if limit is not None or after is not None:
            page = FilePage(limit or LIMIT_MAX, after)
        return Wanted(snapshot, line_filter, form, page)

    @property
    def goes_on(self) -> bool:
        """Whether a page is asked for that follows another one."""
        return bool(self._text("after"))

    def goes_on_in(self, snapshot: Snapshot | None) -> bool:
        """Whether that was a page of this state."""
        if snapshot is None:
            return False
        return self._text("after").startswith(f"{_state(snapshot)}.")

    def query_after(self, snapshot: Snapshot, place: Place) -> str:
        """The query for what follows a place in the same state of the dataset."""
        after = ".".join((_state(snapshot), *map(str, place)))
        more = {"refresh": [str(snapshot.refresh)], "after": [after]}
        return urlencode({**self._values, **more}, doseq=True)

    def _after(self, snapshot: Snapshot) -> Place | None:
        text = self._text("after")
        if not text:
            return None
        found = _CURSOR.fullmatch(text)
        if found is None:
            self._note("after", "it comes from the header Link of the page before")
        elif found[1] != _state(snapshot):
            self._note("after", "the dataset is another one by now: begin without it")
        else:
            return Place(int(found[2]), int(found[3]))
        return None

    def _all(self, name: str) -> Sequence[str]:
        return self._values.get(name, ())

    def _text(self, name: str) -> str:
        return self._values.get(name, [""])[0]

    def _each(self, name: str, known: Mapping[str, Value]) -> Sequence[Value] | None:
        """What each text names, in any case; None without the parameter."""
        by_name = {key.casefold(): value for key, value in known.items()}
        found = []
        for text in self._all(name):
            key = text.casefold()
            key = key if key in by_name else key.replace(" ", "-").replace("_", "-")
            if key in by_name:
                found.append(by_name[key])
            else:
                near = did_you_mean(text, known)
                words = f"{quoted(text)} is none of {', '.join(known)}{near}"
                self._note(name, words)
        return found or None

    def _read(self, name: str, read: Callable[[str], Value]) -> Value | None:
        text = self._text(name)
        try:
            return read(text) if text else None
        except ValueError as wrong:
            self._note(name, str(wrong))
            return None

    def _note(self, name: str, message: str) -> None:
        problem = Problem(ProblemCode.INVALID_VALUE, message, (name,))
        self._problems.append(problem)

    def _check(self) -> None:
        if self._problems:
            raise Rejected(self._problems)


def _state(snapshot: Snapshot) -> str:
    """The beginning of the hash of a state, which a page's place is in."""
    return snapshot.content_sha256.hex()[:STATE_CHARACTERS]


def _number(text: str) -> int:
    return read_number(text)


def _currency(text: str) -> str:
    code = text.upper()
    if code not in currencies_in_use():
        near = did_you_mean(code, currencies_in_use())
        raise ValueError(f"{quoted(text)} is not the code of a currency{near}")
    return code


def _limit(text: str) -> int:
    is_number = text.isascii() and text.isdecimal() and len(text) <= LIMIT_DIGITS
    if not is_number or not 1 <= int(text) <= LIMIT_MAX:
        raise ValueError(f"{quoted(text)} is no number from 1 to {LIMIT_MAX:,}")
    return int(text)


def _day(text: str) -> Day:
    try:
        return parse_day(text)
    except ValueError as wrong:
        raise ValueError(f"{quoted(text)}: {wrong}") from None
