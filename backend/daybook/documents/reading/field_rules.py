"""Rules between two fields of a form.

Each is checked with the later of its fields, so that a field with a problem of its own
hides no other. Rules for the special terms of lines are in `line_rules`.
"""

from pydantic import ValidationInfo

from daybook.calendar import Day, day_text
from daybook.documents.reading.context import context_of
from daybook.documents.reading.json_fields import ScheduleStatus, wrong
from daybook.errors import ProblemCode
from daybook.recognition.rules import Classification, Method

NEEDS_PERIOD = {Method.STRAIGHT_LINE, Method.USAGE}
"""Methods that need a service period, unless the ledger accepts lines without one."""


def whole_period(service_from: Day | None, info: ValidationInfo) -> Day | None:
    """Check a service period: both ends or neither, in order, given where needed.

    A line without the period that it needs is read as one of its accounting date, and
    recording it decides whether it is refused; here it is reported only beside other
    problems of the document. Fields with problems of their own are not in `info.data`,
    and aren't checked.
    """
    if "service_to" not in info.data:
        return service_from
    service_to: Day | None = info.data["service_to"]
    if service_from is None and service_to is None:
        method = _method_that_needs_a_period(info)
        if method is not None and context_of(info).reports_undated:
            raise wrong(ProblemCode.MISSING, undated_words(method))
    elif service_from is None:
        raise wrong(
            ProblemCode.INVALID_PERIOD,
            "is missing beside service_to; give both or neither",
        )
    elif service_to is None:
        raise wrong(
            ProblemCode.INVALID_PERIOD,
            "is given without service_to; give both or neither",
        )
    elif service_from > service_to:
        raise wrong(
            ProblemCode.INVALID_PERIOD,
            f"{day_text(service_from)} is after service_to, {day_text(service_to)}",
        )
    return service_from


def undated_words(method: Method) -> str:
    """The message for a line without a service period, after the field's name."""
    return (
        f"is missing: {method.name} needs service_from and service_to, unless the"
        " ledger is set to take lines without them"
        " (`daybook settings --undated-lines ACCOUNTING_DATE`)"
    )


def _method_that_needs_a_period(info: ValidationInfo) -> Method | None:
    """A line's method, if the line must have a period for it.

    Other lines of a group may leave the period to the leading line.
    """
    method = _own_method(info)
    is_leading = info.data.get("group") in {None, info.data.get("id")}
    return method if is_leading and method in NEEDS_PERIOD else None


def _own_method(info: ValidationInfo) -> Method | None:
    """The method of an earned line, if it doesn't depend on the line's group."""
    data = info.data
    if "method" not in data or "group" not in data:
        return None
    method: Method | None = data["method"]
    if data.get("classification") is not Classification.EARNED:
        return None
    is_leading = data["group"] in {None, data.get("id")}
    if method is None and is_leading and "product" in data:
        method = context_of(info).method(data["product"].id)
    return method


def point_of_its_method(recognized_on: Day | None, info: ValidationInfo) -> Day | None:
    """Refuse a day of recognition where the method has no use for it."""
    if recognized_on is None:
        return None
    method = _own_method(info)
    if method is not None and method is not Method.POINT_IN_TIME:
        raise wrong(
            ProblemCode.INVALID_VALUE,
            f"belongs to POINT_IN_TIME; leave it out with {method.name}",
        )
    return recognized_on


def either_amount_or_percent(percent: int | None, info: ValidationInfo) -> int | None:
    """Check that a milestone has one of its two measures."""
    if "amount" in info.data and (percent is None) == (info.data["amount"] is None):
        if percent is None:
            raise wrong(ProblemCode.MISSING, "or amount is missing; give one of them")
        raise wrong(ProblemCode.INVALID_VALUE, "is given beside amount; give one")
    return percent


def within_or_just_after(cancelled_on: Day | None, info: ValidationInfo) -> Day | None:
    """Check the first day that a billing schedule no longer accrues."""
    data = info.data
    if cancelled_on is None:
        if data.get("status") is ScheduleStatus.CANCELLED:
            message = "is missing: it is the first day that no longer counts"
            raise wrong(ProblemCode.MISSING, message)
        return None
    if "service_from" in data and "service_to" in data:
        first, last = data["service_from"], data["service_to"] + 1
        if not first <= cancelled_on <= last:
            raise wrong(
                ProblemCode.INVALID_DATE,
                f"must be from {day_text(first)} to {day_text(last)}: it is the"
                " first day that no longer counts",
            )
    return cancelled_on
