"""Checked documents in batches: few in memory, many in a file without a name.

Whoever records them needs billing schedules first, then invoices, then credit notes;
so each kind has batches of its own.
"""

import pickle
import tempfile
import weakref
from collections.abc import Iterator
from typing import IO

from daybook.documents.reading.recipes import Recipe, document_from
from daybook.documents.rules import Document
from daybook.ledger.rules import SourceKind

BATCH_DOCUMENTS = 1_000
"""The most documents of a batch."""
BATCH_LINES = 10_000
"""A batch with so many lines takes no further document."""

KINDS = (SourceKind.BILLING_SCHEDULE, SourceKind.INVOICE, SourceKind.CREDIT_NOTE)
"""The kinds of documents, in the order in which they are recorded."""


class Spool:
    """Documents in batches, each kind in the order in which its documents came."""

    def __init__(self) -> None:
        self.count = 0
        self._open: dict[SourceKind, list[Recipe]] = {kind: [] for kind in KINDS}
        self._lines = dict.fromkeys(KINDS, 0)
        self._stored: dict[SourceKind, list[int]] = {kind: [] for kind in KINDS}
        self._file: IO[bytes] | None = None

    def add(self, recipe: Recipe) -> None:
        """Put one document at the end of its kind."""
        kind = recipe[0]
        batch = self._open[kind]
        batch.append(recipe)
        self.count += 1
        self._lines[kind] += len(recipe[7])
        if len(batch) >= BATCH_DOCUMENTS or self._lines[kind] >= BATCH_LINES:
            self._store(kind)

    def batches(self) -> Iterator[list[Document]]:
        """All documents, made anew each time; several may go through them at once."""
        for kind in KINDS:
            for start in self._stored[kind]:
                assert self._file is not None, "what is stored is in the file"
                self._file.seek(start)
                recipes: list[Recipe] = pickle.load(self._file)  # noqa: S301  (ours)
                yield [document_from(one) for one in recipes]
            if self._open[kind]:
                yield [document_from(one) for one in self._open[kind]]

    def _store(self, kind: SourceKind) -> None:
        """Move what is open to the file, which goes when the spool does."""
        if self._file is None:
            self._file = tempfile.TemporaryFile(prefix="daybook-")  # noqa: SIM115
            weakref.finalize(self, self._file.close)
        self._stored[kind].append(self._file.seek(0, 2))
        pickle.dump(self._open[kind], self._file, protocol=5)
        self._open[kind] = []
        self._lines[kind] = 0
