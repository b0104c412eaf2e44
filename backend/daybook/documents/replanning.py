"""Putting families right whose movements differ from what the rules plan."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from daybook.activity.commands import failures_logged
from daybook.activity.rules import ActivityKind, Started
from daybook.audit.rules import Action, Subject, SubjectKind
from daybook.calendar import Day, day_text, last_day_of, month_of
from daybook.clock import day_at
from daybook.db.engine import Database, WriteSession
from daybook.documents.auditing import audit_import
from daybook.documents.batches import Batch
from daybook.documents.checking import (
    FAMILIES_AT_ONCE,
    Fault,
    FaultyFamily,
    faulty_families,
    first_early,
)
from daybook.documents.named_documents import kind_words
from daybook.documents.queries import load_families
from daybook.documents.recording_parties import Parties
from daybook.documents.results import ImportResult
from daybook.documents.writing import plan_batch, write_batch
from daybook.errors import Problem, ProblemCode, Rejected
from daybook.ledger.commands import lock_organisation, open_ledger, start_recording
from daybook.ledger.models import Ledger, Organisation
from daybook.ledger.queries import choose_ledger

WHAT = "families put right"


@dataclass(slots=True)
class ReplannedFamilies:
    """The families that were put right, and what was added to the ledger."""

    currency: str
    families: list[FaultyFamily] = field(default_factory=list)
    result: ImportResult = field(default_factory=ImportResult)


async def put_families_right(  # noqa: PLR0913  (keyword-only, each has its meaning)
    database: Database,
    organisation_id: int,
    currency: str | None,
    *,
    reason: str,
    now: datetime,
    made_by: str | None,
) -> ReplannedFamilies:
    """Post the differences of faulty families from the rules, in one transaction.

    As a revision does: differences up to today, later days replaced, and nothing on a
    locked day. Families that can't be planned stay as they are. A second run changes
    nothing. Raises Rejected if the lock is past the end of the present month, since all
    differences would post after it.
    """
    started = Started(now)
    logged = failures_logged(
        database,
        organisation_id,
        kind=ActivityKind.IMPORT,
        started=started,
        made_by=made_by,
        what=WHAT,
    )
    async with logged, database.writes() as session:
        organisation = await lock_organisation(session, organisation_id)
        chosen = await choose_ledger(session, organisation_id, currency)
        ledger = await open_ledger(session, organisation, chosen.currency)
        replanning = _Replanning(session, organisation, ledger, now, made_by)
        done = await replanning.run(f"{WHAT}: {reason}")
        await audit_import(
            session,
            organisation,
            done.result.recordings,
            done.result.added,
            started=started,
            made_by=made_by,
            message=f"{WHAT}: {reason}",
            details={
                "reason": reason,
                "families": [
                    f"{kind_words(family.kind)} {family.document}: {family.fault.value}"
                    for family in done.families
                ],
            },
            action=Action.PUT_FAMILIES_RIGHT,
            subject=Subject(SubjectKind.LEDGER, ledger.currency),
        )
    return done


def _check_lock(ledger: Ledger, today: Day) -> None:
    locked = ledger.locked_through
    if locked is None or locked <= last_day_of(month_of(today)):
        return
    message = (
        f"the {ledger.currency} ledger is locked through {day_text(locked)}, so that"
        f" everything would post on {day_text(locked + 1)}: move the lock back first"
    )
    raise Rejected([Problem(ProblemCode.INVALID_VALUE, message, ("currency",))])


@dataclass(slots=True)
class _Replanning:
    """Replans a ledger's faulty families, some at a time."""

    session: WriteSession
    organisation: Organisation
    ledger: Ledger
    now: datetime
    made_by: str | None

    async def run(self, reason: str) -> ReplannedFamilies:
        done = ReplannedFamilies(self.ledger.currency)
        early: set[int] = set()
        every = faulty_families(self.session, self.organisation.id, self.ledger)
        async for loaded, faulty in every:
            for family in faulty:
                if family.fault is Fault.OVERDRAWN:
                    continue
                done.families.append(family)
                if first_early(self.ledger, loaded.families[family.id]):
                    early.add(family.id)
        ids = [family.id for family in done.families]
        if ids:
            _check_lock(self.ledger, day_at(self.now, self.organisation.time_zone))
        for start in range(0, len(ids), FAMILIES_AT_ONCE):
            batch_ids = ids[start : start + FAMILIES_AT_ONCE]
            await self._record(done.result, batch_ids, reason, drops=early)
            # Another recording posts where it belongs what was taken back.
            again = [family_id for family_id in batch_ids if family_id in early]
            if again:
                await self._record(done.result, again, reason, drops=set())
        return done

    async def _record(
        self, result: ImportResult, ids: Sequence[int], reason: str, *, drops: set[int]
    ) -> None:
        batch = Batch(self.organisation, self.ledger, Parties({}, {}))
        loaded = await load_families(
            self.session, self.organisation.id, self.ledger, ids
        )
        batch.take_loaded(loaded)
        for id_, family in batch.families.items():
            family.drops_early = id_ in drops
            for member_id, member in family.family.members.items():
                family.locks[member_id] = batch.lock_of(member.accounting_date)
            batch.touch(family)
        recording = await start_recording(
            self.session,
            self.organisation,
            self.ledger,
            now=self.now,
            reason=reason,
            made_by=self.made_by,
        )
        planned = plan_batch(batch, recording)
        await write_batch(self.session, planned)
        result.add_recording(self.ledger.currency, recording.number)
        result.add_posted(self.ledger.currency, planned.posted)
