"""Problems of one kind told together: a count, the first values and their lines. Pure.

Two problems are of one kind if they have the same code, field and message, apart from
the value that the message quotes and from the numbers of lines and list items.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from daybook.errors import Problem, ProblemCode

SHOWN_MAX = 3
"""How many lines and values of a group are shown."""

_QUOTED = re.compile(r"'(?:[^'\\]|\\.)*'")
_LINE = re.compile(r"\bline [0-9]+")

_Kind = tuple[ProblemCode, tuple[str, ...], str]


@dataclass(slots=True)
class ProblemGroup:
    """Problems of one kind, the first one with its message."""

    first: Problem
    path: tuple[str, ...]
    count: int = 0
    lines: list[int] = field(default_factory=list)
    values: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        """The problems in one line: `18 times (lines 2, 3, 5, …): path: message`."""
        if self.count == 1:
            return str(self.first)
        problem = replace(self.first, line=None, path=self.path, message=self._message)
        return f"{self.count:,} times{self._where}: {problem}"

    @property
    def words(self) -> str:
        """The problems without field and code: `2 times (lines 2, 3): message`."""
        if self.count > 1:
            return f"{self.count:,} times{self._where}: {self._message}"
        line = self.first.line
        return self.first.message if line is None else f"line {line}: {self._message}"

    @property
    def _where(self) -> str:
        if not self.lines:
            return ""
        word = "line" if len(self.lines) == 1 else "lines"
        return f" ({word} {_some(self.lines)})"

    @property
    def _message(self) -> str:
        """The first message, with the first values in place of its own."""
        message = self.first.message
        if len(self.values) < 2:
            return message
        return message.replace(self.values[0], _some(self.values), 1)

    def add(self, problem: Problem) -> None:
        """Count a problem of this kind."""
        self.count += 1
        value = _value(problem)
        for kept, new in ((self.lines, problem.line), (self.values, value)):
            if new is not None and new not in kept and len(kept) <= SHOWN_MAX:
                kept.append(new)  # type: ignore[arg-type]  # each list has its own type


def grouped(problems: Iterable[Problem]) -> list[ProblemGroup]:
    """Problems by kind, in the order in which each kind is first met."""
    groups: dict[_Kind, ProblemGroup] = {}
    for problem in problems:
        path = tuple("*" if step.isdigit() else step for step in problem.path)
        kind = (problem.code, path, _without_value(problem))
        group = groups.get(kind)
        if group is None:
            groups[kind] = group = ProblemGroup(problem, problem.path)
        elif group.path != problem.path:
            group.path = path
        group.add(problem)
    return list(groups.values())


def _value(problem: Problem) -> str | None:
    """The value that a problem's message quotes, as it stands there."""
    if problem.value is not None:
        return problem.value
    quoted = _QUOTED.search(problem.message)
    return quoted[0] if quoted else None


def _without_value(problem: Problem) -> str:
    value = _value(problem)
    message = problem.message if value is None else problem.message.replace(value, "…")
    return _LINE.sub("line …", message)


def _some(items: Iterable[object]) -> str:
    """The first items, and whether there are more: `2, 3, 5, …`."""
    texts = [str(item) for item in items]
    more = ["…"] if len(texts) > SHOWN_MAX else []
    return ", ".join(texts[:SHOWN_MAX] + more)
