"""Turns the forms of lines with terms of their own into values."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from daybook.calendar import Day
from daybook.documents.reading.context import Context
from daybook.documents.reading.group_rules import group_problems
from daybook.documents.reading.json_form import SoldLineForm
from daybook.documents.reading.line_rules import is_undated, line_problems
from daybook.documents.reading.recipes import LineRecipe, TermsRecipe
from daybook.documents.rules import Line, Milestone, ProductDetails
from daybook.errors import Problem
from daybook.recognition.allocation import split
from daybook.recognition.rules import (
    Classification,
    Method,
    Part,
    Terms,
    default_point,
    default_timing,
)

_SPECIAL = frozenset(
    {
        *("group", "classification", "usage", "milestones"),
        *("credit_grant", "credit_grant_id"),
    }
)

_NOTHING_SPECIAL = (Classification.EARNED, (), None)
_OF_ONE_DAY = {Method.POINT_IN_TIME, Method.USAGE}


def sold_lines(
    forms: Sequence[SoldLineForm], accounting_date: Day, context: Context
) -> tuple[list[LineRecipe], list[Problem]]:
    """The lines, or their problems, with paths from the document's root."""
    lines: list[LineRecipe] = []
    for form in forms:
        terms = _own_terms(form, accounting_date, context)
        # Ordinary lines, nearly all of them, passed every check with their form.
        if terms[1] is Method.MILESTONE or not _SPECIAL.isdisjoint(
            form.model_fields_set
        ):
            return _special_lines(forms, accounting_date, context)
        description = form.description or None
        product = _product(form)
        lines.append((form.id, form.amount, description, product, terms, _sent(form)))
    return lines, []


def problems_of_lines(
    forms: Sequence[tuple[int, SoldLineForm]], context: Context
) -> Iterator[Problem]:
    """Problems of the special terms of single lines, with paths from the root."""
    for index, form in forms:
        for problem in line_problems(form, context):
            yield replace(problem, path=("lines", str(index), *problem.path))


def _special_lines(
    forms: Sequence[SoldLineForm], accounting_date: Day, context: Context
) -> tuple[list[LineRecipe], list[Problem]]:
    """The lines, or their problems, if some have groups, grants or dated parts."""
    problems = list(problems_of_lines(list(enumerate(forms)), context))
    leading = {
        form.id: _special_terms(
            form, Terms(*_own_terms(form, accounting_date, context))
        )
        for form in forms
        if form.other_group is None
    }
    problems += group_problems(forms, leading, context)
    if problems:
        return [], problems
    return [_special_line(form, leading) for form in forms], []


def _special_line(form: SoldLineForm, leading: dict[str, Terms]) -> Line:
    key = form.other_group
    grant = form.credit_grant
    return Line(
        form.id,
        form.amount,
        form.description or None,
        ProductDetails(*_product(form)),
        leading[form.id] if key is None else _special_terms(form, leading[key]),
        group=key,
        milestones=_milestones(form),
        grant=form.credit_grant_id if grant is None else grant.id,
        sent=_special_sent(form),
    )


def _product(form: SoldLineForm) -> tuple[str, str, str | None]:
    product = form.product
    return product.id, product.name, product.category


def _own_terms(
    form: SoldLineForm, accounting_date: Day, context: Context
) -> TermsRecipe:
    """A line's terms, with defaults filled in (domain rules 2 and 6)."""
    first_day, last_day = form.service_from, form.service_to
    method = form.method or context.method(form.product.id)
    if first_day is None and is_undated(form, context):
        method = Method.POINT_IN_TIME
    timing = form.timing or default_timing(method, last_day, accounting_date)
    point = form.recognized_on
    if point is None and method in _OF_ONE_DAY:
        # A credit without a parent takes effect at once, whatever its period.
        point = (
            accounting_date
            if context.is_credit and method is Method.POINT_IN_TIME
            else default_point(timing, first_day, last_day, accounting_date)
        )
    strategy = form.strategy or context.strategy()
    return form.amount, method, timing, strategy, first_day, last_day, point


def _special_terms(form: SoldLineForm, terms: Terms) -> Terms:
    """A line's own terms, based on those that it shares with its group."""
    parts = tuple(
        Part(part.day, part.amount) for part in form.usage or () if part.amount
    ) or tuple(
        Part(milestone.completed_on, milestone.amount)
        for milestone in _milestones(form)
    )
    grant = form.credit_grant
    return replace(
        terms,
        amount=form.amount,
        recognized_on=None if parts else terms.recognized_on,
        parts=parts,
        classification=form.classification,
        expires_on=None if grant is None else grant.expires_on,
    )


def _milestones(form: SoldLineForm) -> tuple[Milestone, ...]:
    """A line's milestones, with percentages as amounts by the rounding rule."""
    forms = form.milestones or ()
    percents = [
        milestone.percent for milestone in forms if milestone.percent is not None
    ]
    amounts = (
        split(form.amount, percents)
        if percents and len(percents) == len(forms)
        else [milestone.amount or 0 for milestone in forms]
    )
    return tuple(
        Milestone(
            milestone.id,
            milestone.name,
            amount,
            milestone.completed_on,
            is_untouched="completed_on" not in milestone.model_fields_set,
        )
        for milestone, amount in zip(forms, amounts, strict=True)
    )


def _sent(form: SoldLineForm) -> tuple[object, ...]:
    """An ordinary line's terms as sent."""
    return (
        form.method,
        form.timing,
        form.strategy,
        form.service_from,
        form.service_to,
        form.recognized_on,
    )


def _special_sent(form: SoldLineForm) -> tuple[object, ...]:
    """A line's terms as sent; with usage, classification and expiry if it has any.

    Milestones and grants are part of the line itself.
    """
    usage = [(part.day, part.amount) for part in form.usage or ()]
    expires_on = form.credit_grant and form.credit_grant.expires_on
    special = (form.classification, tuple(usage), expires_on)
    is_ordinary = special == _NOTHING_SPECIAL
    return _sent(form) if is_ordinary else (*_sent(form), *special)
