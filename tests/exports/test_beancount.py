"""Beancount files: accepted by Beancount itself, with the balances of the report."""

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daybook.calendar import FIRST_DAY, LAST_DAY, parse_day
from daybook.configuration.commands import rename_account
from daybook.db.engine import Database
from daybook.exports.differences.since import since_spec
from daybook.exports.file_spec import FileOptions, FileSpec
from daybook.exports.formats.beancount import BEANCOUNT, AccountPaths
from daybook.exports.formats.contract import FileFacts, Opens
from daybook.exports.formats.generic import SEQUENCE
from daybook.exports.records import MadeFile, record_file
from daybook.exports.rules import (
    NOTHING,
    ExportGroup,
    ExportLine,
    ExportMovement,
    Granularity,
    Groups,
    Movements,
)
from daybook.exports.writing.streaming import render_file
from daybook.ledger.rules import AccountName, AccountNames, Role, net_change
from daybook.reports.journals.filters import JournalFilter
from daybook.reports.journals.totals import pair_totals
from daybook_factories import ORGANISATION, invoice, noon, pin, record, terms
from daybook_factories import line as line_of
from daybook_files import (
    beancount_lines,
    csv_lines,
    exported,
    file_of,
    totals_of,
    transactions_of,
)
from daybook_history import make_history

pytestmark = pytest.mark.anyio

MAY = parse_day("2025-05-01")
DOLLARS = FileFacts("USD", 2)
BILLED = (Role.BILLED, Role.DEFERRED)
texts = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=40)
names = st.one_of(texts, st.sampled_from(["Revenue", "revenue!", 'a" ; b', "Ümlaut:x"]))


def test_a_journals_day_is_a_transaction() -> None:
    billed = exported(9000, 9000, (MAY, MAY), roles=BILLED, narrative="Billed")
    recognized = exported(580, 290, (MAY, MAY + 1))

    file = file_of(BEANCOUNT, DOLLARS, Movements([billed, recognized])).decode()

    assert file == (
        "; Journals of the USD ledger\n"
        'option "operating_currency" "USD"\n'
        "\n"
        '2025-05-01 * "Acme Ltd" "Billed; Platform: recognized (INV-1)"\n'
        '  journal: "7"\n'
        '  customer: "cus_1"\n'
        '  product: "Platform"\n'
        '  document: "INV-1"\n'
        '  invoice: "INV-1"\n'
        "  Assets:Billed-Revenue  90.00 USD\n"
        "  Liabilities:Deferred-Revenue  -90.00 USD\n"
        "  Liabilities:Deferred-Revenue  2.90 USD\n"
        "  Income:Recognized-Revenue  -2.90 USD\n"
        "\n"
        '2025-05-02 * "Acme Ltd" "Platform: recognized (INV-1)"\n'
        '  journal: "7"\n'
        '  customer: "cus_1"\n'
        '  product: "Platform"\n'
        '  document: "INV-1"\n'
        '  invoice: "INV-1"\n'
        "  Liabilities:Deferred-Revenue  2.90 USD\n"
        "  Income:Recognized-Revenue  -2.90 USD\n"
        "\n"
        "2025-05-01 open Assets:Billed-Revenue USD\n"
        "2025-05-01 open Income:Recognized-Revenue USD\n"
        "2025-05-01 open Liabilities:Deferred-Revenue USD\n"
    )


def test_a_group_is_a_transaction_without_absent_names() -> None:
    lines = [
        ExportLine(is_debit=True, role=Role.UNBILLED, account="Accrued", amount=90),
        ExportLine(is_debit=False, role=Role.RECOGNIZED, account="Sales", amount=90),
    ]
    group = ExportGroup("2025-05", MAY + 30, "All of May", lines)

    file = file_of(BEANCOUNT, FileFacts("JPY", 0, has_text_keys=True), Groups([group]))

    assert file.decode().partition("\n\n")[2] == (
        '2025-05-31 * "All of May"\n'
        '  journal: "2025-05"\n'
        "  Assets:Accrued  90 JPY\n"
        "  Income:Sales  -90 JPY\n"
        "\n"
        "2025-05-31 open Assets:Accrued JPY\n"
        "2025-05-31 open Income:Sales JPY\n"
    )
    assert totals_of(beancount_lines(file, 0)) == (2, 90, 90)


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("Deferred Revenue", "Liabilities:Deferred-Revenue"),
        ("  deferred (EU) – 2025 ", "Liabilities:Deferred-EU-2025"),
        ("2400 Contract liabilities", "Liabilities:2400-Contract-liabilities"),
        ("deferred: hardware :: spare", "Liabilities:Deferred:Hardware:Spare"),
        ("ümlaute u\u0308", "Liabilities:Ümlaute-ü"),
        ("前受収益", "Liabilities:Deferred-前受収益"),
        ('"; drop\n2025-01-01 open', "Liabilities:Drop-2025-01-01-open"),
        ("!:?", "Liabilities:Deferred"),
        ("", "Liabilities:Deferred"),
    ],
)
def test_a_name_becomes_legal(name: str, path: str) -> None:
    assert AccountPaths(AccountNames()).of(Role.DEFERRED, name) == path


def test_accounts_that_would_be_one_are_numbered_whatever_the_file_holds() -> None:
    named = {
        (Role.BILLED, ""): AccountName("Receivable"),
        (Role.UNBILLED, ""): AccountName("Receivable"),
        (Role.UNBILLED, "product:p1"): AccountName("receivable!"),
        (Role.DEFERRED, ""): AccountName("Receivable"),
    }
    accounts = AccountPaths(AccountNames(named))

    assert accounts.of(Role.UNBILLED, "receivable!") == "Assets:Receivable-3"
    assert accounts.of(Role.UNBILLED, "Receivable") == "Assets:Receivable-2"
    assert accounts.of(Role.BILLED, "Receivable") == "Assets:Receivable"
    assert accounts.of(Role.DEFERRED, "Receivable") == "Liabilities:Receivable"


@st.composite
def movements(draw: st.DrawFn) -> list[ExportMovement]:
    """Movements of a few journals, with names that nobody should have."""
    found = []
    for journal in range(1, draw(st.integers(1, 4)) + 1):
        customer, product, document = draw(st.tuples(texts, texts, texts))
        for _ in range(draw(st.integers(1, 3))):
            start = draw(st.integers(FIRST_DAY, LAST_DAY - 31))
            span, daily = draw(st.integers(0, 30)), draw(st.integers(0, 10**6))
            amount = daily * span + draw(st.integers(0, 10**13))
            found.append(
                exported(
                    *(amount, daily, (start, start + span)),
                    journal=journal,
                    roles=draw(st.tuples(st.sampled_from(Role), st.sampled_from(Role))),
                    accounts=draw(st.tuples(names, names)),
                    narrative=draw(texts),
                    customer=customer,
                    product=product,
                    document=document,
                )
            )
    return found


@given(movements(), st.sampled_from([("USD", 2), ("JPY", 0), ("BHD", 3)]))
def test_beancount_reads_each_line_of_the_csv_whatever_it_is_called(
    its_movements: list[ExportMovement], currency: tuple[str, int]
) -> None:
    facts, units = FileFacts(*currency), Movements(its_movements)

    file = file_of(BEANCOUNT, facts, units)

    lines = beancount_lines(file, facts.decimals)
    plain = csv_lines(file_of(SEQUENCE, facts, units), facts.decimals)
    assert Counter(line._replace(account="") for line in lines) == Counter(
        one._replace(account="") for one in plain
    )


@given(texts)
def test_a_text_comes_back_as_it_was(text: str) -> None:
    movement = exported(1, 1, (MAY, MAY), narrative=text, customer="")

    (read,) = transactions_of(file_of(BEANCOUNT, DOLLARS, Movements([movement])))

    kept = "".join(" " if one < " " and one not in "\n\r\t" else one for one in text)
    assert read.narration == kept.replace("\x7f", " ")


def bean_check(file: Path) -> tuple[int, str]:
    """The exit status of `bean-check`, and what it has to say."""
    check = [sys.executable, "-m", "beancount.scripts.check", str(file)]
    ended = subprocess.run(check, capture_output=True, text=True, check=False)
    return ended.returncode, ended.stderr


async def test_bean_check_accepts_a_ledger_and_its_balances_are_the_reports(
    database: Database, tmp_path: Path
) -> None:
    await make_history(database)
    for role, scope, name in (
        (Role.DEFERRED, "product:p2", "deferred: p2"),
        (Role.UNBILLED, "", "Billed revenue?"),
        (Role.BILLED, "", "Billed Revenue?"),
    ):
        await rename_account(
            *(database, ORGANISATION, "USD"),
            role=role,
            scope=scope,
            name=name,
            code=None,
            now=noon(parse_day("2025-10-21")),
            made_by="a test",
        )
    its_pin = await pin(database, on="2025-11-01")
    wanted = JournalFilter(posted_to=parse_day("2025-06-30"))
    async with database.reads() as session:
        totals = await pair_totals(session, its_pin, wanted)
    net = {role: net_change(totals, role) for role in Role}

    for granularity in Granularity:
        spec = FileSpec(its_pin, wanted, granularity, file_format=BEANCOUNT)
        pieces = render_file(database, spec)
        file = tmp_path / f"{granularity}.beancount"
        file.write_bytes(b"".join([piece async for piece in pieces]))

        assert bean_check(file) == (0, "")
        balances: Counter[str] = Counter()
        for line in beancount_lines(file.read_bytes()):
            balances[line.account] += line.amount if line.is_debit else -line.amount
        deferred = ("Liabilities:Deferred-Revenue", "Liabilities:Deferred:P2")
        assert set(deferred) < set(balances)
        assert balances["Assets:Billed-Revenue"] == net[Role.BILLED]
        assert balances["Assets:Billed-revenue"] == net[Role.UNBILLED]
        assert sum(balances[path] for path in deferred) == -net[Role.DEFERRED]
        assert balances["Income:Recognized-Revenue"] == -net[Role.RECOGNIZED]


def test_a_path_stays_where_an_earlier_file_had_it() -> None:
    def named(name: str) -> AccountNames:
        return AccountNames({(Role.RECOGNIZED, ""): AccountName(name)})

    before = AccountPaths(named("Sales!"))
    later = AccountPaths(named("Sales!"), named("Sales"))

    path = before.of(Role.RECOGNIZED, "Sales!")
    assert path == later.of(Role.RECOGNIZED, "Sales!") == "Income:Sales"
    assert later.of(Role.RECOGNIZED, "Sales") == "Income:Sales-2"


@pytest.mark.either_database
async def test_a_file_of_nothing_is_accepted(database: Database) -> None:
    await make_history(database)
    wanted = JournalFilter(posted_from=LAST_DAY)

    at = await pin(database)
    spec = FileSpec(at, wanted, Granularity.DAILY, file_format=BEANCOUNT)
    pieces = render_file(database, spec)

    assert transactions_of(b"".join([piece async for piece in pieces])) == []


def test_all_accounts_of_the_ledger_are_opened_before_all_dates() -> None:
    names = AccountNames({(Role.DEFERRED, "product:p2"): AccountName("Care")})
    facts = FileFacts("USD", 2, accounts=names, opens=Opens.ALL)
    opened = (
        "2000-01-01 open Assets:Billed-Revenue USD\n"
        "2000-01-01 open Assets:Unbilled-Revenue USD\n"
        "2000-01-01 open Income:Recognized-Revenue USD\n"
        "2000-01-01 open Liabilities:Care USD\n"
        "2000-01-01 open Liabilities:Deferred-Revenue USD\n"
    )

    entry = exported(580, 290, (MAY, MAY + 1))

    assert file_of(BEANCOUNT, facts).decode().endswith(f"\n\n{opened}")
    file = file_of(BEANCOUNT, facts, Movements([entry])).decode()
    assert file.endswith(f"\n\n{opened}")
    none = facts._replace(opens=Opens.NONE)
    assert " open " not in file_of(BEANCOUNT, none, Movements([entry])).decode()


@pytest.mark.either_database
async def test_bean_check_accepts_files_of_which_one_opens_the_accounts(
    database: Database, tmp_path: Path
) -> None:
    """January, then February, and what changed since January, also before it."""
    await record(database, invoice("inv_1"))
    its_pin = await pin(database)
    main = tmp_path / "main.beancount"

    async def include(name: str, its: FileSpec) -> None:
        pieces = [piece async for piece in render_file(database, its)]
        (tmp_path / name).write_bytes(b"".join(pieces))
        with main.open("a") as stream:
            stream.write(f'include "{name}"\n')

    def month(first: str, last: str, opens: Opens) -> FileSpec:
        days = JournalFilter(posted_from=parse_day(first), posted_to=parse_day(last))
        return FileSpec(
            *(its_pin, days, Granularity.DAILY, None, BEANCOUNT),
            options=FileOptions(opens=opens),
        )

    january = month("2024-12-01", "2025-01-31", Opens.ALL)
    await include("january.beancount", january)
    file = MadeFile(january, "january.beancount", 0, bytes(32), NOTHING)
    number = await record_file(
        database, file, now=noon(its_pin.today), made_by="a test"
    )
    await include("february.beancount", month("2025-02-01", "2025-02-28", Opens.NONE))
    period = ("2024-12-15", "2025-12-14")
    its_line = line_of(its_terms=terms(period=period))
    earlier = invoice("inv_december", its_line, accounting_date=period[0])
    await record(database, earlier, on="2025-11-02")
    async with database.reads() as session:
        its = await since_spec(session, await pin(database, on="2025-11-03"), number)
    await include("since.beancount", its)

    assert its.options.opens is Opens.NONE
    assert b"\n2024-12-" in (tmp_path / "since.beancount").read_bytes()
    assert bean_check(main) == (0, "")
    (tmp_path / "february.beancount").write_text(
        (tmp_path / "january.beancount").read_text()
    )
    assert "Duplicate open directive" in bean_check(main)[1]
