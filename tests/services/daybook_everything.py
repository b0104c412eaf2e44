"""A ledger with everything in it: each table has rows, made by the commands."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from sqlalchemy import URL

from daybook.access.commands import create_api_key, revoke_api_key, set_role
from daybook.access.rules import OPERATOR, MemberRole, Permission
from daybook.adjustments.csv_files import read_journals
from daybook.adjustments.importing import import_journals
from daybook.audit.rules import SubjectKind
from daybook.calendar import parse_day
from daybook.closing.commands import enter_balances
from daybook.closing.rules import BalanceEntry
from daybook.configuration.commands import (
    rename_account,
    set_product_method,
    set_time_zone,
    update_settings,
)
from daybook.configuration.lock_history import last_lock
from daybook.connections.commands import Author as Connector
from daybook.connections.commands import (
    add_connection,
    remove_connection,
    update_connection,
    update_dataset,
)
from daybook.connections.rules import (
    AccountRole,
    ConnectionPatch,
    ConnectionSettings,
    YearEnd,
)
from daybook.db.engine import Database
from daybook.documents.actions import complete_milestone
from daybook.errors import Rejected
from daybook.evidence.rules import EvidenceSubject, lock_subject
from daybook.exports.file_spec import FileSpec
from daybook.exports.kind import EXPORTS
from daybook.exports.mapping.commands import import_chart, update_integration
from daybook.exports.mapping.forms import DateForm, Integration, Preset
from daybook.exports.mapping.mapping_changes import set_mapping
from daybook.exports.mapping.rules import SettingsPatch, TargetAccount
from daybook.exports.posting.marking import Mark, mark_posted, undo_posting
from daybook.exports.records import MadeFile, record_file, record_job
from daybook.exports.rules import Totals
from daybook.four_eyes.rules import ApprovalPending
from daybook.fx.commands import refresh_rates
from daybook.fx.entering import RateDay, enter_rate, withdraw_rate
from daybook.fx.reading import RatesFile, read_rates
from daybook.gl.kinds import Kind
from daybook.gl.live.connecting import (
    begin_connecting,
    disconnect,
    finish_connecting,
    sync_connection,
)
from daybook.ledger.commands import lock_organisation
from daybook.ledger.rules import Role as Account
from daybook.recognition.allocation import Strategy
from daybook.recognition.rules import Method, Treatment
from daybook.reports.journals.filters import JournalFilter
from daybook.reports.journals.group_keys import Granularity, Grouping
from daybook.webhooks.commands import (
    Author,
    EndpointPatch,
    create_endpoint,
    delete_endpoint,
    disable_endpoint,
    rotate_secret,
    update_endpoint,
)
from daybook.webhooks.rules import Events
from daybook_adjusting import (
    adjust_with_four_eyes,
    credit,
    debit,
    drafted,
    entered,
    moment,
)
from daybook_evidence import attached, csv, png, removed
from daybook_factories import (
    ORGANISATION,
    accept,
    billing_schedule,
    burn_down_line,
    credit_note,
    credited_line,
    invoice,
    line,
    lock,
    milestone_line,
    noon,
    pin,
    prepayment_line,
    record,
    revise,
    terms,
    usage_line,
    voided,
)
from daybook_filled import filled_new
from daybook_gl_imports import account, imported, journal, page
from daybook_gl_live import BACK
from daybook_gl_refreshes import made_again, refreshed
from daybook_hooks import hook_settings
from daybook_jobs import ask
from daybook_manual import Moved, record_manual
from daybook_people import NOON, key_of, member
from daybook_recurring import repeat_with_four_eyes
from daybook_saved import saved, somebody
from daybook_services.database import AT_ANY_TIME
from daybook_xero_server import Xero, came_back, xero_running

FEBRUARY = ("2025-02-01", "2025-02-28")
QUARTER = ("2025-01-16", "2025-04-15")


@pytest.fixture(scope="module")
def everything_url(module_database_url: URL) -> URL:
    """URL of such a ledger, one for a module's tests; they run once for each kind."""

    async def run() -> None:
        database = Database(module_database_url, AT_ANY_TIME)
        await filled_new(database, make_everything)
        await database.close()

    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, run()).result()
    return module_database_url


async def make_everything(database: Database) -> None:
    """Fill a new database, over a year."""
    await _record_documents(database)
    await _change_settings(database)
    await _revise_and_rename(database)
    await _record_by_hand(database)
    await _let_people_in(database)
    await _make_files(database)
    await _refresh_rates(database)
    await _map_accounts(database)
    await _post_files(database)
    await adjust_with_four_eyes(database)
    await repeat_with_four_eyes(database)
    await _import_manual_journals(database)
    await _ask_for_mappings(database)
    await _attach_evidence(database)
    await _enter_balances(database)
    await _tell_programs(database)
    await _connect_systems(database)
    await _go_live(database)
    await _import_ledger(database)


async def _record_documents(database: Database) -> None:
    """Every kind and every method, in two currencies."""
    grouped = (
        line("1", description="Seats", its_terms=terms("240.00", QUARTER)),
        line("2", its_terms=terms("-24.00", QUARTER), group="1"),
        line("3", product="p2", product_name="Support", its_terms=terms("50.00")),
    )
    used = usage_line("u", "6.00", usage={"2025-02-03": "3.00", "2025-02-04": "3.00"})
    paid = usage_line("u", "100.00", FEBRUARY)
    await record(
        database,
        invoice("inv_1"),
        invoice("inv_group", *grouped, discount="10.00"),
        invoice("inv_used", used, customer="Zed"),
        invoice(
            "inv_steps",
            milestone_line(("m1", "100.00", "2025-01-10"), ("m2", "200.00", None)),
        ),
        invoice("pre", prepayment_line("500.00", expires_on="2025-12-31")),
        invoice("eur", currency="EUR"),
        billing_schedule(),
    )
    bill = invoice(
        "inv_bs",
        line(its_terms=terms("620.00", FEBRUARY)),
        accounting_date="2025-03-01",
        billing_schedule_id="bs_1",
    )
    burn = burn_down_line("60.00", paid, "cg_1")
    rebuilt = credit_note(
        "cn_2", credited_line("30.00", "3"), invoice_id="inv_group",
        treatment=Treatment.REBUILD,
    )  # fmt: skip
    await record(
        database,
        bill,
        invoice("inv_burn", paid, burn, accounting_date="2025-03-01"),
        on="2025-03-01",
    )
    await record(database, credit_note(), rebuilt, on="2025-03-02")
    await complete_milestone(
        *(database, ORGANISATION, "inv_steps", "1", "m2", parse_day("2025-03-03")),
        now=noon(parse_day("2025-03-03")),
        made_by="a test",
    )


async def _change_settings(database: Database) -> None:
    now = noon(parse_day("2025-04-01"))
    by = "a test"
    for role, scope in ((Account.DEFERRED, ""), (Account.RECOGNIZED, "product:p2")):
        await rename_account(
            *(database, ORGANISATION, "USD"),
            role=role,
            scope=scope,
            name=f"{role.name.title()} {scope}",
            code="4000",
            now=now,
            made_by=by,
        )
    await update_settings(
        *(database, ORGANISATION, "USD"),
        strategy=Strategy.EXACT_DAYS,
        now=now,
        made_by=by,
    )
    await set_product_method(
        *(database, ORGANISATION, "p2"),
        method=Method.POINT_IN_TIME,
        now=now,
        made_by=by,
    )
    for zone in ("America/New_York", "Europe/Vienna"):
        await set_time_zone(database, ORGANISATION, zone, now=now, made_by=by)
    await accept(database, "2025-03-05")


async def _revise_and_rename(database: Database) -> None:
    """What a lock moves, and what was otherwise before."""
    await lock(database, "2025-02-28", on="2025-05-01")
    late = invoice("inv_late", line(its_terms=terms("90.00", QUARTER)))
    shorter = revise(
        invoice("inv_1", line(its_terms=terms("600.00", QUARTER))),
        accounting_date="2025-01-02",
    )
    await record(database, late, replace(shorter, number="Other"), on="2025-05-02")
    renamed = invoice(
        "inv_new",
        line(product="p2", product_name="Care"),
        customer="Zed",
        customer_name="Zed & Daughters",
    )
    await record(database, renamed, invoice("inv_void"), on="2025-05-03")
    await record(database, voided(invoice("inv_void")), on="2025-05-04")
    try:
        await record(database, credit_note("cn_9", invoice_id="nothing"))
    except Rejected:
        return
    raise AssertionError("a credit note on nothing was taken")


async def _make_files(database: Database) -> None:
    """One by the command line, and one by a job."""
    its_pin, wanted = await pin(database), JournalFilter(include_scheduled=False)
    spec = FileSpec(its_pin, wanted, Granularity.MONTHLY, (Grouping.CUSTOMER,))
    file = MadeFile(
        *(spec, "journals.csv", 1_000, sha256(b"a file").digest()),
        Totals(4, 10_00, 10_00),
    )
    now = NOON + timedelta(days=2)
    await record_file(database, file, now=now, made_by="a test")
    job = await ask(database, now=now, requested_by="bob@example.com")
    made = {"debit_total": 20_00, "credit_total": 20_00, "manifest": "{}"}
    job.file_bytes, job.file_sha256 = 2_000, sha256(b"another").digest()
    job.rows_done, job.compression = 8, "zstd"
    EXPORTS.keep(job, made)
    async with database.writes() as session:
        organisation = await lock_organisation(session, ORGANISATION)
        await record_job(session, organisation, job, now)


async def _post_files(database: Database) -> None:
    """Both files, with postings that were undone."""
    where, by = (database, ORGANISATION), "bob@example.com"
    now = NOON + timedelta(days=4)
    for number, reference, is_undone in (
        *((1, "MJ-0933", True), (2, "MJ-0935", True)),
        *((1, "MJ-0934", False), (2, "MJ-0936", False)),
    ):
        mark = Mark(reference, parse_day("2025-06-01"), is_confirmed=True)
        await mark_posted(*where, number, mark, now=now, made_by=by)
        if is_undone:
            reason = f"{reference} was voided"
            await undo_posting(*where, number, reason=reason, now=now, made_by=by)


async def _import_manual_journals(database: Database) -> None:
    """Three drafts of the EUR ledger, one of which is changed."""
    lines = "{key},2025-10-31,ONE_OFF,Import,{role},{debit},{credit}"
    rows = [
        lines.format(key=key, role=role, debit=debit, credit=credit)
        for key in "abc"
        for role, debit, credit in (("UNBILLED", "9", ""), ("RECOGNIZED", "", "9"))
    ]
    text = "\n".join(["journal,date,kind,narrative,account,debit,credit", *rows])
    where, now = (database, ORGANISATION), moment("2025-11-04")
    imported = await import_journals(
        *where,
        read_journals(text, "EUR"),
        source="october.csv",
        is_submitted=False,
        now=now,
        made_by="a test",
    )
    assert imported.numbers is not None, "they are new"
    changed = entered(
        debit(Account.UNBILLED, "9.00", currency="EUR"),
        credit(Account.RECOGNIZED, "8.50", currency="EUR", product="p2"),
        credit(Account.RECOGNIZED, "0.50", currency="EUR"),
        day="2025-10-31",
        currency="EUR",
    )
    number = imported.numbers[0] + 1
    await drafted(database, changed, number=number, version=1, on="2025-11-05")


async def _ask_for_mappings(database: Database) -> None:
    """Requests of each kind of mappings, since four eyes is on."""
    where = (database, ORGANISATION, "EUR", Integration.XERO)
    who: dict[str, Any] = {"now": moment("2025-11-06"), "made_by": "a test"}
    chart = [TargetAccount("210", "Licences", "Revenue", "No VAT")]
    fields = {"code": "200"}
    for asked in (
        update_integration(*where, SettingsPatch(base_currency="EUR"), **who),
        import_chart(*where, chart, **who),
        set_mapping(*where, role=Account.RECOGNIZED, scope="", fields=fields, **who),
    ):
        with pytest.raises(ApprovalPending):
            await asked


async def _attach_evidence(database: Database) -> None:
    """To a document, to the last lock and to a manual journal; two were removed."""
    async with database.reads() as session:
        last = await last_lock(session, (await pin(database)).ledger_id)
    assert last is not None
    who: dict[str, Any] = {"now": moment("2025-11-07")}
    bob = {**who, "made_by": "bob@example.com"}
    with TemporaryDirectory() as folder:
        where, note = Path(folder), "signed by both"
        await attached(database, where, description=note, **bob)
        await attached(database, where, png(), name="scan.png", **who)
        lock_of_may = lock_subject("USD", last.recording)
        await attached(database, where, subject=lock_of_may, **who)
        await attached(database, where, csv(), name="list.csv", **who)
        journal = EvidenceSubject(SubjectKind.MANUAL_JOURNAL, "MJ-1")
        await attached(database, where, png(), subject=journal, name="m.png", **who)
    await removed(database, 2, **bob)
    await removed(database, 4, "of another month", **who)


async def _refresh_rates(database: Database) -> None:
    """Two files of the ECB, after the shipped rates."""
    for day, rates in (("2090-01-02", "1.5,160"), ("2090-01-03", "1.25,N/A")):
        content = f"Date,USD,JPY,\n{day},{rates},\n".encode()
        file = RatesFile(f"{day}.csv", sha256(content).digest(), read_rates(content))
        now = NOON + timedelta(days=3)
        await refresh_rates(database, file, now=now, made_by="a test")


async def _enter_balances(database: Database) -> None:
    """Two of a day, one of which was corrected."""
    where = (database, ORGANISATION, "EUR")
    who: dict[str, Any] = {"now": moment("2025-11-08"), "made_by": "a test"}
    day = parse_day("2025-10-31")
    entries = [
        BalanceEntry(Account.DEFERRED, day, "120.00", "2600"),
        BalanceEntry(Account.DEFERRED, day, "-7.50", "2610"),
    ]
    await enter_balances(*where, entries, note="trial balance", **who)
    corrected = [BalanceEntry(Account.DEFERRED, day, "120.01", "2600")]
    await enter_balances(*where, corrected, **who)


async def _map_accounts(database: Database) -> None:
    """Two of each in one ledger, with a mapping that ended."""
    where = (database, ORGANISATION, "EUR", Integration.XERO)
    who: dict[str, Any] = {"now": NOON + timedelta(days=3), "made_by": "a test"}
    accounts = [
        TargetAccount("200", "Sales", "Revenue", "No VAT"),
        TargetAccount("840", "Deferred", "Liability", "No VAT"),
    ]
    await import_chart(*where, accounts, **who)
    await import_chart(*where, accounts[:1], **who)
    for patch in (
        SettingsPatch(is_enabled=True, closed_through=parse_day("2025-01-31")),
        SettingsPatch(preset=Preset.VENDOR, date_form=DateForm.DAY_MONTH_YEAR),
        SettingsPatch(base_currency="EUR"),
        SettingsPatch(base_currency="GBP"),
    ):
        await update_integration(*where, patch, **who)
    for role, scope, fields in (
        (Account.BILLED, "", {"code": "200"}),
        (Account.DEFERRED, "product:p2", {"code": "200", "tax_rate": ""}),
        (Account.BILLED, "", {}),
    ):
        await set_mapping(*where, role=role, scope=scope, fields=fields, **who)


async def _record_by_hand(database: Database) -> None:
    """A reclassification, and what was taken over of nobody in particular."""
    revenue = Account.RECOGNIZED
    between = Moved(revenue, revenue, "10.00", "2025-05-04", "prod_1", "p2")
    await record_manual(database, "mj_1", between, customer="cus_1", on="2025-05-05")
    taken_over = Moved(Account.DEFERRED, revenue, "20.00", "2025-05-04")
    await record_manual(database, "mj_2", taken_over, is_opening=True, on="2025-05-05")


async def _tell_programs(database: Database) -> None:
    """Webhooks: one that was changed, one that was disabled, one that was deleted."""
    ann = Author(ORGANISATION, "a test", moment("2025-11-09"))
    settings, url = hook_settings(), "https://hooks.example.com/daybook"
    for number in (1, 2, 3):
        await create_endpoint(
            database,
            settings,
            ann,
            url=f"{url}/{number}",
            description=f"Program {number}",
            events=Events.LEDGER_CHANGED | Events.LOCK_CHANGED,
        )
    patch = EndpointPatch(url=f"{url}/a", events=Events.EXPORT_READY)
    await update_endpoint(database, settings, ann, 1, patch)
    await rotate_secret(database, settings, ann, 1)
    why = "it answered 410 Gone"
    await disable_endpoint(database, ORGANISATION, 2, why, now=ann.now)
    await delete_endpoint(database, ann, 3)


async def _connect_systems(database: Database) -> None:
    """Three connections, of which one was removed, and rates of one's own."""
    who = Connector(ORGANISATION, "a test", moment("2025-11-09"))
    for name, currency in (("UK", "GBP"), ("Inc", "USD"), ("Ltd", "CAD")):
        wanted = ConnectionSettings(name)
        await add_connection(database, who, wanted, base_currency=currency)
    patch = ConnectionPatch(
        year_end=YearEnd(2, 29),
        period_lock=parse_day("2025-09-30"),
        year_lock=parse_day("2025-02-28"),
        takes_exports=("USD",),
        accounts={AccountRole.TAX: "an account's ID"},
        budget_id="a budget's ID",
        counts_forecasts=True,
    )
    await update_connection(database, who, 1, patch)
    await remove_connection(database, who, 3)
    await update_dataset(database, who, reporting="EUR", main=2)
    of = RateDay("KES", parse_day("2025-10-31"))
    when: dict[str, Any] = {"now": who.now, "made_by": "a test"}
    given = {**when, "reason": "Central bank", "today": parse_day("2025-11-09")}
    for rate in ("151.2", "151.25"):
        await enter_rate(database, ORGANISATION, of, rate, **given)
    reason = "Of another day"
    await withdraw_rate(database, ORGANISATION, of, reason=reason, **when)


async def _go_live(database: Database) -> None:
    """A connection that was connected to Xero, and one that is."""
    who = Connector(ORGANISATION, "a test", moment("2025-11-09"))
    with xero_running(Xero()) as xero:
        settings = xero.settings()
        for number, name in ((1, "One"), (2, "Two")):
            tenant = {"tenantId": f"t-{number}", "tenantName": name}
            xero.tenants = [{"id": name, **tenant}]
            address = await begin_connecting(database, settings, who, number, BACK)
            back = await asyncio.to_thread(came_back, address)
            await finish_connecting(
                database, settings, who, back["state"], back["code"]
            )
        await sync_connection(database, settings, who, 2)
        await disconnect(database, settings, who, 1)


async def _import_ledger(database: Database) -> None:
    """Journals twice, of which one is known then, a chart, and the dataset of both."""
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        first, second = journal(1, "10.00", "-10.00"), journal(2, "5.00", "-5.00")
        at = {"DateTimeUTC": "2025-10-01T08:30:00"}
        alone = page(folder, "Journals", first, name="a.json", **at)
        both = page(folder, "Journals", first, second, name="b.json")
        chart = page(folder, "Accounts", account(0), account(1), name="c.json")
        now = moment("2025-11-09")
        await imported(database, folder, alone, both, now=now)
        more = page(folder, "Journals", second, journal(3, "1", "-1"), name="d.json")
        await imported(database, folder, more, now=now)
        kind = Kind.ACCOUNTS
        await imported(database, folder, chart, kind=kind, connection=2, now=now)
        await refreshed(database, folder, now=now)
        await made_again(database, folder, 1, now=now)


async def _let_people_in(database: Database) -> None:
    await member(database)
    await member(database, email="bob@example.com", role=MemberRole.VIEWER)
    await member(
        database, email="eve@example.com", role=MemberRole.VIEWER, is_accepted=False
    )
    await set_role(
        database,
        ORGANISATION,
        email="bob@example.com",
        role=MemberRole.ACCOUNTANT,
        authority=OPERATOR,
        now=NOON,
        made_by="a test",
    )
    await key_of(database, Permission.READ)
    await create_api_key(
        database,
        ORGANISATION,
        name="Warehouse",
        permissions=Permission.READ | Permission.RECORD,
        authority=OPERATOR,
        expires_at=NOON + timedelta(days=90),
        now=NOON,
        made_by="a test",
        idempotency_key="once",
    )
    await revoke_api_key(
        database,
        ORGANISATION,
        number=2,
        now=NOON + timedelta(days=1),
        made_by="a test",
    )
    await saved(database, who=somebody(2))
