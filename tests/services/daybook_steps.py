"""The steps of a history: files and locks, and how they are told."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from daybook.calendar import Day, day_text
from daybook.documents.rules import Document, DocumentStatus, Line
from daybook.recognition.rules import Classification, Terms
from daybook_beside import Difference


@dataclass(frozen=True, slots=True)
class File:
    """Documents that are imported together on a day."""

    on: Day
    documents: tuple[Document, ...]


@dataclass(frozen=True, slots=True)
class Lock:
    """A lock that is moved on a day."""

    on: Day
    currency: str
    through: Day | None


SHOWN_MAX = 20

Step: TypeAlias = File | Lock


def told(steps: Sequence[Step], difference: Difference) -> str:
    """A history line by line, amounts in minor units, and its difference."""
    lines: list[str] = []
    for step in steps:
        if isinstance(step, Lock):
            through = "unlocked" if step.through is None else day_text(step.through)
            lines.append(f"{day_text(step.on)} lock {step.currency}: {through}")
            continue
        lines.append(f"{day_text(step.on)} file")
        for document in step.documents:
            lines += [f"  {one}" for one in _told_document(document)]
    what, *details = difference.args
    if len(details) > SHOWN_MAX:
        details[SHOWN_MAX:] = [f"and {len(details) - SHOWN_MAX} more"]
    return "\n".join([*lines, f"{what}:", *(f"  {detail}" for detail in details)])


def _told_document(document: Document) -> Iterator[str]:
    a = day_text(document.accounting_date)
    about = [
        document.kind.name.lower(),
        document.id,
        a,
        document.customer.id,
        f"of {document.invoice_id}" if document.invoice_id else "",
        f"bills {document.billing_schedule_id}" if document.billing_schedule_id else "",
        document.treatment.name if document.invoice_id else "",
        f"discount {document.discount}" if document.discount else "",
        "" if document.status is DocumentStatus.FINAL else document.status.name,
    ]
    yield " ".join(one for one in about if one)
    if document.status is not DocumentStatus.VOIDED:
        for line in document.lines:
            yield f"  {_told_line(line)}"


def _told_line(line: Line) -> str:
    about = [f"line {line.id}", str(line.amount)]
    if line.invoice_line_id is not None:
        about.append(f"on line {line.invoice_line_id}")
    if line.product is not None:
        about.append(line.product.id)
    if line.group is not None:
        about.append(f"in group {line.group}")
    if line.grant is not None:
        about.append(f"grant {line.grant}")
    if line.terms is not None:
        about += _told_terms(line.terms)
    about += [f"{its.id} kept" for its in line.milestones if its.is_untouched]
    return " ".join(about)


def _told_terms(terms: Terms) -> Iterator[str]:
    if terms.classification is not Classification.EARNED:
        yield terms.classification.name
    yield from (terms.method.name, terms.timing.name, terms.strategy.name)
    if terms.first_day is not None and terms.last_day is not None:
        yield f"{day_text(terms.first_day)}..{day_text(terms.last_day)}"
    for name, day in (
        ("on", terms.recognized_on),
        ("cancelled on", terms.cancelled_on),
        ("expires on", terms.expires_on),
    ):
        if day is not None:
            yield f"{name} {day_text(day)}"
    if terms.months is not None:
        yield f"every {terms.months} months"
    for part in terms.parts:
        day_or_open = "open" if part.day is None else day_text(part.day)
        yield f"{part.amount}@{day_or_open}"
