"""Checks of settings, locks and names, and their words. Pure."""

from daybook.calendar import LAST_DAY, Day, day_text
from daybook.errors import Problem, ProblemCode, Rejected
from daybook.ledger.rules import AccountName, LockMethod

NAME_MAX = 200
CODE_MAX = 50
REASON_MAX = 500
"""The longest reason, in characters."""

PRODUCT, CATEGORY = "product", "category"
"""The kinds of a sub-account's scope: the part before its colon."""


def check_lock(method: LockMethod, locked_through: Day | None) -> None:
    """Raise Rejected for a date with a lock by accounting date, or one too late.

    A lock must leave an open day, since otherwise nothing could be posted any more.
    """
    if method is LockMethod.ACCOUNTING_DATE and locked_through is not None:
        message = (
            "a lock by accounting date takes no date: each document's own accounting"
            " date is its first open day"
        )
        raise _rejected(ProblemCode.INVALID_VALUE, message, "lockedThrough")
    if locked_through is not None and locked_through >= LAST_DAY:
        message = (
            f"a lock through {day_text(locked_through)} leaves no open day in the"
            f" calendar; the last day that can be locked is {day_text(LAST_DAY - 1)}"
        )
        raise _rejected(ProblemCode.INVALID_VALUE, message, "lockedThrough")


def lock_words(method: LockMethod, locked_through: Day | None) -> str:
    """A lock in words: `locked through 2025-12-31`."""
    if method is LockMethod.ACCOUNTING_DATE:
        return "locked by accounting date"
    if locked_through is None:
        return "unlocked"
    return f"locked through {day_text(locked_through)}"


def checked_account_name(name: str, code: str | None) -> AccountName:
    """An account's name and code as they are stored; an empty name ends a sub-account.

    Raises Rejected if one of them is invalid.
    """
    name, code = name.strip(), (code or "").strip() or None
    if not name and code is not None:
        message = f"the code {code!r} needs a name beside it"
        raise _rejected(ProblemCode.MISSING, message, "name")
    check_text(name, NAME_MAX, "name")
    check_text(code, CODE_MAX, "code")
    return AccountName(name, code)


def check_text(value: str | None, longest: int, field: str) -> None:
    """Raise Rejected for text that is too long or has unprintable characters.

    `field` names it in the message; None is valid.
    """
    if value is None:
        return
    if len(value) > longest:
        message = f"a {field} has at most {longest} characters, not {len(value)}"
        raise _rejected(ProblemCode.TOO_LARGE, message, field)
    if not value.isprintable():
        message = f"a {field} is one line of printable characters"
        raise _rejected(ProblemCode.INVALID_VALUE, message, field)


def checked_reason(reason: str) -> str:
    """A reason as the audit trail stores it; raises Rejected if empty or invalid."""
    reason = reason.strip()
    if not reason:
        raise _rejected(ProblemCode.MISSING, "give a reason", "reason")
    check_text(reason, REASON_MAX, "reason")
    return reason


def scope_parts(scope: str) -> tuple[str, str]:
    """A sub-account's kind and key: `("product", "prod_1")`; raises Rejected."""
    kind, _, key = scope.partition(":")
    if kind not in {PRODUCT, CATEGORY} or not key or not key.isprintable():
        message = f"{scope!r} is neither a product's nor a category's sub-account"
        raise _rejected(ProblemCode.INVALID_VALUE, message, "scope")
    return kind, key


def not_found(message: str, field: str) -> Rejected:
    """A rejection of a name without an object."""
    return _rejected(ProblemCode.NOT_FOUND, message, field)


def unknown_time_zone(name: str) -> Rejected:
    """A rejection of an unknown time zone."""
    message = f"{name!r} is not a time zone's name, such as Europe/Berlin"
    return _rejected(ProblemCode.INVALID_VALUE, message, "timeZone")


def unknown_currency(code: str) -> Rejected:
    """A rejection of a currency that isn't in use."""
    message = f"{code!r} is not the ISO 4217 code of a currency in use, such as USD"
    return _rejected(ProblemCode.UNKNOWN_CURRENCY, message, "currency")


def _rejected(code: ProblemCode, message: str, field: str) -> Rejected:
    return Rejected([Problem(code, message, (field,))])
