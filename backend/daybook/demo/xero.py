"""The demo company's Xero: enabled, with its chart of accounts, and nearly all mapped.

The United States and the United Kingdom have a Xero each. A product that is sold for
the first time in the month that is being closed has no code yet.
"""

from collections.abc import Sequence
from datetime import datetime

from daybook.configuration.commands import set_product_method
from daybook.db.engine import Database
from daybook.exports.mapping.commands import import_chart, update_integration
from daybook.exports.mapping.forms import Integration, Preset
from daybook.exports.mapping.mapping_changes import set_mappings
from daybook.exports.mapping.rules import MappingLine, SettingsPatch, TargetAccount
from daybook.ledger.rules import Role
from daybook.recognition.rules import Method

NO_TAX = "Tax Exempt"
CHART = (
    TargetAccount("1200", "Invoiced revenue, clearing", "Current Asset", NO_TAX),
    TargetAccount("1210", "Accrued income", "Current Asset", NO_TAX),
    TargetAccount("2400", "Deferred income", "Current Liability", NO_TAX),
    TargetAccount("4000", "Subscriptions", "Revenue", NO_TAX),
    TargetAccount("4100", "Services", "Revenue", NO_TAX),
    TargetAccount("4200", "Usage", "Revenue", NO_TAX),
    TargetAccount("4300", "Events and workshops", "Revenue", NO_TAX),
)
_MAPPED = (
    (Role.BILLED, "", "1200"),
    (Role.UNBILLED, "", "1210"),
    (Role.DEFERRED, "", "2400"),
    (Role.RECOGNIZED, "category:SaaS", "4000"),
    (Role.RECOGNIZED, "category:Services", "4100"),
    (Role.RECOGNIZED, "category:Usage", "4200"),
)
METHODS = {
    "prod_platform": Method.STRAIGHT_LINE,
    "prod_support": Method.STRAIGHT_LINE,
    "prod_advisory": Method.STRAIGHT_LINE,
    "prod_credits": Method.STRAIGHT_LINE,
    "prod_onboarding": Method.POINT_IN_TIME,
    "prod_training": Method.POINT_IN_TIME,
    "prod_usage": Method.USAGE,
    "prod_migration": Method.MILESTONE,
}
"""What lines of a product say themselves, too, where it isn't the ledger's method."""


async def connect_xero(
    database: Database,
    organisation_id: int,
    currencies: Sequence[str],
    *,
    now: datetime,
    made_by: str,
) -> None:
    """Enable Xero in each ledger, map accounts to its codes, and set methods."""
    where = (database, organisation_id)
    for currency in currencies:
        patch = SettingsPatch(
            is_enabled=True, preset=Preset.VENDOR, base_currency=currency
        )
        await update_integration(
            *(*where, currency, Integration.XERO, patch), now=now, made_by=made_by
        )
    await import_chart(
        *(*where, None, Integration.XERO, CHART), now=now, made_by=made_by
    )
    lines = [MappingLine(role, scope, {"code": code}) for role, scope, code in _MAPPED]
    await set_mappings(*where, Integration.XERO, lines, now=now, made_by=made_by)
    for product_id, method in METHODS.items():
        await set_product_method(
            *(*where, product_id), method=method, now=now, made_by=made_by
        )
