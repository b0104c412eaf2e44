"""Which schedules a document's lines make, by domain rule 2, word by word."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from math import floor

from daybook.calendar import Day
from daybook.documents.rules import Document, Line, Milestone
from daybook.ledger.rules import SourceKind
from daybook.recognition.rules import (
    Classification,
    Method,
    Part,
    Terms,
    default_point,
)
from daybook_oracle import Parts, scaled_parts


@dataclass(slots=True)
class SoldGroup:
    """A line group's net terms, and what grants pay of it (grant's id, terms)."""

    key: str
    product: str
    terms: Terms
    milestones: tuple[Milestone, ...] = ()
    grant: str | None = None
    paid: list[tuple[str | None, Terms]] = field(default_factory=list)


def groups_by_the_rules(document: Document) -> list[SoldGroup]:
    """The groups of lines with terms of their own, in the order of their leaders."""
    own = [line for line in document.lines if line.terms is not None]
    keys = list(dict.fromkeys(one.key for one in own))
    groups = [_net([one for one in own if one.key == key], key) for key in keys]
    _discount(groups, document.discount)
    if document.kind is SourceKind.CREDIT_NOTE:
        for group in groups:
            parts = [(part.day, -part.amount) for part in group.terms.parts]
            group.terms = replace(
                group.terms, amount=-group.terms.amount, parts=_made(parts)
            )
    return groups


def with_total(terms: Terms, total: int) -> Terms:
    """The same terms for another amount; parts keep their proportion."""
    parts = [(part.day, part.amount) for part in terms.parts]
    return replace(terms, amount=total, parts=_made(scaled_parts(parts, total)))


def paid_first(terms: Terms, amount: int) -> tuple[Terms, Terms]:
    """What a grant pays of a usage, its earliest positive days first, and the rest."""
    parts = [(part.day, part.amount) for part in terms.parts]
    paid: Parts = []
    rest: Parts = []
    left = amount
    for day, one in sorted(parts or [(terms.recognized_on, terms.amount)]):
        taken = min(max(one, 0), left)
        left -= taken
        paid.append((day, taken))
        rest.append((day, one - taken))
    return (
        replace(
            terms,
            amount=amount,
            parts=_made(_some(paid)),
            classification=Classification.BURNDOWN,
        ),
        replace(terms, amount=terms.amount - amount, parts=_made(_some(rest))),
    )


def _net(lines: Sequence[Line], key: str) -> SoldGroup:
    """Lines of a group net into one schedule, but for burn-downs."""
    burning = [line for line in lines if _is(line, Classification.BURNDOWN)]
    netted = [line for line in lines if line not in burning]
    leading = next(one for one in netted if one.id == key)
    assert leading.terms is not None
    assert leading.product is not None
    group = SoldGroup(
        key,
        leading.product.id,
        _net_terms(leading.terms, netted),
        tuple(milestone for line in netted for milestone in line.milestones),
        leading.grant,
    )
    for one in burning:
        paid, group.terms = paid_first(group.terms, -one.amount)
        group.paid.append((one.grant, paid))
    return group


def _net_terms(terms: Terms, lines: Sequence[Line]) -> Terms:
    """What the lines of a group come to, which the first of them leads."""
    net = sum(line.amount for line in lines)
    parts = [part for line in lines for part in _parts_of(line)]
    if not parts:
        return replace(terms, amount=net)
    if terms.method is Method.USAGE:
        parts = _by_day([*parts, *_undated(terms, lines)])
    return replace(
        terms, amount=net, parts=_made(scaled_parts(parts, net)), recognized_on=None
    )


def _undated(terms: Terms, lines: Sequence[Line]) -> Parts:
    """What was used beside dated usage, without a day: it has that of its timing."""
    first, last = terms.service_period
    day = default_point(terms.timing, first, last, first)
    return [
        (day, line.amount) for line in lines if line.amount > 0 and not _parts_of(line)
    ]


def _by_day(parts: Parts) -> Parts:
    """A day has all that was used on it, and its corrections; none if that is zero."""
    by_day: Counter[Day] = Counter()
    for day, amount in parts:
        assert day is not None
        by_day[day] += amount
    return [(day, by_day[day]) for day in sorted(by_day) if by_day[day]]


def _discount(groups: Sequence[SoldGroup], discount: int) -> None:
    """Over the groups with positive net pro rata, the residual to the largest."""
    bearing = [group for group in groups if group.terms.amount > 0]
    if not discount:
        return
    whole = sum(one.terms.amount for one in bearing)
    shares = [
        floor(Fraction(discount * one.terms.amount, whole) + Fraction(1, 2))
        for one in bearing
    ]
    largest = max(one.terms.amount for one in bearing)
    first = next(at for at, one in enumerate(bearing) if one.terms.amount == largest)
    shares[first] += discount - sum(shares)
    for one, share in zip(bearing, shares, strict=True):
        one.terms = with_total(one.terms, one.terms.amount - share)


def _is(line: Line, classification: Classification) -> bool:
    return line.terms is not None and line.terms.classification is classification


def _parts_of(line: Line) -> Parts:
    assert line.terms is not None
    return [(part.day, part.amount) for part in line.terms.parts]


def _some(parts: Iterable[tuple[Day | None, int]]) -> Parts:
    return [part for part in parts if part[1]]


def _made(parts: Parts) -> tuple[Part, ...]:
    return tuple(Part(day, amount) for day, amount in parts)
