"""What the four accounts gain, each on its normal side."""

from collections.abc import Mapping
from functools import lru_cache

import strawberry

from daybook.ledger.rules import AccountPair, Role, net_change
from daybook_graphql.kit.money import Money, money


@strawberry.type(
    description="What each account gains, on its normal side; negative where it loses."
    " What Billed and Unbilled gain together is what Deferred and Recognized do."
)
class AccountGains:
    billed: Money = strawberry.field(description="Debits less credits.")
    unbilled: Money = strawberry.field(description="Debits less credits.")
    deferred: Money = strawberry.field(description="Credits less debits.")
    recognized: Money = strawberry.field(description="Credits less debits.")


def account_gains(pairs: Mapping[AccountPair, int], currency: str) -> AccountGains:
    """The gains by amounts between pairs of accounts, in minor units."""
    return _gains(pairs, currency) if pairs else _no_gains(currency)


# Most rows have nothing scheduled, and most lists don't ask for gains at all.
@lru_cache
def _no_gains(currency: str) -> AccountGains:
    return _gains({}, currency)


def _gains(pairs: Mapping[AccountPair, int], currency: str) -> AccountGains:
    return AccountGains(
        billed=money(net_change(pairs, Role.BILLED), currency),
        unbilled=money(net_change(pairs, Role.UNBILLED), currency),
        deferred=money(net_change(pairs, Role.DEFERRED), currency),
        recognized=money(net_change(pairs, Role.RECOGNIZED), currency),
    )
