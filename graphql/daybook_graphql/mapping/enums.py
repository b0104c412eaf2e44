"""The closed sets of values of integrations."""

from enum import Enum

import strawberry

from daybook.exports.mapping.forms import DateForm as StoredForm
from daybook.exports.mapping.forms import Integration as StoredIntegration
from daybook.exports.mapping.forms import Preset

value = strawberry.enum_value


@strawberry.enum(description="A system that files are made for. Expect more.")
class IntegrationKind(Enum):
    XERO = value(StoredIntegration.XERO, description="Xero.")
    QUICKBOOKS = value(StoredIntegration.QUICKBOOKS, description="QuickBooks Online.")
    NETSUITE = value(StoredIntegration.NETSUITE, description="NetSuite.")


@strawberry.enum(description="How Xero's amounts get their signs.")
class SignPreset(Enum):
    NORMAL_BALANCE = value(
        Preset.NORMAL_BALANCE,
        description="By the mapped account's normal balance: what increases it is"
        " positive.",
    )
    VENDOR = value(
        Preset.VENDOR,
        description="As Xero publishes it: debits positive, credits negative.",
    )


@strawberry.enum(description="How a file writes dates.")
class DateForm(Enum):
    DAY_NAMED_MONTH_YEAR = value(
        StoredForm.DAY_NAMED_MONTH_YEAR, description="30 Jun 2026."
    )
    DAY_MONTH_YEAR = value(StoredForm.DAY_MONTH_YEAR, description="30/06/2026.")
    MONTH_DAY_YEAR = value(StoredForm.MONTH_DAY_YEAR, description="06/30/2026.")
    DAY_MONTH_YEAR_DOTS = value(
        StoredForm.DAY_MONTH_YEAR_DOTS, description="30.06.2026."
    )
    ISO = value(StoredForm.ISO, description="2026-06-30.")
