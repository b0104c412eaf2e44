"""The types of integrations, their fields, and accounts that are mapped."""

from typing import Annotated

import strawberry

from daybook.calendar import month_of
from daybook.exports.mapping.csv_files import mapping_rows
from daybook.exports.mapping.forms import (
    FORMS,
    XERO_TYPES,
    Field,
)
from daybook.exports.mapping.forms import Integration as StoredIntegration
from daybook.exports.mapping.rules import (
    IntegrationSettings,
    MappedAccount,
    TargetAccount,
)
from daybook.ledger.pins import Pin
from daybook.ledger.rules import Role, scope_of
from daybook_graphql.context import Info
from daybook_graphql.kit.ids import encode
from daybook_graphql.kit.scalars import CurrencyCode, Date, date_or_none
from daybook_graphql.ledgers.enums import AccountRole, Direction
from daybook_graphql.mapping.enums import DateForm, IntegrationKind, SignPreset
from daybook_graphql.mapping.gaps import GapsKey, MappingGap, mapping_gaps
from daybook_graphql.mapping.loaders import ChartKey, account_mappings, charts
from daybook_graphql.parties.ids import ProductId


@strawberry.type(description="A field of a mapping.")
class MappingField:
    name: str = strawberry.field(description="Its name in inputs and CSV files.")
    title: str = strawberry.field(description="Its name for people.")
    max_length: int = strawberry.field(description="How many characters it may have.")
    is_required: bool = strawberry.field(description="Whether a mapping needs it.")
    choices: list[str] = strawberry.field(
        description="Its only values; empty where any text is allowed."
    )
    attributes: list[str] = strawberry.field(
        description="Values in braces that stand for each line's own product or"
        " customer."
    )


@strawberry.type(description="The value of a field.")
class MappedField:
    name: str = strawberry.field(description="The field's name.")
    value: str = strawberry.field(description="Its value, never empty.")


@strawberry.type(
    description="What the lines of an account get in a system; of all its lines, or of"
    " those of a product or of a category."
)
class AccountMapping:
    role: AccountRole = strawberry.field(description="Which account.")
    product_id: strawberry.ID | None = strawberry.field(
        description="The product's id, if it is for a product's lines."
    )
    category: str | None = strawberry.field(
        description="The products' category, if it is for a category's lines."
    )
    account: str | None = strawberry.field(
        description="The target account's code or name; null if it isn't mapped."
    )
    normal_balance: Direction | None = strawberry.field(
        description="The side on which the target account's balance stands, if known."
    )
    fields: list[MappedField] = strawberry.field(
        description="All fields that have a value."
    )


@strawberry.type(description="An account of the target's chart of accounts.")
class TargetAccountChoice:
    account: str = strawberry.field(description="The code or name to map to.")
    name: str = strawberry.field(description="Its name.")
    type: str = strawberry.field(description="Its type in the target; empty if none.")
    tax_rate: str = strawberry.field(description="Its tax rate; empty if none.")
    refusal: str | None = strawberry.field(
        description="Why nothing can be mapped to it; null if it can."
    )


@strawberry.type(
    description="A system that files are made for, and how they are made for a ledger."
)
class Integration:
    kind: IntegrationKind = strawberry.field(description="Which system.")
    title: str = strawberry.field(description="Its name for people.")
    currency: CurrencyCode = strawberry.field(description="The ledger's currency.")
    is_enabled: bool = strawberry.field(description="Whether it is in use.")
    preset: SignPreset | None = strawberry.field(
        description="How Xero's amounts get their signs; null until one is chosen, and"
        " for other systems."
    )
    date_form: DateForm = strawberry.field(
        description="How its files write dates: as chosen, or by default."
    )
    chosen_date_form: DateForm | None = strawberry.field(
        description="How somebody chose that its files write dates; null for the"
        " default."
    )
    date_forms: list[DateForm] = strawberry.field(
        description="The forms of dates that it reads, the default first. Xero's is"
        " DAY_NAMED_MONTH_YEAR under the preset VENDOR."
    )
    closed_through: Date | None = strawberry.field(
        description="The last day that the target has closed, if any."
    )
    base_currency: CurrencyCode | None = strawberry.field(
        description="The currency in which the target keeps its books; null if nobody"
        " said it."
    )
    fields: list[MappingField] = strawberry.field(
        description="The fields of its mappings; the first names the account."
    )
    pin: strawberry.Private[Pin]

    @strawberry.field(
        description="The four accounts with and without a mapping, then those of"
        " products and categories, by account."
    )
    async def mappings(self, info: Info) -> list[AccountMapping]:
        mappings = await account_mappings(info.context).load(self.pin)
        integration = StoredIntegration[self.kind.name]
        rows = mapping_rows(integration, {self.currency: mappings})
        return [_mapping_of(role, scope, account) for _, role, scope, account in rows]

    @strawberry.field(
        description="The accounts that lines have and that aren't mapped: a file with"
        " such lines is refused. An account that no line has isn't among them."
    )
    async def gaps(
        self,
        info: Info,
        month: Annotated[
            Date | None,
            strawberry.argument(description="A day of the lines' month; null for all."),
        ] = None,
    ) -> list[MappingGap]:
        of_month = None if month is None else month_of(month)
        key = GapsKey(self.pin, StoredIntegration[self.kind.name], of_month)
        return await mapping_gaps(info.context).load(key)

    @strawberry.field(
        description="The accounts of the imported chart of accounts, by code or name."
    )
    async def target_accounts(self, info: Info) -> list[TargetAccountChoice]:
        key = ChartKey(self.pin, StoredIntegration[self.kind.name])
        chart = await charts(info.context).load(key)
        return [_choice_of(account) for account in chart.values()]


def integration_of(
    integration: StoredIntegration, settings: IntegrationSettings, pin: Pin
) -> Integration:
    """A system as the schema shows it."""
    form, preset = FORMS[integration], settings.preset
    chosen, base = settings.date_form, settings.base_currency
    return Integration(
        kind=IntegrationKind(integration),
        title=form.title,
        currency=CurrencyCode(pin.currency),
        is_enabled=settings.is_enabled,
        preset=None if preset is None else SignPreset(preset),
        date_form=DateForm(settings.form_of_dates(integration)),
        chosen_date_form=None if chosen is None else DateForm(chosen),
        date_forms=[DateForm(date_form) for date_form in form.date_forms],
        closed_through=date_or_none(settings.closed_through),
        base_currency=None if base is None else CurrencyCode(base),
        fields=[_field_of(field) for field in form.fields],
        pin=pin,
    )


def _field_of(field: Field) -> MappingField:
    return MappingField(
        name=field.name,
        title=field.title,
        max_length=field.longest,
        is_required=field.is_needed,
        choices=list(field.choices),
        attributes=[attribute.value for attribute in field.attributes],
    )


def _mapping_of(
    role: Role, scope: str, account: MappedAccount | None
) -> AccountMapping:
    product_id, category = scope_of(scope)
    is_debit = None if account is None else account.is_debit_normal
    balance = None
    if is_debit is not None:
        balance = Direction.DEBIT if is_debit else Direction.CREDIT
    fields = {} if account is None else account.fields
    return AccountMapping(
        role=AccountRole(role),
        product_id=None if product_id is None else encode(ProductId(product_id)),
        category=category,
        account=None if account is None else account.account,
        normal_balance=balance,
        fields=[MappedField(name=name, value=value) for name, value in fields.items()],
    )


def _choice_of(account: TargetAccount) -> TargetAccountChoice:
    known = XERO_TYPES.get(account.type)
    return TargetAccountChoice(
        account=account.account,
        name=account.name,
        type=account.type,
        tax_rate=account.tax_rate,
        refusal=known.reason if known is not None and known.reason else None,
    )
