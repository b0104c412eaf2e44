"""Manual journals behind documents: what somebody entered."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.adjustments.models import ManualDocument, ManualStep, ManualVersion
from daybook.adjustments.rules import Part
from daybook.db.lists import rows_in_lists
from daybook.ledger.models import Journal
from daybook.ledger.pins import Pin
from daybook.reports.journals.narratives import entered_text


class Entered(NamedTuple):
    """The manual journal that posted a document, and which of its postings that is.

    `posted_in` is the step that posted the document, and `saved_in` the one that saved
    the posted version. `adjusts` is the number of the journal that it adjusts.
    """

    document_id: int
    number: int
    part: Part
    posted_in: int
    saved_in: int
    narrative: str
    adjusts: int | None

    @property
    def text(self) -> str:
        """The narrative of the document's journal."""
        return entered_text(self.number, self.part, self.narrative)


async def entered_by_document(
    session: AsyncSession, pin: Pin, document_ids: Iterable[int]
) -> dict[int, Entered]:
    """What was entered, by document; other documents are absent."""
    rows = await rows_in_lists(
        session, _entered(pin), ManualDocument.document_id.in_, document_ids
    )
    return {row[0]: Entered(*row)._replace(part=Part(row[2])) for row in rows}


def _entered(pin: Pin) -> Select[*tuple[Any, ...]]:
    document, version = ManualDocument, ManualVersion
    return (
        select(
            *(document.document_id, document.number, document.part, document.step),
            *(version.step, version.narrative, version.adjusts),
        )
        .join(ManualStep, is_step(document.organisation_id, document.step))
        .join(version, is_version(ManualStep))
        .where(document.ledger_id == pin.ledger_id)
    )


def is_step(organisation_id: Any, step: Any) -> ColumnElement[bool]:
    """Whether a step has this number."""
    return and_(ManualStep.organisation_id == organisation_id, ManualStep.id == step)


def is_version(step: type[ManualStep]) -> ColumnElement[bool]:
    """Whether a version is the one that a step was about."""
    return and_(
        ManualVersion.organisation_id == step.organisation_id,
        ManualVersion.number == step.number,
        ManualVersion.version == step.version,
    )


def is_entered(pin: Pin) -> ColumnElement[bool]:
    """Whether somebody entered a journal: it is of a manual journal's document."""
    documents = select(ManualDocument.document_id).where(
        ManualDocument.ledger_id == pin.ledger_id
    )
    return Journal.document_id.in_(documents)
