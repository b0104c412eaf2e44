"""Closing a ledger in tests: balances, tie-outs, and what they find."""

from datetime import UTC, datetime
from typing import Any

from daybook.calendar import day_text, month_text, parse_day
from daybook.closing.commands import enter_balances
from daybook.closing.findings import TieOutFinding
from daybook.closing.rules import BalanceEntry, EnteredBalances, FindingKind
from daybook.closing.tie_out import TieOut, tie_out
from daybook.db.engine import Database
from daybook.ledger.pins import Pin
from daybook.ledger.rules import Role
from daybook_factories import ORGANISATION, pin

NOW = datetime(2025, 11, 4, 9, tzinfo=UTC)
TODAY = "2025-11-04"


async def tied(
    database: Database, on: str = "2025-10-31", *, at: Pin | None = None
) -> TieOut:
    """The tie-out up to a day."""
    at = at or await pin(database, on=TODAY)
    async with database.reads() as session:
        return await tie_out(session, at, parse_day(on))


async def entered(
    database: Database, role: Role, day: str, balance: str, label: str = ""
) -> EnteredBalances:
    """Enter one balance of the general ledger."""
    entry = BalanceEntry(role, parse_day(day), balance, label)
    who: dict[str, Any] = {"now": NOW, "made_by": "Ada"}
    return await enter_balances(database, ORGANISATION, None, [entry], **who)


def months_of(found: TieOut, role: Role, target: str = "FILES") -> dict[str, Any]:
    """Ledger, posted, not exported and difference of an account, by month."""
    (account,) = [
        its for its in found.accounts if (its.role, its.target) == (role, target)
    ]
    return {
        month_text(month.month): (
            *(month.ledger, month.posted),
            *(month.not_exported, month.difference),
        )
        for month in account.months
    }


def findings_of(found: TieOut, kind: FindingKind) -> list[TieOutFinding]:
    """The findings of a kind."""
    return [finding for finding in found.findings if finding.kind is kind]


def balances_of(found: TieOut, role: Role) -> list[tuple[str, int, int, str | None]]:
    """Each balance of an account: day, difference, posted and since when."""
    (account,) = [its for its in found.accounts if its.role is role]
    return [
        (
            *(day_text(its.on), its.difference, its.posted),
            None if its.since is None else month_text(its.since),
        )
        for its in account.balances
    ]


def is_explained(found: TieOut) -> bool:
    """Whether the named journals come to the difference of each account.

    The ties of accounts then show the differences, and the journals are counted.
    """
    differing = {tie.name: tie.difference for tie in found.ties if tie.difference}
    accounts = {
        f"{account.role.name.lower()}_is_posted_in_{account.target.lower()}"
        for account in found.accounts
        if account.difference
    }
    assert differing.pop("journals_differ")
    explained = [tie for tie in found.ties if tie.name.endswith("_is_explained")]
    assert len(explained) == len(found.accounts)
    return differing.keys() == accounts and not found.holds
