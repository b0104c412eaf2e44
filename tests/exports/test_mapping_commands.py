"""Mappings in the ledger: versions by recording, the trail, and what is missing."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from alembic import command
from sqlalchemy import text

from daybook.db.engine import Database, History
from daybook.db.migrate import alembic_config, upgrade
from daybook.documents.rules import Document, ProductDetails
from daybook.errors import Rejected
from daybook.exports.mapping.commands import Mapped, import_chart, update_integration
from daybook.exports.mapping.csv_files import (
    mapping_csv,
    mapping_rows,
    read_mappings,
)
from daybook.exports.mapping.forms import DateForm, Integration, Preset
from daybook.exports.mapping.mapping_changes import set_mapping, set_mappings
from daybook.exports.mapping.queries import (
    chart_at,
    integrations_at,
    mappings_at,
    missing,
)
from daybook.exports.mapping.rules import (
    IntegrationSettings,
    MappingLine,
    Mappings,
    Missing,
    SettingsPatch,
    TargetAccount,
)
from daybook.ledger.rules import Role
from daybook.reports.audit import verify
from daybook.reports.journals.filters import JournalFilter
from daybook_factories import ORGANISATION, invoice, line, pin, record
from daybook_filled import filled
from daybook_manual import Moved, record_manual
from daybook_people import NOON

pytestmark = pytest.mark.anyio

XERO, QUICKBOOKS, NETSUITE = Integration
WHO: dict[str, Any] = {"now": NOON, "made_by": "a test"}
SALES = {"code": "200", "type": "Revenue"}


@pytest.fixture
async def ledgers(database: Database) -> Database:
    """A ledger in dollars with two products, and one in euros."""
    await filled(
        database,
        record,
        invoice("inv_1", line(), line("2", product="p2", product_name="Care")),
        invoice("inv_2", currency="EUR"),
    )
    return database


async def map_account(
    database: Database,
    fields: Mapping[str, str | None],
    role: Role = Role.DEFERRED,
    scope: str = "",
    currency: str | None = "USD",
) -> Mapped:
    return await set_mapping(
        *(database, ORGANISATION, currency, XERO),
        role=role,
        scope=scope,
        fields=fields,
        **WHO,
    )


async def mapped(
    database: Database, currency: str = "USD", recording: int | None = None
) -> Mappings:
    its = await pin(database, currency)
    if recording is not None:
        its = its._replace(recording=recording)
    async with database.reads() as session:
        return await mappings_at(session, its)


async def numbers(database: Database) -> list[int]:
    """How many rows a command could have added."""
    tables = ("account_mappings", "integrations", "target_accounts", "recordings")
    async with database.reads() as session:
        return [
            await session.scalar(text(f"SELECT count(*) FROM {table}")) or 0  # noqa: S608  (named above)
            for table in (*tables, "audit_records", "activities")
        ]


async def test_a_mapping_is_kept_by_recording_and_ends(ledgers: Database) -> None:
    first = await map_account(ledgers, SALES)
    second = await map_account(ledgers, {"code": "201", "type": "Sales"})
    await map_account(ledgers, {})

    codes = []
    for number in (first.recordings["USD"] - 1, *_range(first, second), None):
        found = (await mapped(ledgers, recording=number)).of(XERO, Role.DEFERRED)
        codes.append(found and found.account)
    assert codes == [None, "200", "201", None]


def _range(*done: Mapped) -> list[int]:
    return [one.recordings["USD"] for one in done]


async def test_a_mapping_of_a_category_without_products_can_still_end(
    database: Database,
) -> None:
    def sold(category: str, on: str) -> Document:
        product = ProductDetails("prod_1", "Platform", category)
        return invoice(f"inv_{on}", replace(line(), product=product))

    await record(database, sold("Support", "1"))
    await map_account(database, SALES, scope="category:Support")
    await record(database, sold("Care", "2"), on="2025-10-15")

    ended = await map_account(database, {}, scope="category:Support")

    assert ended.changed == 1
    with pytest.raises(Rejected):
        await map_account(database, {}, scope="category:Support")


async def test_the_same_again_changes_nothing(ledgers: Database) -> None:
    accounts = [TargetAccount("200", "Sales", "Revenue", "No VAT")]
    patch = SettingsPatch(is_enabled=True, preset=Preset.VENDOR)

    async def change() -> list[Mapped]:
        return [
            await import_chart(ledgers, ORGANISATION, None, XERO, accounts, **WHO),
            await map_account(ledgers, {"code": "200"}, currency=None),
            await update_integration(ledgers, ORGANISATION, None, XERO, patch, **WHO),
        ]

    done = await change()
    before = await numbers(ledgers)
    again = await change()

    assert [sorted(one.recordings) for one in done] == [["EUR", "USD"]] * 3
    assert again == [Mapped(0, {})] * 3
    assert await numbers(ledgers) == before


async def test_a_change_of_all_ledgers_is_one_record_of_the_trail(
    ledgers: Database,
) -> None:
    before = await numbers(ledgers)

    await map_account(ledgers, SALES, Role.BILLED, currency=None)

    after = await numbers(ledgers)
    assert [new - old for new, old in zip(after, before, strict=True)] == [
        *(2, 0, 0, 2),
        *(1, 1),
    ]
    async with ledgers.reads() as session:
        rows = await session.execute(
            text(
                "SELECT action, subject_kind, subject_id, details FROM audit_records"
                " ORDER BY number DESC LIMIT 1"
            )
        )
        action, kind, subject, details = rows.one()
    assert (action, kind, subject) == ("MAP_ACCOUNTS", "INTEGRATION", "XERO")
    assert json.loads(details)["changes"][0] == {
        "account": "BILLED",
        "before": {},
        "after": SALES,
    }
    assert set(json.loads(details)["recordings"]) == {"EUR", "USD"}
    assert (await verify(ledgers, ORGANISATION)).mismatch is None


async def test_settings_are_kept_by_recording(ledgers: Database) -> None:
    on = await update_integration(
        *(ledgers, ORGANISATION, "USD", XERO),
        SettingsPatch(is_enabled=True, closed_through=20_000),
        **WHO,
    )
    await update_integration(
        *(ledgers, ORGANISATION, "USD", XERO),
        SettingsPatch(
            is_enabled=False,
            preset=Preset.VENDOR,
            date_form=DateForm.DAY_MONTH_YEAR,
            closed_through=None,
        ),
        **WHO,
    )

    its = await pin(ledgers)
    async with ledgers.reads() as session:
        then = await integrations_at(
            session, its._replace(recording=on.recordings["USD"])
        )
        present = await integrations_at(session, its)
    assert then[XERO] == IntegrationSettings(is_enabled=True, closed_through=20_000)
    assert present == {
        XERO: IntegrationSettings(
            preset=Preset.VENDOR, date_form=DateForm.DAY_MONTH_YEAR
        ),
        QUICKBOOKS: IntegrationSettings(),
        NETSUITE: IntegrationSettings(),
    }


async def set_base(database: Database, currency: str | None) -> Mapped:
    patch = SettingsPatch(base_currency=currency)
    return await update_integration(database, ORGANISATION, "USD", XERO, patch, **WHO)


async def test_a_base_currency_is_kept_by_recording_and_audited(
    ledgers: Database,
) -> None:
    first = await set_base(ledgers, "EUR")
    again = await set_base(ledgers, "EUR")
    last = await set_base(ledgers, None)

    its, found = await pin(ledgers), []
    async with ledgers.reads() as session:
        for number in _range(first, last):
            then = await integrations_at(session, its._replace(recording=number))
            found.append(then[XERO].base_currency)
        rows = await session.scalars(
            text(
                "SELECT details FROM audit_records"
                " WHERE action = 'UPDATE_INTEGRATION' ORDER BY number"
            )
        )
        changes = [json.loads(details) for details in rows]
    assert (found, again.changed) == (["EUR", None], 0)
    assert [
        (change["before"]["baseCurrency"], change["after"]["baseCurrency"])
        for change in changes
    ] == [(None, "EUR"), ("EUR", None)]
    assert (await verify(ledgers, ORGANISATION)).mismatch is None


async def test_settings_without_a_base_currency_hold_as_recorded_before_there_were_any(
    ledgers: Database,
) -> None:
    patch = SettingsPatch(is_enabled=True, preset=Preset.VENDOR)
    await update_integration(ledgers, ORGANISATION, None, XERO, patch, **WHO)

    async with ledgers.engine.begin() as connection:
        await connection.run_sync(
            lambda sync: command.downgrade(alembic_config(sync, History.LEDGER), "0019")
        )
    await upgrade(ledgers)

    assert (await verify(ledgers, ORGANISATION)).mismatch is None
    await set_base(ledgers, "EUR")
    assert (await verify(ledgers, ORGANISATION)).mismatch is None


async def test_a_chart_replaces_the_one_before(ledgers: Database) -> None:
    old = [TargetAccount("1", "One", "Sales"), TargetAccount("2", "Two", "Sales")]
    new = [TargetAccount("2", "Two", "Sales"), TargetAccount("3", "Three", "Equity")]

    await import_chart(ledgers, ORGANISATION, "USD", XERO, old, **WHO)
    done = await import_chart(ledgers, ORGANISATION, "USD", XERO, new, **WHO)

    assert done.changed == 2
    async with ledgers.reads() as session:
        found = await chart_at(session, await pin(ledgers), XERO)
    assert found == {one.account: one for one in new}


async def test_all_lines_are_set_or_none(ledgers: Database) -> None:
    before = await numbers(ledgers)
    lines = [
        MappingLine(Role.BILLED, "", SALES, None, 2),
        MappingLine(Role.BILLED, "product:nothing", SALES, None, 3),
        MappingLine(Role.BILLED, "category:Nothing", SALES, None, 4),
        MappingLine(Role.BILLED, "", SALES, "GBP", 5),
        MappingLine(Role.BILLED, "", {"code": "1", "type": "Bank"}, None, 6),
        MappingLine(Role.BILLED, "", {"code": "1", "type": "Sales"}, "USD", 7),
    ]

    with pytest.raises(Rejected) as raised:
        await set_mappings(ledgers, ORGANISATION, XERO, lines, **WHO)

    assert [(problem.line, problem.path) for problem in raised.value.problems] == [
        (3, ("productId",)),
        (4, ("category",)),
        (5, ("currency",)),
        (6, ("type",)),
        (7, ("role",)),
    ]
    after = await numbers(ledgers)
    assert after[:-1] == before[:-1]
    assert after[-1] == before[-1] + 1, "what was refused is in the activity log"


async def test_an_exported_file_is_imported_without_a_change(
    ledgers: Database,
) -> None:
    await map_account(ledgers, SALES, currency=None)
    await map_account(ledgers, {"code": "201", "type": "Sales"}, scope="product:p2")
    # The chart now says otherwise, and takes no journals on the second account.
    chart = [
        TargetAccount("200", "Sales", "Sales"),
        TargetAccount("201", "Bank", "Bank"),
    ]
    await import_chart(ledgers, ORGANISATION, None, XERO, chart, **WHO)
    by_currency = {
        currency: await mapped(ledgers, currency) for currency in ("EUR", "USD")
    }
    before = await numbers(ledgers)

    text = mapping_csv(XERO, mapping_rows(XERO, by_currency))
    lines = read_mappings(XERO, text)
    done = await set_mappings(ledgers, ORGANISATION, XERO, lines, **WHO)

    assert len(lines) == 9
    assert done == Mapped(0, {})
    assert await numbers(ledgers) == before


async def find_missing(database: Database) -> list[Missing]:
    its = await pin(database)
    async with database.reads() as session:
        mappings = await mappings_at(session, its)
        return await missing(session, its, JournalFilter(), mappings, XERO)


async def test_every_product_and_role_without_a_mapping_is_named(
    ledgers: Database,
) -> None:
    await record_manual(
        ledgers,
        "mj_1",
        Moved(Role.RECOGNIZED, Role.RECOGNIZED, "1.00", "2025-05-04", "prod_1", "p2"),
        on="2025-05-05",
    )
    its, care = ("prod_1", "Platform", None), ("p2", "Care", None)
    nothing = (None, None, None)
    # Two journals a month have a year of each product, and the manual one 1.00 twice.
    assert await find_missing(ledgers) == [
        Missing(Role.BILLED, *nothing, 2, 2400_00),
        Missing(Role.DEFERRED, *nothing, 24, 4800_00),
        Missing(Role.RECOGNIZED, *nothing, 25, 2402_00),
    ]

    await map_account(ledgers, SALES, Role.BILLED)
    await map_account(ledgers, SALES, Role.DEFERRED, "product:p2")
    await map_account(ledgers, SALES, Role.RECOGNIZED, "product:prod_1")

    assert await find_missing(ledgers) == [
        Missing(Role.DEFERRED, *its, 12, 2400_00),
        Missing(Role.RECOGNIZED, *care, 13, 1201_00),
    ]
    for role in (Role.DEFERRED, Role.RECOGNIZED):
        await map_account(ledgers, SALES, role)
    assert await find_missing(ledgers) == []
