"""Amounts as people write them in forms. Pure."""

import re

from daybook_web.kit.formats import MINUS

# Thousands are separated everywhere or nowhere: 1,25 may mean 1.25, so it is refused.
_SEPARATED = re.compile(r"-?[0-9]{1,3}(?:[, ][0-9]{3})+(?:\.[0-9]+)?", re.ASCII)


def plain_amount(text: str) -> str:
    """An amount without separators of thousands; what isn't one stays as it is.

    >>> plain_amount(" 21,000.00 ")
    '21000.00'
    >>> plain_amount("1,25")
    '1,25'
    """
    plain = text.strip().replace(MINUS, "-").replace("\N{NO-BREAK SPACE}", " ")
    if _SEPARATED.fullmatch(plain):
        return plain.replace(",", "").replace(" ", "")
    return plain
