"""Rules for the special terms of one line: parts, prepayments, burn-downs.

Only lines whose fields are all valid are checked. Rules between lines are in
`group_rules`.
"""

from collections.abc import Iterator, Sequence

from daybook.calendar import Day, day_text
from daybook.documents.reading.context import Context
from daybook.documents.reading.field_rules import NEEDS_PERIOD, undated_words
from daybook.documents.reading.json_fields import PERCENT_DECIMALS
from daybook.documents.reading.json_form import SoldLineForm
from daybook.errors import Problem, ProblemCode
from daybook.money import amount_text
from daybook.recognition.rules import Classification, Method

HUNDRED_PERCENT = 100 * 10**PERCENT_DECIMALS
"""All of a line, in the units that percentages are counted in."""


def is_undated(form: SoldLineForm, context: Context) -> bool:
    """Whether a line that leads its group is recognized on its accounting date.

    That is, its method needs a service period and it has none. Whether its ledger
    accepts that is checked when it is recorded: recorded lines stay as they are.
    """
    return (
        form.service_from is None
        and form.classification is Classification.EARNED
        and (form.method or context.method(form.product.id)) in NEEDS_PERIOD
    )


def undated_problems(
    forms: Sequence[SoldLineForm], context: Context, line: int | None
) -> Iterator[Problem]:
    """A document's problems in a ledger that refuses lines without dates.

    Usage with days of its own needs a service period in any ledger.
    """
    for index, form in enumerate(forms):
        if (
            form.service_from is None
            and form.other_group is None
            and not form.usage
            and is_undated(form, context)
        ):
            method = form.method or context.method(form.product.id)
            message = f"service_from {undated_words(method)}"
            path = ("lines", str(index), "service_from")
            yield Problem(ProblemCode.MISSING, message, path, line)


def line_problems(form: SoldLineForm, context: Context) -> Iterator[Problem]:
    """Problems of a line's special terms, with paths from the line."""
    if form.classification is Classification.PREPAYMENT:
        yield from _prepayment_problems(form)
    elif form.credit_grant is not None:
        message = "credit_grant belongs to PREPAYMENT lines; leave it out"
        yield _invalid(message, "credit_grant")
    if form.classification is Classification.BURNDOWN:
        yield from _burn_down_problems(form)
    elif form.credit_grant_id is not None:
        message = "credit_grant_id belongs to BURNDOWN lines; leave it out"
        yield _invalid(message, "credit_grant_id")
    if form.classification is Classification.EARNED:
        method = form.method
        if method is None and form.other_group is None:
            method = context.method(form.product.id)
        if method is not None:
            yield from problems_of_parts_method(form, method)
        yield from _usage_problems(form, context)
        yield from _milestone_problems(form, context)


def problems_of_parts_method(form: SoldLineForm, method: Method) -> Iterator[Problem]:
    """Problems of usage or milestones beside another method than theirs."""
    for name, amounts, owner in (
        ("usage", form.usage, Method.USAGE),
        ("milestones", form.milestones, Method.MILESTONE),
    ):
        if amounts and method is not owner:
            message = f"{name} needs method {owner.name}, the line's is {method.name}"
            yield _invalid(message, name)


def days_outside(
    form: SoldLineForm, first_day: Day | None, last_day: Day | None
) -> Iterator[Problem]:
    """Problems of usage on days outside the service period."""
    if first_day is None or last_day is None:
        return
    for index, part in enumerate(form.usage or ()):
        if not first_day <= part.day <= last_day:
            period = f"{day_text(first_day)} to {day_text(last_day)}"
            message = (
                f"day {day_text(part.day)} is outside the service period, {period}"
            )
            path = ("usage", str(index), "day")
            yield Problem(ProblemCode.INVALID_DATE, message, path)


def _prepayment_problems(form: SoldLineForm) -> Iterator[Problem]:
    if form.amount < 0:
        message = "amount is negative; a PREPAYMENT is zero or more"
        yield Problem(ProblemCode.INVALID_AMOUNT, message, ("amount",))
    if form.credit_grant is None:
        message = 'credit_grant is missing; a PREPAYMENT makes one: {"id": "cg_1"}'
        yield Problem(ProblemCode.MISSING, message, ("credit_grant",))
    if form.other_group is not None:
        message = "group is given, but a PREPAYMENT stands alone; leave it out"
        yield _invalid(message, "group")
    yield from _without(form, ("usage", "milestones", "recognized_on"), "PREPAYMENT")


def _burn_down_problems(form: SoldLineForm) -> Iterator[Problem]:
    if form.amount >= 0:
        message = "amount must be negative: a BURNDOWN takes it off its usage line"
        yield Problem(ProblemCode.INVALID_AMOUNT, message, ("amount",))
    if form.other_group is None:
        message = "group is missing; write the id of the usage line that is paid for"
        yield Problem(ProblemCode.MISSING, message, ("group",))
    yield from _without(form, ("usage", "milestones", "recognized_on"), "BURNDOWN")


def _without(
    form: SoldLineForm, names: Sequence[str], classification: str
) -> Iterator[Problem]:
    for name in names:
        if getattr(form, name):
            message = f"{name} is not a {classification} line's; leave it out"
            yield _invalid(message, name)


def _usage_problems(form: SoldLineForm, context: Context) -> Iterator[Problem]:
    if form.usage:
        amounts = [part.amount for part in form.usage]
        yield from _amount_problems("usage", form.amount, amounts, context)
        yield from days_outside(form, form.service_from, form.service_to)
        if form.other_group is None and is_undated(form, context):
            message = "service_from is missing: days of usage need a service period"
            yield Problem(ProblemCode.MISSING, message, ("service_from",))


def _milestone_problems(form: SoldLineForm, context: Context) -> Iterator[Problem]:
    milestones = form.milestones or ()
    first: dict[str, int] = {}
    for index, milestone in enumerate(milestones):
        if first.setdefault(milestone.id, index) != index:
            message = (
                f"id is that of milestones.{first[milestone.id]} too; ids are unique"
            )
            path = ("milestones", str(index), "id")
            yield Problem(ProblemCode.DUPLICATE, message, path)
    percents = [
        milestone.percent for milestone in milestones if milestone.percent is not None
    ]
    if not percents:
        amounts = [milestone.amount or 0 for milestone in milestones]
        if milestones:
            yield from _amount_problems("milestones", form.amount, amounts, context)
    elif len(percents) < len(milestones):
        message = "milestones have amounts and percents; give all of them the same"
        yield _invalid(message, "milestones")
    elif sum(percents) != HUNDRED_PERCENT:
        message = f"percents of milestones sum to {_percent_text(sum(percents))}"
        yield _invalid(f"{message}; they must sum to 100", "milestones")


def _amount_problems(
    name: str, total: int, amounts: Sequence[int], context: Context
) -> Iterator[Problem]:
    """Problems of parts without the line's sign, or that don't sum to the line."""
    for index, amount in enumerate(amounts):
        if amount * total < 0 or (amount and not total):
            message = "amount has not the sign of its line's"
            yield Problem(
                ProblemCode.INVALID_AMOUNT,
                f"{message}; send the correction as a line of its own",
                (name, str(index), "amount"),
            )
    if sum(amounts) != total:
        assert context.currency is not None, "amounts are compared in a known currency"
        whole = amount_text(sum(amounts), context.currency)
        line = amount_text(total, context.currency)
        message = f"{name} sum to {whole}, the line is {line}; they must be equal"
        yield Problem(ProblemCode.INVALID_AMOUNT, message, (name,))


def _percent_text(units: int) -> str:
    whole, part = divmod(units, 10**PERCENT_DECIMALS)
    return f"{whole}.{part:0{PERCENT_DECIMALS}}".rstrip("0").rstrip(".")


def _invalid(message: str, name: str) -> Problem:
    return Problem(ProblemCode.INVALID_VALUE, message, (name,))
