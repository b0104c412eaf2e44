"""Which account a text of a balance names. Pure."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import NamedTuple, TypeAlias

from daybook.errors import did_you_mean
from daybook.exports.mapping.rules import Mappings
from daybook.ledger.rules import ACCOUNT_NAMES, AccountNames, Role


class NamedAccount(NamedTuple):
    """An account, and the label that its balance has unless it is given one.

    A sub-account's code is its label, so that several of one account sum up.
    """

    role: Role
    label: str = ""


AccountsByText: TypeAlias = Mapping[str, frozenset[NamedAccount]]
"""Accounts by every text that names them, in lower case."""


class UnknownAccount(ValueError):
    """Text that names no account, or several; the message says which there are."""


def accounts_by_text(names: AccountNames, mappings: Mappings) -> AccountsByText:
    """All texts that name an account: roles, names, codes, and codes in targets."""
    found: dict[str, set[NamedAccount]] = defaultdict(set)
    for text, account in _texts(names, mappings):
        found[text.casefold()].add(account)
    return {text: frozenset(accounts) for text, accounts in found.items()}


def _texts(
    names: AccountNames, mappings: Mappings
) -> Iterator[tuple[str, NamedAccount]]:
    for role in Role:
        account = NamedAccount(role)
        yield role.name, account
        yield ACCOUNT_NAMES[role], account
    for (role, scope), named in names.named.items():
        for text in filter(None, (named.name, named.code)):
            yield text, NamedAccount(role, text if scope else "")
    for (_, role, scope), mapped in mappings.mapped.items():
        yield mapped.account, NamedAccount(role, mapped.account if scope else "")


def account_named(known: AccountsByText, text: str) -> NamedAccount:
    """The account that a text names; raises UnknownAccount.

    A text that names an account and its own sub-accounts is the account's.
    """
    accounts = known.get(text.strip().casefold(), frozenset())
    roles = sorted({account.role for account in accounts})
    if len(roles) == 1:
        return min(accounts, key=lambda account: account.label)
    if roles:
        several = " and ".join(role.name for role in roles)
        raise UnknownAccount(f"{text!r} names {several}: write which one")
    near = did_you_mean(text, known)
    there_are = ", ".join(role.name for role in Role)
    raise UnknownAccount(
        f"{text!r} is no account's name or code: there are {there_are}{near}"
    )
