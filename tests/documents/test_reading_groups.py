"""Lines of one document together: groups, burn-downs, credit grants, the discount."""

from typing import Any

import pytest

from daybook.calendar import parse_day
from daybook.documents.reading import read_documents
from daybook.documents.rules import Document
from daybook.errors import Problem, Rejected
from daybook.recognition.rules import Classification, Method, Part, Timing

YEAR = {"service_from": "2025-01-01", "service_to": "2025-12-31"}
MARCH = {"service_from": "2025-03-01", "service_to": "2025-03-31"}
USAGE = {"method": "USAGE", **MARCH}
BURN = {"classification": "BURNDOWN", "group": "1"}


def document(*lines: dict[str, Any], **fields: Any) -> Document:
    value = {
        "type": "invoice",
        "id": "inv_1",
        "status": "FINAL",
        "currency": "USD",
        "customer": {"id": "cus_1", "name": "Acme"},
        "issued_on": "2025-04-01",
        "lines": [
            {"id": str(number), "product": {"id": "p", "name": "P"}, **line}
            for number, line in enumerate(lines, start=1)
        ],
        **fields,
    }
    (one,) = read_documents([value]).documents
    return one


def refused(*lines: dict[str, Any], **fields: Any) -> list[Problem]:
    with pytest.raises(Rejected) as raised:
        document(*lines, **fields)
    return list(raised.value.problems)


def told(problem: Problem) -> tuple[str, str]:
    return ".".join(problem.path[1:]), problem.code.value


def used(*days: tuple[str, str]) -> list[dict[str, str]]:
    return [{"day": one, "amount": amount} for one, amount in days]


def milestone(id_: str, amount: str) -> dict[str, str]:
    return {"id": id_, "name": id_, "amount": amount}


def test_a_line_of_a_group_takes_over_what_it_leaves_out() -> None:
    leading = {
        "amount": "1200.00",
        "method": "STRAIGHT_LINE",
        "timing": "IN_ARREARS",
        "strategy": "EXACT_DAYS",
        **YEAR,
    }

    first, second = document(leading, {"amount": "-120.00", "group": "1"}).lines

    assert first.terms is not None
    assert second.terms is not None
    assert (second.group, second.key, second.terms.amount) == ("1", "1", -12_000)
    for name in ("method", "timing", "strategy", "first_day", "last_day"):
        assert getattr(second.terms, name) == getattr(first.terms, name)


def test_the_leading_line_may_come_later() -> None:
    member, leading = document(
        {"id": "9", "amount": "-1.00", "group": "8"},
        {"id": "8", "amount": "5.00", "method": "POINT_IN_TIME"},
    ).lines

    assert member.terms is not None
    assert member.terms.method is Method.POINT_IN_TIME
    assert leading.group is None


def test_a_group_of_itself_is_no_group() -> None:
    line = {"amount": "5.00", "method": "POINT_IN_TIME"}

    own, none = document({**line, "group": "1"}), document(line)

    assert own == none
    assert own.content_hash() == none.content_hash()


def test_lines_of_a_group_may_repeat_what_they_agree_in() -> None:
    line = {"amount": "5.00", **USAGE}

    both = document(line, {**line, "group": "1", "timing": "IN_ARREARS"}).lines

    assert [line.key for line in both] == ["1", "1"]


@pytest.mark.parametrize(
    ("leading", "member", "path", "words"),
    [
        (YEAR, {"product": {"id": "q", "name": "Q"}}, "product", "write the same"),
        (YEAR, {"method": "POINT_IN_TIME"}, "method", "STRAIGHT_LINE; leave it out"),
        (YEAR, {"timing": "IN_ARREARS"}, "timing", "IN_ADVANCE; leave it out"),
        (YEAR, {"strategy": "EXACT_DAYS"}, "strategy", "DAILY_RATE_EVEN_MONTHS"),
        (YEAR, {**YEAR, "service_from": "2025-01-02"}, "service_from", "2025-01-01"),
        (YEAR, {**YEAR, "service_to": "2025-12-30"}, "service_to", "2025-12-31"),
        (
            {"method": "POINT_IN_TIME"},
            {"recognized_on": "2025-05-01"},
            "recognized_on",
            "2025-04-01",
        ),
    ],
)
def test_lines_of_a_group_agree(
    leading: dict[str, Any], member: dict[str, Any], path: str, words: str
) -> None:
    (problem,) = refused(
        {"amount": "10.00", **leading}, {"amount": "-1.00", "group": "1", **member}
    )

    assert told(problem) == (f"lines.1.{path}", "MISMATCH")
    assert "line 1" in problem.message
    assert words in problem.message


def test_a_period_that_the_leading_line_has_not_is_refused() -> None:
    problems = refused(
        {"amount": "10.00", "method": "POINT_IN_TIME"},
        {"amount": "-1.00", "group": "1", **MARCH},
    )

    assert [told(problem)[0] for problem in problems] == [
        "lines.1.service_from",
        "lines.1.service_to",
    ]
    assert "which has none" in problems[0].message


def test_a_group_is_a_line_of_the_document() -> None:
    (problem,) = refused({"amount": "10.00", "group": "7", **YEAR})

    assert told(problem) == ("lines.0.group", "UNKNOWN_DOCUMENT")


def test_a_group_has_no_group_of_its_own() -> None:
    (problem,) = refused(
        {"amount": "10.00", **YEAR},
        {"amount": "-1.00", "group": "1"},
        {"amount": "-1.00", "group": "2"},
    )

    assert told(problem) == ("lines.2.group", "INVALID_VALUE")
    assert "a line of the group 1; name that one" in problem.message


def test_a_prepayment_leads_no_group() -> None:
    prepaid = {
        "amount": "5.00",
        "classification": "PREPAYMENT",
        "credit_grant": {"id": "g"},
    }

    (problem,) = refused(prepaid, {"amount": "-1.00", "group": "1"})

    assert told(problem) == ("lines.1.group", "INVALID_VALUE")
    assert "PREPAYMENT" in problem.message


def test_each_grant_is_made_once() -> None:
    prepaid = {
        "amount": "5.00",
        "classification": "PREPAYMENT",
        "credit_grant": {"id": "g"},
    }

    (problem,) = refused(prepaid, prepaid)

    assert told(problem) == ("lines.1.credit_grant.id", "DUPLICATE")


def test_in_a_group_one_line_with_dated_parts_is_enough() -> None:
    first, second = document(
        {"amount": "10.00", **USAGE},
        {"amount": "5.00", "group": "1", "usage": used(("2025-03-03", "5.00"))},
    ).lines

    assert first.terms is not None
    assert second.terms is not None
    assert first.terms.parts == ()
    assert second.terms.parts == (Part(parse_day("2025-03-03"), 500),)
    assert second.terms.timing is Timing.IN_ARREARS


def test_usage_in_a_group_lies_in_the_leading_lines_period() -> None:
    (problem,) = refused(
        {"amount": "10.00", **USAGE},
        {"amount": "5.00", "group": "1", "usage": used(("2025-04-01", "5.00"))},
    )

    assert told(problem) == ("lines.1.usage.0.day", "INVALID_DATE")


def test_parts_in_a_group_need_the_leading_lines_method() -> None:
    (problem,) = refused(
        {"amount": "10.00", **YEAR},
        {"amount": "5.00", "group": "1", "usage": used(("2025-03-03", "5.00"))},
    )

    assert told(problem) == ("lines.1.usage", "INVALID_VALUE")
    assert "needs method USAGE" in problem.message


@pytest.mark.parametrize(
    ("leading", "member"),
    [
        (
            {"amount": "5.00", "usage": used(("2025-03-03", "5.00"))},
            {"amount": "-9.00"},
        ),
        ({"amount": "0.00", "usage": used(("2025-03-03", "0"))}, {"amount": "-5.00"}),
    ],
)
def test_dated_parts_go_the_way_of_their_groups_net(
    leading: dict[str, Any], member: dict[str, Any]
) -> None:
    (problem,) = refused({**USAGE, **leading}, {"group": "1", **member})

    assert told(problem) == ("lines.0.usage", "INVALID_AMOUNT")
    assert "don't go the way" in problem.message


def test_a_positive_line_without_dates_needs_no_parts_that_go_its_way() -> None:
    _, member = document(
        {"amount": "-4.00", **USAGE, "usage": used(("2025-03-03", "-4.00"))},
        {"amount": "5.00", "group": "1"},
    ).lines

    assert member.amount == 500


def test_dated_parts_of_nothing_need_a_net_of_nothing() -> None:
    first, _ = document(
        {"amount": "5.00", **USAGE, "usage": used(("2025-03-03", "5.00"))},
        {"amount": "-5.00", "group": "1"},
    ).lines

    assert first.amount == 500


def test_milestones_of_a_group_are_one_schedules() -> None:
    leading = {
        "amount": "6.00",
        "method": "MILESTONE",
        "milestones": [milestone("a", "6.00")],
    }
    twice = {"amount": "1.00", "group": "1", "milestones": [milestone("a", "1.00")]}
    against = {"amount": "-1.00", "group": "1", "milestones": [milestone("b", "-1.00")]}

    problems = refused(leading, twice, against)

    assert [told(problem) for problem in problems] == [
        ("lines.1.milestones.0.id", "DUPLICATE"),
        ("lines.2.milestones", "INVALID_AMOUNT"),
    ]


def test_a_group_of_milestones_has_some() -> None:
    (problem,) = refused(
        {"amount": "6.00", "method": "MILESTONE"}, {"amount": "-1.00", "group": "1"}
    )

    assert told(problem) == ("lines.0.milestones", "MISSING")


def test_a_burn_down_takes_off_its_usage() -> None:
    _, burning = document(
        {"amount": "5.00", **USAGE}, {"amount": "-2.00", **BURN, "credit_grant_id": "g"}
    ).lines

    assert burning.grant == "g"
    assert burning.terms is not None
    assert burning.terms.classification is Classification.BURNDOWN
    assert (burning.terms.amount, burning.terms.method) == (-200, Method.USAGE)


def test_without_a_grant_the_oldest_pays() -> None:
    _, burning = document(
        {"amount": "5.00", **USAGE}, {"amount": "-2.00", **BURN}
    ).lines

    assert burning.grant is None


@pytest.mark.parametrize(
    ("change", "path", "code", "words"),
    [
        ({"amount": "2.00"}, "amount", "INVALID_AMOUNT", "must be negative"),
        ({"amount": "0.00"}, "amount", "INVALID_AMOUNT", "must be negative"),
        ({"group": None}, "group", "MISSING", "the usage line that is paid for"),
        ({"group": "2"}, "group", "MISSING", "the usage line that is paid for"),
        ({"product": {"id": "q", "name": "Q"}}, "product", "MISMATCH", "the same"),
        ({"method": "POINT_IN_TIME"}, "method", "MISMATCH", "USAGE; leave it out"),
        (
            {"usage": used(("2025-03-03", "-2.00"))},
            "usage",
            "INVALID_VALUE",
            "not a BURNDOWN line's",
        ),
        (
            {"credit_grant": {"id": "g"}},
            "credit_grant",
            "INVALID_VALUE",
            "belongs to PREPAYMENT",
        ),
        ({"amount": "-5.01"}, "amount", "INVALID_AMOUNT", "5.01; it has only 5.00"),
        (
            {"classification": "EARNED", "credit_grant_id": "g"},
            "credit_grant_id",
            "INVALID_VALUE",
            "belongs to BURNDOWN",
        ),
    ],
)
def test_a_burn_down_is_refused(
    change: dict[str, Any], path: str, code: str, words: str
) -> None:
    (problem,) = refused(
        {"amount": "5.00", **USAGE}, {"amount": "-2.00", **BURN, **change}
    )

    assert told(problem) == (f"lines.1.{path}", code)
    assert words in problem.message


def test_only_usage_is_burned_down() -> None:
    (problem,) = refused({"amount": "5.00", **YEAR}, {"amount": "-2.00", **BURN})

    assert told(problem) == ("lines.1.group", "MISMATCH")
    assert "STRAIGHT_LINE" in problem.message


def test_burn_downs_together_take_no_more_than_the_groups_net() -> None:
    usage = {"amount": "5.00", **USAGE}
    burning = {"amount": "-2.00", **BURN}

    (problem,) = refused(usage, {"amount": "-2.00", "group": "1"}, burning, burning)

    assert told(problem) == ("lines.3.amount", "INVALID_AMOUNT")
    assert "sum to 4.00; it has only 3.00" in problem.message


def test_a_discount_is_at_most_the_positive_nets_after_burn_downs() -> None:
    lines = [
        {"amount": "5.00", **USAGE},
        {"amount": "-2.00", **BURN},
        {"amount": "-9.00", "method": "POINT_IN_TIME"},
        {"amount": "1.00", "method": "POINT_IN_TIME"},
    ]

    assert document(*lines, discount="4.00").discount == 400
    (problem,) = refused(*lines, discount="4.01")
    assert told(problem) == ("discount", "INVALID_AMOUNT")
    assert "4.00" in problem.message


def test_a_credit_note_without_a_parent_may_have_groups() -> None:
    credit = document(
        {"amount": "5.00", "method": "STRAIGHT_LINE", **YEAR},
        {"amount": "1.00", "group": "1"},
        type="credit_note",
    )

    assert [line.key for line in credit.lines] == ["1", "1"]
    assert credit.lines[1].terms is not None
    assert credit.lines[1].terms.method is Method.STRAIGHT_LINE


def test_many_lines_in_groups_are_read_at_once() -> None:
    lines: list[dict[str, Any]] = [
        {"amount": "2.00", **({"group": str(1 + at // 2 * 2)} if at % 2 else YEAR)}
        for at in range(10_000)
    ]

    assert len({line.key for line in document(*lines).lines}) == 5_000
