"""Rules between the lines of a document: groups, burn-downs, grants, discount."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from daybook.calendar import Day, day_text
from daybook.documents.reading.context import Context
from daybook.documents.reading.json_form import SoldLineForm
from daybook.documents.reading.line_rules import (
    days_outside,
    is_undated,
    problems_of_parts_method,
)
from daybook.errors import Problem, ProblemCode, did_you_mean, quoted
from daybook.money import amount_text
from daybook.recognition.rules import Classification, Method, Terms


def group_problems(
    forms: Sequence[SoldLineForm], terms: Mapping[str, Terms], context: Context
) -> Iterator[Problem]:
    """Problems between valid lines, with paths from the document's root.

    `terms` are those of leading lines, by their ids.
    """
    yield from _repeated_grants(forms)
    by_id = {form.id: form for form in forms}
    groups: dict[str, list[int]] = {}
    broken = set[str]()
    for index, form in enumerate(forms):
        key = form.other_group or form.id
        groups.setdefault(key, []).append(index)
        for problem in _member_problems(form, by_id, terms, context):
            broken.add(key)
            yield _on_line(index, problem)
    for key, positions in groups.items():
        if key in terms and key not in broken:
            positions.sort(key=lambda index: forms[index].id != key)
            group = [(index, forms[index]) for index in positions]
            yield from _group_problems(group, terms[key].method, context)


def discount_problems(
    discount: int, forms: Sequence[SoldLineForm], currency: str
) -> Iterator[Problem]:
    """The problem of a discount that exceeds the positive amounts."""
    nets: dict[str, int] = {}
    for form in forms:
        key = form.other_group or form.id
        nets[key] = nets.get(key, 0) + form.amount
    largest = sum(net for net in nets.values() if net > 0)
    if discount > largest:
        most = amount_text(largest, currency)
        its = amount_text(discount, currency)
        message = f"discount {its} is more than the positive amounts sum to, {most}"
        yield Problem(ProblemCode.INVALID_AMOUNT, message, ("discount",))


def _on_line(index: int, problem: Problem) -> Problem:
    return replace(problem, path=("lines", str(index), *problem.path))


def _repeated_grants(forms: Sequence[SoldLineForm]) -> Iterator[Problem]:
    first: dict[str, int] = {}
    for index, form in enumerate(forms):
        grant = form.credit_grant
        if grant is not None and first.setdefault(grant.id, index) != index:
            message = f"credit_grant.id is that of lines.{first[grant.id]} too"
            path = ("credit_grant", "id")
            problem = Problem(ProblemCode.DUPLICATE, f"{message}; give it once", path)
            yield _on_line(index, problem)


def _member_problems(
    form: SoldLineForm,
    by_id: Mapping[str, SoldLineForm],
    terms: Mapping[str, Terms],
    context: Context,
) -> Iterator[Problem]:
    """Problems of a line with the group that it names."""
    if form.other_group is None:
        return
    leading = by_id.get(form.other_group)
    if leading is None:
        near = did_you_mean(form.other_group, by_id)
        message = (
            f"group {quoted(form.other_group)} is not a line of this document"
            f"{near or '; write the id of one of its lines'}"
        )
        yield Problem(ProblemCode.UNKNOWN_DOCUMENT, message, ("group",))
    elif leading.other_group is not None:
        message = f"group is a line of the group {leading.other_group}; name that one"
        yield Problem(ProblemCode.INVALID_VALUE, message, ("group",))
    elif leading.classification is not Classification.EARNED:
        message = f"group is a {leading.classification.name}; name a line that is sold"
        yield Problem(ProblemCode.INVALID_VALUE, message, ("group",))
    elif is_undated(leading, context):
        method = leading.method or context.method(leading.product.id)
        yield from _dated_beside_undated(form, leading, method)
        yield from _disagreements(
            form, leading, replace(terms[leading.id], method=method)
        )
    else:
        yield from _disagreements(form, leading, terms[leading.id])


def _dated_beside_undated(
    form: SoldLineForm, leading: SoldLineForm, method: Method
) -> Iterator[Problem]:
    """Problems of a line that needs dates, in a group without them."""
    where = f"line {leading.id} has no service_from and service_to"
    if form.classification is Classification.BURNDOWN and method is Method.USAGE:
        message = f"group needs a service period for a grant to pay for, but {where}"
        yield Problem(ProblemCode.MISMATCH, message, ("group",))
    elif form.usage:
        message = f"usage needs the service period of its group, but {where}"
        yield Problem(ProblemCode.MISSING, message, ("usage",))


def _disagreements(
    form: SoldLineForm, leading: SoldLineForm, terms: Terms
) -> Iterator[Problem]:
    """Fields of a line that differ from those of its group's leading line."""
    is_burn_down = form.classification is Classification.BURNDOWN
    if is_burn_down and terms.method is not Method.USAGE:
        message = f"group must be a USAGE line; line {leading.id} is"
        message = f"{message} {terms.method.name}, which no grant pays for"
        yield Problem(ProblemCode.MISMATCH, message, ("group",))
        return
    compared = (
        ("product", form.product.id, leading.product.id),
        ("method", _name(form.method), terms.method.name),
        ("timing", _name(form.timing), terms.timing.name),
        ("strategy", _name(form.strategy), terms.strategy.name),
        ("service_from", _text(form.service_from), _text(terms.first_day)),
        ("service_to", _text(form.service_to), _text(terms.last_day)),
        ("recognized_on", _text(form.recognized_on), _text(terms.recognized_on)),
    )
    for name, own, shared in compared:
        if own is not None and own != shared:
            way_out = "write the same" if name == "product" else "leave it out"
            message = f"{name} {own} is not that of its group's line {leading.id}"
            message = f"{message}, {shared or 'which has none'}; {way_out}"
            yield Problem(ProblemCode.MISMATCH, message, (name,))
    if form.method is None and not is_burn_down:
        yield from problems_of_parts_method(form, terms.method)
    if form.service_from is None:
        yield from days_outside(form, terms.first_day, terms.last_day)


def _name(choice: Method | object | None) -> str | None:
    name: str | None = getattr(choice, "name", None)
    return name


def _text(day: Day | None) -> str | None:
    return None if day is None else day_text(day)


def _group_problems(
    group: Sequence[tuple[int, SoldLineForm]], method: Method, context: Context
) -> Iterator[Problem]:
    """Problems between the lines of one group; the leading line comes first."""
    burning = [
        (index, form)
        for index, form in group
        if form.classification is Classification.BURNDOWN
    ]
    netted = [
        (index, form)
        for index, form in group
        if form.classification is not Classification.BURNDOWN
    ]
    if not netted:  # A burn-down without a group, which is reported already.
        return
    net = sum(form.amount for _, form in netted)
    leading_index, leading = netted[0]
    if method is Method.MILESTONE and leading.classification is Classification.EARNED:
        yield from _milestone_problems(netted, net)
    dated = [form.amount for _, form in netted if form.usage or form.milestones]
    if dated and method is Method.USAGE:
        # Only undated lines that are negative scale them.
        dated = [form.amount for _, form in netted if form.usage or form.amount > 0]
    if dated and net and net != sum(dated) and sum(dated) * net <= 0:
        name = method.name.lower()
        message = f"{name} parts of the group don't go the way of its net amount"
        message = f"{message}; give parts on the lines that make up the net"
        path = ("milestones" if method is Method.MILESTONE else "usage",)
        problem = Problem(ProblemCode.INVALID_AMOUNT, message, path)
        yield _on_line(leading_index, problem)
    burned = -sum(form.amount for _, form in burning)
    if burned > max(net, 0):
        assert context.currency is not None, "amounts are compared in a known currency"
        most = amount_text(max(net, 0), context.currency)
        total = amount_text(burned, context.currency)
        message = f"burn-downs of line {leading.id} sum to {total}; it has only {most}"
        problem = Problem(ProblemCode.INVALID_AMOUNT, message, ("amount",))
        yield _on_line(burning[-1][0], problem)


def _milestone_problems(
    netted: Sequence[tuple[int, SoldLineForm]], net: int
) -> Iterator[Problem]:
    """Problems of a group's milestones, which one schedule shares."""
    with_milestones = [(index, form) for index, form in netted if form.milestones]
    if not with_milestones:
        message = "milestones are missing: MILESTONE needs at least one"
        yield _on_line(
            netted[0][0], Problem(ProblemCode.MISSING, message, ("milestones",))
        )
    first: dict[str, int] = {}
    for line, form in with_milestones:
        for index, milestone in enumerate(form.milestones or ()):
            # Within one line, that is reported already.
            if first.setdefault(milestone.id, line) != line:
                message = (
                    f"id is that of a milestone of lines.{first[milestone.id]} too"
                )
                path = ("milestones", str(index), "id")
                message = f"{message}; ids are unique"
                yield _on_line(line, Problem(ProblemCode.DUPLICATE, message, path))
        if form.amount * net < 0:
            message = "milestones of a line that goes against its group's net amount"
            message = f"{message}; leave them out, the others are scaled to the net"
            problem = Problem(ProblemCode.INVALID_AMOUNT, message, ("milestones",))
            yield _on_line(line, problem)
