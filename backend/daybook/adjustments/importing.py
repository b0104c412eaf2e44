"""Importing many manual journals at once: all of them or none, in one transaction.

A key tells a journal of the sender's: imported again with the same content it changes
nothing. The audit trail has one record of an import, whose digests cover all its rows.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import insert, select

from daybook.adjustments.adjusted import check_same, taken_back
from daybook.adjustments.bulk import (
    Begun,
    Planned,
    post_planned,
    refresh_planner,
    write_planned,
)
from daybook.adjustments.checking import check_complete
from daybook.adjustments.commands import changing
from daybook.adjustments.csv_files import ImportedJournal
from daybook.adjustments.drafting import Known, draft_of, load_known
from daybook.adjustments.posting import check_days
from daybook.adjustments.rules import Status, label, refused
from daybook.adjustments.versions import Version, content_of
from daybook.audit.rules import Action, Subject, SubjectKind
from daybook.configuration.changing import SettingChange
from daybook.db.engine import Database
from daybook.db.lists import rows_in_lists
from daybook.errors import Problem, ProblemCode, Rejected, check_all
from daybook.four_eyes.queries import is_four_eyes_on
from daybook.idempotency.models import KeyedRequest
from daybook.idempotency.rules import request_hash
from daybook.ledger.models import Ledger

CONTENTS_KEPT = 50
"""How many journals' contents the audit record has; its digests cover all."""
DONE: Mapping[Status, str] = {
    Status.DRAFT: "saved as drafts",
    Status.SUBMITTED: "submitted",
    Status.POSTED: "posted",
}


class Imported(NamedTuple):
    """What an import came to: `numbers` are the first and last of the new journals.

    `total` are new, and `known` were imported before. `recordings` are by currency, if
    it posted.
    """

    total: int
    known: int
    status: Status
    numbers: tuple[int, int] | None = None
    recordings: Mapping[str, int] = {}


async def import_journals(  # noqa: PLR0913  (keyword-only, each has its meaning)
    database: Database,
    organisation_id: int,
    journals: Sequence[ImportedJournal],
    *,
    source: str,
    is_submitted: bool,
    now: datetime,
    made_by: str | None,
) -> Imported:
    """Save the journals of a file named `source`, all or none.

    With `is_submitted` they are submitted, which posts them while four eyes is off, in
    one recording of each ledger. Journals that were imported before stay as they are.
    Raises Rejected with all problems, each at its row and column.
    """
    async with changing(database, organisation_id, now, made_by) as change:
        new = await _without_known(change, journals)
        status = Status.DRAFT
        if is_submitted:
            is_on = await is_four_eyes_on(change.session, organisation_id)
            status = Status.SUBMITTED if is_on else Status.POSTED
        known = len(journals) - len(new)
        if not new:
            return Imported(0, known, status)
        checked = await _checked(change, new, is_submitted=is_submitted)
        begun = await write_planned(change, checked, status)
        recorded = []
        if status is Status.POSTED:
            recorded = await post_planned(change, begun)
        await _remember(change, new, begun)
        numbers = begun.numbers
        await change.log(
            Action.IMPORT_MANUAL_JOURNALS,
            Subject(SubjectKind.MANUAL_JOURNAL, _range_words(*numbers)),
            {
                "source": source,
                "journals": len(new),
                "first": label(numbers[0]),
                "last": label(numbers[1]),
                "done": DONE[status],
                "contents": [
                    content_of(planned.version) for planned in checked[:CONTENTS_KEPT]
                ],
            },
            message=f"{_range_words(*numbers)} {DONE[status]} from {source}",
            recorded=recorded,
        )
        await refresh_planner(change, begun)
        recordings = {
            ledger.currency: recording.number for ledger, recording in recorded
        }
        return Imported(len(new), known, status, numbers, recordings)


def _range_words(first: int, last: int) -> str:
    return label(first) if first == last else f"{label(first)} to {label(last)}"


def _request_key(key: str) -> str:
    return f"manual journal {key}"


def _request_hash(journal: ImportedJournal) -> bytes:
    return request_hash("importManualJournals", {"entered": repr(journal.entered)})


async def _without_known(
    change: SettingChange, journals: Sequence[ImportedJournal]
) -> list[ImportedJournal]:
    """The journals that weren't imported before.

    Raises Rejected for keys that came with other content.
    """
    its = KeyedRequest
    statement = select(its.key, its.request_hash, its.created_id).where(
        its.organisation_id == change.organisation.id
    )
    keys = [_request_key(journal.key) for journal in journals]
    rows = await rows_in_lists(change.session, statement, its.key.in_, keys)
    known = {row.key: row for row in rows}
    new, problems = [], []
    for journal in journals:
        before = known.get(_request_key(journal.key))
        if before is None:
            new.append(journal)
        elif before.request_hash != _request_hash(journal):
            message = (
                f"it was imported as {label(before.created_id)} with other content:"
                " change that one, or give this one a key of its own"
            )
            problem = Problem(ProblemCode.KEY_USED, message, ("journal",))
            problems.append(journal.placed(problem))
    if problems:
        raise Rejected(problems)
    return new


async def _remember(
    change: SettingChange, journals: Sequence[ImportedJournal], begun: Begun
) -> None:
    rows = [
        {
            "organisation_id": change.organisation.id,
            "key": _request_key(journal.key),
            "request_hash": _request_hash(journal),
            "created_id": number,
        }
        for number, journal in enumerate(journals, begun.numbers[0])
    ]
    await change.session.execute(insert(KeyedRequest), rows)


async def _checked(
    change: SettingChange, journals: Sequence[ImportedJournal], *, is_submitted: bool
) -> list[Planned]:
    """The journals' versions in order; raises Rejected with all problems."""
    places: dict[int, Planned] = {}
    problems: list[Problem] = []
    by_currency: dict[str, list[int]] = {}
    for place, journal in enumerate(journals):
        by_currency.setdefault(journal.entered.currency, []).append(place)
    for currency, of_ledger in sorted(by_currency.items()):
        its = [journals[place] for place in of_ledger]
        try:
            ledger = await change.ledger(currency)
        except Rejected as rejected:
            problems += [
                journal.placed(problem)
                for journal in its
                for problem in rejected.problems
            ]
            continue
        known = await load_known(
            change.session, ledger, (journal.entered for journal in its)
        )
        adjusted = {number for number, found in known.adjusted.items() if found.legs}
        taken = await taken_back(change.session, ledger, adjusted)
        checks = _Checks(ledger, known, taken, is_submitted=is_submitted)
        for place, journal in zip(of_ledger, its, strict=True):
            try:
                places[place] = Planned(ledger, checks.version_of(journal))
            except Rejected as rejected:
                problems += map(journal.placed, rejected.problems)
    if problems:
        raise Rejected(sorted(problems, key=lambda problem: problem.line or 0))
    return [places[place] for place in range(len(journals))]


class _Checks:
    """The checks of a ledger's journals; `taken` are those that are taken back."""

    def __init__(
        self,
        ledger: Ledger,
        known: Known,
        taken: Mapping[int, int],
        *,
        is_submitted: bool,
    ) -> None:
        self._ledger = ledger
        self._known = known
        self._taken = taken
        self._in_file: dict[int, str] = {}
        self._is_submitted = is_submitted

    def version_of(self, journal: ImportedJournal) -> Version:
        """A journal's version; raises Rejected with all its problems."""
        ledger, known = self._ledger, self._known
        version, problems = draft_of(ledger, journal.entered, known)
        if problems:
            raise Rejected(problems)
        if not self._is_submitted:
            check_complete(version)
            return version
        check_all(
            lambda: check_complete(version),
            lambda: check_days(ledger, version),
            lambda: self._check_taken(journal.key, version),
        )
        return version

    def _check_taken(self, key: str, version: Version) -> None:
        """Raise Rejected where something takes the adjusted journal back already."""
        number = version.taken_back
        if number is None:
            return
        adjusted = self._known.adjusted.get(number)
        check_same(self._ledger, version, adjusted, self._taken.get(number))
        other = self._in_file.setdefault(number, key)
        if other != key:
            message = (
                f"journal {number} is taken back by journal {other} of this file, too:"
                " that can be done once"
            )
            raise refused(ProblemCode.IN_USE, message, "adjusts")
