"""Adds a new document to a ledger's schedules, or says why it can't be added."""

from collections.abc import Mapping

from daybook.calendar import Day
from daybook.documents.batches import Batch, Grant, Recorded
from daybook.documents.named_documents import NamedDocument, named_by
from daybook.documents.rules import Line
from daybook.documents.schedule_groups import BurnDown, Group, pay
from daybook.errors import Problem, ProblemCode
from daybook.ledger.rules import Movement, SourceKind
from daybook.money import amount_text
from daybook.recognition.planning import ChangedFamily, NewSchedule
from daybook.recognition.plans import effective_day
from daybook.recognition.rules import Classification, Method, Terms

Known = Mapping[tuple[SourceKind, str], NamedDocument]


def add_document(batch: Batch, recorded: Recorded, known: Known) -> list[Problem]:
    """Record a new document's schedules; return its problems."""
    document = recorded.document
    if document.invoice_id is not None:
        return add_credits(batch, recorded, known)
    accrual, problems = find_accrual(batch, recorded, known)
    for group, movements in zip(
        recorded.prepared.groups, recorded.prepared.movements, strict=True
    ):
        problems += add_group(batch, recorded, group, movements, accrual)
    return problems


def find_accrual(
    batch: Batch, recorded: Recorded, known: Known
) -> tuple[ChangedFamily | None, list[Problem]]:
    """The family of the billing schedule that an invoice names."""
    document = recorded.document
    if document.billing_schedule_id is None:
        return None, []
    key = (SourceKind.BILLING_SCHEDULE, document.billing_schedule_id)
    named, problems = named_by(document, key, known, "billing_schedule_id")
    if named is None:
        return None, problems
    recorded.parent_id = named.number
    (member_id,) = named.members.values()
    return batch.family_with(member_id, named.accounting_date), problems


def add_group(
    batch: Batch,
    recorded: Recorded,
    group: Group,
    movements: list[Movement] | None,
    accrual: ChangedFamily | None,
) -> list[Problem]:
    """Record one group's schedule, alone or beside the accruals that it bills."""
    problems = check_grant(batch, recorded, group)
    if problems:
        return problems
    if accrual is not None and meets(group, accrual):
        join(batch, recorded, group, accrual)
    else:
        batch.add_alone(recorded, group, movements)
    for burning in group.burn_downs:
        problems += burn_down(batch, recorded, group, burning)
    return problems


def meets(group: Group, accrual: ChangedFamily) -> bool:
    """Whether an invoice's group bills what a billing schedule accrues."""
    terms = group.terms
    _, product, *_ = accrual.family.members[accrual.family.id].owner.order
    return (
        group.product.id == product
        and terms.first_day is not None
        and terms.classification is Classification.EARNED
    )


def join(batch: Batch, recorded: Recorded, group: Group, family: ChangedFamily) -> None:
    """Record a group's schedule as a member of a billing schedule's family."""
    accounting_date = recorded.document.accounting_date
    lock = batch.lock_of(accounting_date)
    schedule = NewSchedule(
        batch.next_schedule(),
        batch.owner(recorded, group.product.id),
        group.terms,
        locked_through=lock,
        family_id=family.family.id,
        names=[(milestone.id, milestone.name) for milestone in group.milestones],
        invoiced=recorded.invoiced,
    )
    batch.changes.new.append(schedule)
    batch.put_member(family, schedule, accounting_date)
    batch.touch(family, lock)
    for position in group.positions:
        recorded.schedule_ids[position] = schedule.id


def check_grant(
    batch: Batch, recorded: Recorded, group: Group, member_id: int | None = None
) -> list[Problem]:
    """Check that a credit grant's id is unique in its ledger and kept by revisions.

    The id of a void prepayment is free again. `member_id` is the prepayment that the
    group revises, if it revises one.
    """
    if group.grant is None:
        return []
    path = ("lines", str(group.positions[0]), "credit_grant", "id")
    line = recorded.document.line
    for grant in batch.grants:
        if grant.member_id == member_id and grant.external_id != group.grant:
            message = (
                f"a prepayment keeps its credit grant {grant.external_id!r}; give the"
                " line another id to make another grant"
            )
            return [Problem(ProblemCode.CHANGED, message, path, line)]
        is_another = grant.external_id == group.grant and grant.member_id != member_id
        if is_another and not _is_over(batch, grant):
            message = f"there is a credit grant {group.grant!r} already"
            message = f"{message}; give it another id"
            return [Problem(ProblemCode.DUPLICATE, message, path, line)]
    return []


def _is_over(batch: Batch, grant: Grant) -> bool:
    """Whether a grant's prepayment is void, or gone from its invoice."""
    root = batch.family_of.get(grant.member_id)
    if root is None:
        return False
    return not batch.families[root].family.members[grant.member_id].terms.amount


def burn_down(
    batch: Batch, recorded: Recorded, group: Group, burning: BurnDown
) -> list[Problem]:
    """Take a burn-down from the grant that it names, or from the oldest first."""
    document = recorded.document
    path = ("lines", str(burning.position))
    grants = [grant for grant in batch.grants if _may_pay(grant, recorded, burning)]
    if burning.grant is not None and not grants:
        message = (
            f"customer {document.customer.id!r} has no credit grant {burning.grant!r}"
        )
        code = ProblemCode.UNKNOWN_DOCUMENT
        return [Problem(code, message, (*path, "credit_grant_id"), document.line)]
    rest = burning.terms
    paying: list[int] = []
    for grant in sorted(
        grants, key=lambda grant: (_since(batch, grant), grant.member_id)
    ):
        family = batch.family_with(grant.member_id, grant.accounting_date)
        replaced = _replaced(recorded, group, family)
        remaining = family.family.left_to_burn(replaced)
        taken = min(remaining, rest.amount)
        if _is_expired(family, rest) or not taken:
            continue
        paid, rest = pay(rest, taken)
        if replaced is not None:
            recorded.burn_downs_before[family.family.id].remove(replaced)
        paying.append(_burn(batch, recorded, group, family, paid, replaced))
        recorded.schedule_ids[burning.position] = paying[0]
    if not rest.amount:
        return []
    currency = document.currency
    message = (
        f"burns {amount_text(burning.terms.amount, currency)} down, but the grants that"
        f" it may take from have {amount_text(rest.amount, currency)} too little left"
    )
    code = ProblemCode.GRANT_EXCEEDED
    return [Problem(code, message, (*path, "amount"), document.line)]


def _since(batch: Batch, grant: Grant) -> Day:
    """A grant's accounting date, which a revision in the same file may have moved."""
    root = batch.family_of.get(grant.member_id)
    if root is None:
        return grant.accounting_date
    return batch.families[root].family.members[grant.member_id].accounting_date


def _may_pay(grant: Grant, recorded: Recorded, burning: BurnDown) -> bool:
    is_his = grant.customer == recorded.document.customer.id
    return is_his and burning.grant in {None, grant.external_id}


def _is_expired(family: ChangedFamily, usage: Terms) -> bool:
    expires_on = family.family.members[family.family.id].terms.expires_on
    days = [part.day for part in usage.parts if part.day is not None]
    return expires_on is not None and any(day > expires_on for day in days)


def _replaced(recorded: Recorded, group: Group, family: ChangedFamily) -> int | None:
    """The burn-down of the same product that a revision replaces, if one is left."""
    for member_id in recorded.burn_downs_before.get(family.family.id, ()):
        _, product, *_ = family.family.members[member_id].owner.order
        if product == group.product.id:
            return member_id
    return None


def _burn(  # noqa: PLR0913, PLR0917  (what pays, for what, in whose place)
    batch: Batch,
    recorded: Recorded,
    group: Group,
    family: ChangedFamily,
    paid: Terms,
    replaced: int | None,
) -> int:
    """Record the schedule of what one grant pays; return its number."""
    lock = batch.lock_of(recorded.document.accounting_date)
    schedule = NewSchedule(
        batch.next_schedule(),
        batch.owner(recorded, group.product.id),
        paid,
        locked_through=lock,
        family_id=family.family.id,
        revises_id=replaced,
    )
    batch.changes.new.append(schedule)
    if replaced is not None:
        batch.revise(family)
    batch.put_member(family, schedule, recorded.document.accounting_date)
    batch.touch(family, lock)
    return schedule.id


def add_credits(batch: Batch, recorded: Recorded, known: Known) -> list[Problem]:
    """Record a credit note's credits on its invoice's lines."""
    document = recorded.document
    assert document.invoice_id is not None, "a credit without a parent is a document"
    key = (SourceKind.INVOICE, document.invoice_id)
    named, problems = named_by(document, key, known, "invoice_id")
    if named is None:
        return problems
    recorded.parent_id = named.number
    if not problems or all(
        problem.code is ProblemCode.MISMATCH for problem in problems
    ):
        for position in range(len(document.lines)):
            problems += add_credit(batch, recorded, position, named)
    return problems


def add_credit(
    batch: Batch, recorded: Recorded, position: int, invoice: NamedDocument
) -> list[Problem]:
    """Record one line's credit on an invoice's line."""
    document = recorded.document
    line = document.lines[position]
    member_id, problems = find_credited(batch, recorded, position, invoice)
    if member_id is None:
        return problems
    family = batch.family_with(member_id, invoice.accounting_date)
    problems = check_credit(recorded, position, invoice, family, member_id)
    if problems:
        return problems
    schedule = credit_schedule(batch, recorded, line, family, member_id)
    batch.changes.new.append(schedule)
    batch.put_member(
        family,
        schedule,
        document.accounting_date,
        effective=schedule.terms.recognized_on,
    )
    batch.touch(family, schedule.locked_through)
    recorded.schedule_ids[position] = schedule.id
    return []


def find_credited(
    batch: Batch, recorded: Recorded, position: int, invoice: NamedDocument
) -> tuple[int | None, list[Problem]]:
    """The schedule that a credit note's line credits."""
    document = recorded.document
    line = document.lines[position]
    member_id = invoice.schedule_of(line.invoice_line_id)
    path = ("lines", str(position), "invoice_line_id")
    _, id_ = invoice.key
    if member_id is None:
        message = (
            f"invoice {id_!r} has no line {line.invoice_line_id!r}:"
            f" it has {invoice.lines_words()}"
        )
        code = ProblemCode.UNKNOWN_DOCUMENT
        return None, [Problem(code, message, path, document.line)]
    root = batch.family_of.get(member_id)
    if root is not None:
        member = batch.families[root].family.members[member_id]
        if member.terms.classification is Classification.BURNDOWN:
            message = (
                f"line {line.invoice_line_id!r} of invoice {id_!r} is a burn-down:"
                " credit the usage that it pays for"
            )
            code = ProblemCode.INVALID_VALUE
            return None, [Problem(code, message, path, document.line)]
    return member_id, []


def check_credit(  # noqa: PLR0913, PLR0917  (a line, and what it credits)
    recorded: Recorded,
    position: int,
    invoice: NamedDocument,
    family: ChangedFamily,
    member_id: int,
    before: int = 0,
) -> list[Problem]:
    """Check that a line credits no more than is left.

    `before` is the amount that the line's recorded version credits.
    """
    document = recorded.document
    line = document.lines[position]
    remaining = family.family.left_to_credit(member_id) + before
    if line.amount <= remaining:
        return []
    _, id_ = invoice.key
    whole, there, rest = (
        amount_text(amount, document.currency)
        for amount in (line.amount, remaining, line.amount - remaining)
    )
    other = "the other " if remaining else ""
    message = (
        f"credits {whole}, but line {line.invoice_line_id!r} of invoice {id_!r} has"
        f" {there} left; send {other}{rest} as a credit note without invoice_id, whose"
        " lines have a product, dates and a method of their own"
    )
    path = ("lines", str(position), "amount")
    return [Problem(ProblemCode.CREDIT_TOO_LARGE, message, path, document.line)]


def credit_schedule(
    batch: Batch, recorded: Recorded, line: Line, family: ChangedFamily, member_id: int
) -> NewSchedule:
    """The schedule of a credit: a point in time, on the day that it takes effect."""
    document = recorded.document
    sold = family.family.members[member_id]
    lock = batch.lock_of(document.accounting_date)
    first = family.family.first_posted_on(sold) or sold.accounting_date
    effective = effective_day(document.accounting_date, first, lock)
    terms = Terms(
        -line.amount,
        Method.POINT_IN_TIME,
        sold.terms.timing,
        sold.terms.strategy,
        recognized_on=effective,
    )
    customer, product, *_ = sold.owner.order
    kind = int(SourceKind.CREDIT_NOTE)
    owner = sold.owner._replace(
        document_id=recorded.number,
        source=kind,
        order=(customer, product, document.id, kind),
    )
    return NewSchedule(
        batch.next_schedule(),
        owner,
        terms,
        locked_through=lock,
        credits_id=member_id,
        family_id=family.family.id,
        treatment=document.treatment,
    )
