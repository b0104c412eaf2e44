"""What a journal or a movement differs by from others, as badges. Pure."""

from collections.abc import Sequence
from datetime import date, timedelta

from daybook_web.journal_detail.results import Journal, Movement
from daybook_web.kit.formats import day, days
from daybook_web.kit.marks import MARKS, Mark

SCHEDULED = "SCHEDULED"


def badges_of(journal: Journal) -> Sequence[Mark]:
    """The journal's own: its document's versions, locks, and what is scheduled."""
    return [
        *_of_document(journal),
        *_of_locks(journal.movements),
        *_of_days(journal),
    ]


def movement_badges(
    movement: Movement, *, versions: int, scheduled_from: date | None
) -> Sequence[Mark]:
    """A movement's: the version that made it, the lock that moved it, its status.

    `scheduled_from` is the first day after those that are posted.
    """
    found = []
    if versions > 1 and movement.version is not None:
        words = f"Version {movement.version}"
        is_first = movement.version == 1
        found.append(Mark("", "", words) if is_first else _named("REVISED", words))
    if movement.locked_through is not None:
        served = days(movement.service_from, movement.service_to)
        found.append(_named("MOVED", f"Moved from {served}"))
    if scheduled_from is not None and movement.last_day >= scheduled_from:
        if movement.first_day >= scheduled_from:
            found.append(_named("PARTLY_SCHEDULED", "Scheduled"))
        else:
            last = scheduled_from - timedelta(days=1)
            found.append(_named("PARTLY_SCHEDULED", f"Posted through {day(last)}"))
    return found


def scheduled_from(journal: Journal) -> date | None:
    """The first day of the journal that is scheduled, if any is."""
    starts = [row.first for row in journal.days if row.status == SCHEDULED]
    return min(starts, default=None)


def _of_document(journal: Journal) -> list[Mark]:
    found = []
    if journal.source == "STANDALONE":
        found.append(MARKS["MANUAL"])
    if journal.source == "CREDIT_NOTE":
        found.append(MARKS["CREDIT_NOTE"])
    document = journal.document
    if document is not None and document.status == "VOIDED":
        found.append(MARKS["VOIDED"])
    elif document is not None and len(document.versions) > 1:
        recorded = day(document.versions[0].recorded_at.date())
        found.append(_named("REVISED", f"Revised {recorded}"))
    return found


def _of_locks(movements: Sequence[Movement]) -> list[Mark]:
    locks = {each.locked_through for each in movements if each.locked_through}
    if not locks:
        return []
    return [_named("MOVED", f"Moved by the lock through {day(max(locks))}")]


def _of_days(journal: Journal) -> list[Mark]:
    statuses = {row.status for row in journal.days}
    if SCHEDULED not in statuses:
        return []
    words = "Scheduled" if len(statuses) == 1 else "Partly scheduled"
    return [_named("PARTLY_SCHEDULED", words)]


def _named(name: str, words: str) -> Mark:
    """A mark with words of its own, such as a day."""
    return MARKS[name]._replace(words=words)
