"""Amounts as people write them in forms. Pure."""

import re

from daybook_web.kit.formats import MINUS

AMOUNT_CHARACTERS_MAX = 300
"""The longest text that a form takes as an amount, or as a sum of amounts."""
# Thousands are separated everywhere or nowhere, and by the same character: 1,25 may
# mean 1.25, and 1,200 300 may be two numbers, so they are refused.
_PLAIN = re.compile(r"-?[0-9]{1,30}(?:\.[0-9]{1,30})?", re.ASCII)
_SEPARATED = re.compile(
    r"-?[0-9]{1,3}([, ])[0-9]{3}(?:\1[0-9]{3})*(?:\.[0-9]+)?", re.ASCII
)


def summed_amount(text: str) -> str:
    """The sum of amounts with a plus between them; what isn't that stays as it is.

    It takes time where text is longer than `AMOUNT_CHARACTERS_MAX`.

    >>> summed_amount("1,200.00 + 300.5 + -0.50")
    '1500.00'
    >>> summed_amount("1,200.00 + x")
    '1,200.00 + x'
    """
    parts = [plain_amount(part) for part in text.split("+")]
    if len(parts) == 1:
        return parts[0]
    if not all(map(_PLAIN.fullmatch, parts)):
        return text.strip()
    # Whole units of the last decimal that is written: exact, however long it is.
    decimals = max(len(part.partition(".")[2]) for part in parts)
    total = sum(
        int(whole + rest.ljust(decimals, "0"))
        for whole, _, rest in (part.partition(".") for part in parts)
    )
    digits = str(abs(total)).rjust(decimals + 1, "0")
    sign = "-" if total < 0 else ""
    if not decimals:
        return f"{sign}{digits}"
    return f"{sign}{digits[:-decimals]}.{digits[-decimals:]}"


def plain_amount(text: str) -> str:
    """An amount without separators of thousands; what isn't one stays as it is.

    >>> plain_amount(" 21,000.00 ")
    '21000.00'
    >>> plain_amount("1,25")
    '1,25'
    >>> plain_amount("1,200 300")
    '1,200 300'
    """
    plain = text.strip().replace(MINUS, "-").replace("\N{NO-BREAK SPACE}", " ")
    if _SEPARATED.fullmatch(plain):
        return plain.replace(",", "").replace(" ", "")
    return plain
