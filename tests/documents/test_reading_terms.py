"""Terms of single lines: usage, milestones, prepayments, defaults, what was sent."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daybook.calendar import parse_day
from daybook.documents.reading import read_documents
from daybook.documents.rules import (
    Defaults,
    Document,
    DocumentStatus,
    LedgerDefaults,
    Line,
    Milestone,
)
from daybook.errors import Problem, Rejected
from daybook.recognition.allocation import Strategy
from daybook.recognition.rules import (
    Classification,
    Method,
    Part,
    Terms,
    Timing,
    Treatment,
)

MARCH = {"service_from": "2025-03-01", "service_to": "2025-03-31"}
USAGE = {"method": "USAGE", **MARCH}
PROJECT = {"method": "MILESTONE", "amount": "600.00"}
CREDITS = {
    "classification": "PREPAYMENT",
    "amount": "500.00",
    "method": "POINT_IN_TIME",
    "credit_grant": {"id": "cg_1", "expires_on": "2025-12-31"},
}


def document(
    line: dict[str, Any], *, defaults: Defaults | None = None, **fields: Any
) -> Document:
    value = {
        "type": "invoice",
        "id": "inv_1",
        "status": "FINAL",
        "currency": "USD",
        "customer": {"id": "cus_1", "name": "Acme"},
        "issued_on": "2025-04-01",
        "lines": [{"id": "1", "product": {"id": "p", "name": "P"}, **line}],
        **fields,
    }
    (one,) = read_documents([value], defaults=defaults or Defaults()).documents
    return one


def line_of(amount: str = "5.00", **line: Any) -> Line:
    return document({"amount": amount, **line}).lines[0]


def terms_of(amount: str = "5.00", **line: Any) -> Terms:
    terms = line_of(amount, **line).terms
    assert terms is not None
    return terms


def refused(line: dict[str, Any], **fields: Any) -> list[Problem]:
    with pytest.raises(Rejected) as raised:
        document(line, **fields)
    return list(raised.value.problems)


def told(problem: Problem) -> tuple[str, str]:
    return ".".join(problem.path[3:]), problem.code.value


def day(text: str) -> int:
    return parse_day(text)


def used(*days: tuple[str, str]) -> list[dict[str, str]]:
    return [{"day": one, "amount": amount} for one, amount in days]


def test_dated_usage_is_earned_on_its_days() -> None:
    terms = terms_of(**USAGE, usage=used(("2025-03-03", "2.00"), ("2025-03-31", "3")))

    assert terms.method is Method.USAGE
    assert terms.parts == (
        Part(day("2025-03-03"), 200),
        Part(day("2025-03-31"), 300),
    )
    assert terms.recognized_on is None


@pytest.mark.parametrize(
    ("timing", "on"),
    [(None, "2025-03-31"), ("IN_ARREARS", "2025-03-31"), ("IN_ADVANCE", "2025-03-01")],
)
def test_undated_usage_is_earned_at_an_end_of_its_period(
    timing: str | None, on: str
) -> None:
    terms = terms_of(**USAGE, timing=timing)

    assert terms.recognized_on == day(on)
    assert terms.parts == ()


def test_usage_is_in_arrears_unless_a_line_says_otherwise() -> None:
    assert terms_of(**USAGE).timing is Timing.IN_ARREARS


def test_no_usage_days_are_the_same_as_none() -> None:
    assert line_of(**USAGE, usage=[]) == line_of(**USAGE)


def test_usage_of_nothing_has_no_day() -> None:
    terms = terms_of(**USAGE, usage=used(("2025-03-03", "0"), ("2025-03-04", "5.00")))
    nothing = terms_of("0", **USAGE, usage=used(("2025-03-03", "0")))

    assert terms.parts == (Part(day("2025-03-04"), 500),)
    assert (nothing.parts, nothing.recognized_on) == ((), day("2025-03-31"))


@pytest.mark.parametrize(
    ("change", "path", "code", "words"),
    [
        ({"usage": used(("2025-03-03", "4"))}, "usage", "INVALID_AMOUNT", "4.00"),
        (
            {"usage": used(("2025-03-03", "6"), ("2025-03-04", "-1"))},
            "usage.1.amount",
            "INVALID_AMOUNT",
            "as a line of its own",
        ),
        (
            {"usage": used(("2025-02-28", "5"))},
            "usage.0.day",
            "INVALID_DATE",
            "2025-03-01 to 2025-03-31",
        ),
        ({"usage": [{"day": "2025-03-03"}]}, "usage.0.amount", "MISSING", "missing"),
        ({"usage": [{"amount": "5"}]}, "usage.0.day", "MISSING", "is missing"),
        (
            {"recognized_on": "2025-03-31"},
            "recognized_on",
            "INVALID_VALUE",
            "leave it out with USAGE",
        ),
        (
            {"milestones": [{"id": "m", "name": "M", "amount": "5"}]},
            "milestones",
            "INVALID_VALUE",
            "needs method MILESTONE, the line's is USAGE",
        ),
        (
            {"usage": used(*[("2025-03-03", "0")] * 10_001)},
            "usage",
            "TOO_LARGE",
            "10,000",
        ),
    ],
)
def test_usage_is_refused(
    change: dict[str, Any], path: str, code: str, words: str
) -> None:
    (problem,) = refused({"amount": "5.00", **USAGE, **change})

    assert told(problem) == (path, code)
    assert words in problem.message


def test_usage_of_a_zero_line_is_zero() -> None:
    problems = refused(
        {
            "amount": "0",
            **USAGE,
            "usage": used(("2025-03-03", "1"), ("2025-03-04", "-1")),
        }
    )

    assert [told(problem)[0] for problem in problems] == [
        "usage.0.amount",
        "usage.1.amount",
    ]


def test_usage_of_a_negative_line_is_negative() -> None:
    terms = terms_of("-5.00", **USAGE, usage=used(("2025-03-03", "-5.00")))

    assert terms.parts == (Part(day("2025-03-03"), -500),)


def milestone(id_: str, **fields: Any) -> dict[str, Any]:
    return {"id": id_, "name": f"Milestone {id_}", **fields}


def test_milestones_are_completed_open_or_untouched() -> None:
    line = line_of(
        **PROJECT,
        milestones=[
            milestone("m1", amount="100.00", completed_on="2025-02-14"),
            milestone("m2", amount="200.00", completed_on=None),
            milestone("m3", amount="300.00"),
        ],
    )

    assert line.milestones == (
        Milestone("m1", "Milestone m1", 10_000, day("2025-02-14")),
        Milestone("m2", "Milestone m2", 20_000, None),
        Milestone("m3", "Milestone m3", 30_000, None, is_untouched=True),
    )
    assert line.terms is not None
    assert line.terms.method is Method.MILESTONE
    assert line.terms.parts == (
        Part(day("2025-02-14"), 10_000),
        Part(None, 20_000),
        Part(None, 30_000),
    )


def test_percents_become_amounts_and_the_last_takes_the_rest() -> None:
    line = line_of(
        "100.00",
        method="MILESTONE",
        milestones=[
            milestone("m1", percent="33.333333"),
            milestone("m2", percent="33.333333"),
            milestone("m3", percent="33.333334"),
        ],
    )

    assert [one.amount for one in line.milestones] == [3_333, 3_333, 3_334]


@given(
    st.integers(-(10**12), 10**12),
    st.lists(st.integers(1, 10**8), max_size=12, unique=True),
)
def test_percents_of_milestones_sum_to_their_line(total: int, cuts: list[int]) -> None:
    ends = sorted({*cuts, 10**8})
    units = [end - start for start, end in zip([0, *ends], ends, strict=False)]
    percents = [f"{unit // 10**6}.{unit % 10**6:06}" for unit in units]

    line = document(
        {
            "method": "MILESTONE",
            "amount": str(total),
            "milestones": [
                milestone(str(at), percent=one) for at, one in enumerate(percents)
            ],
        },
        currency="JPY",
    ).lines[0]

    amounts = [one.amount for one in line.milestones]
    assert sum(amounts) == total
    assert all(amount * total >= 0 for amount in amounts)


@pytest.mark.parametrize(
    ("milestones", "path", "code", "words"),
    [
        (None, "milestones", "MISSING", "needs at least one"),
        ([], "milestones", "MISSING", "needs at least one"),
        ([milestone("a", amount="1")], "milestones", "INVALID_AMOUNT", "sum to 1.00"),
        (
            [milestone("a", percent="50"), milestone("b", percent="49.9")],
            "milestones",
            "INVALID_VALUE",
            "sum to 99.9; they must sum to 100",
        ),
        (
            [milestone("a", percent="50"), milestone("b", amount="300.00")],
            "milestones",
            "INVALID_VALUE",
            "amounts and percents",
        ),
        (
            [milestone("a", amount="300"), milestone("a", amount="300")],
            "milestones.1.id",
            "DUPLICATE",
            "milestones.0",
        ),
        (
            [milestone("a", amount="700"), milestone("b", amount="-100")],
            "milestones.1.amount",
            "INVALID_AMOUNT",
            "as a line of its own",
        ),
        ([milestone("a")], "milestones.0.percent", "MISSING", "or amount is missing"),
        (
            [milestone("a", amount="600", percent="100")],
            "milestones.0.percent",
            "INVALID_VALUE",
            "beside amount",
        ),
        *(
            (
                [milestone("a", percent=percent)],
                "milestones.0.percent",
                "INVALID_VALUE",
                "up to 6 decimals",
            )
            for percent in (100, "0", "0.000000", "-1", "99.9999999", "100%", "1000")
        ),
        ([{"id": "a", "amount": "600"}], "milestones.0.name", "MISSING", "is missing"),
        (
            [milestone("a", amount="600", completed_on="soon")],
            "milestones.0.completed_on",
            "INVALID_DATE",
            "YYYY-MM-DD",
        ),
    ],
)
def test_milestones_are_refused(
    milestones: object, path: str, code: str, words: str
) -> None:
    (problem,) = refused({**PROJECT, "milestones": milestones})

    assert told(problem) == (path, code)
    assert words in problem.message


def test_a_prepayment_makes_a_credit_grant() -> None:
    line = document(CREDITS).lines[0]

    assert line.grant == "cg_1"
    assert line.terms is not None
    assert line.terms.classification is Classification.PREPAYMENT
    assert line.terms.expires_on == day("2025-12-31")


def test_a_prepayment_needs_no_service_period() -> None:
    line = document({**CREDITS, "method": None, "credit_grant": {"id": "g"}}).lines[0]

    assert line.terms is not None
    assert line.terms.first_day is None
    assert line.terms.expires_on is None


@pytest.mark.parametrize(
    ("change", "path", "code", "words"),
    [
        ({"credit_grant": None}, "credit_grant", "MISSING", "PREPAYMENT makes one"),
        ({"amount": "-1.00"}, "amount", "INVALID_AMOUNT", "zero or more"),
        ({"credit_grant_id": "g"}, "credit_grant_id", "INVALID_VALUE", "BURNDOWN"),
        ({"usage": used(("2025-03-03", "500"))}, "usage", "INVALID_VALUE", "leave it"),
        ({"recognized_on": "2025-03-03"}, "recognized_on", "INVALID_VALUE", "leave it"),
        ({"group": "2"}, "group", "INVALID_VALUE", "stands alone"),
        (
            {"classification": "EARNED"},
            "credit_grant",
            "INVALID_VALUE",
            "belongs to PREPAYMENT",
        ),
    ],
)
def test_a_prepayment_is_refused(
    change: dict[str, Any], path: str, code: str, words: str
) -> None:
    problem = refused({**CREDITS, **change})[0]

    assert told(problem) == (path, code)
    assert words in problem.message


def test_a_credit_note_without_a_parent_takes_every_method() -> None:
    usage = document(
        {"amount": "5.00", **USAGE, "usage": used(("2025-03-03", "5.00"))},
        type="credit_note",
    )
    project = document(
        {**PROJECT, "milestones": [milestone("m", percent="100")]}, type="credit_note"
    )

    assert usage.lines[0].terms is not None
    assert usage.lines[0].terms.parts == (Part(day("2025-03-03"), 500),)
    assert project.lines[0].milestones[0].amount == 60_000


@pytest.mark.parametrize("classification", ["PREPAYMENT", "BURNDOWN"])
def test_a_credit_note_has_no_prepayments_and_no_burn_downs(
    classification: str,
) -> None:
    (problem,) = refused(
        {"amount": "5.00", "classification": classification}, type="credit_note"
    )

    assert told(problem) == ("classification", "INVALID_VALUE")


def test_only_a_credit_of_an_invoice_is_rebuilt() -> None:
    line = {"id": "1", "invoice_line_id": "1", "amount": "5.00"}
    fields: dict[str, Any] = {"type": "credit_note", "treatment": "REBUILD"}

    credit = document({}, **fields, invoice_id="inv_0", lines=[line])
    (problem,) = refused({"amount": "5.00"}, **fields)

    assert credit.treatment is Treatment.REBUILD
    assert ".".join(problem.path) == "0.treatment"
    assert "must be REVERSAL" in problem.message


def test_a_voided_document_is_taken_as_such() -> None:
    line = {"amount": "5.00", "method": "POINT_IN_TIME"}

    assert document(line, status="VOIDED").status is DocumentStatus.VOIDED
    assert document(line).status is DocumentStatus.FINAL


def test_an_invoice_names_its_billing_schedule_and_its_discount() -> None:
    line = {"amount": "5.00", "method": "POINT_IN_TIME"}

    invoice = document(line, billing_schedule_id="bs_1", discount="5.00")

    assert (invoice.billing_schedule_id, invoice.discount) == ("bs_1", 500)


SETTINGS = Defaults(
    methods={"p": Method.POINT_IN_TIME},
    ledgers={
        "USD": LedgerDefaults(Method.USAGE, Strategy.EXACT_DAYS),
        "EUR": LedgerDefaults(Method.STRAIGHT_LINE, Strategy.THIRTY_360),
    },
)


@pytest.mark.parametrize(
    ("line", "currency", "method", "strategy"),
    [
        ({"method": "STRAIGHT_LINE"}, "USD", "STRAIGHT_LINE", "EXACT_DAYS"),
        ({}, "USD", "POINT_IN_TIME", "EXACT_DAYS"),
        ({"product": {"id": "q", "name": "Q"}}, "USD", "USAGE", "EXACT_DAYS"),
        ({"product": {"id": "q", "name": "Q"}}, "EUR", "STRAIGHT_LINE", "THIRTY_360"),
        (
            {"product": {"id": "q", "name": "Q"}},
            "GBP",
            "STRAIGHT_LINE",
            "DAILY_RATE_EVEN_MONTHS",
        ),
        ({"strategy": "EVEN_PERIODS"}, "EUR", "POINT_IN_TIME", "EVEN_PERIODS"),
    ],
)
def test_the_method_is_the_lines_else_the_products_else_the_ledgers(
    line: dict[str, Any], currency: str, method: str, strategy: str
) -> None:
    value = {"amount": "5.00", **MARCH, **line}

    terms = document(value, defaults=SETTINGS, currency=currency).lines[0].terms

    assert terms is not None
    assert (terms.method.name, terms.strategy.name) == (method, strategy)


def test_a_credit_note_without_a_parent_has_a_default_of_its_own() -> None:
    line = {"amount": "5.00", "product": {"id": "q", "name": "Q"}, **MARCH}

    terms = document(line, defaults=SETTINGS, type="credit_note").lines[0].terms

    assert terms is not None
    assert terms.method is Method.POINT_IN_TIME
    assert terms.strategy is Strategy.EXACT_DAYS


def test_settings_tell_what_a_line_needs() -> None:
    line = {"amount": "5.00", "product": {"id": "q", "name": "Q"}}
    settings = Defaults(ledgers={"USD": LedgerDefaults(Method.MILESTONE)})

    (problem,) = refused(line, defaults=settings)

    assert told(problem) == ("milestones", "MISSING")


@pytest.mark.parametrize("line", [{"amount": "5.00", **MARCH}, CREDITS])
def test_changed_settings_do_not_change_a_documents_hash(line: dict[str, Any]) -> None:
    before, after = document(line), document(line, defaults=SETTINGS)

    assert after != before
    assert after.content_hash() == before.content_hash()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"method": None}, {"method": "STRAIGHT_LINE"}),
        ({"timing": None}, {"timing": "IN_ARREARS"}),
        ({"strategy": None}, {"strategy": "DAILY_RATE_EVEN_MONTHS"}),
        (
            {"method": "POINT_IN_TIME"},
            {"method": "POINT_IN_TIME", "recognized_on": "2025-03-31"},
        ),
        (USAGE, {**USAGE, "usage": used(("2025-03-31", "5.00"))}),
        (
            {
                "method": "MILESTONE",
                "milestones": [milestone("m", amount="5.00")],
            },
            {
                "method": "MILESTONE",
                "milestones": [milestone("m", amount="5.00", completed_on=None)],
            },
        ),
        (
            {**CREDITS, "amount": "5.00"},
            {**CREDITS, "amount": "5.00", "credit_grant": {"id": "cg_1"}},
        ),
    ],
)
def test_what_the_sender_said_is_what_is_hashed(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    base = {"amount": "5.00", **MARCH}

    hashes = {document({**base, **line}).content_hash() for line in (one, other)}

    assert len(hashes) == 2
