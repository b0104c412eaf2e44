"""Drawing documents of every kind, such that their days meet each other often."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from itertools import pairwise
from typing import Protocol, TypeAlias, TypeVar

from hypothesis import strategies as st

from daybook.calendar import Day, day_of, first_day_of, last_day_of, month_of
from daybook.documents.rules import (
    CustomerDetails,
    Document,
    DocumentStatus,
    Line,
    Milestone,
)
from daybook.ledger.rules import SourceKind
from daybook.recognition.allocation import Strategy
from daybook.recognition.rules import (
    Classification,
    Method,
    Part,
    Terms,
    Timing,
    Treatment,
    default_point,
)
from daybook_factories import line
from daybook_family_oracle import Item
from daybook_model import Known, Model

Value = TypeVar("Value")
Period: TypeAlias = tuple[Day, Day]

CUSTOMERS, PRODUCTS = ("c1", "c2"), ("p1", "p2")
FIRST, LAST = day_of(date(2025, 1, 1)), day_of(date(2025, 6, 30))

ENOUGH = 4
"""So many documents known, new ones mostly have to do with them."""

days = st.integers(FIRST, LAST)
amounts = st.integers(1, 300) | st.integers(1, 10**6)
signed = amounts | amounts | amounts | st.integers(-300, 0)
"""Positive more often than not: only these can be credited, burned and discounted."""


class Draw(Protocol):
    """What a test's `data.draw` is."""

    def __call__(self, strategy: st.SearchStrategy[Value], /) -> Value:
        """A value of the strategy."""


class Drawing:
    """Draws documents for a ledger whose history a model knows."""

    def __init__(self, draw: Draw, model: Model, currency: str) -> None:
        self.draw, self.model, self.currency = draw, model, currency
        self.left = 0

    def file(self, name: str) -> list[Document]:
        """A few documents with ids of their own, and some that are known."""
        made: dict[object, Document] = {}
        for at in range(self.draw(st.integers(1, 3))):
            document = self.document(f"{name}_{at}")
            if document is not None:
                made.setdefault(document.key, document)
        return self.draw(st.permutations(list(made.values())))

    def document(self, id_: str) -> Document | None:
        """A document of any kind, new or changed."""
        kinds = ["revision", "note", "invoice", "void", "schedule", "standalone"]
        if len(self.model.documents) > ENOUGH:
            kinds = ["revision", "revision", "note", "note", "invoice", "void"]
        kind = self.draw(st.sampled_from(kinds))
        invoices = self.known(SourceKind.INVOICE)
        if kind in {"revision", "void"}:
            known = [
                one
                for one in self.model.documents.values()
                if kind == "revision"
                or one.document.kind is not SourceKind.BILLING_SCHEDULE
            ]
            if known:
                document = self.draw(st.sampled_from(known)).document
                if kind == "void":
                    return replace(document, status=DocumentStatus.VOIDED)
                return self.revision(document)
        elif kind == "note" and invoices:
            worth = [one for one in invoices if self.has_left(one)]
            invoice = self.draw(st.sampled_from(worth or invoices))
            return self.credit_note(id_, invoice)
        elif kind == "schedule":
            return self.billing_schedule(id_)
        elif kind == "standalone":
            return self.standalone(id_)
        return self.invoice(id_)

    def known(self, kind: SourceKind) -> list[Known]:
        """The documents of a kind that are not void."""
        return [
            one
            for one in self.model.documents.values()
            if one.document.kind is kind
            and one.document.status is not DocumentStatus.VOIDED
        ]

    def has_left(self, invoice: Known) -> bool:
        """Whether something of an invoice can be credited."""
        return any(self.model.left_to_credit(one) > 0 for one in invoice.items.values())

    def revision(self, document: Document) -> Document:
        """The same document, said otherwise."""
        if document.kind is SourceKind.BILLING_SCHEDULE:
            new = self.billing_schedule(document.id)
            (old_line,), (new_line,) = document.lines, new.lines
            same = replace(new_line, product=old_line.product)
            return replace(new, customer=document.customer, lines=(same,))
        if document.invoice_id is not None:
            key = (SourceKind.INVOICE, document.invoice_id)
            return self.credit_note(document.id, self.model.documents[key])
        if document.kind is SourceKind.CREDIT_NOTE:
            new = self.standalone(document.id)
            return replace(new, customer=document.customer)
        way = self.draw(st.sampled_from(["date", "milestones", "lines", "anew"]))
        if way == "date":
            return replace(document, accounting_date=self.draw(days))
        if way == "milestones" and any(one.milestones for one in document.lines):
            lines = tuple(self.completed(one) for one in document.lines)
            return replace(document, lines=lines)
        return self.invoice(document.id, document)

    def completed(self, one: Line) -> Line:
        """A line whose milestones are reached on other days, or no longer."""
        if not one.milestones:
            return one
        milestones = tuple(
            its._replace(
                completed_on=self.draw(st.none() | days),
                is_untouched=self.draw(st.booleans()),
            )
            for its in one.milestones
        )
        milestones = tuple(
            its._replace(completed_on=None) if its.is_untouched else its
            for its in milestones
        )
        return self.with_milestones(one, milestones)

    def with_milestones(self, one: Line, milestones: tuple[Milestone, ...]) -> Line:
        """A line with these milestones as its terms' parts."""
        assert one.terms is not None
        parts = tuple(Part(its.completed_on, its.amount) for its in milestones)
        return replace(
            one, milestones=milestones, terms=replace(one.terms, parts=parts)
        )

    def invoice(self, id_: str, before: Document | None = None) -> Document:
        """An invoice; one that takes another's place keeps what it must."""
        draw = self.draw
        accrual = self.accrual(before)
        customer = draw(st.sampled_from(CUSTOMERS))
        schedule_id = None
        if before is not None:
            customer, schedule_id = before.customer.id, before.billing_schedule_id
        elif accrual is not None:
            customer = accrual.document.customer.id
            schedule_id = accrual.document.id
        self.left = self.left_to_burn(customer)
        lines: list[Line] = []
        for at in range(draw(st.integers(1, 2))):
            product = draw(st.sampled_from(PRODUCTS))
            if accrual is not None and draw(st.booleans()):
                (accruing,) = accrual.document.lines
                assert accruing.product is not None
                product = accruing.product.id
            lines += self.lines(id_, str(at), product, accrual)
        positive = sum(max(one, 0) for one in self.nets(lines).values())
        discount = draw(st.just(0) | st.integers(0, positive))
        document = self.head(SourceKind.INVOICE, id_, customer, draw(days), lines)
        return replace(document, billing_schedule_id=schedule_id, discount=discount)

    def accrual(self, before: Document | None) -> Known | None:
        """The billing schedule that an invoice bills, if it does."""
        if before is not None:
            if before.billing_schedule_id is None:
                return None
            key = (SourceKind.BILLING_SCHEDULE, before.billing_schedule_id)
            return self.model.documents[key]
        known = self.known(SourceKind.BILLING_SCHEDULE)
        return self.draw(st.sampled_from([None, *known, *known]))

    def nets(self, lines: Sequence[Line]) -> dict[str, int]:
        """What each group comes to, burn-downs taken off."""
        nets: dict[str, int] = {}
        for one in lines:
            nets[one.key] = nets.get(one.key, 0) + one.amount
        return nets

    def lines(
        self, document: str, id_: str, product: str, accrual: Known | None
    ) -> list[Line]:
        """A line, alone or with others of its group."""
        draw = self.draw
        if draw(st.integers(0, 1 if not self.model.grants else 7)) == 0:
            return [self.prepayment(f"{document}_{id_}", id_)]
        leading = self.line(id_, product, accrual)
        terms = leading.terms
        assert terms is not None
        lines = [leading]
        if draw(st.integers(0, 3)) == 0:
            lines.append(self.netted(leading))
        net = sum(one.amount for one in lines)
        if terms.method is Method.USAGE and net > 0:
            most = min(net, self.left)
            if most and draw(st.integers(0, 3)):
                lines.append(self.burn_down(leading, draw(st.integers(1, most))))
            elif draw(st.integers(0, 9)) == 0:
                lines.append(self.burn_down(leading, net))
        return lines

    def left_to_burn(self, customer: str) -> int:
        """What a customer's grants have left in all."""
        return sum(
            self.model.left_to_burn(one)
            for one in self.model.grants.values()
            if one.document.customer.id == customer
        )

    def netted(self, leading: Line) -> Line:
        """Another line of a group; parts go the way of the net."""
        terms = leading.terms
        assert terms is not None
        amounts = st.integers(-(10**6), 10**6)
        if terms.parts:
            most = 10**6 if leading.amount else 0
            amounts = st.integers(min(1 - abs(leading.amount), 0), most)
        amount = self.draw(amounts)
        if terms.parts and leading.amount < 0:
            amount = -amount
        its_terms = replace(terms, amount=amount, parts=())
        return replace(
            leading,
            id=f"{leading.id}_net",
            amount=amount,
            terms=its_terms,
            milestones=(),
            group=leading.id,
        )

    def burn_down(self, leading: Line, amount: int) -> Line:
        """What a grant pays of a usage: one that is named, or the oldest."""
        terms = leading.terms
        assert terms is not None
        burning = replace(
            terms,
            amount=-amount,
            parts=(),
            classification=Classification.BURNDOWN,
        )
        grants = list(self.model.grants)
        return replace(
            leading,
            id=f"{leading.id}_burn",
            amount=-amount,
            terms=burning,
            group=leading.id,
            grant=self.draw(st.sampled_from([None, None, None, *grants])),
        )

    def prepayment(self, grant: str, id_: str) -> Line:
        """A line that makes a credit grant."""
        draw = self.draw
        terms = Terms(
            draw(amounts),
            Method.STRAIGHT_LINE,
            Timing.IN_ADVANCE,
            classification=Classification.PREPAYMENT,
            expires_on=draw(st.none() | days),
        )
        return replace(line(id_, product="credits", its_terms=terms), grant=grant)

    def line(self, id_: str, product: str, accrual: Known | None) -> Line:
        """A line of any method, with or without parts."""
        terms = self.terms(self.draw(signed), accrual)
        one = line(id_, product=product, its_terms=terms)
        if terms.method is Method.MILESTONE:
            parts = self.parts(terms.amount, None)
            milestones = tuple(
                Milestone(f"m{at}", f"Part {at}", amount, self.draw(st.none() | days))
                for at, amount in enumerate(parts)
            )
            return self.with_milestones(one, milestones)
        if terms.method is Method.USAGE and self.draw(st.booleans()) and terms.amount:
            assert terms.first_day is not None
            assert terms.last_day is not None
            used = st.integers(terms.first_day, terms.last_day)
            shares = self.parts(terms.amount, terms.last_day - terms.first_day + 1)
            its_days = self.draw(
                st.lists(used, min_size=len(shares), max_size=len(shares), unique=True)
            )
            dated = tuple(map(Part, sorted(its_days), shares))
            terms = replace(terms, parts=dated, recognized_on=None)
            return replace(one, terms=terms)
        return one

    def parts(self, total: int, most: int | None) -> list[int]:
        """A total in one to three parts of its sign."""
        count = min(self.draw(st.integers(1, 3)), abs(total) or 1, most or 3)
        cuts = self.draw(
            st.lists(
                st.integers(1, max(abs(total) - 1, 1)),
                min_size=count - 1,
                max_size=count - 1,
                unique=True,
            )
        )
        edges = [0, *sorted(cuts), abs(total)]
        sign = -1 if total < 0 else 1
        return [sign * (end - start) for start, end in pairwise(edges)]

    def terms(self, amount: int, accrual: Known | None) -> Terms:
        """Terms of any method, with their points filled in; parts come later."""
        draw = self.draw
        first, last = draw(self.periods())
        if accrual is not None and draw(st.booleans()):
            (accruing,) = accrual.document.lines
            assert accruing.terms is not None
            first, last = accruing.terms.service_period
            first = draw(st.integers(first, last))
            last = min(last, first + draw(st.integers(0, 60)))
        method = draw(st.sampled_from(Method))
        if self.left and draw(st.booleans()):
            method = Method.USAGE
        timing = draw(st.sampled_from(Timing))
        point = None
        if method in {Method.POINT_IN_TIME, Method.USAGE}:
            point = default_point(timing, first, last, first)
        if method is Method.POINT_IN_TIME:
            point = draw(st.just(point) | days)
        strategy = draw(st.sampled_from(Strategy))
        return Terms(amount, method, timing, strategy, first, last, point)

    def periods(self) -> st.SearchStrategy[Period]:
        """Service periods; often of whole months."""
        return st.builds(_period, days, st.integers(0, 100), st.booleans())

    def billing_schedule(self, id_: str) -> Document:
        """A billing schedule, in arrears mostly, sometimes cancelled."""
        draw = self.draw
        first, last = draw(self.periods())
        cancelled_on = draw(st.none() | st.integers(first, last + 1))
        terms = Terms(
            draw(amounts),
            Method.STRAIGHT_LINE,
            draw(st.sampled_from([*[Timing.IN_ARREARS] * 4, Timing.IN_ADVANCE])),
            Strategy.DAILY_RATE_EVEN_MONTHS,
            first,
            last,
            classification=Classification.ACCRUAL,
            months=draw(st.sampled_from([1, 3, 12])),
            cancelled_on=cancelled_on,
        )
        product = draw(st.sampled_from(PRODUCTS))
        customer = draw(st.sampled_from(CUSTOMERS))
        lines = [line(product=product, its_terms=terms)]
        kind = SourceKind.BILLING_SCHEDULE
        document = self.head(kind, id_, customer, first, lines)
        if cancelled_on is None:
            return document
        return replace(document, status=DocumentStatus.CANCELLED)

    def credit_note(self, id_: str, invoice: Known) -> Document:
        """A credit note on lines of an invoice; seldom of more than they have left."""
        draw = self.draw
        sold = [
            one
            for one in invoice.document.lines
            if one.terms is not None
            and one.terms.classification is not Classification.BURNDOWN
            and one.group is None
        ]
        lines = []
        items = {one.id: _item(invoice, one) for one in sold}
        worth = [one for one in sold if self.model.left_to_credit(items[one.id]) > 0]
        for at in range(draw(st.integers(1, 2))):
            credited = draw(st.sampled_from(worth or sold))
            item = items[credited.id]
            most = max(self.model.left_to_credit(item), 0)
            some = st.sampled_from([most // 2, most // 3, most - most // 10, most])
            amount = draw(some | st.integers(0, most))
            lines.append(Line(str(at), amount, invoice_line_id=credited.id))
        document = self.head(
            SourceKind.CREDIT_NOTE,
            id_,
            invoice.document.customer.id,
            draw(days),
            lines,
        )
        return replace(
            document,
            invoice_id=invoice.document.id,
            treatment=draw(st.sampled_from(Treatment)),
        )

    def standalone(self, id_: str) -> Document:
        """A credit note without a parent."""
        draw = self.draw
        amount = draw(amounts)
        its_line = self.line("1", draw(st.sampled_from(PRODUCTS)), None)
        assert its_line.terms is not None
        terms = replace(its_line.terms, amount=amount, parts=())
        if terms.method is Method.MILESTONE:
            terms = replace(terms, method=Method.STRAIGHT_LINE)
        if terms.method is Method.USAGE:
            terms = replace(terms, recognized_on=terms.last_day)
        its_line = replace(its_line, amount=amount, terms=terms, milestones=())
        customer = draw(st.sampled_from(CUSTOMERS))
        kind = SourceKind.CREDIT_NOTE
        return self.head(kind, id_, customer, draw(days), [its_line])

    def head(
        self,
        kind: SourceKind,
        id_: str,
        customer: str,
        day: Day,
        lines: Sequence[Line],
    ) -> Document:
        """A document of these lines."""
        return Document(
            kind=kind,
            id=id_,
            number=id_.upper(),
            currency=self.currency,
            customer=CustomerDetails(customer, customer, customer),
            issued_on=day,
            accounting_date=day,
            lines=tuple(lines),
        )


def _item(invoice: Known, one: Line) -> Item:
    assert one.product is not None
    return invoice.items[one.key, one.product.id]


def _period(first: Day, length: int, is_whole: bool) -> Period:  # noqa: FBT001
    last = first + length
    if is_whole:
        return first_day_of(month_of(first)), last_day_of(month_of(last))
    return first, last
