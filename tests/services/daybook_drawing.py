"""Drawing documents of every kind, such that their days meet each other often."""

from collections.abc import Sequence
from dataclasses import replace

from daybook.calendar import Day
from daybook.documents.rules import CustomerDetails, Document, DocumentStatus, Line
from daybook.ledger.rules import SourceKind
from daybook.recognition.allocation import Strategy
from daybook.recognition.rules import (
    Classification,
    Method,
    Terms,
    Timing,
    Treatment,
    default_point,
)
from daybook_choosing import Chooser
from daybook_drawing_lines import Case, LineDrawing, Scope, nets_of, with_milestones
from daybook_factories import line
from daybook_family_oracle import Item, Refused
from daybook_model import Known, Model

CUSTOMERS, PRODUCTS = ("c1", "c2"), ("p1", "p2")


class Drawing:
    """Draws documents for a ledger whose history a model knows."""

    def __init__(
        self, choose: Chooser, model: Model, currency: str, scope: Scope
    ) -> None:
        self.choose, self.model, self.currency = choose, model, currency
        self.scope = scope
        self.of_lines = LineDrawing(choose, scope)
        self.is_one_in, self.day = self.of_lines.is_one_in, self.of_lines.day

    def file(self, name: str) -> list[Document]:
        """A few documents with ids of their own, and some that are known.

        Later ones may stand on those before. Few files have one that is refused.
        """
        made: dict[object, Document] = {}
        for at in range(self.choose.integer(1, self.scope.file_max)):
            document = self.document(f"{name}_{at}")
            if document.key in made:
                continue
            tried = self.model.copy()
            try:
                tried.record([document])
            except Refused:
                if self.is_one_in(20):
                    made[document.key] = document
                    break
                continue
            made[document.key] = document
            self.model = tried
        return self.choose.shuffled(list(made.values()))

    def document(self, id_: str) -> Document:
        """A document of any kind, new or changed."""
        kinds = ["revision", "note", "invoice", "void", "schedule", "standalone"]
        if len(self.model.documents) > self.scope.enough:
            kinds += [*["revision"] * 5, *["note"] * 4, "invoice"]
        kind = self.choose.one_of(kinds)
        known = [*self.known(SourceKind.INVOICE), *self.known(SourceKind.CREDIT_NOTE)]
        if kind == "revision" and self.model.documents:
            all_ = list(self.model.documents.values())
            return self.revision(self.choose.one_of(all_).document)
        if kind == "void" and known:
            document = self.choose.one_of(known).document
            return replace(document, status=DocumentStatus.VOIDED)
        invoices = self.known(SourceKind.INVOICE)
        if kind == "note" and invoices:
            worth = [one for one in invoices if self.has_left(one)]
            mixed = [one for one in worth if has_both_signs(one)]
            if mixed and self.is_one_in(3):
                worth = mixed
            return self.credit_note(id_, self.choose.one_of(worth or invoices))
        if kind == "schedule":
            return self.billing_schedule(id_)
        if kind == "standalone":
            return self.standalone(id_)
        return self.invoice(id_)

    def known(self, kind: SourceKind) -> list[Known]:
        """The documents of a kind that are not void."""
        return [
            document
            for document in self.model.documents.values()
            if document.document.kind is kind
            and document.document.status is not DocumentStatus.VOIDED
        ]

    def has_left(self, invoice: Known) -> bool:
        """Whether something of an invoice can be credited."""
        return any(
            self.model.left_to_credit(item) > 0 for item in invoice.items.values()
        )

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
        ways = ["date", "milestones", "anew", "added", "fewer", "nothing"]
        if any(one.milestones for one in document.lines):
            ways += ["milestones", "milestones"]
        return self.revised_invoice(document, self.choose.one_of(ways))

    def revised_invoice(self, document: Document, way: str) -> Document:
        """An invoice of which one thing changes, or all."""
        document = replace(document, status=DocumentStatus.FINAL)
        is_billing = document.billing_schedule_id is not None
        may_be_nothing = not is_billing or Case.NOTHING in self.scope.cases
        if way == "date":
            return replace(document, accounting_date=self.day())
        if way == "milestones" and any(one.milestones for one in document.lines):
            a = document.accounting_date
            lines = tuple(self.completed(one, a) for one in document.lines)
            return replace(document, lines=lines)
        if way == "fewer":
            keys = list(nets_of(document.lines))
            gone = self.choose.one_of(keys)
            kept = tuple(one for one in document.lines if one.key != gone)
            if kept:
                return replace(document, lines=kept, discount=0)
        if way == "nothing" and may_be_nothing:
            gone = self.choose.one_of(list(nets_of(document.lines)))
            lines = tuple(
                emptied(one) if one.key == gone else one
                for one in document.lines
                if one.key != gone or not _is_burn_down(one)
            )
            return replace(document, lines=lines, discount=0)
        if way == "added" and (Case.SEVERAL in self.scope.cases or not is_billing):
            ids = {one.id for one in document.lines}
            customer, accrual = document.customer.id, self.accrual(document)
            more = self.lines(document.id, customer, accrual, len(ids))
            new = [one for one in more if ids.isdisjoint({one.id, one.group})]
            return replace(document, lines=(*document.lines, *new))
        return self.invoice(document.id, document)

    def completed(self, one: Line, a: Day) -> Line:
        """A line whose milestones are reached on other days, or no longer."""
        if not one.milestones:
            return one
        milestones = [
            its._replace(
                completed_on=self.choose.one_of(
                    [None, self.of_lines.day_soon_after(a)]
                ),
                is_untouched=self.is_one_in(2),
            )
            for its in one.milestones
        ]
        return with_milestones(
            one,
            tuple(
                its._replace(completed_on=None) if its.is_untouched else its
                for its in milestones
            ),
        )

    def invoice(self, id_: str, before: Document | None = None) -> Document:
        """An invoice; one that takes another's place keeps what it must."""
        accrual = self.accrual(before)
        customer = self.choose.one_of(CUSTOMERS)
        schedule_id = None
        if before is not None:
            customer, schedule_id = before.customer.id, before.billing_schedule_id
        elif accrual is not None:
            customer = accrual.document.customer.id
            schedule_id = accrual.document.id
        lines = self.lines(id_, customer, accrual)
        day = self.choose.one_of([self.day(), *_days_around(lines)])
        document = self.head(SourceKind.INVOICE, id_, customer, day, lines)
        positive = sum(max(net, 0) for net in nets_of(lines).values())
        discount = self.choose.one_of([0, 0, self.choose.integer(0, positive)])
        if accrual is None or Case.NOTHING in self.scope.cases:
            discount = self.choose.one_of([discount, discount, positive])
        else:
            discount = 0
        return replace(document, billing_schedule_id=schedule_id, discount=discount)

    def lines(
        self, id_: str, customer: str, accrual: Known | None, start: int = 0
    ) -> list[Line]:
        """An invoice's lines; often for what its billing schedule accrued."""
        lines: list[Line] = []
        left = self.left_to_burn(customer)
        is_alone = Case.SEVERAL not in self.scope.cases
        for at in range(start, start + self.choose.one_of([1, 1, 2, 3])):
            product = self.choose.one_of(PRODUCTS)
            accruing = None
            if accrual is not None:
                (sold,) = accrual.document.lines
                assert sold.product is not None
                if self.is_one_in(3) or (is_alone and at):
                    product = next(
                        product for product in PRODUCTS if product != sold.product.id
                    )
                else:
                    product, accruing = sold.product.id, sold.terms
            more = self.some_lines(f"{id_}_{at}", str(at), product, accruing, left)
            left += sum(one.amount for one in more if _is_burn_down(one))
            lines += more
        return lines

    def some_lines(
        self, grant: str, id_: str, product: str, accruing: Terms | None, left: int
    ) -> list[Line]:
        """A prepayment, or a group, and what grants pay of it."""
        of_lines = self.of_lines
        if accruing is None and self.is_one_in(3 if not self.model.grants else 8):
            return [of_lines.prepayment(grant, id_)]
        burns = (Method.USAGE,) if left and self.is_one_in(2) else ()
        lines = of_lines.group(id_, product, accruing, burns)
        net = sum(one.amount for one in lines)
        if lines[0].terms is not None and lines[0].terms.method is Method.USAGE:
            is_something = accruing and Case.NOTHING not in self.scope.cases
            most = min(net - 1 if is_something else net, left)
            if most > 0 and not self.is_one_in(4):
                some = self.choose.one_of([most, self.choose.integer(1, most)])
                lines.append(of_lines.burn_down(lines[0], some, self.model))
        return lines

    def accrual(self, before: Document | None) -> Known | None:
        """The billing schedule that an invoice bills, if it does."""
        if before is not None:
            if before.billing_schedule_id is None:
                return None
            key = (SourceKind.BILLING_SCHEDULE, before.billing_schedule_id)
            return self.model.documents[key]
        known = self.known(SourceKind.BILLING_SCHEDULE)
        if Case.SEVERAL not in self.scope.cases:
            billed = {
                document.document.billing_schedule_id
                for document in self.model.documents.values()
            }
            known = [one for one in known if one.document.id not in billed]
        return self.choose.one_of([None, *known, *known])

    def left_to_burn(self, customer: str) -> int:
        """What a customer's grants have left in all."""
        return sum(
            self.model.left_to_burn(grant)
            for grant in self.model.grants.values()
            if grant.document.customer.id == customer
        )

    def billing_schedule(self, id_: str) -> Document:
        """A billing schedule, in arrears mostly, sometimes cancelled."""
        first, last = self.of_lines.period()
        is_cancelled = self.is_one_in(3)
        terms = Terms(
            self.of_lines.amount(),
            Method.STRAIGHT_LINE,
            Timing.IN_ADVANCE if self.is_one_in(5) else Timing.IN_ARREARS,
            Strategy.DAILY_RATE_EVEN_MONTHS,
            first,
            last,
            classification=Classification.ACCRUAL,
            months=self.choose.one_of([1, 3, 12]),
            cancelled_on=(
                self.choose.integer(first, last + 1) if is_cancelled else None
            ),
        )
        lines = [line(product=self.choose.one_of(PRODUCTS), its_terms=terms)]
        kind, customer = SourceKind.BILLING_SCHEDULE, self.choose.one_of(CUSTOMERS)
        document = self.head(kind, id_, customer, first, lines)
        if not is_cancelled:
            return document
        return replace(document, status=DocumentStatus.CANCELLED)

    def credit_note(self, id_: str, invoice: Known) -> Document:
        """A credit note on lines of an invoice; seldom of more than they have left."""
        sold = [
            one
            for one in invoice.document.lines
            if one.group is None and not _is_burn_down(one)
        ]
        treatment = self.choose.one_of(list(Treatment))
        items = {one.id: _item(invoice, one) for one in sold}
        worth = [one for one in sold if self.model.left_to_credit(items[one.id]) > 0]
        lines = []
        for at in range(self.choose.one_of([1, 1, 2])):
            credited = self.choose.one_of(worth or sold)
            most = max(self.model.left_to_credit(items[credited.id]), 0)
            if Case.WHOLE not in self.scope.cases and items[credited.id].meets:
                most = max(most - 1, 0)
            amounts = [most, most // 2, most // 3, self.choose.integer(0, most)]
            amount = self.choose.one_of([most, *amounts])
            lines.append(Line(str(at), amount, invoice_line_id=credited.id))
        customer = invoice.document.customer.id
        used = [
            part.day
            for item in items.values()
            for part in item.terms.parts
            if part.day is not None
        ]
        soon = self.choose.one_of([invoice.document.accounting_date, *used])
        day = self.of_lines.day_soon_after(soon)
        document = self.head(SourceKind.CREDIT_NOTE, id_, customer, day, lines)
        invoice_id = invoice.document.id
        return replace(document, invoice_id=invoice_id, treatment=treatment)

    def standalone(self, id_: str) -> Document:
        """A credit note without a parent."""
        methods = [Method.STRAIGHT_LINE, Method.USAGE, Method.POINT_IN_TIME]
        one = self.of_lines.line("1", self.choose.one_of(PRODUCTS), None, methods)
        amount = abs(one.amount)
        one = replace(emptied(one), amount=amount)
        assert one.terms is not None
        one = replace(one, terms=replace(one.terms, amount=amount))
        customer = self.choose.one_of(CUSTOMERS)
        return self.head(SourceKind.CREDIT_NOTE, id_, customer, self.day(), [one])

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


def emptied(one: Line) -> Line:
    """The same line for nothing."""
    terms = one.terms
    assert terms is not None
    if one.milestones:
        milestones = tuple(its._replace(amount=0) for its in one.milestones)
        empty = with_milestones(one, milestones)
        assert empty.terms is not None
        return replace(empty, amount=0, terms=replace(empty.terms, amount=0))
    if terms.method is Method.USAGE and terms.recognized_on is None:
        first, last = terms.service_period
        point = default_point(terms.timing, first, last, first)
        terms = replace(terms, recognized_on=point)
    return replace(one, amount=0, terms=replace(terms, amount=0, parts=()))


def has_both_signs(invoice: Known) -> bool:
    """Whether usage of an invoice's groups stands on days with both signs."""
    return any(
        len({part.amount > 0 for part in item.terms.parts}) > 1
        for item in invoice.items.values()
    )


def _days_around(lines: Sequence[Line]) -> list[Day]:
    """Days on which an invoice of these lines does something special."""
    terms = [one.terms for one in lines if one.terms is not None]
    return [
        day
        for one in terms
        for day in (one.first_day, one.last_day, one.recognized_on)
        if day is not None
    ] + [one.last_day + 1 for one in terms if one.last_day is not None]


def _is_burn_down(one: Line) -> bool:
    return one.terms is not None and (
        one.terms.classification is Classification.BURNDOWN
    )


def _item(invoice: Known, one: Line) -> Item:
    assert one.product is not None
    return invoice.items[one.key, one.product.id]
