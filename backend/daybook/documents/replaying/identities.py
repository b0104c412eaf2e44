"""Checks that documents, schedules and journals agree. No I/O.

A schedule's amount follows from its document's lines, and a journal has the document,
product, customer and month of its movements.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from daybook.calendar import Day, Month, month_of
from daybook.documents.replaying.deviation_words import Words
from daybook.documents.replaying.histories import (
    DocumentHistory,
    Histories,
    JournalHistory,
    LineHistory,
    ScheduleHistory,
    Version,
)
from daybook.documents.rules import DocumentStatus
from daybook.documents.schedule_groups import spread_discount
from daybook.ledger.rules import SourceKind
from daybook.recognition.rules import Classification


class Disagreement(NamedTuple):
    """Rows of a document that don't agree: the recording that made them, and why."""

    recording: int
    document_id: int
    reason: str


def disagreements(histories: Histories, words: Words) -> Iterator[Disagreement]:
    """All disagreements in the documents of a slice."""
    for document_id in histories.document_ids:
        document = histories.documents.get(document_id)
        if document is None:
            continue
        for version in document.versions:
            if version.status is not DocumentStatus.VOIDED:
                reason = _of_lines(histories, words, document, version)
                if reason is not None:
                    yield Disagreement(version.made_in, document_id, reason)
        for journal in histories.journals.get(document_id, ()):
            yield from _of_journal(histories, words, document, journal)


def _of_lines(
    histories: Histories, words: Words, document: DocumentHistory, version: Version
) -> str | None:
    """The first line of a version whose schedule isn't the net of its lines."""
    now = version.made_in
    lines = [
        line for line in histories.lines.get(document.id, ()) if line.stands_at(now)
    ]
    schedules = {
        schedule.stored.id: schedule for schedule in histories.schedules[document.id]
    }
    groups: dict[str, list[LineHistory]] = {}
    for line in lines:
        if line.schedule_id not in schedules:
            return words.no_schedule(now, document, line.external_id, line.schedule_id)
        groups.setdefault(line.key, []).append(line)
    net = [sum(line.amount for line in group) for group in groups.values()]
    if not 0 <= version.discount <= sum(amount for amount in net if amount > 0):
        return words.discount(now, document, version.discount)
    sign = -1 if document.kind is SourceKind.CREDIT_NOTE else 1
    shares = spread_discount(version.discount, net)
    for (key, group), amount, share in zip(groups.items(), net, shares, strict=True):
        for line in group:
            terms = schedules[line.schedule_id].stored.terms
            if terms.classification is Classification.BURNDOWN:
                continue
            expected = sign * (amount - share)
            if terms.amount != expected:
                return words.lines(now, document, key, terms.amount, expected)
    return _without_line(words, document, now, lines, schedules) or _of_burn_downs(
        words, document, now, lines, schedules
    )


def _without_line(
    words: Words,
    document: DocumentHistory,
    now: int,
    lines: Sequence[LineHistory],
    schedules: Mapping[int, ScheduleHistory],
) -> str | None:
    """The first schedule without a line.

    What ends a line needs none, and neither does a credit of zero.
    """
    newest = {
        schedule.stored.line_root: schedule
        for schedule in schedules.values()
        if schedule.made_in <= now
    }
    named = {line.schedule_id for line in lines}
    for schedule in newest.values():
        terms = schedule.stored.terms
        is_over = schedule.is_ended or (schedule.stored.credits_id and not terms.amount)
        is_burning = terms.classification is Classification.BURNDOWN
        if schedule.stored.id not in named and not is_over and not is_burning:
            return words.no_line(now, document, schedule.stored.id)
    return None


def _of_burn_downs(
    words: Words,
    document: DocumentHistory,
    now: int,
    lines: Sequence[LineHistory],
    schedules: Mapping[int, ScheduleHistory],
) -> str | None:
    """The first line of burn-downs that take more or less from grants than they say."""
    newest = {
        schedule.stored.line_root: schedule.stored.terms.amount
        for schedule in schedules.values()
        if schedule.made_in <= now
        and schedule.stored.terms.classification is Classification.BURNDOWN
    }
    burning = [
        line
        for line in lines
        if schedules[line.schedule_id].stored.terms.classification
        is Classification.BURNDOWN
    ]
    paid, expected = sum(newest.values()), -sum(line.amount for line in burning)
    if paid == expected:
        return None
    key = burning[0].external_id if burning else ""
    return words.lines(now, document, key, paid, expected)


def _of_journal(
    histories: Histories,
    words: Words,
    document: DocumentHistory,
    journal: JournalHistory,
) -> Iterator[Disagreement]:
    """Disagreements between a journal and its movements."""
    if not journal.movements:
        first = document.versions[0].made_in
        reason = words.empty_journal(journal.number)
        yield Disagreement(first, document.id, reason)
        return
    products = {
        schedule.stored.id: schedule.stored.product_id
        for schedule in histories.schedules[document.id]
    }
    found = [
        (products.get(row.schedule_id), _month(row.first_day))
        for row in journal.movements
    ]
    own = (journal.product_id, journal.month)
    first = journal.movements[0].recorded_in
    if len(set(found)) > 1 or None in found[0]:
        row = next(
            row for row, key in zip(journal.movements, found, strict=True) if key != own
        )
        yield Disagreement(row.recorded_in, document.id, words.stray(row))
        return
    for seq, row in enumerate(journal.movements, 1):
        if row.seq != seq:
            yield Disagreement(row.recorded_in, document.id, words.gap(row, seq))
            return
    stored = (*own, journal.customer_id, journal.source)
    right = (*found[0], document.customer_id, int(document.kind))
    if stored != right:
        reason = words.journal(journal.number, stored, right)
        yield Disagreement(first, document.id, reason)


def _month(day: Day) -> Month | None:
    try:
        return month_of(day)
    except (OverflowError, ValueError):
        return None
