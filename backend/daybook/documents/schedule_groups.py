"""The recognition schedules that a document's lines make. Pure.

Domain rule 2: the lines of a group net into one schedule, an invoice's discount is
spread over the groups, and the part of a usage that burn-downs pay is a schedule of its
own.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from daybook.calendar import Day
from daybook.documents.rules import Document, Line, Milestone, ProductDetails
from daybook.ledger.rules import SourceKind
from daybook.recognition.rules import (
    Classification,
    Method,
    Part,
    Terms,
    Timing,
    credited,
    scaled,
    with_amount,
)


class BurnDown(NamedTuple):
    """A line that takes from a credit grant; without an id, the oldest grants pay."""

    position: int
    grant: str | None
    terms: Terms


@dataclass(frozen=True, slots=True)
class Group:
    """One schedule that a document makes, with its terms for the net amount.

    `key` names it within the document, `positions` are those of its lines. `grant` is
    the id of the credit grant that it makes.
    """

    key: str
    positions: tuple[int, ...]
    product: ProductDetails
    terms: Terms
    milestones: tuple[Milestone, ...] = ()
    grant: str | None = None
    burn_downs: tuple[BurnDown, ...] = ()


def groups_of(document: Document) -> list[Group]:
    """The schedules of a document's own lines, in the order of their first lines.

    Lines that credit an invoice's line make none here. A credit note's amounts are
    negative.
    """
    lines = document.lines
    by_key: dict[str, list[int]] = {}
    for position, line in enumerate(lines):
        if line.terms is not None:
            by_key.setdefault(line.key, []).append(position)
    groups = [_group(lines, key, positions) for key, positions in by_key.items()]
    if document.discount:
        net = [group.terms.amount for group in groups]
        shares = spread_discount(document.discount, net)
        groups = [
            replace(group, terms=_net_terms(group.terms, group.terms.amount - share))
            for group, share in zip(groups, shares, strict=True)
        ]
    if document.kind is SourceKind.CREDIT_NOTE:
        return [replace(group, terms=credited(group.terms)) for group in groups]
    return groups


def _group(lines: Sequence[Line], key: str, positions: Sequence[int]) -> Group:
    """The group of some lines: their net amount, on the terms of the leading line.

    The leading line is the one that the group is named after.
    """
    if len(positions) == 1:
        line = lines[positions[0]]
        assert line.product is not None, "a line with terms has its product"
        assert line.terms is not None, "only lines with terms make schedules"
        terms = line.terms
        if len(terms.parts) > 1 and terms.method is Method.USAGE:
            terms = replace(terms, parts=tuple(_by_day(terms.parts)))
        group = Group(key, (positions[0],), line.product, terms)
        if line.milestones or line.grant:
            return replace(group, milestones=line.milestones, grant=line.grant)
        return group
    burning = [position for position in positions if _is_burn_down(lines[position])]
    netted = [position for position in positions if not _is_burn_down(lines[position])]
    leading = next(lines[position] for position in netted if lines[position].id == key)
    assert leading.product is not None, "a line with terms has its product"
    assert leading.terms is not None, "only lines with terms make schedules"
    net = sum(lines[position].amount for position in netted)
    terms = _net_terms(
        leading.terms, net, _parts_of(lines[position] for position in netted)
    )
    burn_downs = []
    for position in burning:
        paid, terms = pay(terms, -lines[position].amount)
        burn_downs.append(BurnDown(position, lines[position].grant, paid))
    milestones = tuple(
        milestone for position in netted for milestone in lines[position].milestones
    )
    return Group(
        key=key,
        positions=tuple(positions),
        product=leading.product,
        terms=terms,
        milestones=milestones,
        grant=leading.grant,
        burn_downs=tuple(burn_downs),
    )


def _is_burn_down(line: Line) -> bool:
    terms = line.terms
    return terms is not None and terms.classification is Classification.BURNDOWN


def _parts_of(lines: Iterable[Line]) -> list[Part]:
    """The dated parts of some lines, each on its own days.

    Beside dated usage, a positive line without dates counts on the day that it would
    have alone; a negative one reduces all parts in proportion.
    """
    parts: list[Part] = []
    undated: list[Part] = []
    for line in lines:
        terms = line.terms
        assert terms is not None, "only lines with terms make schedules"
        parts += terms.parts
        if not terms.parts and terms.method is Method.USAGE and line.amount > 0:
            undated.append(Part(_day_of_undated(terms), line.amount))
    return [*parts, *undated] if parts else []


def _day_of_undated(terms: Terms) -> Day | None:
    if terms.recognized_on is not None:
        return terms.recognized_on
    return terms.first_day if terms.timing is Timing.IN_ADVANCE else terms.last_day


def _net_terms(terms: Terms, net: int, parts: Sequence[Part] | None = None) -> Terms:
    """The terms for a net amount, to which dated parts or milestones are scaled.

    Corrections of usage keep their own days. All milestones stay, even at zero.
    """
    if parts is None:
        parts = terms.parts
    if not parts:
        return with_amount(terms, net)
    terms = replace(terms, amount=net, recognized_on=None)
    if terms.method is Method.MILESTONE:
        fitted = scaled(parts, net) or tuple(Part(part.day, 0) for part in parts)
        return replace(terms, parts=fitted)
    used = _by_day(parts)
    if sum(part.amount for part in used) != net:
        used = scaled(used, net)
    return replace(terms, parts=tuple(used))


def _by_day(parts: Iterable[Part]) -> Sequence[Part]:
    """Usage summed by day, in order, without days that sum to zero."""
    by_day: dict[Day, int] = {}
    for day, amount in parts:
        assert day is not None, "usage has its days"
        by_day[day] = by_day.get(day, 0) + amount
    return [Part(day, by_day[day]) for day in sorted(by_day) if by_day[day]]


def pay(usage: Terms, amount: int) -> tuple[Terms, Terms]:
    """What a grant pays of a usage, the earliest days first, and the rest of it.

    Corrections stay in the rest: a grant pays only for what was used.
    """
    assert 0 <= amount <= usage.amount, "the document's check lets no more pass"
    parts = usage.parts
    if not parts:
        parts = (Part(usage.recognized_on, usage.amount),)
    paid: list[Part] = []
    remaining: list[Part] = []
    missing = amount
    for day, share in sorted(parts, key=lambda part: part.day or 0):
        taken = min(max(share, 0), missing)
        missing -= taken
        paid += [Part(day, taken)] if taken else []
        remaining += [Part(day, share - taken)] if share != taken else []
    return (
        replace(
            usage,
            amount=amount,
            parts=tuple(paid),
            classification=Classification.BURNDOWN,
        ),
        replace(usage, amount=usage.amount - amount, parts=tuple(remaining)),
    )


def spread_discount(discount: int, net: Sequence[int]) -> list[int]:
    """A discount's share of each net amount; amounts that aren't positive bear none.

    Pro rata, each share rounded half up, the residual borne by the largest amount, the
    first of equals: the one exception to the rounding rule. If a share can't bear it
    without turning its sign, the next largest amount bears the rest. The discount is at
    most the sum of the positive amounts.
    """
    whole = sum(amount for amount in net if amount > 0)
    assert 0 <= discount <= whole, "the document's check lets no more pass"
    if discount == 0:
        return [0] * len(net)
    shares = [
        (2 * discount * amount + whole) // (2 * whole) if amount > 0 else 0
        for amount in net
    ]
    residual = discount - sum(shares)
    for position in sorted(range(len(net)), key=lambda position: -net[position]):
        share = min(max(shares[position] + residual, 0), net[position])
        residual -= share - shares[position]
        shares[position] = share
        if residual == 0:
            break
    return shares
