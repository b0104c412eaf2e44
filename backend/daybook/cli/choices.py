"""What options and arguments name: one of several values, a scope, a day, a number."""

from collections.abc import Sequence

from daybook.calendar import Day, parse_day
from daybook.cli.running import Failed
from daybook.errors import did_you_mean
from daybook.ledger.rules import category_scope, product_scope
from daybook.numbers import read_number


def one_of(text: str, allowed: Sequence[str], what: str) -> str:
    """A text that is one of those allowed; raises Failed with them otherwise."""
    if text not in allowed:
        names = ", ".join(allowed) or "nothing"
        near = did_you_mean(text, allowed)
        raise Failed(f"{what} {text!r} is not one of {names}{near}")
    return text


def or_none(text: str) -> str | None:
    """A text as it was given; None for NONE."""
    return None if text.upper() == "NONE" else text


def named_scope(product: str | None, category: str | None) -> str:
    """The scope of `--product` or `--category`, or empty; raises Failed for both."""
    if product is not None and category is not None:
        raise Failed("give --product or --category, not both")
    if product is not None:
        return product_scope(product)
    return "" if category is None else category_scope(category)


def parsed_day(text: str, otherwise: str = "") -> Day:
    """The day of a text; raises Failed, with what it may be `otherwise`."""
    try:
        return parse_day(text)
    except ValueError:
        message = f"{text!r} is not a date YYYY-MM-DD between 2000 and 2099"
        raise Failed(f"{message}{otherwise}") from None


def record_number(text: str) -> int:
    """The number of an export's record, as it was given; raises Failed.

    Numbers that no record can have are told as those that none has.
    """
    if not (text.isascii() and text.isdecimal()):
        message = f"{text!r} is not a record's number: `daybook exports` lists them"
        raise Failed(message)
    return _number(text, f"there is no export record {text}")


def run_number(text: str) -> int:
    """The number of a line of the activity log, as it was given; raises Failed."""
    if not (text.isascii() and text.isdecimal()):
        message = f"{text!r} is not a line's number: `daybook activity` lists them"
        raise Failed(message)
    return _number(text, f"the activity log has no line {text}")


def export_number(text: str) -> int:
    """The number of an export that was requested of a server; raises Failed."""
    if not (text.isascii() and text.isdecimal()):
        message = f"{text!r} is not an export's number: `daybook activity` names them"
        raise Failed(message)
    return _number(text, f"there is no export {text}")


def attachment_number(text: str) -> int:
    """The number of an attachment, as it was given; raises Failed."""
    return _number(text, f"there is no attachment {text!r}")


def key_number(text: str) -> int:
    """The number of an API key, as it was given; raises Failed."""
    return _number(text, "there is no such key")


def webhook_number(text: str) -> int:
    """The number of a webhook, as it was given; raises Failed."""
    return _number(text, "there is no such webhook")


def delivery_number(text: str) -> int:
    """The number of a webhook's delivery, as it was given; raises Failed."""
    return _number(text, "there is no such delivery")


def _number(text: str, otherwise: str) -> int:
    try:
        return read_number(text)
    except ValueError:
        raise Failed(otherwise) from None
