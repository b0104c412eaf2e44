"""What options and arguments name: one of several values, a scope, a day."""

from collections.abc import Sequence

from daybook.calendar import Day, parse_day
from daybook.cli.running import Failed
from daybook.errors import did_you_mean
from daybook.ledger.rules import category_scope, product_scope


def one_of(text: str, allowed: Sequence[str], what: str) -> str:
    """A text that is one of those allowed; raises Failed with them otherwise."""
    if text not in allowed:
        names = ", ".join(allowed) or "nothing"
        near = did_you_mean(text, allowed)
        raise Failed(f"{what} {text!r} is not one of {names}{near}")
    return text


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
