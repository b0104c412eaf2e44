"""Writing many new manual journals together, in a transaction under way."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import insert, update

from daybook.access.people import people_behind
from daybook.adjustments.models import (
    ManualAuthor,
    ManualDocument,
    ManualJournal,
    ManualLine,
    ManualStep,
    ManualVersion,
)
from daybook.adjustments.posting import StepPosting, parts_to_post, post_all
from daybook.adjustments.rules import Status, StepKind
from daybook.adjustments.versions import Version, number_of
from daybook.configuration.changing import SettingChange
from daybook.db.base import Base
from daybook.db.digests import written
from daybook.db.keyset import next_number
from daybook.db.statistics import refresh_statistics
from daybook.documents.models import StoredDocument
from daybook.ledger.models import Journal, JournalMovement, Ledger, Recording

WORTH_STATISTICS = 500
"""How many journals are enough for the planner to need statistics."""
STEPS = {
    Status.DRAFT: (StepKind.DRAFT,),
    Status.SUBMITTED: (StepKind.DRAFT, StepKind.SUBMITTED),
    Status.POSTED: (StepKind.DRAFT, StepKind.SUBMITTED),
}
"""The steps that everybody's import takes at once; posting follows apart."""


class Planned(NamedTuple):
    """A new journal of a ledger."""

    ledger: Ledger
    version: Version


class Begun(NamedTuple):
    """New journals with their numbers, of which the first and last are `numbers`.

    `next_step` is the number of the next step of any journal.
    """

    journals: Sequence[Planned]
    numbers: tuple[int, int]
    first_step: int
    next_step: int


async def write_planned(
    change: SettingChange, journals: Sequence[Planned], status: Status
) -> Begun:
    """Write new journals with their first versions, saved and submitted."""
    session, organisation_id = change.session, change.organisation.id
    its, step = ManualJournal, ManualStep
    number = await next_number(
        session, its.number, its.organisation_id == organisation_id
    )
    first = await next_number(session, step.id, step.organisation_id == organisation_id)
    numbered = [
        Planned(
            ledger,
            version._replace(number=number + place, version=1, step=first + place),
        )
        for place, (ledger, version) in enumerate(journals)
    ]
    versions = [planned.version for planned in numbered]
    await _insert(change, ManualJournal, map(_new_journal, versions))
    at = first
    people = await people_behind(session, organisation_id, change.made_by)
    time = await change.time()
    for kind in STEPS[status]:
        await _insert_steps(change, kind, versions, at, time)
        if kind is StepKind.DRAFT:
            await _insert(change, ManualVersion, map(_version_row, versions))
            await _insert(change, ManualLine, _line_rows(versions))
        await _insert(
            change,
            ManualAuthor,
            (
                {"step": at + place, "user_id": user_id, "number": version.number}
                for place, version in enumerate(versions)
                for user_id in sorted(people)
            ),
        )
        at += len(versions)
    if status is not Status.POSTED:  # posting sets the state
        await _update(change, versions, status, at - len(versions))
    _note(change, first, at - 1)
    return Begun(numbered, (number, number + len(journals) - 1), first, at)


async def post_planned(
    change: SettingChange, begun: Begun
) -> list[tuple[Ledger, Recording]]:
    """Post new journals that were submitted, in one recording of each ledger."""
    ledgers = {planned.ledger.id: planned.ledger for planned in begun.journals}
    recorded: dict[int, tuple[Ledger, Recording]] = {}
    first, last = begun.numbers
    for ledger in ledgers.values():
        recording = await change.start_recording(
            ledger, f"MJ-{first} to MJ-{last} posted"
        )
        recorded[ledger.id] = (ledger, recording)
    versions = [planned.version for planned in begun.journals]
    await _insert_steps(
        *(change, StepKind.POSTED, versions, begun.next_step, await change.time()),
        recordings=[
            recorded[planned.ledger.id][1].number for planned in begun.journals
        ],
    )
    for ledger, recording in recorded.values():
        postings = [
            StepPosting(begun.next_step + place, version, parts_to_post(version))
            for place, version in enumerate(versions)
            if version.ledger_id == ledger.id
        ]
        await post_all(change, ledger, recording, postings)
    await _update(change, versions, Status.POSTED, begun.next_step)
    _note(change, begun.first_step, begun.next_step + len(versions) - 1)
    return list(recorded.values())


async def refresh_planner(change: SettingChange, begun: Begun) -> None:
    """Refresh the planner's statistics of tables that have grown much.

    Without them, SQLite walks all of an organisation's steps to find a journal's own.
    """
    journals, steps = begun.numbers[1], begun.next_step
    if journals < WORTH_STATISTICS:
        return
    sizes: dict[type[Base], int] = {
        ManualJournal: journals,
        ManualStep: steps,
        ManualVersion: journals,
        ManualLine: journals,
        ManualDocument: journals,
    }
    for ledger in {
        planned.ledger.id: planned.ledger for planned in begun.journals
    }.values():
        sizes |= {
            StoredDocument: ledger.documents,
            Journal: ledger.journals,
            JournalMovement: ledger.journals,
        }
    await refresh_statistics(change.session, sizes)


async def _insert_steps(  # noqa: PLR0913, PLR0917  (a step's own columns)
    change: SettingChange,
    kind: StepKind,
    versions: Sequence[Version],
    first: int,
    time: datetime,
    recordings: Sequence[int] | None = None,
) -> None:
    """Write the same step of journals; their numbers begin with `first`."""
    await _insert(
        change,
        ManualStep,
        (
            {
                "id": first + place,
                "number": version.number,
                "kind": int(kind),
                "version": version.version,
                "made_at": time,
                "made_by": change.made_by,
                "recording": None if recordings is None else recordings[place],
            }
            for place, version in enumerate(versions)
        ),
    )


def _new_journal(version: Version) -> dict[str, Any]:
    return {
        "number": version.number,
        "ledger_id": version.ledger_id,
        "status": int(Status.DRAFT),
        "version": 0,
        "saved_in": 0,
        "last_step": 0,
        "kind": int(version.kind),
        "day": version.day,
        "adjusts": version.adjusts,
    }


def _version_row(version: Version) -> dict[str, Any]:
    return {
        "step": version.step,
        "number": version.number,
        "version": version.version,
        "ledger_id": version.ledger_id,
        "kind": int(version.kind),
        "day": version.day,
        "narrative": version.narrative,
        "customer_id": number_of(version.customer),
        "product_id": number_of(version.product),
        "adjusts": version.adjusts,
        "mode": None if version.mode is None else int(version.mode),
        "reverses_on": version.reverses_on,
    }


def _line_rows(versions: Iterable[Version]) -> Iterable[dict[str, Any]]:
    return (
        {
            "step": version.step,
            "position": line.position,
            "is_mirror": line.is_mirror,
            "role": int(line.role),
            "is_debit": line.is_debit,
            "amount": line.amount,
            "description": line.description,
            "customer_id": number_of(line.customer),
            "product_id": number_of(line.product),
        }
        for version in versions
        for line in version.lines
    )


async def _insert(
    change: SettingChange, model: type[Any], rows: Iterable[dict[str, Any]]
) -> None:
    """Insert rows of the organisation."""
    complete = [{"organisation_id": change.organisation.id, **row} for row in rows]
    if complete:
        await change.session.execute(insert(model), complete)


async def _update(
    change: SettingChange, versions: Sequence[Version], status: Status, first_step: int
) -> None:
    """Set the states of journals after a step; its numbers begin with `first_step`."""
    rows = [
        {
            "organisation_id": change.organisation.id,
            "number": version.number,
            "status": int(status),
            "version": version.version,
            "saved_in": version.step,
            "last_step": first_step + place,
        }
        for place, version in enumerate(versions)
    ]
    await change.session.execute(update(ManualJournal), rows)


def _note(change: SettingChange, first: int, last: int) -> None:
    """Note the rows of all steps for the audit record's digests, in one range."""
    done = written(change.session)
    done.added = {
        (first, last, model.__tablename__)
        for model in (
            *(ManualStep, ManualVersion, ManualLine),
            *(ManualAuthor, ManualDocument),
        )
    }
