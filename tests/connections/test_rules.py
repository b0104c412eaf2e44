"""What settings a connection may have."""

import pytest

from daybook.connections.rules import (
    AccountRole,
    ConnectionPatch,
    ConnectionSettings,
    YearEnd,
    checked_settings,
    parse_year_end,
)
from daybook.errors import ProblemCode, Rejected

INC = ConnectionSettings("Northwind Inc", takes_exports=("USD",))
LEDGERS = ["EUR", "GBP", "USD"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("12-31", YearEnd(12, 31)), ("02-29", YearEnd(2, 29)), ("03-31", YearEnd(3, 31))],
)
def test_a_year_ends_on_a_day_of_a_leap_year(text: str, expected: YearEnd) -> None:
    assert parse_year_end(text) == expected
    assert expected.text == text


@pytest.mark.parametrize(
    "text", ["", "02-30", "13-01", "3-31", "03/31", "0331", "+3-31", "03-3\u0661"]
)
def test_nothing_else_is_a_year_s_end(text: str) -> None:
    with pytest.raises(ValueError, match=r"day|month"):
        parse_year_end(text)


def test_settings_are_stored_without_spaces_and_doubles() -> None:
    given = ConnectionSettings(" Northwind UK ", takes_exports=("GBP", "EUR", "GBP"))

    checked = checked_settings(given, [INC], LEDGERS)

    assert (checked.name, checked.takes_exports) == ("Northwind UK", ("EUR", "GBP"))


@pytest.mark.parametrize(
    ("settings", "code", "field"),
    [
        (ConnectionSettings(" "), ProblemCode.MISSING, "name"),
        (ConnectionSettings("a\nb"), ProblemCode.INVALID_VALUE, "name"),
        (ConnectionSettings("n" * 101), ProblemCode.INVALID_VALUE, "name"),
        (ConnectionSettings("northwind inc"), ProblemCode.DUPLICATE, "name"),
        (
            ConnectionSettings("UK", takes_exports=("USD",)),
            ProblemCode.DUPLICATE,
            "takesExports",
        ),
        (
            ConnectionSettings("UK", takes_exports=("CAD",)),
            ProblemCode.NOT_FOUND,
            "takesExports",
        ),
        (
            ConnectionSettings("UK", accounts={AccountRole.TAX: "x" * 101}),
            ProblemCode.INVALID_VALUE,
            "accounts.tax",
        ),
        (ConnectionSettings("UK", budget_id=""), ProblemCode.INVALID_VALUE, "budgetId"),
    ],
)
def test_each_wrong_setting_is_named(
    settings: ConnectionSettings, code: ProblemCode, field: str
) -> None:
    with pytest.raises(Rejected) as rejected:
        checked_settings(settings, [INC], LEDGERS)

    (problem,) = rejected.value.problems
    assert (problem.code, problem.path) == (code, (field,))


@pytest.mark.parametrize(
    ("ledgers", "told"),
    [
        (LEDGERS, "there is no CAD ledger, only EUR, GBP, USD"),
        ([], "there is no ledger yet: import documents first"),
    ],
)
def test_a_ledger_that_there_isn_t_is_refused_with_those_that_there_are(
    ledgers: list[str], told: str
) -> None:
    wanted = ConnectionSettings("UK", takes_exports=("CAD",))

    with pytest.raises(Rejected) as rejected:
        checked_settings(wanted, [INC], ledgers)

    assert rejected.value.problems[0].message == told


def test_all_that_is_wrong_is_named_at_once() -> None:
    wrong = ConnectionSettings("", takes_exports=("XXX", "USD"), budget_id="")

    with pytest.raises(Rejected) as rejected:
        checked_settings(wrong, [INC], LEDGERS)

    fields = [problem.path[0] for problem in rejected.value.problems]
    assert fields == ["name", "takesExports", "takesExports", "budgetId"]


def test_a_patch_leaves_what_it_doesn_t_name() -> None:
    before = ConnectionSettings(
        "UK",
        period_lock=20_000,
        year_lock=19_000,
        accounts={AccountRole.TAX: "a", AccountRole.PAYABLE: "b"},
        budget_id="c",
    )
    patch = ConnectionPatch(
        year_lock=None,
        accounts={AccountRole.TAX: "", AccountRole.REALISED: "d"},
        counts_forecasts=True,
    )

    assert ConnectionPatch().applied_to(before) == before
    assert patch.applied_to(before) == before._replace(
        year_lock=None,
        accounts={AccountRole.PAYABLE: "b", AccountRole.REALISED: "d"},
        counts_forecasts=True,
    )
