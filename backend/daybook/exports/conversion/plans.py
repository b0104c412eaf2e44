"""What the planner makes of a family whose totals were converted. Pure.

Each total is converted once, and domain rules 3 and 4 allocate it anew. Credits and
burn-downs are converted by what was taken so far, so that the last one takes all that
is left, also in the other currency.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from daybook.exports.conversion.exchange import Exchange
from daybook.ledger.rules import Movement
from daybook.recognition.families import Family, Key, Member, planned_movements
from daybook.recognition.rules import Classification, Part, Terms, with_amount


@dataclass(frozen=True, slots=True)
class Plans:
    """The movements planned in the ledger's currency and in the other, by member."""

    source: Mapping[int, Sequence[Movement]] = field(default_factory=dict)
    target: Mapping[int, Sequence[Movement]] = field(default_factory=dict)


def family_plans(family: Family[Key], exchanges: Mapping[int, Exchange]) -> Plans:
    """A family's plans in both currencies; `exchanges` are by member."""
    converted = converted_family(family, exchanges)
    return Plans(planned_movements(family), planned_movements(converted))


def converted_family(
    family: Family[Key], exchanges: Mapping[int, Exchange]
) -> Family[Key]:
    """The family with the totals of its members converted."""
    members: dict[int, Member[Key]] = {}
    taken: dict[int, int] = defaultdict(int)
    for member_id in sorted(family.members):
        member, exchange = family.members[member_id], exchanges[member_id]
        amount = member.terms.amount
        if is_taking(member):
            line = line_of(family.id, member)
            before, taken[line] = taken[line], taken[line] + amount
            converted = exchange.of(taken[line]) - exchange.of(before)
        else:
            converted = exchange.of(amount)
        terms = converted_terms(member.terms, converted, exchange)
        members[member_id] = replace(member, terms=terms)
    return replace(family, members=members)


def is_taking(member: Member[Key]) -> bool:
    """Whether a member takes from another: a credit, or a burn-down from its grant."""
    is_burn_down = member.terms.classification is Classification.BURNDOWN
    return member.credits_id is not None or is_burn_down


def line_of(family_id: int, member: Member[Key]) -> int:
    """The member that a credit or burn-down takes from; of others, the member."""
    if member.credits_id is not None:
        return member.credits_id
    if member.terms.classification is Classification.BURNDOWN:
        return family_id
    return member.id


def converted_terms(terms: Terms, amount: int, exchange: Exchange) -> Terms:
    """The terms for a converted total; parts of one sign keep their proportion.

    Parts of both signs may be large beside their total, so each is converted by itself,
    and the largest, the first of equals, takes the rest.
    """
    amounts = [part.amount for part in terms.parts]
    if not amounts or min(amounts) >= 0 or max(amounts) <= 0:
        return with_amount(terms, amount)
    sizes = list(map(abs, amounts))
    converted = list(map(exchange.of, amounts))
    converted[sizes.index(max(sizes))] += amount - sum(converted)
    parts = tuple(
        Part(part.day, its) for part, its in zip(terms.parts, converted, strict=True)
    )
    return replace(terms, amount=amount, parts=parts)
