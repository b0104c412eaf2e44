"""The accounts of a file in the order of the journal report. Pure."""

from daybook.exports.formats.contract import FileFacts
from daybook.exports.rules import AccountTotals
from daybook.ledger.rules import Role


def in_report_order(accounts: AccountTotals, facts: FileFacts) -> AccountTotals:
    """The sums of accounts by role, and by name where a role has several.

    An account whose name several roles have stands with the first of them.
    """
    roles: dict[str, Role] = {}
    for names in (facts.accounts, *facts.earlier):
        known = {(role, named.name) for (role, _), named in names.named.items()}
        known |= {(role, names.of(role).name) for role in Role}
        for role, name in known:
            roles[name] = min(role, roles.get(name, role))
    last = max(Role) + 1
    in_order = sorted(accounts, key=lambda name: (roles.get(name, last), name))
    return {name: accounts[name] for name in in_order}
