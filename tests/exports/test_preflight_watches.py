"""What each watch finds in entries made by hand, and where it finds nothing."""

from collections.abc import Callable, Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daybook.calendar import parse_day
from daybook.exports.mapping.forms import FORMS, Integration, Preset
from daybook.exports.mapping.rules import Missing, TargetLine
from daybook.exports.preflight.attributes import Attributes
from daybook.exports.preflight.findings import Examples, Finding, FindingCode
from daybook.exports.preflight.system_watches import (
    LongDescriptions,
    MissingRates,
    NetSuiteSubsidiaries,
    QuickBooksNames,
    XeroSigns,
)
from daybook.exports.preflight.unmapped import NAMED_MAX, Unmapped, unmapped_finding
from daybook.exports.preflight.watches import (
    AmountDigits,
    ClosedDays,
    FormulaTexts,
    KeyLengths,
    LockedDays,
    UnitSizes,
    Watch,
)
from daybook.exports.rules import ExportGroup, ExportLine, ExportMovement
from daybook.exports.writing.splitting import PartLimits
from daybook.fx.rules import NoRate
from daybook.ledger.rules import AccountNames, Role

XERO, QUICKBOOKS, NETSUITE = Integration
OCTOBER = parse_day("2025-10-31")
DEBIT, CREDIT = True, False


def target(
    integration: Integration = XERO,
    is_debit_normal: bool | None = None,  # noqa: FBT001  (as in the value)
    **fields: str,
) -> TargetLine:
    """What a line gets in a system; the account is 200 unless it is said."""
    form = FORMS[integration]
    values = {form.key: "200", **fields}
    return TargetLine(
        tuple(values.get(name, "") for name in form.names), is_debit_normal
    )


def entry(
    debit: TargetLine | None, credit: TargetLine | None, amount: int = 1000, **more: Any
) -> ExportGroup:
    """A debit and a credit, on the last day of October."""
    lines = [
        ExportLine(DEBIT, Role.DEFERRED, "Deferred", amount, debit),
        ExportLine(CREDIT, Role.RECOGNIZED, "Recognized", amount, credit),
    ]
    return ExportGroup(more.pop("key", "7"), OCTOBER, "told", lines, **more)


def found(watch: Watch, *units: ExportGroup | ExportMovement) -> list[Finding]:
    """What a watch says after it saw the units."""
    for unit in units:
        watch.see(unit)
    return list(watch.findings())


def codes(findings: Iterable[Finding]) -> dict[FindingCode, int]:
    """How often each rule is broken."""
    return {finding.code: finding.count for finding in findings}


NORMALS = {
    # Dr and Cr on accounts whose normal balance is a debit, or not.
    (True, True): set(),
    (False, False): {FindingCode.BACKWARDS},
    (True, False): {FindingCode.CANNOT_POST},
    (False, True): {FindingCode.CANNOT_POST},
}


@pytest.mark.parametrize(("normal", "signs"), NORMALS.items(), ids=str)
def test_xero_s_rule_is_told_for_each_pair_of_normal_balances(
    normal: tuple[bool, bool], signs: set[FindingCode]
) -> None:
    debit, credit = (target(is_debit_normal=its, tax_rate="No VAT") for its in normal)

    by_balance = codes(found(XeroSigns(Preset.NORMAL_BALANCE), entry(debit, credit)))
    by_vendor = codes(found(XeroSigns(Preset.VENDOR), entry(debit, credit)))

    # Tax rates are blank by normal balance, whatever is mapped.
    assert set(by_balance) == signs | {FindingCode.NO_TAX_RATE}
    assert by_vendor == {}


def test_a_sum_of_zero_proves_nothing() -> None:
    side = target(is_debit_normal=False)

    first, *_ = found(XeroSigns(Preset.NORMAL_BALANCE), entry(side, side))

    # -1000 and +1000, where Xero books plus as a debit.
    assert first.title == (
        "by Xero's own rule, plus for debits and minus for credits, 1 entry would be"
        " booked backwards"
    )
    assert first.message.endswith("7 (Dr 200, Cr 200)")
    assert first.way_out == "use Xero's own rule: the preset vendor"


@given(st.lists(st.tuples(st.booleans(), st.booleans(), st.integers(1, 9)), min_size=1))
def test_signs_by_normal_balance_are_xero_s_only_where_debits_are_debit_normal(
    sides: list[tuple[bool, bool, int]],
) -> None:
    lines = [
        ExportLine(is_debit, Role.BILLED, "", amount, target(is_debit_normal=normal))
        for is_debit, normal, amount in sides
    ]
    unit = ExportGroup("7", OCTOBER, "", lines)
    # The rules as they are published: by normal balance, and by side.
    written = [amount if dr is normal else -amount for dr, normal, amount in sides]
    meant = [amount if dr else -amount for dr, _, amount in sides]

    said = set(codes(found(XeroSigns(Preset.NORMAL_BALANCE), unit)))

    assert (FindingCode.CANNOT_POST in said) == (sum(written) != 0)
    is_backwards = sum(written) == 0 and written != meant
    assert (FindingCode.BACKWARDS in said) == is_backwards


def test_by_xero_s_rule_a_line_without_a_tax_rate_is_named() -> None:
    taxed, not_taxed = target(tax_rate="No VAT"), target(code="840")

    (finding,) = found(XeroSigns(Preset.VENDOR), entry(taxed, not_taxed))

    assert (finding.code, finding.count) == (FindingCode.NO_TAX_RATE, 1)
    assert finding.message == "accounts 840"


def test_an_entry_that_is_not_mapped_has_no_signs_yet() -> None:
    unit = entry(target(is_debit_normal=False), None)

    assert found(XeroSigns(Preset.NORMAL_BALANCE), unit) == []
    (finding,) = found(Unmapped(XERO), unit)
    assert (finding.code, finding.blocks) == (FindingCode.UNMAPPED, True)
    assert found(Unmapped(XERO), entry(target(), target())) == []


def test_what_is_missing_is_named_with_its_journals_and_amounts() -> None:
    gaps = [
        Missing(Role.BILLED, None, None, None, 3, 123_456_00),
        Missing(Role.RECOGNIZED, "p2", "=Care", None, 1, 1),
    ]

    blocked = unmapped_finding(gaps, AccountNames(), XERO, "USD", None)
    accepted = unmapped_finding(gaps, AccountNames(), XERO, "USD", "999")

    assert blocked.title == "1 account and 1 product are not mapped in Xero"
    assert blocked.places == (
        "Billed Revenue: 3 journals, 123,456.00 USD",
        "Recognized Revenue of =Care (p2): 1 journal, 0.01 USD",
    )
    assert (blocked.blocks, accepted.blocks) == (True, False)
    assert accepted.title.endswith("are not mapped in Xero: the lines get 999")


def test_a_message_names_some_and_the_places_are_all() -> None:
    gaps = [
        Missing(Role.BILLED, f"p{number}", "Care", None, 1, 1) for number in range(30)
    ]

    finding = unmapped_finding(gaps, AccountNames(), XERO, "USD", None)

    assert finding.message.count("Care") == NAMED_MAX
    assert finding.message.endswith("; and 20 more")
    assert (len(finding.places), finding.count) == (30, 30)


def _movement(journal: int, days: int) -> ExportMovement:
    first = OCTOBER - days + 1
    return ExportMovement(
        *(journal, 309, Role.DEFERRED, Role.RECOGNIZED, "Deferred", "Recognized"),
        amount=days,
        daily=1,
        first_day=first,
        last_day=OCTOBER,
        narrative="",
        product_name="",
        customer_id="",
        customer_name="",
        invoice_id="",
        invoice_number="",
        customer="",
        document="",
    )


def test_a_journal_s_movements_are_one_unit() -> None:
    units = [_movement(7, 3), _movement(7, 2), _movement(8, 4)]

    assert found(UnitSizes(PartLimits(10), None, ""), *units) == []
    (finding,) = found(UnitSizes(PartLimits(8), None, ""), *units)

    assert finding.message == "7 (10 rows)"
    assert "more rows a file" in finding.way_out


LONG = "x" * 21
CASES: dict[str, tuple[Callable[[], Watch], ExportGroup, ExportGroup]] = {
    "KEY_TOO_LONG": (
        lambda: KeyLengths(21, "QuickBooks"),
        entry(target(), target(), key=f"{LONG}x"),
        entry(target(), target(), key=LONG),
    ),
    "AMOUNT_TOO_LARGE": (
        lambda: AmountDigits(10, 2, "NetSuite"),
        entry(target(), target(), 10**12),
        entry(target(), target(), 10**12 - 1),
    ),
    "NAME_MISSING": (
        QuickBooksNames,
        entry(target(QUICKBOOKS, type="Accounts receivable (A/R)"), target(QUICKBOOKS)),
        entry(
            target(QUICKBOOKS, type="Accounts receivable (A/R)", name="Acme"),
            target(QUICKBOOKS),
        ),
    ),
    "TEXT_CUT": (
        LongDescriptions,
        entry(target(QUICKBOOKS), target(QUICKBOOKS))._replace(narrative="x" * 4_001),
        entry(target(QUICKBOOKS), target(QUICKBOOKS))._replace(narrative="x" * 4_000),
    ),
    "SUBSIDIARIES": (
        NetSuiteSubsidiaries,
        entry(target(NETSUITE, subsidiary="A"), target(NETSUITE)),
        entry(target(NETSUITE, subsidiary="A"), target(NETSUITE, subsidiary="A")),
    ),
    "ATTRIBUTE_MISSING": (
        lambda: Attributes(NETSUITE, [("200", "department")]),
        entry(target(NETSUITE), target(NETSUITE, department="D")),
        entry(target(NETSUITE, department="D"), target(NETSUITE, department="D")),
    ),
    "TARGET_CLOSED": (
        lambda: ClosedDays(OCTOBER, "Xero"),
        entry(target(), target()),
        entry(target(), target())._replace(day=OCTOBER + 1),
    ),
    "CONNECTION_LOCKED": (
        lambda: LockedDays(OCTOBER, "Northwind UK", "Xero"),
        entry(target(), target()),
        entry(target(), target())._replace(day=OCTOBER + 1),
    ),
    "FORMULA_TEXT": (
        lambda: FormulaTexts(are_kept=True, title="Xero"),
        entry(target(), target(), customer_name="=1+1"),
        entry(target(), target(), customer_name="1+1="),
    ),
}


NOTES = {"TEXT_CUT", "ATTRIBUTE_MISSING", "CONNECTION_LOCKED", "FORMULA_TEXT"}


@pytest.mark.parametrize("code", CASES)
def test_a_rule_is_found_broken_and_kept(code: str) -> None:
    make, breaks, keeps = CASES[code]

    (finding,) = found(make(), breaks)

    assert finding.code == code
    assert finding.title and finding.message
    assert finding.blocks == (code not in NOTES)
    assert found(make(), keeps) == []


def test_a_field_is_called_by_its_title() -> None:
    watch = Attributes(XERO, [("200", "tracking_option_1")])

    (finding,) = found(watch, entry(target(), target()))

    assert finding.title == "Tracking option 1 stays empty in 2 lines"


def test_a_name_is_kept_for_systems_and_gets_an_apostrophe_elsewhere() -> None:
    unit = entry(target(), target(), customer_name="@Söhne", product_name="=Care")

    (kept,) = found(FormulaTexts(are_kept=True, title="Xero"), unit, unit)
    (changed,) = found(FormulaTexts(are_kept=False, title=""), unit)

    assert kept.count == 2
    assert kept.message.startswith("kept as they are, since Xero matches names exactly")
    assert changed.message == "written with an apostrophe in front: “@Söhne”, “=Care”"


def test_a_day_without_a_rate_is_counted_once() -> None:
    def rate_of(day: int) -> str:
        raise NoRate("ISK", day, "there is no rate")

    unit = entry(target(NETSUITE), target(NETSUITE))

    (finding,) = found(MissingRates(rate_of), unit, unit)

    assert (finding.code, finding.count) == (FindingCode.NO_RATE, 1)
    assert found(MissingRates(lambda _day: "1"), unit) == []


def test_places_are_named_once_and_others_told_only_if_there_are_some() -> None:
    places = Examples()
    for place in ("a", "b", "a", "c", "b"):
        places.add(place)

    assert (places.count, places.words) == (5, "a, b, c")
    places.add("d")
    assert places.words == "a, b, c and others"


def test_the_form_of_a_difference_is_changed_by_its_file() -> None:
    longer = entry(target(), target(), 10**12, key=f"{LONG}x")
    watches = (
        KeyLengths(21, "QuickBooks", since=4),
        AmountDigits(10, 2, "QuickBooks", since=4),
        UnitSizes(PartLimits(rows=1), None, "QuickBooks", since=4),
    )

    for watch in watches:
        watch.see(longer)
        (finding,) = watch.findings()
        assert (
            "delete the entries of file 4 in QuickBooks, undo its posting, and export"
            " its days in another form: choose"
        ) in finding.way_out
