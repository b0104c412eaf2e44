"""Drawing lines of every method, alone and in groups, also for accrued days."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import Flag, auto
from itertools import pairwise
from typing import TypeAlias

from daybook.calendar import Day, day_of, first_day_of, last_day_of, month_of
from daybook.documents.rules import Line, Milestone
from daybook.recognition.allocation import Strategy
from daybook.recognition.rules import (
    Classification,
    Method,
    Part,
    Terms,
    Timing,
    default_point,
)
from daybook_choosing import Chooser
from daybook_factories import line
from daybook_model import Model

Period: TypeAlias = tuple[Day, Day]

FIRST, LAST = day_of(date(2025, 1, 1)), day_of(date(2025, 6, 30))
OF_ONE_DAY = {Method.POINT_IN_TIME, Method.USAGE}
LARGE = 10**6
USED_MAX = 5
"""The most days of one line's dated usage."""


class Case(Flag):
    """What a history may have in it that once went wrong."""

    SEVERAL = auto()
    """Several invoices, or lines of one, for the same accrued days."""
    NOTHING = auto()
    """Lines of zero or less for accrued days."""
    MIXED = auto()
    """Usage of both signs, or with and without days, in one group."""
    WHOLE = auto()
    """Credits by `REBUILD` of all that an invoice of accrued days has left."""
    BACK = auto()
    """Locks that move back."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What is drawn: days, how long services last, how many documents a file has.

    With `enough` documents known, new ones mostly have to do with them.
    """

    first: Day = FIRST
    last: Day = LAST
    service_max: int = 100
    file_max: int = 3
    enough: int = 4
    cases: Case = ~Case(0)


class LineDrawing:
    """Draws the lines of documents, by a scope."""

    def __init__(self, choose: Chooser, scope: Scope) -> None:
        self.choose, self.scope = choose, scope

    def is_one_in(self, count: int) -> bool:
        """Whether something that is the case now and then is."""
        return self.choose.integer(1, count) == count

    def day(self) -> Day:
        """Any day."""
        return self.choose.integer(self.scope.first, self.scope.last)

    def day_soon_after(self, day: Day) -> Day:
        """Any day, but often one of the weeks that begin on a day."""
        return self.choose.one_of([self.day(), day + self.choose.integer(0, 40)])

    def day_or_none(self) -> Day | None:
        """Any day, or none."""
        return self.day() if self.is_one_in(2) else None

    def amount(self) -> int:
        """A positive amount, often a small one."""
        return self.choose.integer(1, self.choose.one_of([10, 300, 300, LARGE]))

    def signed(self, one_in: int) -> int:
        """An amount; zero or less now and then."""
        return self.choose.integer(-300, 0) if self.is_one_in(one_in) else self.amount()

    def period(self) -> Period:
        """A service period; often of whole months."""
        first = self.day()
        last = first + self.choose.integer(0, self.scope.service_max)
        return _whole(first, last) if self.is_one_in(2) else (first, last)

    def period_within(self, first: Day, last: Day) -> Period:
        """A period that has days of another: all of it, some, or a month and more."""
        way = self.choose.one_of(["all", "some", "month"])
        if way == "all":
            return first, last
        start = self.choose.integer(first, last)
        if way == "month":
            return _whole(start, start)
        return start, min(last, start + self.choose.integer(0, 60))

    def terms(
        self, amount: int, accruing: Terms | None, methods: Sequence[Method]
    ) -> Terms:
        """Terms of any method, with their points filled in; parts come later."""
        first, last = self.period()
        if accruing is not None and not self.is_one_in(4):
            first, last = self.period_within(*accruing.service_period)
        method = self.choose.one_of(methods)
        timing = self.choose.one_of(list(Timing))
        point = None
        if method in OF_ONE_DAY:
            point = default_point(timing, first, last, first)
        if method is Method.POINT_IN_TIME and self.is_one_in(2):
            point = self.day()
        strategy = self.choose.one_of(list(Strategy))
        return Terms(amount, method, timing, strategy, first, last, point)

    def line(
        self,
        id_: str,
        product: str,
        accruing: Terms | None = None,
        methods: Sequence[Method] = tuple(Method),
    ) -> Line:
        """A line of any method, with or without parts."""
        amount = self.signed(4 if accruing is None else 3)
        if accruing is not None and Case.NOTHING not in self.scope.cases:
            amount = self.amount()
        its_terms = self.terms(amount, accruing, methods)
        one = line(id_, product=product, its_terms=its_terms)
        if its_terms.method is Method.MILESTONE:
            milestones = tuple(
                Milestone(f"m{at}", f"Part {at}", part, self.day_or_none())
                for at, part in enumerate(self.parts(amount, 3))
            )
            return with_milestones(one, milestones)
        if its_terms.method is Method.USAGE and not self.is_one_in(3):
            return self.dated(one)
        return one

    def dated(self, one: Line) -> Line:
        """A usage line with its amount on days of its period."""
        assert one.terms is not None
        if not one.amount:
            return one
        first, last = one.terms.service_period
        shares = self.parts(one.amount, min(last - first + 1, USED_MAX))
        its_days = self.choose.integers(first, last, len(shares))
        parts = tuple(map(Part, its_days, shares))
        return replace(one, terms=replace(one.terms, parts=parts, recognized_on=None))

    def parts(self, total: int, most: int) -> list[int]:
        """A total in so many parts of its sign, or fewer."""
        count = min(self.choose.integer(1, most), abs(total) or 1)
        cuts = self.choose.integers(1, max(abs(total) - 1, 1), count - 1)
        edges = [0, *cuts, abs(total)]
        sign = -1 if total < 0 else 1
        return [sign * (end - start) for start, end in pairwise(edges)]

    def group(
        self, id_: str, product: str, accruing: Terms | None, burns: Sequence[Method]
    ) -> list[Line]:
        """A line, or some that net; the methods are `burns` where there are any."""
        lines = [self.line(id_, product, accruing, burns or tuple(Method))]
        terms = lines[0].terms
        assert terms is not None
        counts = [0, 1, 2] if terms.method is Method.USAGE else [0, 0, 0, 1, 2]
        for at in range(self.choose.one_of(counts)):
            more = [*lines, self.netted(lines[0], f"{id_}_net{at}")]
            if is_read(more) and self.is_wanted(more, accruing):
                lines = more
        return lines

    def is_wanted(self, lines: Sequence[Line], accruing: Terms | None) -> bool:
        """Whether a group isn't of the cases that are left out."""
        net = sum(one.amount for one in lines)
        if accruing is not None and Case.NOTHING not in self.scope.cases and net <= 0:
            return False
        return Case.MIXED in self.scope.cases or not is_mixed(lines)

    def netted(self, leading: Line, id_: str) -> Line:
        """Another line of a group, often one that goes against it."""
        assert leading.terms is not None
        some = self.choose.integer(1, max(abs(leading.amount), 1))
        against = -some if leading.amount > 0 else some
        amounts = [-leading.amount, against, against // 2, self.signed(2)]
        amount = self.choose.one_of([*amounts, against // 3])
        point = leading.terms.recognized_on
        its_terms = replace(leading.terms, amount=amount, parts=(), recognized_on=point)
        one = replace(
            leading,
            id=id_,
            amount=amount,
            terms=its_terms,
            milestones=(),
            group=leading.id,
        )
        if leading.terms.method is Method.USAGE and not self.is_one_in(3):
            return self.dated(one)
        return one

    def burn_down(self, leading: Line, amount: int, model: Model) -> Line:
        """What a grant pays of a usage: one that is named, or the oldest."""
        assert leading.terms is not None
        burning = replace(
            leading.terms,
            amount=-amount,
            parts=(),
            classification=Classification.BURNDOWN,
        )
        return replace(
            leading,
            id=f"{leading.id}_burn",
            amount=-amount,
            terms=burning,
            group=leading.id,
            grant=self.choose.one_of([None, None, None, *model.grants]),
        )

    def prepayment(self, grant: str, id_: str) -> Line:
        """A line that makes a credit grant."""
        its_terms = Terms(
            self.amount(),
            Method.STRAIGHT_LINE,
            Timing.IN_ADVANCE,
            classification=Classification.PREPAYMENT,
            expires_on=self.day_or_none(),
        )
        return replace(line(id_, product="credits", its_terms=its_terms), grant=grant)


def with_milestones(one: Line, milestones: tuple[Milestone, ...]) -> Line:
    """A line with these milestones as its terms' parts."""
    assert one.terms is not None
    parts = tuple(Part(its.completed_on, its.amount) for its in milestones)
    return replace(one, milestones=milestones, terms=replace(one.terms, parts=parts))


def nets_of(lines: Sequence[Line]) -> dict[str, int]:
    """What each group comes to, burn-downs taken off."""
    nets: dict[str, int] = {}
    for one in lines:
        nets[one.key] = nets.get(one.key, 0) + one.amount
    return nets


def is_read(lines: Sequence[Line]) -> bool:
    """Whether a reader takes a group's lines, and the rules say what they come to.

    Dated usage goes the way of the net, milestones are on lines that do.
    """
    net = sum(one.amount for one in lines)
    dated = [one for one in lines if one.terms is not None and one.terms.parts]
    if not dated:
        return True
    whole = sum(one.amount for one in dated)
    if net and whole * net <= 0:
        return False
    terms = dated[0].terms
    assert terms is not None
    if terms.method is Method.MILESTONE:
        return all(one.amount * net >= 0 for one in dated)
    stands = whole + sum(max(one.amount, 0) for one in lines if one not in dated)
    return stands * net > 0 or not net


def is_mixed(lines: Sequence[Line]) -> bool:
    """Whether several lines date a group's usage, or some of it stands on its point."""
    terms = [one.terms for one in lines if one.terms is not None]
    dated = sum(bool(one.parts) for one in terms)
    if terms[0].method is not Method.USAGE or not dated:
        return False
    return dated > 1 or any(one.amount > 0 and not one.parts for one in terms)


def _whole(first: Day, last: Day) -> Period:
    """The same with all the days of its months."""
    return first_day_of(month_of(first)), last_day_of(month_of(last))
