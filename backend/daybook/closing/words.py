"""Findings of the tie-out in words."""

from daybook.calendar import Month, day_words, month_in_words
from daybook.closing.located import LocatedJournal
from daybook.closing.posted_files import TargetFiles
from daybook.closing.rules import FindingKind, TieOutAccount, TieOutBalance
from daybook.exports.posting.overlapping import file_words
from daybook.ledger.rules import ACCOUNT_NAMES, Role
from daybook.money import grouped_text
from daybook.reports.trail.of_mapping import SYSTEMS


def journal_words(its: LocatedJournal, role: Role, amount: int, currency: str) -> str:
    """What is wrong with a journal in the posted files, and the way out."""
    what = f"{role.name.title()} {grouped_text(amount, currency)}"
    where = "" if its.file is None else file_words(its.file.listed)
    if its.kind is FindingKind.DOUBLED:
        assert its.newest is not None, "another file has it too"
        newest = file_words(its.newest.listed)
        return (
            f"journal {its.journal} is in {where} and in {newest} too: {what}; reverse"
            " one of them in the target and undo its posting"
        )
    if its.kind is FindingKind.CHANGED:
        return (
            f"journal {its.journal} was changed after {where}: {what}; post the"
            " difference to that file"
        )
    if where:
        return (
            f"journal {its.journal} is not in {where}, which ends on or after its"
            f" days: {what}; post the difference to that file"
        )
    return (
        f"journal {its.journal} has entries before the end of the posted files that"
        f" are in none of them: {what}; export and post those days"
    )


def not_exported_words(files: TargetFiles, first: Month) -> str:
    """That entries after the last posted file are in none yet."""
    return (
        f"entries after {day_words(files.end)} are in no file that is posted in"
        f" {target_words(files.target)}, from {month_in_words(first)} on"
    )


def target_words(target: str) -> str:
    """A target for people: `Xero`, `the general ledger`."""
    return SYSTEMS.get(target, "the general ledger")


def balance_words(
    account: TieOutAccount,
    balance: TieOutBalance,
    before: TieOutBalance | None,
    currency: str,
) -> str:
    """By how much a balance differs, and since when as far as it is known."""
    name, day = ACCOUNT_NAMES[account.role], day_words(balance.on)
    what = "posted files" if account.target else "the ledger"
    amounts = [balance.balance, balance.posted, abs(balance.difference)]
    entered, posted, difference = (grouped_text(its, currency) for its in amounts)
    side = "more" if balance.difference > 0 else "less"
    arose = "no earlier balance tells since when"
    if before is not None:
        was = (
            "agreed"
            if not before.difference
            else f"differed by {grouped_text(before.difference, currency)}"
        )
        arose = f"that of {day_words(before.on)} {was}"
    return (
        f"{name} on {day}: the general ledger has {entered}, {what}"
        f" {'have' if account.target else 'has'} {posted}, so {difference} {side};"
        f" {arose}"
    )


def changed_words(its: LocatedJournal, currency: str) -> str:
    """What changed in a journal after it was in a posted file."""
    amounts = ", ".join(
        f"{role.name.title()} {grouped_text(amount, currency)}"
        for role, amount in its.amounts.items()
    )
    where = "" if its.file is None else f" after {file_words(its.file.listed)}"
    month = month_in_words(its.month)
    return f"journal {its.journal} of {month} changed{where}: {amounts}"
