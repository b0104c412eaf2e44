"""What was done to close a month, in words. Pure."""

from collections.abc import Mapping

from daybook.audit.rules import Action, Record
from daybook.ledger.rules import ACCOUNT_NAMES, Role
from daybook.money import grouped_text, parse_amount
from daybook.numbers import counted
from daybook.reports.trail.changes import (
    NONE,
    Change,
    Details,
    Tell,
    Told,
    day,
    told_of_many,
)


def tell_balances(record: Record, details: Details) -> Told:
    """Balances of the general ledger that were entered."""
    currency, balances = record.subject_id, details["balances"]
    changes = [
        Change(
            _line(balance),
            _amount(balance["before"], currency),
            _amount(balance["after"], currency),
        )
        for balance in balances
    ]
    what = counted(len(balances), "balance")
    sentence = f"Entered {what} of the general ledger in {currency}"
    return told_of_many(sentence, changes, details["note"] or None)


def tell_dismissal(record: Record, details: Details) -> Told:
    """A failed import that nothing has to be taken of."""
    of_file = f" of {details['file']}" if details["file"] else ""
    sentence = f"Dismissed the failed import {record.subject_id}{of_file}"
    return Told(sentence, reason=details["reason"])


def _line(balance: Details) -> str:
    """A balance's account, day and label: `Deferred Revenue on 31 Oct 2025, 2600`."""
    role = balance["account"]
    account = ACCOUNT_NAMES[Role[role]] if role in Role.__members__ else str(role)
    label = f", {balance['label']}" if balance["label"] else ""
    return f"{account} on {day(balance['on'])}{label}"


def _amount(text: str | None, currency: str) -> str:
    return (
        NONE if text is None else grouped_text(parse_amount(text, currency), currency)
    )


TELLING: Mapping[Action, Tell] = {
    Action.ENTER_BALANCES: tell_balances,
    Action.DISMISS_IMPORT: tell_dismissal,
}
