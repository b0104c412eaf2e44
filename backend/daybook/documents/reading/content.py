"""The content of a file: its documents, each once, and counts."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from daybook.documents.reading.building import recipe_of
from daybook.documents.reading.problems import Problems
from daybook.documents.reading.recipes import document_from, with_rows, with_undated
from daybook.documents.reading.spool import Spool
from daybook.documents.rules import Defaults, Document, SheetRows
from daybook.errors import Problem, ProblemCode, Rejected
from daybook.ledger.rules import SourceKind

Key = tuple[SourceKind, str]


@dataclass(frozen=True, slots=True)
class Reading:
    """The content of a file. Drafts are checked and counted, not recorded.

    `rows` counts JSON lines or CSV data rows; `left_out` counts the CSV rows that the
    mapping leaves out, by its reasons. `draft_places` are the places of drafts,
    `columns` the columns that a CSV file has for fields.
    """

    spool: Spool
    drafts: int
    rows: int
    left_out: Mapping[str, int] = field(default_factory=dict)
    draft_places: Mapping[Key, str] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """The number of documents without drafts."""
        return self.spool.count

    @property
    def named(self) -> Collection[Key]:
        """The documents that these refer to, in the file or not."""
        return self.spool.named

    @property
    def documents(self) -> list[Document]:
        """All documents in the order of `batches`; for small files."""
        return [document for batch in self.batches() for document in batch]

    def batches(self) -> Iterator[list[Document]]:
        """The final, voided and cancelled documents, each once.

        They are in the order of `recording_rank`, then of the file. A batch has up to
        1,000 documents of one rank; the batches can be iterated again.
        """
        return self.spool.batches()


class _Again(NamedTuple):
    """A document whose key occurred before: its content must be the same."""

    key: Key
    content: tuple[bytes, bool]
    where: int
    placed: Callable[[Problem], Problem | None]
    line: int | None


class PartlyRead(Rejected):
    """The problems of a file with documents that have lines without dates.

    Whether those are refused too depends on what is recorded: `documents.undated`
    finds out.
    """

    def __init__(self, rejected: Rejected, spool: Spool) -> None:
        super().__init__(rejected.problems, rejected.total)
        self._spool = spool

    def undated(self) -> Iterator[list[Document]]:
        """The documents with such lines and no other problem, in batches."""
        for batch in self._spool.batches():
            if undated := [document for document in batch if document.undated]:
                yield undated


class Taken:
    """The documents taken so far, each key once."""

    def __init__(
        self, problems: Problems, defaults: Defaults, place: str = "line"
    ) -> None:
        self.spool = Spool()
        self.drafts = 0
        self._problems = problems
        self._defaults = defaults
        self._place = place
        self._first: dict[Key, int] = {}
        self._content_of_drafts: dict[Key, bytes] = {}
        self._again: list[_Again] = []
        self._has_undated = False

    def take(
        self,
        value: dict[str, object],
        where: int,
        placed: Callable[[Problem], Problem | None] = lambda problem: problem,
        *,
        line: int | None = None,
        rows: SheetRows | None = None,
    ) -> None:
        """Check one document and take it, unless it was taken before.

        `where` is its number in messages; `placed` moves a problem to its place in the
        file, or returns None if it is reported already. `rows` are those of a CSV file.
        """
        try:
            recipe, is_draft, undated = recipe_of(value, line, self._defaults)
        except Rejected as rejected:
            found = [placed(problem) for problem in rejected.problems]
            new = [problem for problem in found if problem is not None]
            self._problems.extend(new, rejected.total - len(found) + len(new))
            return
        if undated:
            recipe = with_undated(recipe, filter(None, map(placed, undated)))
            self._has_undated = True
        if rows is not None:
            recipe = with_rows(recipe, rows)
        key = recipe[0], recipe[1]
        if key in self._first:
            content = document_from(recipe).content_hash(), is_draft
            self._again.append(_Again(key, content, where, placed, line))
            return
        self._first[key] = where
        if is_draft:
            self.drafts += 1
            self._content_of_drafts[key] = document_from(recipe).content_hash()
        else:
            self.spool.add(recipe)

    @property
    def draft_places(self) -> dict[Key, str]:
        """The place of each draft: `line 3`."""
        place = self._place
        return {key: f"{place} {self._first[key]}" for key in self._content_of_drafts}

    def check_repeated(self) -> None:
        """Report documents that occur again with other content.

        They are compared at the end: most files repeat few documents, and reading those
        again takes less time than hashing all.
        """
        if not self._again:
            return
        keys = {repeated.key for repeated in self._again}
        first: dict[Key, tuple[bytes, bool]] = {
            key: (content, True) for key, content in self._content_of_drafts.items()
        }
        for batch in self.spool.batches():
            for document in batch:
                if document.key in keys:
                    first[document.key] = document.content_hash(), False
        for repeated in self._again:
            if first[repeated.key] != repeated.content:
                self._problems.extend(
                    filter(None, [repeated.placed(self._differs(repeated))])
                )

    def raise_any(self) -> None:
        """Raise `Rejected` if there is any problem, as the file's last check."""
        if self._problems.total:
            rejected = self._problems.rejected()
            if self._has_undated:
                raise PartlyRead(rejected, self.spool)
            raise rejected

    def _differs(self, again: _Again) -> Problem:
        kind, id_ = again.key
        message = (
            f"{kind.name.lower()} {id_} is also at {self._place} "
            f"{self._first[again.key]}, with other content; send one of the two"
        )
        return Problem(ProblemCode.DUPLICATE, message, ("id",), again.line)
