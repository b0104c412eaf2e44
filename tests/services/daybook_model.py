"""A ledger's whole history by the domain rules: what all its days should be.

It knows every document as it now stands and the day on which each credit takes effect,
and works everything out anew each time, by service days.
"""

from collections.abc import Callable, Iterable
from copy import copy
from dataclasses import dataclass, field, replace

from daybook.calendar import Day
from daybook.documents.rules import Document, DocumentStatus, Line, Milestone
from daybook.errors import ProblemCode
from daybook.ledger.rules import SourceKind
from daybook.recognition.rules import Classification, Part, Terms
from daybook_family_oracle import FamilyPlan, Item, Refused, Standing
from daybook_groups_oracle import SoldGroup, groups_by_the_rules, paid_first
from daybook_oracle import Net

Key = tuple[SourceKind, str]

ORDER = (SourceKind.BILLING_SCHEDULE, SourceKind.INVOICE, SourceKind.CREDIT_NOTE)


@dataclass
class Known:
    """A document as it stands, with its items by line group and product."""

    document: Document
    standing: Standing
    items: dict[tuple[str, str], Item] = field(default_factory=dict)
    burns: list[Item] = field(default_factory=list)


class Model:
    """The documents of one ledger, and what follows from them.

    `first_posting` says where a lock moved an item's billed leg: the postings know it.
    """

    def __init__(self, *, breakage: bool = False) -> None:
        self.breakage = breakage
        self.lock: Day | None = None
        self.by_document = False
        self.items: list[Item] = []
        self.documents: dict[Key, Known] = {}
        self.grants: dict[str, Item] = {}
        self.touched: set[Item] = set()
        self.first_posting: Callable[[Item], Day] = lambda _item: 0

    def copy(self) -> "Model":
        """The same, to try documents on."""
        twin = Model(breakage=self.breakage)
        twin.lock, twin.by_document = self.lock, self.by_document
        twin.first_posting = self.first_posting
        standings = {
            key: Standing(known.standing.order) for key, known in self.documents.items()
        }
        made: dict[Item, Item] = {item: copy(item) for item in self.items}
        for one in made.values():
            one.standing = standings[one.document.key]
            one.credits = made[one.credits] if one.credits else None
            one.pays_from = made[one.pays_from] if one.pays_from else None
            one.meets = made[one.meets] if one.meets else None
            one.kept_from = frozenset(made[its] for its in one.kept_from)
        twin.items = list(made.values())
        twin.documents = {
            key: Known(
                known.document,
                standings[key],
                {name: made[one] for name, one in known.items.items()},
                [made[burn] for burn in known.burns],
            )
            for key, known in self.documents.items()
        }
        twin.grants = {id_: made[one] for id_, one in self.grants.items()}
        return twin

    def record(self, documents: Iterable[Document]) -> None:
        """Take the documents of one file; raises Refused, and is then of no use."""
        self.touched = set()
        for document in sorted(documents, key=_place):
            self._take(document)

    def _take(self, document: Document) -> None:
        known = self.documents.get(document.key)
        if known is not None and known.document == document:
            return
        if document.status is DocumentStatus.VOIDED:
            if known is not None and known.document.status is not document.status:
                self._void(known, document)
            return
        if known is not None and known.document.status is DocumentStatus.VOIDED:
            raise Refused(ProblemCode.VOID)
        if known is None:
            standing = Standing(len(self.documents))
            known = self.documents[document.key] = Known(document, standing)
        known.document = document
        if document.invoice_id is None:
            self._sell(known)
        else:
            self._credit(known)
        for item in self.items:
            self._check_grant(item)

    def _void(self, known: Known, document: Document) -> None:
        for item in known.items.values():
            self._check_use(item)
        known.document = document
        for one in (*known.items.values(), *known.burns):
            self._end(one)

    def _end(self, item: Item) -> None:
        """Take an item away; invoices that stand keep the days that it met."""
        if item.meets is not None:
            for one in self.items:
                is_later = one.number > item.number
                is_another = one.document.key != item.document.key
                if one.meets is item.meets and is_later and is_another:
                    one.kept_from |= {item}
        item.end()
        self.touched.add(item)

    def _sell(self, known: Known) -> None:
        """Record an invoice, a billing schedule, or a credit note without a parent."""
        document = known.document
        for burn in known.burns:
            self._end(burn)
        free = list(known.burns)
        accrual = self._accrual(document)
        before, known.items = known.items, {}
        for group in groups_by_the_rules(document):
            meets = accrual if accrual and _meets(group, accrual) else None
            item = before.get((group.key, group.product))
            if item is not None and item.meets is meets:
                del before[group.key, group.product]
                if group.grant is not None:
                    self._keep_grant(group.grant, item)
                self._revise(item, group, document)
            else:
                item = self._new(known, group.product, group.terms)
                item.milestones, item.meets = group.milestones, meets
                if group.grant is not None:
                    self._keep_grant(group.grant, item)
            known.items[group.key, group.product] = item
            for burning in group.paid:
                self._burn(known, group.product, free, burning)
        for one in before.values():
            self._check_use(one)
            self._end(one)

    def _keep_grant(self, id_: str, item: Item) -> None:
        """A grant's id is unique, and stays its prepayment's."""
        its = [one for one, prepayment in self.grants.items() if prepayment is item]
        if its not in ([], [id_]):
            raise Refused(ProblemCode.CHANGED)
        before = self.grants.get(id_, item)
        if before is not item and before.terms.amount:
            raise Refused(ProblemCode.DUPLICATE)
        self.grants[id_] = item

    def _accrual(self, document: Document) -> Item | None:
        if document.billing_schedule_id is None:
            return None
        key = (SourceKind.BILLING_SCHEDULE, document.billing_schedule_id)
        if key not in self.documents:
            raise Refused(ProblemCode.UNKNOWN_DOCUMENT)
        (item,) = self.documents[key].items.values()
        return item

    def _new(self, known: Known, product: str, terms: Terms) -> Item:
        number, document = len(self.items) + 1, known.document
        a = document.accounting_date
        item = Item(number, document, product, terms, a, known.standing)
        item.note_signs()
        self.items.append(item)
        self.touched.add(item)
        return item

    def _revise(self, item: Item, group: SoldGroup, document: Document) -> None:
        terms = group.terms
        if group.milestones:
            days = {one.id: part.day for one, part in _completions(item)}
            parts = [
                Part(days.get(one.id), part.amount) if one.is_untouched else part
                for one, part in zip(group.milestones, terms.parts, strict=True)
            ]
            terms = replace(terms, parts=tuple(parts))
        if self.credited(item) > max(terms.amount, 0):
            raise Refused(ProblemCode.CREDIT_TOO_LARGE)
        said = (terms, document.accounting_date, _names(group.milestones))
        if said != (item.terms, item.a, _names(item.milestones)):
            self.touched.add(item)
        item.document, item.terms, item.a = document, terms, document.accounting_date
        item.milestones = group.milestones
        item.note_signs()

    def _burn(
        self,
        known: Known,
        product: str,
        free: list[Item],
        burning: tuple[str | None, Terms],
    ) -> None:
        """Pay from a grant, or from the customer's oldest first."""
        grant, rest = burning
        document = known.document
        grants = [
            one
            for id_, one in self.grants.items()
            if grant in {None, id_} and one.document.customer == document.customer
        ]
        for one in sorted(grants, key=lambda its: (its.a, its.number)):
            again = [
                its for its in free if its.pays_from is one and its.product == product
            ]
            left = self.left_to_burn(one, again[0] if again else None)
            amount = min(left, rest.amount)
            if not amount or _is_expired(one, rest):
                continue
            taken, rest = paid_first(rest, amount)
            if again:
                free.remove(again[0])
                item = again[0]
                item.terms, item.is_over = taken, False
            else:
                item = self._new(known, product, taken)
                known.burns.append(item)
            item.a, item.pays_from = document.accounting_date, one
        if rest.amount:
            raise Refused(ProblemCode.GRANT_EXCEEDED)

    def _credit(self, known: Known) -> None:
        """Record a credit note on an invoice."""
        document = known.document
        invoice = self._invoice(document)
        before, known.items = known.items, {}
        for line in document.lines:
            sold = _sold(invoice, line)
            item = before.get((line.id, sold.product))
            is_same = item is not None and item.credits is sold
            free = self.left_to_credit(sold)
            if item is not None and is_same:
                free += item.terms.amount
            if line.amount > free:
                raise Refused(ProblemCode.CREDIT_TOO_LARGE)
            if item is not None and is_same:
                del before[line.id, sold.product]
                if item.a != document.accounting_date:
                    item.effective = self.effective(document, sold)
            else:
                terms = replace(sold.terms, amount=line.amount, parts=())
                item = self._new(known, sold.product, terms)
                item.credits, item.effective = sold, self.effective(document, sold)
            said = (line.amount, document.accounting_date, document.treatment)
            if said != (item.terms.amount, item.a, item.treatment):
                self.touched.add(item)
            item.terms = replace(item.terms, amount=line.amount)
            item.a, item.treatment = document.accounting_date, document.treatment
            known.items[line.id, sold.product] = item
        for one in before.values():
            if one.terms.amount:
                self._end(one)

    def _invoice(self, document: Document) -> Known:
        """What a credit note is on."""
        assert document.invoice_id is not None
        invoice = self.documents.get((SourceKind.INVOICE, document.invoice_id))
        if invoice is None:
            raise Refused(ProblemCode.UNKNOWN_DOCUMENT)
        if invoice.document.status is DocumentStatus.VOIDED:
            raise Refused(ProblemCode.VOID)
        return invoice

    def effective(self, document: Document, sold: Item) -> Day:
        """Day c: the latest of its own date, the parent's, and the first open day."""
        a = document.accounting_date
        first_open = self.locked_through(a) + 1
        return max(a, sold.a, self.first_posting(sold), first_open)

    def locked_through(self, accounting_date: Day) -> Day:
        """The last locked day for a document of this date; 0 if there is none."""
        if self.by_document:
            return accounting_date - 1
        return self.lock or 0

    def credits_of(self, sold: Item) -> list[Item]:
        """The credits on an item, in order of recording."""
        return [item for item in self.items if item.credits is sold]

    def credited(self, sold: Item) -> int:
        """What credits take from an item in all."""
        return sum(credit.terms.amount for credit in self.credits_of(sold))

    def left_to_credit(self, sold: Item) -> int:
        """Up to its net after discounts less earlier credits."""
        return max(sold.terms.amount, 0) - self.credited(sold)

    def left_to_burn(self, grant: Item, again: Item | None = None) -> int:
        """What a grant has left; credits behind the last burn-down get out of the way.

        That is for a burn-down which is replaced: a new one is behind all others.
        """
        burning = [
            item.number
            for item in self.items
            if item.pays_from is grant and item.terms.amount
        ]
        last = max(again.number, *burning, 0) if again else len(self.items)
        its = [
            item for item in self.items if item.root is grant and item.number <= last
        ]
        plan = FamilyPlan(its, breakage=self.breakage)
        return sum(amount for _, amount in plan.schedules[grant].parts)

    def _check_grant(self, item: Item) -> None:
        if item.terms.classification is Classification.PREPAYMENT:
            self.plan(item)

    def _check_use(self, item: Item) -> None:
        """What credits, or other documents' burn-downs, stand on can't go."""
        burns = [
            one
            for one in self.items
            if one.pays_from is item and one.document.key != item.document.key
        ]
        if any(one.terms.amount for one in (*self.credits_of(item), *burns)):
            raise Refused(ProblemCode.IN_USE)

    def changed_nets(self) -> dict[Item, Net]:
        """What the families come to that the last file had to do with."""
        nets: dict[Item, Net] = {}
        for root in {one.root for one in self.touched}:
            nets |= self.plan(root).nets
        return nets

    def nets(self) -> dict[Item, Net]:
        """What each item's own journals get, by service days."""
        nets: dict[Item, Net] = {}
        for root in {item.root: None for item in self.items}:
            nets |= self.plan(root).nets
        return nets

    def plan(self, root: Item) -> FamilyPlan:
        """A family from its beginning, in order of recording."""
        its = [item for item in self.items if item.root is root]
        for one in its:
            one.first = self.first_posting(one)
        return FamilyPlan(its, breakage=self.breakage)


def _place(document: Document) -> tuple[bool, int]:
    """Voids go before all else, and each before what it stands on."""
    is_void = document.status is DocumentStatus.VOIDED
    place = ORDER.index(document.kind)
    return not is_void, -place if is_void else place


def _meets(group: SoldGroup, accrual: Item) -> bool:
    terms = group.terms
    return (
        group.product == accrual.product
        and terms.first_day is not None
        and terms.classification is Classification.EARNED
    )


def _names(milestones: Iterable[Milestone]) -> list[tuple[str, str]]:
    return [(milestone.id, milestone.name) for milestone in milestones]


def _completions(item: Item) -> Iterable[tuple[Milestone, Part]]:
    return zip(item.milestones, item.terms.parts, strict=False)


def _sold(invoice: Known, line: Line) -> Item:
    """What a credit note's line credits."""
    for sold in invoice.document.lines:
        if sold.id == line.invoice_line_id and sold.product is not None:
            return invoice.items[sold.key, sold.product.id]
    raise Refused(ProblemCode.UNKNOWN_DOCUMENT)


def _is_expired(grant: Item, usage: Terms) -> bool:
    expires_on = grant.terms.expires_on
    days = [part.day for part in usage.parts if part.day is not None]
    return expires_on is not None and any(day > expires_on for day in days)
