"""The types of rates, and the inputs and payloads of manual ones."""

import strawberry

from daybook.fx.daily import DayRate
from daybook.fx.models import ManualRate as StoredRate
from daybook.fx.rules import PublishedRate
from daybook_graphql.general_ledger.enums import GlRateSource
from daybook_graphql.kit.connections import listed
from daybook_graphql.kit.scalars import (
    BigInt,
    CurrencyCode,
    Date,
    DateTime,
    Decimal,
)
from daybook_graphql.kit.user_errors import UserError

ERRORS = "What is wrong with the input; then nothing was changed."
REASON = "Why, in one line, for the audit trail."
field = strawberry.field


@strawberry.type(description="How many units of a currency a euro was worth.")
class EuroRate:
    currency: CurrencyCode = field(description="Of which currency.")
    rate: Decimal = field(description="How many units, as it was published.")
    day: Date = field(description="The day that it is of.")
    source: GlRateSource = field(description="Where it comes from.")
    refresh: BigInt | None = field(
        description="The number of the refresh that added it; null if it came with"
        " Daybook or was entered."
    )


@strawberry.type(
    description="How many units of one currency a unit of another is worth on a day."
)
class FxRate:
    source_currency: CurrencyCode = field(name="from", description="The one currency.")
    target_currency: CurrencyCode = field(name="to", description="The other.")
    day: Date = field(description="The day.")
    value: Decimal = field(
        description="The rate, rounded to 8 decimals; amounts use the exact one."
    )
    published_on: Date | None = field(
        description="The day that it is of, the earlier one of two; null if the"
        " currencies are the same."
    )
    source: GlRateSource | None = field(
        description="Where it comes from: `MANUAL` if one of its rates was entered;"
        " null if the currencies are the same."
    )
    euro_rates: list[EuroRate] = field(
        description="The rates for a euro that it is made of, one or two; the euro has"
        " none of its own."
    )


@listed(
    "A manual rate",
    "rates",
    page="A page of manual rates, those that were entered last first.",
)
@strawberry.type(description="A rate that the organisation entered itself.")
class ManualRate:
    currency: CurrencyCode = field(description="Of which currency.")
    day: Date = field(description="The day that it is of.")
    rate: Decimal = field(description="How many units a euro was worth.")
    reason: str = field(description="Why it was entered.")
    entered_at: DateTime = field(description="When.")
    entered_by: str | None = field(description="By whom.")


@strawberry.input(description="A rate to enter.")
class AddManualRateInput:
    currency: CurrencyCode = field(description="Of which currency.")
    day: Date = field(description="The day that it is of; not after today.")
    rate: str = field(
        description="How many units of it a euro was worth, as text: `151.2`, with up"
        " to 8 decimals."
    )
    reason: str = field(description=REASON)


@strawberry.input(description="A rate to withdraw.")
class WithdrawManualRateInput:
    currency: CurrencyCode = field(description="Of which currency.")
    day: Date = field(description="The day that it is of.")
    reason: str = field(description=REASON)


@strawberry.type(description="What became of a rate.")
class ManualRatePayload:
    rate: ManualRate | None = field(
        description="The rate that holds now; null with any user error."
    )
    user_errors: list[UserError] = field(description=ERRORS)


@strawberry.type(description="What became of a rate that was to be withdrawn.")
class WithdrawManualRatePayload:
    user_errors: list[UserError] = field(description=ERRORS)


def fx_rate_of(found: DayRate) -> FxRate:
    """A pair's rate of a day as the schema shows it."""
    cross, used = found
    source = None
    if used:
        is_manual = any(rate.is_manual for rate in used)
        source = GlRateSource.MANUAL if is_manual else GlRateSource.ECB
    return FxRate(
        source_currency=CurrencyCode(cross.source),
        target_currency=CurrencyCode(cross.target),
        day=Date(cross.day),
        value=Decimal(cross.text),
        published_on=Date(min(rate.day for rate in used)) if used else None,
        source=source,
        euro_rates=[_euro_rate_of(rate) for rate in used],
    )


def _euro_rate_of(rate: PublishedRate) -> EuroRate:
    return EuroRate(
        currency=CurrencyCode(rate.currency),
        rate=Decimal(rate.text),
        day=Date(rate.day),
        source=GlRateSource.MANUAL if rate.is_manual else GlRateSource.ECB,
        refresh=None if rate.refresh is None else BigInt(rate.refresh),
    )


def manual_rate_of(row: StoredRate) -> ManualRate:
    """A stored rate that holds as the schema shows it."""
    assert row.mantissa is not None, "it wasn't withdrawn"
    rate = PublishedRate(row.currency, row.day, row.mantissa, row.decimals)
    return ManualRate(
        currency=CurrencyCode(row.currency),
        day=Date(row.day),
        rate=Decimal(rate.text),
        reason=row.reason,
        entered_at=DateTime(row.entered_at),
        entered_by=row.entered_by,
    )
