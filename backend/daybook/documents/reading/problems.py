"""Collects the problems of a file, so that all are reported at once."""

from collections.abc import Callable, Iterable

from daybook.errors import Problem, ProblemCode, Rejected

KEPT_MAX = 10_000
"""How many problems are kept; further ones are only counted."""


class Problems:
    """The number of problems found so far, and the first `KEPT_MAX` of them."""

    def __init__(self) -> None:
        self._kept: list[Problem] = []
        self.total = 0

    def add(
        self,
        code: ProblemCode,
        message: str,
        path: tuple[str, ...] = (),
        line: int | None = None,
    ) -> None:
        """Add one problem."""
        self.extend([Problem(code, message, path, line)])

    def extend(self, problems: Iterable[Problem], total: int | None = None) -> None:
        """Add several; `total` is their number if not all of them are given."""
        more = list(problems)
        self._kept += more[: max(0, KEPT_MAX - len(self._kept))]
        self.total += len(more) if total is None else total

    def amend(self, change: Callable[[Problem], Problem]) -> None:
        """Change each kept problem, for what is only known at the file's end."""
        self._kept = [change(problem) for problem in self._kept]

    def rejected(self) -> Rejected:
        """The exception with all kept problems, in the file's order."""
        return Rejected(
            sorted(self._kept, key=lambda problem: problem.line or 0), self.total
        )

    def raise_any(self) -> None:
        """Raise `Rejected` if there is any problem."""
        if self.total:
            raise self.rejected()


class Unreadable(Exception):
    """The rest of the file can't be read; `problem` says why."""

    def __init__(
        self,
        message: str,
        line: int | None = None,
        code: ProblemCode = ProblemCode.UNREADABLE,
    ) -> None:
        super().__init__(message)
        self.problem = Problem(code, message, line=line)
