"""A change of a setting: its transaction, recording, audit record and log line."""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from daybook.activity.commands import failures_logged, write_activity
from daybook.activity.rules import ActivityKind, Run, Started
from daybook.audit.commands import append_audit_record
from daybook.audit.expecting import Setting, check_unchanged, recorded_since_refused
from daybook.audit.rules import Action, Details, Subject, SubjectKind
from daybook.configuration.rules import unknown_currency
from daybook.db.engine import Database, WriteSession
from daybook.four_eyes.asking import add_request, open_request_for
from daybook.four_eyes.queries import ChangeRequest, is_four_eyes_on
from daybook.four_eyes.rules import AskedChange, check_same_effect
from daybook.ledger.clocks import next_time
from daybook.ledger.commands import lock_organisation, open_ledger, start_recording
from daybook.ledger.models import Ledger, Organisation, Recording, StoredLedgerSettings
from daybook.ledger.queries import LedgerNotChosen, choose_ledger, find_ledgers


@dataclass(frozen=True, slots=True)
class SettingChange:
    """A change under way, in a transaction that has locked the organisation."""

    session: WriteSession
    organisation: Organisation
    kind: ActivityKind
    started: Started
    made_by: str | None
    approved: ChangeRequest | None = None
    """The request that this change carries out, which another person approved."""

    async def asks_for(self, asked: AskedChange) -> int | None:
        """Ask another person for a change, if one has to approve it.

        Call it before anything is changed. Returns the number of the request, and then
        the change isn't made; None if it may be made now: four eyes is off, or this
        carries out the approved request, whose effect must still be the same. Asking
        again for the same change gives the same request.
        """
        if self.approved is not None:
            check_same_effect(self.approved.number, self.approved.effect, asked.effect)
            return None
        organisation = self.organisation
        if not await is_four_eyes_on(self.session, organisation.id):
            return None
        known = await open_request_for(self.session, organisation.id, asked)
        if known is not None:
            return known
        number = await add_request(
            self.session,
            organisation,
            asked,
            at=await self.time(),
            made_by=self.made_by,
        )
        await self.log(
            Action.REQUEST_CHANGE,
            Subject(SubjectKind.CHANGE_REQUEST, str(number)),
            {"kind": asked.kind.name, "summary": asked.summary, **asked.details()},
            message=f"change request {number}: {asked.summary}",
        )
        return number

    async def check_unchanged(
        self,
        expected: int | None,
        subject: Subject,
        action: Action,
        settings: Iterable[Setting],
    ) -> None:
        """Refuse the change if a setting was changed after the expected record."""
        await check_unchanged(
            self.session,
            self.organisation,
            expected=expected,
            subject=subject,
            actions={action},
            settings=settings,
        )

    async def ledger(self, currency: str | None) -> Ledger:
        """Lock the ledger of a currency, or the only ledger; raises Rejected."""
        chosen = await choose_ledger(self.session, self.organisation.id, currency)
        return await open_ledger(self.session, self.organisation, chosen.currency)

    async def ledgers(self, currency: str | None) -> list[Ledger]:
        """Lock the ledger of a currency, or all ledgers; raises Rejected for none."""
        if currency is not None:
            return [await self.ledger(currency)]
        found = await find_ledgers(self.session, self.organisation.id)
        if not found:
            raise LedgerNotChosen([])
        currencies = [ledger.currency for ledger in found]
        return [
            await open_ledger(self.session, self.organisation, currency)
            for currency in currencies
        ]

    async def make_ledger(self, currency: str | None) -> Ledger | None:
        """Make and lock the ledger of a currency; None if it exists already.

        None without a currency, too. Raises Rejected for a currency that isn't in use.
        """
        ledgers = await find_ledgers(self.session, self.organisation.id)
        if currency is None or currency in {ledger.currency for ledger in ledgers}:
            return None
        try:
            return await open_ledger(self.session, self.organisation, currency)
        except KeyError:
            raise unknown_currency(currency) from None

    async def start_recording(self, ledger: Ledger, reason: str) -> Recording:
        """Start the ledger's next recording, for this change."""
        return await start_recording(
            self.session,
            self.organisation,
            ledger,
            now=self.started.at,
            reason=reason,
            made_by=self.made_by,
        )

    async def time(self, *, is_accepted: bool = False) -> datetime:
        """The time with which the change is recorded.

        Raises ClockRefused, unless this change itself accepts the clock.
        """
        return await next_time(
            self.session, self.organisation, self.started.at, is_accepted=is_accepted
        )

    def keep_settings(self, ledger: Ledger, recording: Recording) -> None:
        """Store the ledger's settings as they are after the recording."""
        self.session.add(
            StoredLedgerSettings(
                ledger_id=ledger.id,
                recorded_in=recording.number,
                lock_method=ledger.lock_method,
                locked_through=ledger.locked_through,
                method=ledger.method,
                strategy=ledger.strategy,
                breakage=ledger.breakage,
                undated_lines=ledger.undated_lines,
            )
        )

    async def log(
        self,
        action: Action,
        subject: Subject,
        details: Details,
        *,
        message: str,
        recorded: Sequence[tuple[Ledger, Recording]] = (),
    ) -> None:
        """Append the audit record and the activity log's line of the change."""
        runs = [
            Run(ledger.id, recording.number, recording.number)
            for ledger, recording in recorded
        ]
        if recorded:
            numbers = {
                ledger.currency: {"recording": recording.number}
                for ledger, recording in recorded
            }
            details = {**details, "recordings": numbers}
        await append_audit_record(
            self.session,
            self.organisation,
            now=self.started.at,
            made_by=self.made_by,
            action=action,
            subject=subject,
            details=details,
            recordings=[run[:2] for run in runs],
        )
        await write_activity(
            self.session,
            self.organisation,
            kind=self.kind,
            started=self.started.recorded(self.organisation.recorded_at),
            message=message,
            made_by=self.made_by,
            run=runs[0] if len(runs) == 1 else None,
        )


@asynccontextmanager
async def setting_change(
    database: Database,
    organisation_id: int,
    kind: ActivityKind,
    *,
    now: datetime,
    made_by: str | None,
) -> AsyncIterator[SettingChange]:
    """A transaction for a change; a Rejected that is raised inside is also logged.

    What was changed since its sender looked is refused without a log: nothing failed.
    """
    started = Started(now)
    logged = failures_logged(
        database,
        organisation_id,
        kind=kind,
        started=started,
        made_by=made_by,
        what="refused",
    )
    with recorded_since_refused():
        async with logged, database.writes() as session:
            organisation = await lock_organisation(session, organisation_id)
            yield SettingChange(session, organisation, kind, started, made_by)
