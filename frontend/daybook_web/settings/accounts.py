"""`/settings/accounts`: what a ledger's accounts and sub-accounts are called."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar

from daybook.access.rules import Permission
from daybook_graphql.kit.ids import decode, encode
from daybook_graphql.ledgers.ids import LedgerId
from daybook_graphql.parties.ids import ProductId
from daybook_web.kit.forms import Problem
from daybook_web.kit.guard import caller_of
from daybook_web.kit.links import Link
from daybook_web.kit.rendering import View
from daybook_web.kit.results import Result
from daybook_web.settings.history import LINES, History, SettingRecords
from daybook_web.settings.ledgers import LedgerPage
from daybook_web.settings.page import Sent, SettingsForm, Typed


@dataclass(frozen=True, slots=True)
class AccountRole(Result):
    """One of the four accounts."""

    role: str


@dataclass(frozen=True, slots=True)
class NamedAccount(Result):
    """The name of an account, or of its sub-account for a product or a category."""

    role: str
    product_id: str | None
    category: str | None
    name: str
    code: str | None

    @property
    def scope(self) -> str:
        """What the sub-account is for, in words; empty for the account itself."""
        if self.product_id is not None:
            product = decode(self.product_id)
            assert isinstance(product, ProductId), "a sub-account is a product's"
            return f"product {product.external_id}"
        return f"category {self.category}" if self.category else ""


@dataclass(frozen=True, slots=True)
class LedgerAccounts(Result):
    """A ledger's accounts, and the names that were given to some."""

    currency: str
    accounts: tuple[AccountRole, ...]
    account_names: tuple[NamedAccount, ...]


@dataclass(frozen=True, slots=True)
class AccountsPage(Result):
    """All that the page shows."""

    ledgers: tuple[LedgerAccounts, ...]
    account_changes: SettingRecords


@dataclass(frozen=True, slots=True)
class AccountRow:
    """An account or a sub-account, and its name."""

    role: str
    built_in: str
    name: str
    code: str
    of: str = ""
    """What the sub-account is for, in words; empty for the account itself."""


@dataclass(frozen=True, slots=True)
class AccountForm:
    """The values of the form's fields."""

    role: str = ""
    product: str = ""
    category: str = ""
    name: str = ""
    code: str = ""

    def with_typed(self, typed: Typed) -> "AccountForm":
        """The values, replaced with those that the form was sent with."""
        known = {
            field.name: typed[field.name]
            for field in fields(self)
            if field.name in typed
        }
        return replace(self, **known)


@dataclass(frozen=True, slots=True)
class AccountsView(View):
    """A ledger's accounts by their names."""

    page: ClassVar[str] = "settings/accounts.html"
    fragment: ClassVar[str] = "settings/_accounts_news.html"

    title: str
    ledgers: Sequence[Link]
    currency: str
    forms: AccountForm
    accounts: Sequence[AccountRow]
    history: History
    record: str
    saved: str
    problems: Sequence[Problem]


def _account(currency: str, typed: Typed) -> dict[str, Any]:
    product = typed.get("product", "").strip()
    return {
        "ledgerId": encode(LedgerId(currency)),
        "role": typed.get("role"),
        "name": typed.get("name", ""),
        "code": typed.get("code") or None,
        "productId": encode(ProductId(product)) if product else None,
        "category": typed.get("category", "").strip() or None,
    }


class Accounts(LedgerPage):
    """One request for the page."""

    path = "/settings/accounts"
    title = "Names of accounts"
    forms: ClassVar[Mapping[str, SettingsForm]] = {
        "account": SettingsForm(
            "RenameAccount",
            _account,
            "The account's name is saved.",
            "name",
            {"productId": "product"},
        )
    }

    async def currency(self) -> str:
        """The ledger of the address, or the first one."""
        return self.chosen((await self._load()).ledgers).currency

    async def view(self, sent: Sent) -> View:
        """The page of a ledger."""
        found = await self._load()
        ledger = self.chosen(found.ledgers)
        may_close = caller_of(self.request).may(Permission.CLOSE)
        return AccountsView(
            title=f"{self.title}, {ledger.currency}",
            ledgers=self.links(found.ledgers),
            currency=ledger.currency,
            forms=AccountForm().with_typed(sent.typed if may_close else {}),
            accounts=accounts_of(ledger),
            history=History.of(
                self.request,
                found.account_changes.nodes,
                page_url=f"{self.path}?currency={ledger.currency}",
                trail_url="/audit?action=RENAME_ACCOUNT",
            ),
            record=sent.record,
            saved=self.saved(sent),
            problems=sent.problems,
        )

    async def _load(self) -> AccountsPage:
        return await self.running.run(AccountsPage, {"lines": LINES})


def accounts_of(ledger: LedgerAccounts) -> list[AccountRow]:
    """The four accounts, each followed by its sub-accounts."""
    rows = []
    for account in ledger.accounts:
        role, built_in = account.role, account.role.capitalize()
        named = [name for name in ledger.account_names if name.role == role]
        if all(name.scope for name in named):
            rows.append(AccountRow(role, built_in, "", ""))
        rows += [
            AccountRow(role, built_in, name.name, name.code or "", name.scope)
            for name in sorted(named, key=lambda name: bool(name.scope))
        ]
    return rows
