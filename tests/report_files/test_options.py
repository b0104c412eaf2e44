"""What a report is asked for, from texts: every value, and every problem at once."""

from collections.abc import Mapping, Sequence

import pytest

from daybook.calendar import parse_day, parse_month
from daybook.errors import ProblemCode, Rejected
from daybook.ledger.pins import Pin
from daybook.ledger.rules import SourceKind
from daybook.report_files.names import stem_of
from daybook.report_files.options import (
    OPTIONS,
    OwnDocument,
    ReportOptions,
    RolledForward,
    first_month,
    last_posted,
    read_options,
)
from daybook.report_files.reports import REPORTS
from daybook.reports.population.rules import PopulationFlag

TODAY = parse_day("2026-11-29")
AT = Pin(1, 1, "EUR", 2, 5, TODAY)


def read(report: str, **texts: str | Sequence[str]) -> ReportOptions:
    """The options of texts, one each or several."""
    every = {
        name: [text] if isinstance(text, str) else text for name, text in texts.items()
    }
    return read_options(report, every)


def problems_of(
    report: str, texts: Mapping[str, Sequence[str]]
) -> list[tuple[str, str]]:
    """The problems of texts: the option and the message of each."""
    with pytest.raises(Rejected) as refused:
        read_options(report, texts)
    return [(problem.path[0], problem.message) for problem in refused.value.problems]


def test_every_report_can_be_opened_and_has_options() -> None:
    assert [*REPORTS] == [*OPTIONS]


def test_nothing_is_everything() -> None:
    for report in OPTIONS:
        assert read(report) == ReportOptions()
        assert read(report, currency=["", " "]) == ReportOptions()


def test_each_option_is_read() -> None:
    assert read(
        "deferred-revenue",
        currency="eur",
        on="2026-10-31",
        as_of="2026-11-05",
        customer="cus_1",
        product="prod_1",
        document="credit-note:cn_1",
        open_only="yes",
    ) == ReportOptions(
        currency="EUR",
        on=parse_day("2026-10-31"),
        as_of=parse_day("2026-11-05"),
        customer="cus_1",
        product="prod_1",
        document=OwnDocument(SourceKind.CREDIT_NOTE, "cn_1"),
        open_only=True,
    )
    assert read("waterfall", apart="yes").apart
    assert read("roll-forward", account="unbilled").account is RolledForward.UNBILLED
    found = read(
        "population",
        **{"from": "2026-10-01", "to": "2026-10-31"},
        recorded_from="2026-11-01",
        recorded_to="2026-11-02",
        flags=["manual, after-close", "ROUND"],
        author="ada@example.com",
    )
    assert found == ReportOptions(
        since=parse_day("2026-10-01"),
        until=parse_day("2026-10-31"),
        recorded_from=parse_day("2026-11-01"),
        recorded_to=parse_day("2026-11-02"),
        flags=(
            PopulationFlag.MANUAL,
            PopulationFlag.AFTER_CLOSE,
            PopulationFlag.ROUND,
        ),
        author="ada@example.com",
    )


@pytest.mark.parametrize(
    ("text", "kind", "external_id"),
    [
        ("inv_1", SourceKind.INVOICE, "inv_1"),
        ("INVOICE:inv_1", SourceKind.INVOICE, "inv_1"),
        ("BILLING_SCHEDULE:bs:1", SourceKind.BILLING_SCHEDULE, "bs:1"),
        ("a:b", SourceKind.INVOICE, "a:b"),
        ("INVOICE", SourceKind.INVOICE, "INVOICE"),
    ],
)
def test_a_document_has_a_kind_or_is_an_invoice(
    text: str, kind: SourceKind, external_id: str
) -> None:
    assert read("waterfall", document=text).document == (kind, external_id)


def test_a_roll_forward_goes_by_months() -> None:
    asked = read("roll-forward", **{"from": "2026-01", "to": "2026-10"})

    on = last_posted(asked, TODAY)
    assert on == parse_day("2026-10-31")
    assert first_month(asked, on) == parse_month("2026-01")


def test_a_roll_forward_has_twelve_months_by_default() -> None:
    on = last_posted(ReportOptions(), TODAY)

    assert on == TODAY
    assert first_month(ReportOptions(), on) == parse_month("2025-12")


def test_every_problem_is_told_with_its_option() -> None:
    assert problems_of(
        "population",
        {
            "from": ["2026-13-01"],
            "recorded_from": ["2026-02-02"],
            "recorded_to": ["2026-02-01"],
            "flags": ["MANUL,ROUND"],
            "custommer": ["cus_1"],
            "product": ["a", "b"],
            "apart": ["yes"],
        },
    ) == [
        (
            "from",
            "'2026-13-01' is not a date: write it as 2025-10-31, between 2000 and 2099",
        ),
        (
            "flags",
            (
                "'MANUL' is not a flag: it is one of MANUAL, AFTER_CLOSE, WEEKEND,"
                " ROUND, SELDOM_PAIR, SUPERSEDED; did you mean MANUAL?"
            ),
        ),
        (
            "custommer",
            (
                "population has no such option: it has currency, as_of, from, to,"
                " recorded_from, recorded_to, flags, author, customer, product,"
                " document; did you mean customer?"
            ),
        ),
        ("product", "give one of 'a' and 'b'"),
        (
            "apart",
            (
                "population has no such option: it has currency, as_of, from, to,"
                " recorded_from, recorded_to, flags, author, customer, product,"
                " document"
            ),
        ),
        ("recorded_to", "the period ends before it begins"),
    ]


def test_two_ends_of_a_roll_forward_must_be_one() -> None:
    both = {"to": ["2026-09"], "on": ["2026-10-15"]}

    assert problems_of("roll-forward", both) == [
        ("to", "the last month is that of `on`, 2026-10: give one of both")
    ]
    same = read("roll-forward", to="2026-10", on="2026-10-15")
    assert last_posted(same, TODAY) == parse_day("2026-10-15")


@pytest.mark.parametrize(
    ("texts", "problem"),
    [
        (
            {"from": ["2026-10-01"]},
            (
                "from",
                (
                    "'2026-10-01' is not a month: write it as 2025-10, between 2000 and"
                    " 2099"
                ),
            ),
        ),
        (
            {"from": ["2026-11"], "on": ["2026-10-15"]},
            ("from", "the first month begins after `on`"),
        ),
        (
            {"from": ["2026-11"], "to": ["2026-10"]},
            ("to", "the period ends before it begins"),
        ),
        (
            {"account": ["BILLED"]},
            (
                "account",
                (
                    "'BILLED' is not a rolled-forward account: it is one of DEFERRED,"
                    " UNBILLED; did you mean UNBILLED?"
                ),
            ),
        ),
    ],
)
def test_what_a_roll_forward_cant_be(
    texts: Mapping[str, Sequence[str]], problem: tuple[str, str]
) -> None:
    assert problems_of("roll-forward", texts) == [problem]


def test_an_unknown_report_is_told_with_the_nearest() -> None:
    with pytest.raises(Rejected) as refused:
        read_options("deferred-revenues", {})

    (problem,) = refused.value.problems
    assert problem.code is ProblemCode.NOT_FOUND
    assert problem.message == (
        "there is no report 'deferred-revenues': there are deferred-revenue, waterfall,"
        " cohorts, roll-forward, population, tie-out, close-checklist; did you mean"
        " deferred-revenue?"
    )


def test_names_that_the_interface_reads_itself_are_left_to_it() -> None:
    texts = {"format": ["csv"], "on": ["2026-10-31"]}

    assert read_options("cohorts", texts, beside=("format",)).on is not None
    assert problems_of("cohorts", texts)[0][0] == "format"


@pytest.mark.parametrize(
    ("report", "texts", "name"),
    [
        ("deferred-revenue", {}, "deferred-revenue-EUR-2026-11-29"),
        (
            "deferred-revenue",
            {"on": "2026-10-31", "as_of": "2026-11-05", "open_only": "yes"},
            "deferred-revenue-EUR-2026-10-31-open-as-of-2026-11-05",
        ),
        (
            "waterfall",
            {"on": "2026-10-31", "customer": "../=x", "apart": "yes"},
            "waterfall-EUR-2026-10-31-filtered-apart",
        ),
        (
            "roll-forward",
            {"from": "2026-01", "to": "2026-10", "account": "UNBILLED"},
            "roll-forward-EUR-unbilled-2026-01-to-2026-10-31",
        ),
        ("population", {}, "population-EUR-all"),
        ("population", {"to": "2026-10-31"}, "population-EUR-until-2026-10-31"),
        (
            "population",
            {"from": "2026-10-01", "flags": "MANUAL"},
            "population-EUR-from-2026-10-01-filtered",
        ),
    ],
)
def test_files_are_named_after_what_they_hold(
    report: str, texts: Mapping[str, str], name: str
) -> None:
    assert stem_of(report, AT, read(report, **texts)) == name
