"""A ledger kept by the rules alone: its documents, and what is posted when."""

from collections.abc import Sequence

from daybook.calendar import Day
from daybook.documents.rules import Document
from daybook_model import Model
from daybook_posting import Postings


class Books:
    """One ledger; files and locks come one after the other.

    `has_moved_back` says whether a lock ever did: then a mirror may be posted later
    than what takes its place.
    """

    def __init__(self, *, breakage: bool = False) -> None:
        self.model = Model(breakage=breakage)
        self.postings = Postings()
        self.model.first_posting = self.postings.first_posting
        self.has_moved_back = False

    def lock(self, through: Day | None, *, by_document: bool = False) -> None:
        """Lock through a day, or unlock; `by_document` it's each one's own date."""
        before = self.model.lock or 0
        self.has_moved_back |= by_document or (through or 0) < before
        self.model.lock, self.model.by_document = through, by_document

    def tried(self, file: Sequence[Document]) -> Model:
        """The documents with a file recorded; raises Refused if the rules do."""
        model = self.model.copy()
        model.record(file)
        return model

    def take(self, tried: Model) -> None:
        """Post what a file that was tried comes to."""
        self.model = tried
        self.postings.record(tried.changed_nets(), tried.locked_through)

    def record(self, *file: Document) -> None:
        """Record a file; raises Refused, and then nothing of it is taken."""
        self.take(self.tried(file))
