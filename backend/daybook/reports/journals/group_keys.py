"""Keys of journal groups: what groups are made by, and their stable text. Pure."""

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple, TypeAlias
from urllib.parse import quote

from daybook.calendar import Day, day_text
from daybook.ledger.rules import SourceKind


class Grouping(StrEnum):
    """What journals may be grouped by, beside their month or day."""

    CUSTOMER = "customer"
    PRODUCT = "product"
    DOCUMENT = "document"


class Granularity(StrEnum):
    """Whether groups and lines are of days or of months."""

    DAILY = "daily"
    MONTHLY = "monthly"


Part: TypeAlias = str | int
"""A part of a key: the sender's own id, or a document's kind before it."""


def in_order(by: Iterable[Grouping]) -> tuple[Grouping, ...]:
    """Groupings once each, in the order in which keys name them."""
    wanted = set(by)
    return tuple(one for one in Grouping if one in wanted)


class GroupKey(NamedTuple):
    """What makes a journal group: its first day, and the parts in the keys' order.

    A document is two parts, its kind and the sender's own id.
    """

    first_day: Day
    parts: tuple[Part, ...]

    def text(self, by: tuple[Grouping, ...], granularity: Granularity) -> str:
        """The key as text: `2025-10/cus_1`, by day `2025-10-03/cus_1/prod_2`.

        What would be mistaken for a separator is percent-encoded, so that no two keys
        are the same text. A document's id stands behind its kind, `invoice:inv_1`.
        """
        period = day_text(self.first_day)
        names = [period if granularity is Granularity.DAILY else period[:7]]
        parts = iter(self.parts)
        for one in by:
            part = next(parts)
            if one is Grouping.DOCUMENT:
                kind = SourceKind(int(part)).name.lower()
                names.append(f"{kind}:{_escaped(str(next(parts)))}")
            else:
                names.append(_escaped(str(part)))
        return "/".join(names)


def _escaped(text: str) -> str:
    """Percent-encode the separator, the escape itself, and line breaks and the like."""
    return "".join(quote(one, safe="") if _is_special(one) else one for one in text)


def _is_special(one: str) -> bool:
    return one in "/%" or not one.isprintable()
