"""Mapped accounts: which one wins, what is refused, and files that read as written."""

import string
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daybook.calendar import parse_day
from daybook.errors import ProblemCode, Rejected
from daybook.exports.mapping.checking import check_settings, checked_fields
from daybook.exports.mapping.csv_files import (
    mapping_csv,
    mapping_rows,
    read_mappings,
    read_xero_chart,
)
from daybook.exports.mapping.forms import (
    FORMS,
    XERO_TYPES,
    Attribute,
    DateForm,
    Integration,
    Preset,
)
from daybook.exports.mapping.rules import (
    Chart,
    IntegrationSettings,
    LineSubject,
    MappedAccount,
    MappingKey,
    Mappings,
    SettingsPatch,
    TargetAccount,
    TargetLine,
    Targets,
)
from daybook.ledger.rules import Role, category_scope, product_scope

XERO, QUICKBOOKS, NETSUITE = Integration
CHART = {
    "200": TargetAccount("200", "Sales", "Revenue", "20% (VAT on Income)"),
    "610": TargetAccount("610", "Debtors", "Accounts Receivable"),
    "820": TargetAccount("820", "VAT", "VAT"),
    "900": TargetAccount("900", "Local", "Sonderposten"),
}


def xero(code: str, **more: str) -> MappedAccount:
    return MappedAccount(XERO, {"code": code, "type": "Revenue", **more})


def problems_of(
    integration: Integration,
    fields: Mapping[str, str | None],
    chart: Chart | None = None,
) -> list[tuple[str, str]]:
    """The problems' fields and messages."""
    with pytest.raises(Rejected) as raised:
        checked_fields(integration, fields, chart or {})
    return [
        (".".join(problem.path), problem.message) for problem in raised.value.problems
    ]


def test_the_most_specific_mapping_wins() -> None:
    mappings = Mappings(
        {
            (XERO, Role.DEFERRED, ""): xero("1"),
            (XERO, Role.DEFERRED, "category:Support"): xero("2"),
            (XERO, Role.DEFERRED, "product:p"): xero("3"),
        }
    )

    def code(product: str | None, category: str | None) -> str | None:
        found = mappings.of(XERO, Role.DEFERRED, product, category)
        return None if found is None else found.account

    assert code("p", "Support") == "3"
    assert code("q", "Support") == "2"
    assert code("q", "Other") == code("q", None) == code(None, None) == "1"
    assert mappings.of(XERO, Role.BILLED, "p", "Support") is None
    assert mappings.of(QUICKBOOKS, Role.DEFERRED, "p", "Support") is None
    targets = Targets(mappings, XERO)
    assert targets[3, "p", "Support"] is targets[3, "p", "Support"]
    assert targets[1, "p", None] is None
    assert mappings.for_all_products(XERO) == {Role.DEFERRED}


def test_the_normal_balance_is_that_of_the_target_accounts_type() -> None:
    assert xero("1").is_debit_normal is False
    assert MappedAccount(XERO, {"code": "1", "type": "Expense"}).is_debit_normal is True
    assert MappedAccount(NETSUITE, {"account": "1"}).is_debit_normal is None
    mappable = [one for one in XERO_TYPES.values() if not one.reason]
    assert {one.name for one in mappable} == set(FORMS[XERO].fields[1].choices)


def test_type_and_tax_rate_come_from_the_chart_where_they_are_not_given() -> None:
    rate = "20% (VAT on Income)"

    taken = checked_fields(XERO, {"code": "200"}, CHART)
    stated = checked_fields(XERO, {"code": "200", "tax_rate": ""}, CHART)
    other = checked_fields(XERO, {"code": "201", "type": "Sales"}, CHART)

    assert taken is not None and stated is not None and other is not None
    assert taken.fields == {"code": "200", "type": "Revenue", "tax_rate": rate}
    assert stated.fields == {"code": "200", "type": "Revenue"}
    assert other.fields == {"code": "201", "type": "Sales"}
    assert checked_fields(XERO, {"code": " ", "type": None}, CHART) is None


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"code": "12345678901", "type": "Sales"}, ("code", "at most 10 characters")),
        ({"type": "Sales"}, ("code", "code is missing")),
        ({"code": "201"}, ("code", "201 is not in Xero's chart of accounts: give a")),
        ({"code": "201", "type": "Revenu"}, ("type", "did you mean Revenue?")),
        ({"code": "201", "type": "Bank"}, ("type", "Xero posts to a bank account")),
        ({"code": "610"}, ("code", "610 (Debtors, Accounts Receivable) can't be used")),
        ({"code": "610", "type": "Sales"}, ("code", "the invoice itself credits")),
        ({"code": "820"}, ("code", "Xero posts to a tax account")),
        ({"code": "900"}, ("type", "'Sonderposten' is not one of")),
        ({"code": "200", "type": "Expense"}, ("type", "but Revenue in the imported")),
        ({"code": "200", "cod": "1"}, ("cod", "did you mean code?")),
        ({"code": "200", "tax_rate": "a\nb"}, ("tax_rate", "one line of printable")),
        (
            {"code": "200", "tracking_name_1": "Region"},
            ("tracking_option_1", "tracking_name_1 needs it"),
        ),
        (
            {"code": "200", "tracking_name_2": "A", "tracking_option_2": "B"},
            ("tracking_name_1", "the first pair is filled first"),
        ),
        (
            {
                "code": "200",
                **{f"tracking_name_{number}": "A" for number in (1, 2)},
                **{f"tracking_option_{number}": "B" for number in (1, 2)},
            },
            ("tracking_name_2", "the same tracking category"),
        ),
        (
            {
                "code": "200",
                "tracking_name_1": "A",
                "tracking_option_1": "{product.categry}",
            },
            ("tracking_option_1", "did you mean {product.category}?"),
        ),
        ({"code": "{product.id}", "type": "Sales"}, ("code", "can't vary")),
    ],
)
def test_what_xero_would_refuse_is_refused_with_the_way_out(
    fields: Mapping[str, str], problem: tuple[str, str]
) -> None:
    ((field, message),) = problems_of(XERO, fields, CHART)

    assert field == problem[0]
    assert problem[1] in message


def test_without_a_chart_a_code_needs_its_type() -> None:
    ((field, message),) = problems_of(XERO, {"code": "201"}, {})

    assert field == "type"
    assert "or import Xero's chart of accounts" in message


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"class": "A"}, "account"),
        ({"account": "A::B"}, "account"),
        ({"account": "A:B:C:D:E:F"}, "account"),
        ({"account": f"A:{'x' * 101}"}, "account"),
        ({"account": "A", "type": "Income"}, "type"),
        ({"account": "A", "type": "Accounts receivable (A/R)"}, "name"),
    ],
)
def test_what_quickbooks_would_refuse_is_refused(
    fields: Mapping[str, str], field: str
) -> None:
    assert [one for one, _ in problems_of(QUICKBOOKS, fields)] == [field]
    assert checked_fields(QUICKBOOKS, {"account": "Deferred:Support"}, {}) is not None


def test_a_field_in_braces_is_each_lines_own() -> None:
    account = xero(
        "200",
        tracking_name_1="Category",
        tracking_option_1="{product.category}",
        tracking_name_2="Region",
        tracking_option_2="North",
    )
    mappings = Mappings({(XERO, Role.BILLED, ""): account})
    targets = Targets(mappings, XERO)
    names = FORMS[XERO].names

    line = targets.line(Role.BILLED, LineSubject("p1", "Care", "Support"))
    other = targets.line(Role.BILLED, LineSubject("p1", "Care"))

    assert line is not None and other is not None
    assert (line.account, line.is_debit_normal) == ("200", False)
    options = [
        dict(zip(names, its.values, strict=True))["tracking_option_1"]
        for its in (line, other)
    ]
    assert options == ["Support", ""]
    assert targets.line(Role.DEFERRED, LineSubject()) is None
    codes = Targets(mappings, XERO, ["code"], default=account)
    assert codes.line(Role.DEFERRED, LineSubject()) == TargetLine(("200",), False)  # noqa: FBT003  (a tuple's value)


def test_settings_are_those_of_the_system() -> None:
    patch = SettingsPatch(is_enabled=True, preset=Preset.VENDOR)
    settings = patch.applied_to(IntegrationSettings(closed_through=10_000))

    assert settings == IntegrationSettings(True, Preset.VENDOR, None, 10_000)  # noqa: FBT003  (a row's columns)
    check_settings(XERO, settings)
    wrong = settings._replace(date_form=DateForm.DAY_NAMED_MONTH_YEAR)
    with pytest.raises(Rejected) as raised:
        check_settings(QUICKBOOKS, wrong)
    assert [problem.path for problem in raised.value.problems] == [
        ("preset",),
        ("date_form",),
    ]


def test_each_form_writes_a_date_as_its_system_reads_it() -> None:
    day = parse_day("2025-06-05")

    assert {form.value: form.text(day) for form in DateForm} == {
        "dd mmm yyyy": "05 Jun 2025",
        "dd/mm/yyyy": "05/06/2025",
        "mm/dd/yyyy": "06/05/2025",
        "dd.mm.yyyy": "05.06.2025",
        "yyyy-mm-dd": "2025-06-05",
    }


NAMED, ISO = DateForm.DAY_NAMED_MONTH_YEAR, DateForm.ISO


@pytest.mark.parametrize(
    ("integration", "settings", "preset", "form"),
    [
        (XERO, IntegrationSettings(), None, ISO),
        (XERO, IntegrationSettings(preset=Preset.NORMAL_BALANCE), None, ISO),
        (XERO, IntegrationSettings(preset=Preset.VENDOR), None, NAMED),
        (XERO, IntegrationSettings(), Preset.VENDOR, NAMED),
        (
            XERO,
            IntegrationSettings(preset=Preset.VENDOR),
            Preset.NORMAL_BALANCE,
            ISO,
        ),
        (XERO, IntegrationSettings(date_form=NAMED), None, NAMED),
        (XERO, IntegrationSettings(date_form=ISO), Preset.VENDOR, ISO),
        (QUICKBOOKS, IntegrationSettings(), None, DateForm.MONTH_DAY_YEAR),
        (NETSUITE, IntegrationSettings(), None, DateForm.MONTH_DAY_YEAR),
        (NETSUITE, IntegrationSettings(date_form=ISO), None, ISO),
    ],
)
def test_dates_are_as_chosen_else_as_the_preset_of_the_file_wants_them(
    integration: Integration,
    settings: IntegrationSettings,
    preset: Preset | None,
    form: DateForm,
) -> None:
    assert settings.form_of_dates(integration, preset) is form
    check_settings(integration, settings)


@pytest.mark.parametrize(
    ("currency", "near"),
    [
        ("eur", "; did you mean EUR?"),
        ("UER", "; did you mean EUR?"),
        ("XAU", ""),
        ("DEM", ""),
        ("", ""),
    ],
)
def test_a_base_currency_is_one_in_use(currency: str, near: str) -> None:
    for integration in Integration:
        check_settings(integration, IntegrationSettings(base_currency="BHD"))
        with pytest.raises(Rejected) as raised:
            check_settings(integration, IntegrationSettings(base_currency=currency))

        (problem,) = raised.value.problems
        assert problem.code is ProblemCode.UNKNOWN_CURRENCY
        assert problem.path == ("base_currency",)
        assert problem.message == (
            f"base currency {currency!r} is not the ISO 4217 code of a currency in"
            f" use{near}"
        )


def test_netsuites_name_is_its_last_field_and_may_be_each_lines_own() -> None:
    account = checked_fields(
        NETSUITE, {"account": "2400", "name": "{customer.name}"}, {}
    )

    assert account is not None
    assert account.value("name", {Attribute.CUSTOMER_NAME: "Acme"}) == "Acme"
    assert FORMS[NETSUITE].names[-1] == "name"
    ((field, message),) = problems_of(NETSUITE, {"account": "1", "name": "x" * 301})
    assert (field, message) == ("name", "name has at most 300 characters, not 301")


KEY = st.text(min_size=1, max_size=8).filter(str.isprintable)
HOSTILE = st.sampled_from(["=1", "'=1", "''-x", "+", "@a", "'", 'a"b', "a,b", "ö"])
VALUE = (st.text(string.printable[:95], min_size=1, max_size=8) | HOSTILE).filter(
    str.strip
)


@st.composite
def mapped(draw: st.DrawFn) -> tuple[Integration, dict[str, Mappings]]:
    """Any mappings of a system in some ledgers."""
    integration = draw(st.sampled_from(list(Integration)))
    scopes = st.just("") | KEY.map(product_scope) | KEY.map(category_scope)
    names = st.sampled_from(FORMS[integration].names)
    fields = st.dictionaries(names, VALUE.map(str.strip), max_size=4)
    key = st.tuples(st.just(integration), st.sampled_from(Role), scopes)

    def account(its: dict[str, str]) -> MappedAccount:
        return MappedAccount(integration, {FORMS[integration].key: "1", **its})

    mappings = st.dictionaries(key, fields.map(account), max_size=5).map(Mappings)
    return integration, draw(
        st.dictionaries(st.sampled_from(["EUR", "USD"]), mappings, min_size=1)
    )


@given(mapped())
def test_a_file_of_mappings_reads_as_it_was_written(
    found: tuple[Integration, dict[str, Mappings]],
) -> None:
    integration, by_currency = found
    text = mapping_csv(integration, mapping_rows(integration, by_currency))

    lines = read_mappings(integration, text)

    read: dict[str | None, dict[MappingKey, MappedAccount]] = {}
    for line in lines:
        of_ledger = read.setdefault(line.currency, {})
        filled = {name: value for name, value in line.fields.items() if value}
        if filled:
            key = (integration, line.role, line.scope)
            of_ledger[key] = MappedAccount(integration, filled)
    assert read == {currency: one.mapped for currency, one in by_currency.items()}
    no_formula = [cell for line in text.splitlines() for cell in line.split(",")]
    assert not any(
        cell[:1] in {"=", "+", "-", "@"} for cell in no_formula if '"' not in text
    )


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("", [(None, "the file is empty")]),
        ("code\n200\n", [(1, "the column role is missing")]),
        ("role,cod\n", [(1, "did you mean code?")]),
        ("role,role\n", [(1, "there twice")]),
        ("role,code\nBILED,1\n\nDEFERED,2\n", [(2, "BILLED?"), (4, "DEFERRED?")]),
        ("role,product,category\nBILLED,a,b\n", [(2, "not both")]),
        ("role,code\nBILLED,1,2\n", [(2, "3 cells for 2 columns")]),
        ('role,code\n"BILLED\nx",1\n"a', [(2, "is not one of"), (4, "is not one of")]),
    ],
)
def test_a_wrong_file_is_refused_by_line(
    text: str, problems: list[tuple[int | None, str]]
) -> None:
    with pytest.raises(Rejected) as raised:
        read_mappings(XERO, text)

    found = raised.value.problems
    assert [one.line for one in found] == [line for line, _ in problems]
    for problem, (_, words) in zip(found, problems, strict=True):
        assert words in problem.message


XERO_EXPORT = (
    "\ufeff*Code,Report Code,*Name,*Type,*Tax Code,Description,Dashboard,"
    "Expense Claims,Enable Payments,Balance\r\n"
    '200,REV,Sales,Revenue,20% (VAT on Income),"Income, of trade",No,No,No,\r\n'
    ",,Business Account,Bank,No VAT,,Yes,No,Yes,100.00\r\n"
    "610,ASS,Accounts Receivable,Accounts Receivable,No VAT,,No,No,No,\r\n"
    "840,LIA,Deferred Income,CURRLIAB,No VAT,,No,No,No,\r\n"
)


def test_the_chart_that_xero_exports_is_read() -> None:
    assert read_xero_chart(XERO_EXPORT) == [
        TargetAccount("200", "Sales", "Revenue", "20% (VAT on Income)"),
        TargetAccount("610", "Accounts Receivable", "Accounts Receivable", "No VAT"),
        TargetAccount("840", "Deferred Income", "Current Liability", "No VAT"),
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("Code,Type\n1,Sales\n", (ProblemCode.MISSING, 1)),
        ("Code,Name,Type\n,A,Bank\n", (ProblemCode.MISSING, None)),
        ("Code,Name,Type\n1,A,Sales\n1,B,Sales\n", (ProblemCode.DUPLICATE, 3)),
        ("Code,Name,Type\n12345678901,A,Sales\n", (ProblemCode.TOO_LARGE, 2)),
        ("Code,Name,Type\n1,,Sales\n", (ProblemCode.MISSING, 2)),
    ],
)
def test_a_wrong_chart_is_refused_by_line(
    text: str, problem: tuple[ProblemCode, int | None]
) -> None:
    with pytest.raises(Rejected) as raised:
        read_xero_chart(text)

    assert [(problem.code, problem.line) for problem in raised.value.problems] == [
        problem
    ]
