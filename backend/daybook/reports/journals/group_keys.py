"""Keys of journal groups: the groupings, and the stable text of a key. Pure."""

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple, TypeAlias
from urllib.parse import quote

from daybook.calendar import Day, day_text
from daybook.ledger.rules import SourceKind


class Grouping(StrEnum):
    """What journals may be grouped by, besides their month or day."""

    CUSTOMER = "customer"
    PRODUCT = "product"
    DOCUMENT = "document"


class Granularity(StrEnum):
    """Whether groups and lines are of days or of months."""

    DAILY = "daily"
    MONTHLY = "monthly"


class GroupsOf(StrEnum):
    """What a group is of: a day, a month, or all selected days."""

    DAILY = "daily"
    MONTHLY = "monthly"
    TOTAL = "total"

    @property
    def granularity(self) -> Granularity | None:
        """The groups' granularity; None for all selected days together."""
        return None if self is GroupsOf.TOTAL else Granularity(self)


KeyPart: TypeAlias = str | int
"""A part of a key: the sender's own id, or a document's kind before it."""


def in_order(by: Iterable[Grouping]) -> tuple[Grouping, ...]:
    """Each grouping once, in the order of keys."""
    chosen = set(by)
    return tuple(grouping for grouping in Grouping if grouping in chosen)


class GroupKey(NamedTuple):
    """What identifies a journal group: its first day, and its parts in order.

    Of all selected days, the first day is that of the selection. A document is two
    parts, its kind and the sender's own id.
    """

    first_day: Day
    parts: tuple[KeyPart, ...]

    def text(self, by: tuple[Grouping, ...], granularity: Granularity | None) -> str:
        """The key as text: `2025-10/cus_1`, by day `2025-10-03/cus_1/prod_2`.

        Of all selected days it is `total/cus_1`. Separators within a part are
        percent-encoded, so that no two keys have the same text. A document's id follows
        its kind, `invoice:inv_1`.
        """
        period = day_text(self.first_day)
        if granularity is not Granularity.DAILY:
            period = GroupsOf.TOTAL.value if granularity is None else period[:7]
        names = [period]
        parts = iter(self.parts)
        for grouping in by:
            part = next(parts)
            if grouping is Grouping.DOCUMENT:
                kind = SourceKind(int(part)).name.lower()
                names.append(f"{kind}:{_escaped(str(next(parts)))}")
            else:
                names.append(_escaped(str(part)))
        return "/".join(names)


def _escaped(text: str) -> str:
    """Percent-encode the separator, the escape, and unprintable characters."""
    return "".join(
        quote(character, safe="") if _is_special(character) else character
        for character in text
    )


def _is_special(character: str) -> bool:
    return character in "/%" or not character.isprintable()
