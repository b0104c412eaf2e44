"""Tracking categories: what the dataset's two slots show of a line."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

SLOTS = 2
"""How many tracking categories the dataset has columns for, as Xero allows."""
ACTIVE = "ACTIVE"


class Category(NamedTuple):
    """A tracking category of a connection."""

    id: str
    name: str
    status: str


class Tagged(NamedTuple):
    """What a line is tagged with, of one category."""

    category_id: str
    category: str
    option: str


class Slot(NamedTuple):
    """A category and its option, as the dataset shows them; both may be blank."""

    category: str = ""
    option: str = ""


def slotted(categories: Iterable[Category]) -> Sequence[Category]:
    """The categories with a slot: the first two in their order, active ones first."""
    return sorted(categories, key=lambda category: category.status != ACTIVE)[:SLOTS]


def slots(tags: Iterable[Tagged], categories: Sequence[Category]) -> tuple[Slot, ...]:
    """What each slot shows of a line, in the order of the categories, not the tags'.

    Of two options of one category the first counts. An option without a name leaves
    its slot's option blank.
    """
    by_category: dict[str, Tagged] = {}
    for tag in tags:
        by_category.setdefault(tag.category_id, tag)
    shown = [_slot(category, by_category) for category in categories]
    return (*shown, *[Slot()] * (SLOTS - len(shown)))


def _slot(category: Category, tags: Mapping[str, Tagged]) -> Slot:
    tag = tags.get(category.id)
    if tag is None:
        return Slot()
    has_both = category.name and tag.option
    return Slot(category.name, f"{category.name} - {tag.option}" if has_both else "")
