"""Documents of a month that keep another method than their product has now.

The step of the close is done with them, so each page before a lock or a file names
them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from daybook.numbers import agreeing
from daybook_web.kit.formats import count, sentence
from daybook_web.kit.links import Link, document_url
from daybook_web.kit.results import Result
from daybook_web.reports.frame import document_words
from daybook_web.reports.results import ReportDocument

SHOWN = 3
"""How many of them a page names."""


@dataclass(frozen=True, slots=True)
class OtherMethodDocument(ReportDocument):
    """A document that keeps another method."""

    id: str


@dataclass(frozen=True, slots=True)
class OtherMethodRow(Result):
    """A document, and what was the case when it was recorded."""

    message: str
    document: OtherMethodDocument


@dataclass(frozen=True, slots=True)
class OtherMethodCheck(Result):
    """How many there are, and the first of them."""

    count: int
    rows: tuple[OtherMethodRow, ...]


@dataclass(frozen=True, slots=True)
class OtherMethodsChecked(Result):
    """The one check of the month that is asked for."""

    checks: tuple[OtherMethodCheck, ...]


@dataclass(frozen=True, slots=True)
class OtherMethod:
    """A document with a link to it, and what it is about."""

    link: Link
    message: str


@dataclass(frozen=True, slots=True)
class OtherMethods:
    """The documents in words, the first of them, and how many more there are."""

    title: str
    rows: Sequence[OtherMethod]
    more: int

    @classmethod
    def of(
        cls, checked: OtherMethodsChecked | None, back: str
    ) -> "OtherMethods | None":
        """What a check found, if anything; the documents lead back to a page."""
        if checked is None or not checked.checks or not checked.checks[0].count:
            return None
        (found,) = checked.checks
        keep = agreeing(found.count, "keeps", "keep")
        documents = count(found.count, "document", "documents")
        rows = [
            OtherMethod(
                Link(
                    document_words(row.document),
                    document_url(row.document.id, back=back),
                ),
                sentence(row.message),
            )
            for row in found.rows[:SHOWN]
        ]
        title = f"{documents} {keep} another method than the product's"
        return cls(title, rows, found.count - len(rows))
