"""The demo company's manual journals: what waits, and what was decided.

Tom writes and submits them while four eyes is on; Priya decides. A recurring one
accrues support each month. Four eyes is off in the end, so that whoever tries the demo
can do everything alone; what was submitted still needs another person than Tom.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from daybook.adjustments.commands import save_draft, submit
from daybook.adjustments.deciding import approve, reject
from daybook.adjustments.recurring.commands import save_recurrence, submit_recurrence
from daybook.adjustments.recurring.deciding import approve_recurrence
from daybook.adjustments.recurring.rules import EnteredRecurrence, Schedule
from daybook.adjustments.recurring.running import run_recurrences
from daybook.adjustments.rules import AdjustmentKind, EnteredJournal, EnteredLine
from daybook.calendar import Month, first_day_of, last_day_of
from daybook.db.engine import Database
from daybook.decisions.commands import approve_change, set_four_eyes
from daybook.demo.cases import MIGRATION, PLATFORM, SUPPORT
from daybook.demo.exceptions import PROJECT, REVISED, TRAINED, WORKSHOP, Case
from daybook.demo.people import INES, PRIYA, TOM
from daybook.four_eyes.rules import ApprovalPending
from daybook.ledger.rules import Role
from daybook.money import parse_amount

REJECTED_BECAUSE = "Which invoice is it about? Name it, and its customer."


@dataclass(frozen=True, slots=True)
class Office:
    """Where the company's people work; their ids are by address."""

    database: Database
    organisation_id: int
    users: Mapping[str, int]

    @property
    def where(self) -> tuple[Database, int]:
        """What every command begins with."""
        return self.database, self.organisation_id

    async def begin_four_eyes(self, now: datetime) -> None:
        """Turn four eyes on."""
        await set_four_eyes(*self.where, is_on=True, now=now, made_by=INES.email)

    async def end_four_eyes(self, now: datetime) -> None:
        """Turn four eyes off, as Priya asks and Ines approves."""
        reason = "Ines is away for this close"
        with suppress(ApprovalPending):
            await set_four_eyes(
                *self.where, is_on=False, reason=reason, now=now, made_by=PRIYA.email
            )
        user_id = self.users[INES.email]
        await approve_change(*self.where, 1, user_id=user_id, now=now)

    async def begin_recurring(self, month: Month, now: datetime) -> None:
        """Accrue support each month from one on, in the first currency, approved."""
        number, version = await self._recurrence("USD", month, now)
        await approve_recurrence(
            *(*self.where, number),
            version=version,
            user_id=self.users[PRIYA.email],
            now=now,
        )

    async def ask_for_recurring(self, month: Month, now: datetime) -> None:
        """Submit the same for the other currency, which nobody has approved yet."""
        await self._recurrence("GBP", month, now)

    async def run_recurring(self, now: datetime) -> None:
        """Make the recurring journals that are due."""
        async for _made in run_recurrences(*self.where, now=now):
            pass

    async def write_journals(self, case: Case, now: datetime) -> None:
        """One that Priya has approved, and one that waits for approval."""
        month = case.month
        number = await self._submitted(
            EnteredJournal(
                case.currency,
                last_day_of(month) - 2,
                AdjustmentKind.RECLASSIFICATION,
                "Setup was sold as a part of the platform",
                (
                    _line(case, Role.RECOGNIZED, 300, PLATFORM, is_debit=True),
                    _line(case, Role.RECOGNIZED, 300, SUPPORT),
                ),
                customer_id=case.customer(REVISED)["id"],
            ),
            now,
        )
        await self._decide(approve, number, now)
        await self._submitted(
            EnteredJournal(
                case.currency,
                last_day_of(month),
                AdjustmentKind.MANUAL_RECOGNITION,
                "A tenth of the project was accepted ahead of its milestone",
                (
                    _line(case, Role.DEFERRED, 1_800, MIGRATION, is_debit=True),
                    _line(case, Role.RECOGNIZED, 1_800, MIGRATION),
                ),
                customer_id=case.customer(PROJECT)["id"],
            ),
            now,
        )

    async def write_unfinished(self, case: Case, now: datetime) -> None:
        """One that Priya rejects, and a draft of the month after that."""
        wrong = EnteredJournal(
            case.currency,
            last_day_of(case.month),
            AdjustmentKind.CORRECTION,
            "Support of an earlier month was recognized twice",
            (
                _line(case, Role.RECOGNIZED, 85, SUPPORT, is_debit=True),
                _line(case, Role.DEFERRED, 85, SUPPORT),
            ),
        )
        number = await self._submitted(wrong, now)
        await self._decide(reject, number, now, reason=REJECTED_BECAUSE)
        draft = EnteredJournal(
            case.currency,
            first_day_of(case.month + 1),
            AdjustmentKind.ONE_OFF,
            "Workshop that is held again for free: what is it worth?",
            (_line(case, Role.RECOGNIZED, 400, WORKSHOP, is_debit=True),),
            customer_id=case.customer(TRAINED)["id"],
        )
        await save_draft(*self.where, draft, now=now, made_by=TOM.email)

    async def _submitted(self, entered: EnteredJournal, now: datetime) -> int:
        """Save and submit a journal, as Tom; its number."""
        saved = await save_draft(*self.where, entered, now=now, made_by=TOM.email)
        await submit(
            *(*self.where, saved.number),
            version=saved.version,
            now=now,
            made_by=TOM.email,
        )
        return saved.number

    async def _decide(
        self, decide: Any, number: int, now: datetime, **options: Any
    ) -> None:
        """Approve or reject the first version of a journal, as Priya."""
        user_id = self.users[PRIYA.email]
        await decide(
            *self.where, number, version=1, user_id=user_id, now=now, **options
        )

    async def _recurrence(
        self, currency: str, month: Month, now: datetime
    ) -> tuple[int, int]:
        """Save and submit a recurring accrual, as Tom; its number and version."""
        case = Case(currency, month)
        entered = EnteredRecurrence(
            currency,
            AdjustmentKind.MANUAL_RECOGNITION,
            "Support that is given each month and invoiced after it",
            Schedule(28, month, reverses=True),
            (
                _line(case, Role.UNBILLED, 450, SUPPORT, is_debit=True),
                _line(case, Role.RECOGNIZED, 450, SUPPORT),
            ),
        )
        saved = await save_recurrence(*self.where, entered, now=now, made_by=TOM.email)
        await submit_recurrence(
            *(*self.where, saved.number),
            version=saved.version,
            now=now,
            made_by=TOM.email,
        )
        return saved.number, saved.version


def _line(
    case: Case,
    role: Role,
    whole: int,
    product: Mapping[str, str],
    *,
    is_debit: bool = False,
) -> EnteredLine:
    """A side, by what it is in dollars."""
    amount = parse_amount(case.amount(whole), case.currency)
    return EnteredLine(role, is_debit, amount, product_id=product["id"])
