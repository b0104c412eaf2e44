"""Options and the preflight at the command line, in the API, and of /journals.csv."""

import csv
import io
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from daybook.db.engine import Database
from daybook.exports.mapping.commands import update_integration
from daybook.exports.mapping.forms import Integration
from daybook.exports.mapping.mapping_changes import set_mapping
from daybook.exports.mapping.rules import SettingsPatch
from daybook.ledger.rules import Role
from daybook_doors import NOW, USD, Doors, doors_of
from daybook_factories import ORGANISATION
from daybook_people import NOON

pytestmark = [pytest.mark.anyio, pytest.mark.either_database]

OCTOBER = ("--from", "2025-10-01", "--to", "2025-10-31")
ITS_FILTER = {"posted": {"from": "2025-10-01", "to": "2025-10-31"}}
ITS_QUERY = "currency=USD&from=2025-10-01&to=2025-10-31"
PREFLIGHT = """query($input: ExportPreflightInput!) { exportPreflight(input: $input) {
  filename rows files isBlocked debitTotal { amount } creditTotal { amount }
  accounts { name debit { amount } } firstLines
  findings { code blocks title wayOut count places } } }"""
CHOSEN = """{ exportJobs(first: 1) { nodes { options {
  preset dateForm convert maxRows defaultAccount rateRefresh } record { options {
  preset dateForm convert maxRows defaultAccount rateRefresh } } } } }"""


JOB = """{ exportJobs(first: 1) { nodes { options { convertedInto rateRefresh }
  file { debitTotal { amount currency } } } } }"""
RECORDS = """{ exportRecords(first: 5) { nodes { debitTotal { amount currency } } } }"""


@pytest.fixture(scope="module")
async def doors(
    module_database: Database, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Doors]:
    """The doors to a ledger that is mapped in Xero, but for what is recognized."""
    async with doors_of(module_database, tmp_path_factory.mktemp("options")) as opened:
        chart = opened.terminal.folder / "chart.csv"
        chart.write_text(
            "*Code,*Name,*Type,*Tax Code\n200,Sales,Revenue,No VAT\n"
            "820,Deferred,Current Liability,No VAT\n999,Later,Current Asset,No VAT\n"
        )
        opened.run("mapping", "chart", "chart.csv")
        opened.run("mapping", "enable", "--integration", "XERO")
        opened.run(
            *("mapping", "enable", "--integration", "XERO", "--base-currency", "USD"),
            *("--currency", "USD"),
        )
        for role, code in (("BILLED", "200"), ("DEFERRED", "820"), ("UNBILLED", "999")):
            opened.run("mapping", "set", role, f"code={code}", "--integration", "XERO")
        yield opened


def asked(doors: Doors, document: str, **variables: Any) -> Any:
    """What the API answers."""
    body = {"query": document, "variables": variables}
    return doors.client.post("/graphql", json=body).json()


def command(doors: Doors, *options: str) -> tuple[int, str, str]:
    """How `daybook export` ends, and what it says."""
    ended = doors.terminal.run(
        *("export", "--currency", "USD", *options),
        DAYBOOK_DATABASE_URL=doors.url,
        DAYBOOK_NOW=NOW,
    )
    return ended.returncode, ended.stdout, ended.stderr


async def test_every_door_gives_the_same_file_by_its_options(doors: Doors) -> None:
    options = {"preset": "VENDOR", "dateForm": "DAY_MONTH_YEAR"}

    written = doors.by_command(
        *OCTOBER, "--format", "xero", "--preset", "vendor", "--date-form", "dd/mm/yyyy",
        *("--default-account", "999"),
    )  # fmt: skip
    made = doors.by_mutation(
        filter=ITS_FILTER, format="XERO", defaultAccount="999", **options
    )
    download = doors.client.get(
        f"/journals.csv?{ITS_QUERY}&format=XERO&preset=vendor&date_form=dd/mm/yyyy"
        "&default_account=999"
    )

    name = (
        "journals-USD-2025-10-monthly-xero-vendor-dates-day-month-year-default-account"
        ".csv"
    )
    assert written[0] == name
    assert made == written
    assert download.content == written[1]
    assert name in download.headers["content-disposition"]
    rows = list(csv.DictReader(io.StringIO(written[1].decode())))
    assert {row["*Date"] for row in rows} == {"15/10/2025"}  # the last posted day
    assert {row["*TaxRate"] for row in rows} == {"No VAT"}
    chosen = asked(doors, CHOSEN)["data"]["exportJobs"]["nodes"][0]
    assert chosen["options"] == {
        **options,
        "convert": False,
        "maxRows": None,
        "defaultAccount": "999",
        "rateRefresh": None,
    }
    assert chosen["record"] in (None, {"options": chosen["options"]})


@pytest.mark.parametrize("opens", ["ALL", "NONE"])
async def test_every_door_gives_the_same_file_by_the_accounts_that_it_opens(
    doors: Doors, opens: str
) -> None:
    written = doors.by_command(
        *OCTOBER, "--format", "beancount", "--opens", opens.lower()
    )
    made = doors.by_mutation(filter=ITS_FILTER, format="BEANCOUNT", opens=opens)
    download = doors.client.get(
        f"/journals.csv?{ITS_QUERY}&format=BEANCOUNT&opens={opens.lower()}"
    )

    assert made == written
    assert download.content == written[1]
    assert written[0] == f"journals-USD-2025-10-daily-opens-{opens.lower()}.beancount"
    assert written[1].count(b"\n2000-01-01 open ") == (4 if opens == "ALL" else 0)
    assert written[1].count(b" open ") == written[1].count(b"\n2000-01-01 open ")
    document = "{ exportJobs(first: 1) { nodes { options { opens } } } }"
    (job,) = asked(doors, document)["data"]["exportJobs"]["nodes"]
    assert job == {"options": {"opens": opens}}


REFUSED = {
    "preset": ("SEQUENCE", "VENDOR", "SEQUENCE has no sign presets"),
    "date_form": ("XERO", "MONTH_DAY_YEAR", "XERO takes dates as yyyy-mm-dd"),
    "convert": ("NETSUITE", True, "only files for Xero are converted"),
    "default_account": ("XLSX", "4000", "XLSX has no accounts of its own"),
    "max_rows": ("PARQUET", 5, "files of PARQUET are not split"),
    "opens": ("SEQUENCE", "NONE", "files of SEQUENCE open no accounts"),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_an_option_that_a_format_lacks_is_refused_by_its_name(
    doors: Doors, name: str
) -> None:
    file_format, value, message = REFUSED[name]
    field = {"max_rows": "maxRows", "date_form": "dateForm"}.get(name, name)
    field = {"default_account": "defaultAccount"}.get(field, field)
    text = {True: "yes"}.get(value, str(value))  # type: ignore[call-overload]  # whatever it is
    wanted = {"ledgerId": USD, "format": file_format, field: value}

    option = f"--{name.replace('_', '-')}"
    given = (option,) if name == "convert" else (option, text)
    status, _, said = command(doors, "--format", file_format, *given, "--check")
    looked = asked(doors, PREFLIGHT, input=wanted)["errors"][0]["extensions"]
    download = doors.client.get(
        f"/journals.csv?{ITS_QUERY}&format={file_format}&{name}={text}"
    )

    assert (status, said.startswith(f"daybook: {option} {message}")) == (2, True)
    assert doors.refused_by_mutation(**{**wanted, "ledgerId": USD})[0].startswith(
        message
    )
    (problem,) = looked["problems"]
    assert problem["path"] == ["input", field]
    assert problem["message"].startswith(message)
    assert download.status_code == 400
    if name == "max_rows":  # this door never splits
        assert "max_rows: there is no such filter" in download.text
    else:
        assert download.text.startswith(f"{name}: {message}")


async def test_what_blocks_a_file_is_told_before_it_is_made(doors: Doors) -> None:
    wanted = {"ledgerId": USD, "filter": ITS_FILTER, "format": "XERO"}

    status, said, _ = command(doors, *OCTOBER, "--format", "XERO", "--check")
    found = asked(doors, PREFLIGHT, input=wanted)["data"]["exportPreflight"]
    refused = doors.refused_by_mutation(filter=ITS_FILTER, format="XERO")
    failed, _, complained = command(doors, *OCTOBER, "--format", "XERO", "-o", "-")

    assert (status, failed) == (1, 2)
    codes = [finding["code"] for finding in found["findings"] if finding["blocks"]]
    assert codes == ["PRESET_NOT_CHOSEN", "UNMAPPED"]
    assert found["isBlocked"]
    assert len(refused) == 2
    for finding, message in zip(found["findings"][:2], refused, strict=True):
        assert message.startswith(finding["title"])
        assert f"BLOCKS  {finding['title']}" in said
        assert finding["title"] in complained
    (place,) = found["findings"][1]["places"]
    assert place.startswith("Recognized Revenue: ")
    assert f"        {place}\n" in said
    assert "(--preset normal-balance, or --preset vendor)" in said
    assert said.endswith("2 problems block the file.\n")
    assert f"{found['rows']} rows in 1 file" in said


async def test_a_check_prints_the_sums_and_writes_nothing(doors: Doors) -> None:
    before = asked(doors, "{ auditTrail(first: 1) { totalCount } }")["data"]
    accepted = ("--preset", "vendor", "--default-account", "999")

    status, said, complained = command(
        doors, *OCTOBER, "--format", "XERO", *accepted, "--check"
    )
    name, content = doors.by_command(*OCTOBER, "--format", "XERO", *accepted)
    after = asked(doors, "{ auditTrail(first: 1) { totalCount } }")["data"]

    rows = content.count(b"\r\n") - 1
    assert (status, complained) == (0, "")
    assert said.startswith(f"{name}: {rows} rows in 1 file\ndebits = credits = ")
    assert said.endswith("Nothing blocks the file.\n")
    assert "note    1 account is not mapped in Xero: the lines get 999" in said
    # The file's own record is the only one.
    counts = [data["auditTrail"]["totalCount"] for data in (before, after)]
    assert int(counts[1]) == int(counts[0]) + 1


async def test_the_preflight_has_the_totals_of_the_file(doors: Doors) -> None:
    wanted = {"ledgerId": USD, "filter": ITS_FILTER}

    found = asked(doors, PREFLIGHT, input=wanted)["data"]["exportPreflight"]
    name, content = doors.by_command(*OCTOBER)

    rows = list(csv.DictReader(io.StringIO(content.decode())))
    assert found["filename"] == name
    assert found["rows"] == str(len(rows))
    assert found["debitTotal"] == found["creditTotal"]
    assert found["firstLines"] == content.decode().splitlines()[:5]
    assert (found["files"], found["findings"]) == (1, [])


async def test_an_export_without_a_name_is_asked_for_one(doors: Doors) -> None:
    status, _, said = command(doors, *OCTOBER)

    assert status == 2
    assert said == (
        "daybook: -o is missing: name a file, a folder, or - for standard output;"
        " --check needs none\n"
    )


async def test_a_converted_file_and_its_totals_are_in_the_base_currency(
    database: Database, tmp_path: Path
) -> None:
    async with doors_of(database, tmp_path) as doors:
        where = (database, ORGANISATION, "USD", Integration.XERO)
        who: dict[str, Any] = {"now": NOON, "made_by": "a test"}
        patch = SettingsPatch(is_enabled=True, base_currency="EUR")
        await update_integration(*where, patch, **who)
        for role in Role:
            fields = {"code": "200", "type": "Sales"}
            await set_mapping(*where, role=role, scope="", fields=fields, **who)
        options = ("--format", "XERO", "--preset", "vendor", "--convert")

        written = doors.by_command(*OCTOBER, *options)
        made = doors.by_mutation(
            filter=ITS_FILTER, format="XERO", preset="VENDOR", convert=True
        )
        job = asked(doors, JOB)["data"]["exportJobs"]["nodes"][0]
        listed = asked(doors, RECORDS)["data"]["exportRecords"]["nodes"][-1]

    assert made == written
    assert b" EUR recognized" in made[1]
    amounts = [
        Decimal(row["*Amount"]) for row in csv.DictReader(io.StringIO(made[1].decode()))
    ]
    debits = sum(amount for amount in amounts if amount > 0)
    assert sum(amounts) == 0
    assert job["options"] == {"convertedInto": "EUR", "rateRefresh": "0"}
    for total in (job["file"]["debitTotal"], listed["debitTotal"]):
        assert (Decimal(total["amount"]), total["currency"]) == (debits, "EUR")
