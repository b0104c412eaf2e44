"""Revises or voids a document's schedules in a ledger, or says why it can't.

Domain rule 6. A revision replaces each line's schedule, matched by line id; the
schedule of a missing line is reduced to zero. A void does that to all of them.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import chain

from daybook.calendar import Day
from daybook.documents.additions import (
    Known,
    add_credit,
    add_group,
    burn_down,
    check_credit,
    check_grant,
    credit_schedule,
    find_accrual,
    find_credited,
    meets,
)
from daybook.documents.batches import Batch, Recorded
from daybook.documents.named_documents import (
    NamedDocument,
    is_void_for_good,
    kind_words,
    named_by,
    named_keys,
    replacing,
)
from daybook.documents.rules import Document, DocumentStatus, Milestone
from daybook.documents.schedule_groups import Group
from daybook.errors import Problem, ProblemCode
from daybook.ledger.queries import MovementKey
from daybook.ledger.rules import Cause, SourceKind
from daybook.money import amount_text
from daybook.recognition.families import BY_NOW, Member, planned_movements
from daybook.recognition.planning import ChangedFamily, NewSchedule
from daybook.recognition.plans import Overdrawn
from daybook.recognition.rules import (
    Classification,
    Part,
    Terms,
    only_completes,
    with_amount,
)


def refuse_revision(recorded: Recorded) -> list[Problem]:
    """The problems of a revision that changes what no revision may change."""
    document, before = recorded.document, recorded.before
    assert before is not None, "a revision has something before it"
    if before.is_void:
        message = is_void_for_good(document.kind, document.id)
        return [Problem(ProblemCode.VOID, message, ("id",), document.line)]
    if before.currency != document.currency:
        currency = before.currency
        return [_refused_change(document, ("currency",), f"in {currency}", currency)]
    customer = before.customer_external_id
    if customer != document.customer.id:
        where, path = f"for customer {customer!r}", ("customer", "id")
        return [_refused_change(document, path, where, repr(customer))]
    return []


def _refused_change(
    document: Document, path: tuple[str, ...], where: str, value: str
) -> Problem:
    """A change of what no revision may change; `value` is the recorded one.

    Documents are voided and cancelled as they are recorded, so the message for a void
    with the new value names the recorded one, instead of advising a void.
    """
    what = f"{kind_words(document.kind)} {document.id!r} is recorded {where}"
    if document.status is DocumentStatus.FINAL:
        message = f"{what}, and a revision keeps that: {replacing(document.kind)}"
    else:
        message = f"{what}: send it {document.status.name} as recorded, with {value}"
    return Problem(ProblemCode.CHANGED, message, path, document.line)


def revise(batch: Batch, recorded: Recorded, known: Known) -> list[Problem]:
    """Replace the schedules of a recorded document with those of its new version."""
    document, before = recorded.document, recorded.before
    assert before is not None, "a revision has something before it"
    if before.parent_id is not None and not any(named_keys(document)):
        return [_refused_parent(document)]
    _release_burn_downs(batch, recorded)
    if document.invoice_id is not None:
        problems = _revise_credits(batch, recorded, known)
    else:
        problems = _revise_groups(batch, recorded, known)
    lock = batch.lock_of(document.accounting_date)
    for member_id in recorded.members_before.values():
        problems += _end_line(batch, recorded, member_id, lock)
    for root, members in recorded.burn_downs_before.items():
        for member_id in members:
            batch.revise(batch.families[root])
            _put_terms(batch, batch.families[root], member_id, None, lock)
    return problems or _check_grants(batch, recorded)


def _revise_groups(batch: Batch, recorded: Recorded, known: Known) -> list[Problem]:
    document, before = recorded.document, recorded.before
    accrual, problems = find_accrual(batch, recorded, known)
    if not problems and before and recorded.parent_id != before.parent_id:
        return [_refused_parent(document)]
    if document.kind is SourceKind.BILLING_SCHEDULE and not _same_product(recorded):
        message = f"a billing schedule keeps its product: {replacing(document.kind)}"
        return [Problem(ProblemCode.CHANGED, message, ("product", "id"), document.line)]
    for group, movements in zip(
        recorded.prepared.groups, recorded.prepared.movements, strict=True
    ):
        key = (group.key, group.product.id)
        member_id = recorded.members_before.get(key)
        is_met = accrual is not None and meets(group, accrual)
        if member_id is None or not _stays(batch, member_id, accrual, is_met=is_met):
            problems += add_group(batch, recorded, group, movements, accrual)
            continue
        del recorded.members_before[key]
        problems += _revise_group(batch, recorded, group, member_id)
        for burning in group.burn_downs:
            problems += burn_down(batch, recorded, group, burning)
    return problems


def _refused_parent(document: Document) -> Problem:
    """A revision whose invoice or billing schedule isn't the recorded one."""
    field_name, rule = "billing_schedule_id", "an invoice keeps its billing schedule"
    if document.kind is SourceKind.CREDIT_NOTE:
        field_name, rule = "invoice_id", "a credit note keeps its invoice"
    message = f"{rule}, or stays without: {replacing(document.kind)}"
    return Problem(ProblemCode.CHANGED, message, (field_name,), document.line)


def _same_product(recorded: Recorded) -> bool:
    (group,) = recorded.prepared.groups
    return (group.key, group.product.id) in recorded.members_before


def _stays(
    batch: Batch, member_id: int, accrual: ChangedFamily | None, *, is_met: bool
) -> bool:
    """Whether a line's schedule remains in its present family."""
    root = batch.family_of[member_id]
    return root == (accrual.family.id if accrual and is_met else member_id)


def _revise_group(
    batch: Batch, recorded: Recorded, group: Group, member_id: int
) -> list[Problem]:
    document = recorded.document
    family = batch.families[batch.family_of[member_id]]
    member = family.family.members[member_id]
    problems = check_grant(batch, recorded, group, member_id)
    if problems:
        return problems
    terms = _with_completions(batch, group, member_id)
    credited = family.family.credited(member_id)
    if credited > max(terms.amount, 0):
        notes = _credit_notes(family, member_id)
        message = (
            f"comes to {amount_text(terms.amount, document.currency)}, less than the"
            f" {amount_text(credited, document.currency)} that {', '.join(notes)}"
            f" credited; void {_that(notes)} first"
        )
        path = ("lines", str(group.positions[0]), "amount")
        code = ProblemCode.CREDIT_TOO_LARGE
        return [Problem(code, message, path, document.line)]
    schedule_id = member.schedule_id
    names = [(milestone.id, milestone.name) for milestone in group.milestones]
    names_before = [
        (milestone.external_id, milestone.name)
        for milestone in batch.milestones.get(member_id, ())
    ]
    sent = (terms, document.accounting_date, names)
    before = (member.terms, member.accounting_date, names_before)
    if sent != before:
        lock = batch.lock_of(document.accounting_date)
        member.accounting_date = document.accounting_date
        if not only_completes(terms, member.terms) or sent[1:] != before[1:]:
            batch.revise(family)
        schedule_id = _put_terms(batch, family, member_id, terms, lock, names)
        batch.keep_grant(recorded, batch.changes.new[-1], group.grant)
    for position in group.positions:
        recorded.schedule_ids[position] = schedule_id
    return []


def _with_completions(batch: Batch, group: Group, member_id: int) -> Terms:
    """A group's terms, with the recorded completions that the sender left out."""
    recorded = {
        milestone.external_id: milestone
        for milestone in batch.milestones.get(member_id, ())
    }
    if not any(milestone.is_untouched for milestone in group.milestones):
        return group.terms

    def day_of(milestone: Milestone) -> Day | None:
        before = recorded.get(milestone.id)
        return (
            before.day if milestone.is_untouched and before else milestone.completed_on
        )

    parts = [
        Part(day_of(milestone), part.amount)
        for milestone, part in zip(group.milestones, group.terms.parts, strict=True)
    ]
    return replace(group.terms, parts=tuple(parts))


def _put_terms(  # noqa: PLR0913, PLR0917  (a schedule and what it belongs to)
    batch: Batch,
    family: ChangedFamily,
    member_id: int,
    terms: Terms | None,
    lock: Day | None,
    names: list[tuple[str, str]] | None = None,
) -> int:
    """Give a member a new schedule with other terms, or with an amount of zero.

    Returns the number of the new schedule.
    """
    member = family.family.members[member_id]
    new_terms = with_amount(member.terms, 0) if terms is None else terms
    schedule = NewSchedule(
        batch.next_schedule(),
        member.owner,
        _as_stored(member, new_terms),
        locked_through=lock,
        credits_id=member.credits_id,
        family_id=family.family.id,
        revises_id=member_id,
        treatment=None if member.credits_id is None else member.treatment,
        names=names or (),
    )
    batch.changes.new.append(schedule)
    batch.put_member(
        family, schedule, member.accounting_date, effective=member.effective
    )
    batch.touch(family, lock)
    return schedule.id


def _as_stored(member: Member[MovementKey], terms: Terms) -> Terms:
    """A member's terms with the sign that is stored: credits are negative."""
    if member.credits_id is None:
        return terms
    return replace(terms, amount=-terms.amount)


def _end_line(
    batch: Batch, recorded: Recorded, member_id: int, lock: Day | None
) -> list[Problem]:
    """Reduce the schedule of a line that is gone to zero."""
    family = batch.families[batch.family_of[member_id]]
    member = family.family.members[member_id]
    problems = _refuse_if_used(batch, recorded, member_id, "lose a line")
    # A line of zero may still meet accruals; a credit of zero does nothing.
    if not problems and (member.credits_id is None or member.terms.amount):
        batch.revise(family)
        ended_by = _put_terms(batch, family, member_id, None, lock)
        family.family.members[member_id].removed_by = ended_by
    return problems


def _release_burn_downs(batch: Batch, recorded: Recorded) -> None:
    """Give back what a document's burn-downs took, before they are planned again."""
    for root, members in recorded.burn_downs_before.items():
        for member_id in members:
            member = batch.families[root].family.members[member_id]
            member.terms = with_amount(member.terms, 0)


def _check_grants(batch: Batch, recorded: Recorded) -> list[Problem]:
    """Check that each grant still covers its credits and burn-downs."""
    document = recorded.document
    for family in batch.changes.families:
        root = family.family.members[family.family.id]
        if root.terms.classification is Classification.PREPAYMENT:
            try:
                planned_movements(family.family)
            except Overdrawn:
                burning = ", ".join(_burning_invoices(family, family.family.id))
                message = (
                    f"leaves less in a credit grant than {burning or 'its own lines'}"
                    " burned down: void what burns it down first, or leave more in it"
                )
                code = ProblemCode.GRANT_EXCEEDED
                return [Problem(code, message, ("lines",), document.line)]
    return []


def _revise_credits(batch: Batch, recorded: Recorded, known: Known) -> list[Problem]:
    document, before = recorded.document, recorded.before
    assert document.invoice_id is not None, "the caller checked it"
    key = (SourceKind.INVOICE, document.invoice_id)
    named, problems = named_by(document, key, known, "invoice_id")
    if named is None or problems:
        return problems
    if before is not None and before.parent_id != named.number:
        return [_refused_parent(document)]
    recorded.parent_id = named.number
    for position in range(len(document.lines)):
        problems += _revise_credit(batch, recorded, position, named)
    return problems


def _revise_credit(
    batch: Batch, recorded: Recorded, position: int, invoice: NamedDocument
) -> list[Problem]:
    document = recorded.document
    line = document.lines[position]
    credited_id, problems = find_credited(batch, recorded, position, invoice)
    if credited_id is None:
        return problems
    keys = [key for key in recorded.members_before if key[0] == line.id]
    member_id = recorded.members_before[keys[0]] if keys else None
    family = batch.family_with(credited_id, invoice.accounting_date)
    member = family.family.members.get(member_id) if member_id else None
    if member is None or member_id is None or member.credits_id != credited_id:
        return add_credit(batch, recorded, position, invoice)
    problems = check_credit(
        recorded, position, invoice, family, credited_id, member.terms.amount
    )
    if problems:
        return problems
    del recorded.members_before[keys[0]]
    _put_credit(batch, recorded, position, family, member)
    return []


def _put_credit(
    batch: Batch,
    recorded: Recorded,
    position: int,
    family: ChangedFamily,
    member: Member[MovementKey],
) -> None:
    """Replace a credit; if its date stays, so does the day on which it takes effect."""
    document = recorded.document
    line = document.lines[position]
    schedule_id = member.schedule_id
    is_same_date = document.accounting_date == member.accounting_date
    is_same = line.amount == member.terms.amount and is_same_date
    if not is_same or document.treatment is not member.treatment:
        assert member.credits_id is not None, "a credit names what it credits"
        schedule = credit_schedule(batch, recorded, line, family, member.credits_id)
        schedule.revises_id = member.id
        if is_same_date:
            terms = replace(schedule.terms, recognized_on=member.effective)
            schedule.terms = terms
        batch.changes.new.append(schedule)
        batch.revise(family)
        batch.put_member(
            family,
            schedule,
            document.accounting_date,
            effective=schedule.terms.recognized_on,
        )
        batch.touch(family, schedule.locked_through)
        schedule_id = schedule.id
    recorded.schedule_ids[position] = schedule_id


def void(batch: Batch, recorded: Recorded) -> list[Problem]:
    """Take all of a document back; refused, naming them, while others refer to it."""
    before = recorded.before
    assert before is not None, "only what is recorded can be voided"
    recorded.is_voided = True
    recorded.parent_id = before.parent_id
    lock = batch.lock_of(before.accounting_date)
    members = [
        *recorded.members_before.values(),
        *chain.from_iterable(recorded.burn_downs_before.values()),
    ]
    problems = []
    for member_id in members:
        problems += _refuse_if_used(batch, recorded, member_id, "be voided")
    if problems:
        return problems[:1]
    for member_id in members:
        family = batch.families[batch.family_of[member_id]]
        member = family.family.members[member_id]
        member.terms = with_amount(member.terms, 0)
        member.voided_in = BY_NOW
        family.cause = Cause.VOID
        family.locks[member_id] = lock
        batch.touch(family, lock)
    return []


def _refuse_if_used(
    batch: Batch, recorded: Recorded, member_id: int, what: str
) -> list[Problem]:
    """The problem of a document that can't do `what` while others refer to it."""
    family = batch.families[batch.family_of[member_id]]
    notes = _credit_notes(family, member_id)
    users = notes or _burning_invoices(family, member_id)
    if not users:
        return []
    document = recorded.document
    is_single = len(users) == 1
    if notes:
        use = "credits it" if is_single else "credit it"
    else:
        use = "takes from its grant" if is_single else "take from its grant"
    named = ", ".join(users)
    message = (
        f"{kind_words(document.kind)} {document.id!r} can't {what} while {named}"
        f" {use}; void {named} first"
    )
    return [Problem(ProblemCode.IN_USE, message, ("id",), document.line)]


def _that(documents: Sequence[str]) -> str:
    return "that" if len(documents) == 1 else "those"


def _credit_notes(family: ChangedFamily, member_id: int) -> list[str]:
    """The credit notes on a member that are not void, in words."""
    ids = {
        credit.owner.order[2]: None
        for credit in family.family.credits_of(member_id)
        if credit.terms.amount
    }
    return [f"credit note {id_!r}" for id_ in ids]


def _burning_invoices(family: ChangedFamily, member_id: int) -> list[str]:
    """The invoices that take from a credit grant, in words."""
    root = family.family.members[family.family.id]
    if member_id != root.id or root.terms.classification is not (
        Classification.PREPAYMENT
    ):
        return []
    ids = {
        member.owner.order[2]: None
        for member in family.family.members.values()
        if member.terms.classification is Classification.BURNDOWN
        and member.terms.amount
        and member.owner.document_id != root.owner.document_id
    }
    return [f"invoice {id_!r}" for id_ in ids]
