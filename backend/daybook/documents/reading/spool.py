"""Checked documents in batches: few in memory, many in an unnamed file.

They are recorded in the order of `recording_rank`, so each rank has its own batches.
"""

import pickle
import tempfile
import weakref
from collections.abc import Iterator
from typing import IO

from daybook.documents.reading.recipes import Recipe, document_from
from daybook.documents.rules import RANKS, Document, keys_named, recording_rank
from daybook.ledger.rules import SourceKind

BATCH_DOCUMENTS = 1_000
"""The largest number of documents in a batch."""
BATCH_LINES = 10_000
"""The number of lines from which a batch takes no further document."""


class Spool:
    """Documents in batches, each rank's in the order in which they were added.

    `named` are the documents that they refer to, in the file or not.
    """

    def __init__(self) -> None:
        self.count = 0
        self.named: set[tuple[SourceKind, str]] = set()
        self._open: dict[int, list[Recipe]] = {rank: [] for rank in RANKS}
        self._lines = dict.fromkeys(RANKS, 0)
        self._stored: dict[int, list[int]] = {rank: [] for rank in RANKS}
        self._file: IO[bytes] | None = None

    def add(self, recipe: Recipe) -> None:
        """Put one document at the end of its rank."""
        rank = recording_rank(recipe[0], recipe[12])
        batch = self._open[rank]
        batch.append(recipe)
        self.count += 1
        self._lines[rank] += len(recipe[7])
        self.named.update(keys_named(recipe[8], recipe[9]))
        if len(batch) >= BATCH_DOCUMENTS or self._lines[rank] >= BATCH_LINES:
            self._store(rank)

    def batches(self) -> Iterator[list[Document]]:
        """All documents, read again for each call; several may iterate at once."""
        for rank in RANKS:
            for start in self._stored[rank]:
                assert self._file is not None, "what is stored is in the file"
                self._file.seek(start)
                recipes: list[Recipe] = pickle.load(self._file)  # noqa: S301  (ours)
                yield [document_from(recipe) for recipe in recipes]
            if self._open[rank]:
                yield [document_from(recipe) for recipe in self._open[rank]]

    def _store(self, rank: int) -> None:
        """Move the open batch to the file, which is deleted with the spool."""
        if self._file is None:
            self._file = tempfile.TemporaryFile(prefix="daybook-")  # noqa: SIM115  (closed by `close`)
            weakref.finalize(self, self._file.close)
        self._stored[rank].append(self._file.seek(0, 2))
        pickle.dump(self._open[rank], self._file, protocol=5)
        self._open[rank] = []
        self._lines[rank] = 0
