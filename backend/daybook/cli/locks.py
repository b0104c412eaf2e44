"""`daybook lock` and `daybook unlock`: close and open a ledger's periods."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, NamedTuple

import typer
from rich.table import Table

from daybook.calendar import day_text, month_text
from daybook.cli.choices import parsed_day
from daybook.cli.running import (
    MADE_BY,
    Failed,
    load_settings,
    out,
    with_database,
)
from daybook.cli.terminal_tables import plain_table
from daybook.clock import now
from daybook.configuration.commands import Locked, set_lock
from daybook.configuration.locking import (
    Lock,
    LockChange,
    MonthShare,
    change_words,
    days_words,
)
from daybook.configuration.queries import preview_lock
from daybook.configuration.rules import lock_words
from daybook.db.engine import Database
from daybook.errors import Problem, ProblemCode, Rejected
from daybook.ledger.queries import LedgerNotChosen
from daybook.ledger.rules import LockMethod, Role, first_open_day, net_change
from daybook.money import grouped_text

Currency = Annotated[
    str | None, typer.Option(help="The ledger, by its currency, if there are several.")
]
Reason = Annotated[
    str | None,
    typer.Option(help="Why, for the audit trail; required if the change opens days."),
]
DryRun = Annotated[
    bool,
    typer.Option("--dry-run", help="Show what would open or close, change nothing."),
]

WAYS_OUT: Mapping[tuple[str, ...], str] = {
    (ProblemCode.UNCONFIRMED, "confirmFuture"): "add --confirm",
    (ProblemCode.MISSING, "reason"): "add --reason",
}
"""The options that fix problems of a lock change, by code and field."""


class _Requested(NamedTuple):
    """A lock as the options request it."""

    lock: Lock
    currency: str | None
    reason: str | None
    is_confirmed: bool = False
    is_dry_run: bool = False


def lock(
    through: Annotated[
        str | None,
        typer.Argument(help="The last locked day, YYYY-MM-DD.", metavar="[DATE]"),
    ] = None,
    is_by_accounting_date: Annotated[
        bool,
        typer.Option(
            "--by-accounting-date",
            help="Each document is locked before its own accounting date.",
        ),
    ] = False,
    currency: Currency = None,
    reason: Reason = None,
    is_confirmed: Annotated[
        bool,
        typer.Option("--confirm", help="Lock also past the end of the present month."),
    ] = False,
    is_dry_run: DryRun = False,
) -> None:
    """Lock a ledger's periods: later recordings don't post into them.

    Amounts that belong to locked days post on the first open day instead. A lock can be
    moved forward, and back if a reason is given; posted movements stay as they are.

    Example: `daybook lock 2025-12-31`

    Example: `daybook lock 2025-11-30 --reason "late invoices of December" --dry-run`

    Example: `daybook lock --by-accounting-date --currency EUR`
    """
    if is_by_accounting_date == (through is not None):
        raise Failed("give the last locked day, or --by-accounting-date")
    new_lock = Lock(LockMethod.ACCOUNTING_DATE)
    if through is not None:
        new_lock = Lock(LockMethod.CUSTOM_DATE, parsed_day(through))
    _set(_Requested(new_lock, currency, reason, is_confirmed, is_dry_run))


def unlock(
    currency: Currency = None, reason: Reason = None, is_dry_run: DryRun = False
) -> None:
    """Open all periods of a ledger again; posted movements stay as they are.

    Example: `daybook unlock --currency EUR --reason "the year is not closed yet"`
    """
    _set(_Requested(Lock(), currency, reason, is_dry_run=is_dry_run))


def _set(requested: _Requested) -> None:
    settings = load_settings()

    async def preview(database: Database) -> Locked:
        async with database.reads() as session:
            pin, change = await preview_lock(
                session,
                settings.organisation,
                requested.currency,
                requested.lock,
                now=now(settings),
            )
        return Locked(pin.currency, None, change)

    async def change(database: Database) -> Locked:
        try:
            return await set_lock(
                database,
                settings.organisation,
                requested.currency,
                method=requested.lock.method,
                locked_through=requested.lock.through,
                reason=requested.reason,
                is_confirmed=requested.is_confirmed,
                now=now(settings),
                made_by=MADE_BY,
            )
        except LedgerNotChosen:
            raise
        except Rejected as rejected:
            raise _with_ways_out(rejected) from None

    if requested.is_dry_run:
        _show_preview(with_database(settings, preview), requested)
    else:
        _show(with_database(settings, change))


def _with_ways_out(rejected: Rejected) -> Rejected:
    """The same rejection, with the options that fix its problems."""
    return Rejected([_with_way_out(problem) for problem in rejected.problems])


def _with_way_out(problem: Problem) -> Problem:
    way_out = WAYS_OUT.get((problem.code, *problem.path))
    if way_out is None:
        return problem
    return replace(problem, message=f"{problem.message}: {way_out}")


def _show(changed: Locked) -> None:
    """Show how the ledger is locked now, and which days that opened or closed."""
    lock, change = changed.change.after, changed.change
    as_before = "" if changed.recording else ", as before"
    words = f"{changed.currency} ledger {lock_words(*lock)}{as_before}"
    if (day := first_open_day(lock.through)) is not None:
        words += f"; the first open day is {day_text(day)}"
    out.print(f"{words}.")
    if changed.recording:
        _show_change(change, changed.currency, "closed", "opened")


def _show_preview(changed: Locked, requested: _Requested) -> None:
    """Show what a change would open or close, and which options it still needs."""
    change = changed.change
    words = f"{changed.currency} ledger {lock_words(*change.before)}"
    if change.before == change.after:
        out.print(f"{words}, as it would be: nothing would change.")
        return
    out.print(f"{words}; it would be {lock_words(*change.after)}.")
    _show_change(change, changed.currency, "would close", "would open")
    is_unconfirmed = change.needs_confirmation and not requested.is_confirmed
    is_unreasoned = change.needs_reason and not (requested.reason or "").strip()
    lacking = [
        *(["--confirm"] if is_unconfirmed else []),
        *(["--reason"] if is_unreasoned else []),
    ]
    needed = f" The change needs {' and '.join(lacking)}." if lacking else ""
    out.print(f"Nothing was changed.{needed}")


def _show_change(change: LockChange, currency: str, closes: str, opens: str) -> None:
    out.print(f"It {change_words(change, currency, closes, opens)}.")
    if change.months:
        out.print(_table(change, currency))


def _table(change: LockChange, currency: str) -> Table:
    """Each month's journals and the accounts' net change, on their normal sides."""
    table = plain_table(f"Month, {currency}", "Days")
    for column in ("Journals", *(role.name.capitalize() for role in Role)):
        table.add_column(column, justify="right", no_wrap=True)
    total = MonthShare(0, change.journals, change.pairs)
    for share in change.months:
        days = days_words(*change.share_days(share.month))
        table.add_row(month_text(share.month), days, *_figures(share, currency))
    if len(change.months) > 1:
        table.add_section()
        table.add_row("In all", "", *_figures(total, currency))
    return table


def _figures(share: MonthShare, currency: str) -> list[str]:
    nets = [net_change(share.pairs, role) for role in Role]
    return [f"{share.journals:,}", *(grouped_text(net, currency) for net in nets)]
