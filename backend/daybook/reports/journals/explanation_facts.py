"""Reads the facts that explain movements: their schedules' terms, lines and credits."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.adjustments.queries import Step, steps_of
from daybook.adjustments.rules import Part, StepKind, label
from daybook.calendar import Day
from daybook.clock import day_at
from daybook.db.lists import rows_in_lists
from daybook.documents.models import DocumentLine, StoredDocument
from daybook.documents.rules import DocumentStatus
from daybook.ledger.pins import Pin
from daybook.ledger.queries import time_zone_of
from daybook.ledger.rules import Role, SourceKind
from daybook.recognition.families import Family, Member, Owner, plans_of
from daybook.recognition.models import Schedule
from daybook.recognition.queries import terms_of
from daybook.recognition.rules import (
    Classification,
    Method,
    Terms,
    Treatment,
    days_from,
    net_of,
)
from daybook.reports.document_details import is_standing
from daybook.reports.documents import is_recorded
from daybook.reports.former_names import document_day, document_number, document_status
from daybook.reports.journals.entered import Entered
from daybook.reports.journals.explanations import (
    ByWhom,
    Credit,
    EnteredFacts,
    Facts,
    explain,
    explain_entered,
    explain_manual,
)
from daybook.reports.journals.queries import JournalMovementDetails
from daybook.reports.journals.stories import MovementRow, load_background, story_of
from daybook.reports.journals.told_sums import Addend, ToldSum, told_sum

Place = tuple[int, int]
"""A movement's journal and its `seq`."""

_NOBODY = Owner(0, 0, 0, int(SourceKind.INVOICE), ("", "", "", 0))


class Explained(NamedTuple):
    """The facts about some movements: by place, or by the document entered by hand."""

    facts: dict[Place, Facts]
    """Of movements with a schedule."""
    entered: dict[int, EnteredFacts]
    """Of manual journals that somebody entered, by their documents."""


async def explanations_of(
    session: AsyncSession, pin: Pin, details: Sequence[JournalMovementDetails]
) -> dict[Place, str]:
    """How the amounts of some movements came about, by journal and `seq`."""
    explained = await facts_of(session, pin, details)
    entered = {
        document: explain_entered(facts)
        for document, facts in explained.entered.items()
    }
    found = {}
    for row in (detail.row for detail in details):
        place = row.journal, row.seq
        if (facts := explained.facts.get(place)) is not None:
            found[place] = explain(facts)
        elif (text := entered.get(row.document_id)) is not None:
            found[place] = text
        else:
            found[place] = explain_manual(row.movement, row.number, pin.currency)
    return found


async def told_sums_of(
    session: AsyncSession,
    pin: Pin,
    journals: Mapping[int, Sequence[JournalMovementDetails]],
) -> dict[int, ToldSum]:
    """The sums of journals, by their movements."""
    details = [detail for movements in journals.values() for detail in movements]
    explained = await facts_of(session, pin, details)
    return {
        number: told_sum(
            [
                Addend(
                    movement=detail.movement,
                    recorded_in=detail.recorded_in,
                    narrative=detail.narrative,
                    line=detail.row.line,
                    facts=explained.facts.get((detail.journal, detail.seq)),
                )
                for detail in movements
            ]
        )
        for number, movements in journals.items()
    }


async def facts_of(
    session: AsyncSession, pin: Pin, details: Sequence[JournalMovementDetails]
) -> Explained:
    """All that explains some movements."""
    rows = [detail.row for detail in details]
    background = await load_background(session, pin, rows)
    ids = {row.schedule_id for row in rows if row.schedule_id is not None}
    schedules = await _schedules(session, pin, ids)
    lines = await _lines(session, pin, {row.document_id for row in rows})
    sold = {row.line for row in rows if row.line is not None}
    credits_ = await _credits(session, pin, sold)
    found = {}
    for row in rows:
        if row.schedule_id is None or row.line is None:
            continue
        subject = background.subject(row)
        schedule, accounting_date = schedules[row.schedule_id]
        terms = terms_of(schedule)  # without parts, which movements show by day
        amounts, discount = _netting(row, terms, lines.get(row.schedule_id, ()))
        facts = Facts(
            currency=pin.currency,
            movement=row.movement,
            story=story_of(row),
            terms=terms,
            document=row.number,
            accounting_date=accounting_date,
            lines=amounts,
            discount=discount,
            moved=subject.moved,
            change=subject.change,
            milestone=subject.milestone,
        )
        known = [
            credit
            for recorded_in, credit in credits_.get(row.line, ())
            if recorded_in <= row.recorded_in
        ]
        spread = _with_what_is_left(terms, accounting_date, known)
        found[row.journal, row.seq] = replace(facts, credits=_until(facts, spread))
    return Explained(found, await _entered(session, pin, background.entered))


async def _entered(
    session: AsyncSession, pin: Pin, documents: Mapping[int, Entered]
) -> dict[int, EnteredFacts]:
    """The facts about manual journals, by the documents that they posted."""
    if not documents:
        return {}
    numbers = {entered.number for entered in documents.values()}
    steps = await steps_of(session, pin.organisation_id, numbers)
    time_zone = await time_zone_of(session, pin.organisation_id)
    return {
        document_id: _facts_of(entered, steps, time_zone)
        for document_id, entered in documents.items()
    }


def _facts_of(entered: Entered, steps: Iterable[Step], time_zone: str) -> EnteredFacts:
    """Who wrote, approved and maybe undid a manual journal."""

    def whom(step: Step | None) -> ByWhom | None:
        if step is None:
            return None
        return ByWhom(step.made_by or "somebody", day_at(step.made_at, time_zone))

    known = {
        step.id: step
        for step in steps
        if step.number == entered.number and step.id <= entered.posted_in
    }
    last = {step.kind: step for step in known.values()}
    posted, undone = last[StepKind.POSTED], last.get(StepKind.REVERSED)
    approved = last.get(StepKind.APPROVED)
    return EnteredFacts(
        label(entered.number),
        is_reversal=entered.part in {Part.REVERSAL, Part.UNDO_OF_REVERSAL},
        narrative=entered.narrative,
        author=known[entered.saved_in].made_by or "",
        posted_on=day_at(posted.made_at, time_zone),
        approved=whom(approved),
        adjusts=entered.adjusts,
        undone=whom(undone),
        reason="" if undone is None else undone.reason or "",
    )


def _until(facts: Facts, credits_: Sequence[Credit]) -> tuple[Credit, ...]:
    """The credits that took effect by a movement's days."""
    day = facts.movement.first_day
    if facts.moved is not None:
        day = facts.moved.first_day
    return tuple(credit for credit in credits_ if credit.effective <= day)


async def _schedules(
    session: AsyncSession, pin: Pin, ids: Iterable[int]
) -> dict[int, tuple[Schedule, Day]]:
    """Schedules with their documents' accounting dates."""
    statement = (
        select(Schedule, document_day(pin, "accounting_date"))
        .join(
            StoredDocument,
            (StoredDocument.ledger_id == Schedule.ledger_id)
            & (StoredDocument.id == Schedule.document_id),
        )
        .where(Schedule.ledger_id == pin.ledger_id)
    )
    rows = await rows_in_lists(session, statement, Schedule.id.in_, ids)
    return {schedule.id: (schedule, day) for schedule, day in rows}


async def _lines(
    session: AsyncSession, pin: Pin, document_ids: Iterable[int]
) -> dict[int, list[int]]:
    """The amounts of documents' lines at the pin, by schedule.

    What burn-downs paid of a group is listed with the group's own lines.
    """
    keys: dict[tuple[int, str], int] = {}
    found: dict[int, list[int]] = defaultdict(list)
    burned: list[tuple[int, str, int]] = []
    key = func.coalesce(DocumentLine.group_key, DocumentLine.external_id)
    statement = (
        select(
            *(
                DocumentLine.document_id,
                key,
                DocumentLine.schedule_id,
                DocumentLine.amount,
            ),
            Schedule.classification,
        )
        .join(
            Schedule,
            (Schedule.ledger_id == DocumentLine.ledger_id)
            & (Schedule.id == DocumentLine.schedule_id),
        )
        .where(DocumentLine.ledger_id == pin.ledger_id, *is_standing(pin))
        .order_by(DocumentLine.document_id, DocumentLine.position)
    )
    rows = await rows_in_lists(
        session, statement, DocumentLine.document_id.in_, document_ids
    )
    for document_id, name, schedule_id, amount, classification in rows:
        if classification == int(Classification.BURNDOWN):
            burned.append((document_id, name, amount))
        else:
            keys[document_id, name] = schedule_id
            found[schedule_id].append(amount)
    for document_id, name, amount in burned:
        if (group := keys.get((document_id, name))) is not None:
            found[group].append(amount)
    return found


def _netting(
    row: MovementRow, terms: Terms, lines: Sequence[int]
) -> tuple[tuple[int, ...], int]:
    """The amounts that a schedule's amount nets, and the discount taken off them."""
    if row.kind != int(SourceKind.INVOICE) or not lines:
        return (), 0
    if terms.classification is not Classification.EARNED:
        return (), 0
    return tuple(lines), max(sum(lines) - terms.amount, 0)


async def _credits(
    session: AsyncSession, pin: Pin, lines: Iterable[int]
) -> dict[int, list[tuple[int, Credit]]]:
    """The credits at the pin by credited schedule, each with its recording.

    In order of recording.
    """
    found: dict[int, list[tuple[int, Credit]]] = defaultdict(list)
    line, document = DocumentLine, StoredDocument
    first = func.coalesce(Schedule.revises_id, Schedule.id)
    columns: tuple[Any, ...] = (
        *(Schedule.credits_id, document_number(pin), Schedule.treatment),
        *(Schedule.recognized_on, Schedule.amount),
        func.coalesce(line.recorded_in, document.recorded_in),
    )
    statement = (
        select(*columns)
        .join(
            line,
            (line.ledger_id == Schedule.ledger_id)
            & (line.document_id == Schedule.document_id)
            & (line.schedule_id == Schedule.id),
        )
        .join(
            document,
            (document.ledger_id == Schedule.ledger_id)
            & (document.id == Schedule.document_id),
        )
        .where(
            Schedule.ledger_id == pin.ledger_id,
            is_recorded(pin),
            document_status(pin) != int(DocumentStatus.VOIDED),
            *is_standing(pin),
        )
        .order_by(first)
    )
    rows = await rows_in_lists(session, statement, Schedule.credits_id.in_, lines)
    for credits_id, number, treatment, effective, amount, recorded_in in rows:
        how = Treatment(treatment or Treatment.REVERSAL)
        credit = Credit(number, how, effective, -amount)
        found[credits_id].append((recorded_in, credit))
    return found


def _with_what_is_left(
    terms: Terms, accounting_date: Day, credits_: Sequence[Credit]
) -> list[Credit]:
    """The credits, each with the amount that it left to be spread over later days."""
    credits_ = [
        credit._replace(effective=max(credit.effective, accounting_date))
        for credit in credits_
    ]
    if terms.method is not Method.STRAIGHT_LINE or terms.amount <= 0:
        return credits_
    found = []
    family: Family[None] = Family(0)
    sold: Member[None] = Member(0, 0, _NOBODY, terms, accounting_date)
    family.members[0] = sold
    for number, credit in enumerate(credits_, start=1):
        credited = Terms(
            credit.amount,
            Method.POINT_IN_TIME,
            terms.timing,
            recognized_on=credit.effective,
        )
        family.members[number] = Member(
            *(number, number, _NOBODY, credited, accounting_date),
            credits_id=0,
            effective=credit.effective,
            treatment=credit.treatment,
        )
        later = days_from(plans_of(family)[0].days, credit.effective)
        left = -net_of(later, Role.DEFERRED)
        found.append(credit._replace(left=left))
    return found
