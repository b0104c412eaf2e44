"""Accounts stand in the order of the report wherever people read their sums."""

from daybook.exports.account_order import in_report_order
from daybook.exports.formats.contract import FileFacts
from daybook.ledger.rules import AccountName, AccountNames, Role


def order(*accounts: str, names: AccountNames, earlier: AccountNames) -> list[str]:
    """The order of some accounts, given those of now and of an earlier file."""
    facts = FileFacts("USD", 2, accounts=names, earlier=(earlier,))
    return [*in_report_order(dict.fromkeys(accounts, (1, 1)), facts)]


def test_accounts_are_in_the_order_of_their_roles_and_then_by_name() -> None:
    names = AccountNames(
        {
            (Role.BILLED, ""): AccountName("Zahlungen"),
            (Role.DEFERRED, "product:p2"): AccountName("Care"),
            (Role.RECOGNIZED, "category:c"): AccountName("Care"),
        }
    )
    earlier = AccountNames({(Role.UNBILLED, ""): AccountName("Accrued")})

    ordered = order(
        *("Elsewhere", "Care", "Recognized Revenue", "Accrued", "Zahlungen"),
        *("Deferred Revenue", "Unbilled Revenue", "Another"),
        names=names,
        earlier=earlier,
    )

    assert ordered == [
        "Zahlungen",
        "Accrued",
        "Unbilled Revenue",
        "Care",
        "Deferred Revenue",
        "Recognized Revenue",
        "Another",
        "Elsewhere",
    ]
