"""`daybook mapping`: accounts of target systems, and how files for them are made."""

from collections.abc import Mapping
from typing import Annotated, NamedTuple

import typer

from daybook.calendar import Day, day_text
from daybook.cli import mapping_files
from daybook.cli.choices import named_scope, one_of, parsed_day
from daybook.cli.command_groups import Commands
from daybook.cli.mapping_options import (
    NONE,
    SYSTEMS,
    Category,
    Currency,
    Product,
    RoleName,
    Shown,
    System,
    integration_of,
    member_of,
    shown_ledgers,
    where_words,
)
from daybook.cli.running import (
    MADE_BY,
    Failed,
    load_settings,
    out,
    with_database,
    writing,
)
from daybook.cli.terminal_tables import plain_table
from daybook.clock import now
from daybook.exports.mapping.commands import update_integration
from daybook.exports.mapping.csv_files import mapping_rows
from daybook.exports.mapping.forms import FORMS, DateForm, Integration, Preset
from daybook.exports.mapping.mapping_changes import set_mapping
from daybook.exports.mapping.rules import SettingsPatch
from daybook.ledger.rules import Role

app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    help="Map accounts to those of Xero, QuickBooks or NetSuite.",
)


def show(
    system: Annotated[
        str | None, typer.Option("--integration", help=f"One of {SYSTEMS}.")
    ] = None,
    currency: Currency = None,
) -> None:
    """Show which systems are enabled, and what accounts are mapped to.

    Without --integration it shows what is enabled or has mappings.

    Example: `daybook mapping show`

    Example: `daybook mapping show --integration XERO --currency EUR`
    """
    settings = load_settings()
    wanted = None if system is None else integration_of(system)
    shown = with_database(
        settings, lambda database: shown_ledgers(database, settings, currency)
    )
    count = 0
    for ledger in shown:
        for integration, its in ledger.settings.items():
            is_used = its.is_enabled or any(
                key[0] is integration for key in ledger.mappings.mapped
            )
            if integration is wanted or (wanted is None and is_used):
                _print(ledger, integration)
                count += 1
    if not count:
        out.print("Nothing is enabled or mapped yet: `daybook mapping enable`.")


def set_(
    role: RoleName,
    fields: Annotated[
        list[str],
        typer.Argument(
            help="Fields of the target's account, such as code=200.",
            metavar="FIELD=VALUE",
        ),
    ],
    system: System,
    product: Product = None,
    category: Category = None,
    currency: Currency = None,
) -> None:
    """Map an account, or its lines of a product or a category.

    The most specific mapping counts: a product's, its category's, the account's own.
    XERO takes code, type, tax_rate, tracking_name_1, tracking_option_1, and the same
    with 2; what isn't given is taken from the imported chart of accounts. QUICKBOOKS
    takes account, type, name, class, location; NETSUITE takes account, subsidiary,
    department, class, location, name. A value in braces is each line's own:
    {product.id}, {product.name}, {product.category}, {customer.id}, {customer.name}.

    Example: `daybook mapping set RECOGNIZED code=210 --integration XERO`

    Example: `daybook mapping set DEFERRED account=Deferred:Support class=Care
    --integration QUICKBOOKS --category Support`
    """
    given: dict[str, str | None] = {}
    for text in fields:
        name, equals, value = text.partition("=")
        if not equals or not name or name in given:
            raise Failed(f"{text!r} is not a new FIELD=VALUE, such as code=200")
        given[name] = value
    if not any((value or "").strip() for value in given.values()):
        raise Failed("give a value, or end the mapping by `daybook mapping unset`")
    _set(_Key(role, system, product, category, currency), given)


def unset(
    role: RoleName,
    system: System,
    product: Product = None,
    category: Category = None,
    currency: Currency = None,
) -> None:
    """End a mapping: a less specific one counts again, if there is any.

    Example: `daybook mapping unset DEFERRED --integration XERO --product prod_1`
    """
    _set(_Key(role, system, product, category, currency), {})


class _Key(NamedTuple):
    """A mapping as the options name it."""

    role: str
    system: str
    product: str | None
    category: str | None
    currency: str | None

    @property
    def scope(self) -> str:
        """The scope; raises Failed if there are two."""
        return named_scope(self.product, self.category)


def _set(key: _Key, fields: Mapping[str, str | None]) -> None:
    settings = load_settings()
    integration, role = integration_of(key.system), member_of(Role, key.role, "ROLE")
    scope = key.scope
    mapped = with_database(
        settings,
        lambda database: set_mapping(
            database,
            settings.organisation,
            key.currency,
            integration,
            role=role,
            scope=scope,
            fields=fields,
            now=now(settings),
            made_by=MADE_BY,
        ),
    )
    of = f" of {scope}" if scope else ""
    done = "mapped" if fields else "not mapped"
    name = FORMS[integration].title
    out.print(f"{name}: {role.name}{of} {done}{where_words(mapped)}.", markup=False)


def enable(
    system: System,
    preset: Annotated[
        str | None,
        typer.Option(
            help="XERO: how amounts get their signs, normal-balance or vendor."
        ),
    ] = None,
    date_form: Annotated[
        str | None, typer.Option(help=f"How dates are written; {NONE} for the default.")
    ] = None,
    base_currency: Annotated[
        str | None,
        typer.Option(
            help="The currency in which the target keeps its books, such as EUR;"
            f" {NONE} if it isn't to be said."
        ),
    ] = None,
    closed_through: Annotated[
        str | None,
        typer.Option(
            help="The last day that the target has closed, YYYY-MM-DD;"
            f" {NONE} if no day is closed."
        ),
    ] = None,
    currency: Currency = None,
) -> None:
    """Enable a system, and set how its files are made; the rest stays as it is.

    Example: `daybook mapping enable --integration XERO --preset vendor`

    Example: `daybook mapping enable --integration NETSUITE --base-currency EUR
    --closed-through 2026-01-31`
    """
    integration = integration_of(system)
    form = FORMS[integration]
    patch = SettingsPatch(is_enabled=True)
    if preset is not None and not form.presets:
        raise Failed(f"{form.title} has no sign presets: leave --preset out")
    if preset is not None:
        chosen = one_of(preset, form.presets, f"{form.title}'s --preset")
        patch = patch._replace(preset=Preset(chosen))
    if date_form == NONE:
        patch = patch._replace(date_form=None)
    elif date_form is not None:
        chosen = one_of(date_form, form.date_forms, f"{form.title}'s --date-form")
        patch = patch._replace(date_form=DateForm(chosen))
    if closed_through is not None:
        patch = patch._replace(closed_through=_day(closed_through))
    if base_currency is not None:
        base = None if base_currency == NONE else base_currency
        patch = patch._replace(base_currency=base)
    _update(integration, currency, patch)


def disable(system: System, currency: Currency = None) -> None:
    """Disable a system; its mappings and settings stay.

    Example: `daybook mapping disable --integration XERO`
    """
    patch = SettingsPatch(is_enabled=False)
    _update(integration_of(system), currency, patch)


app.command("show")(show)
app.command("set")(writing(set_))
app.command("unset")(writing(unset))
app.command("import")(writing(mapping_files.import_))
app.command("export")(mapping_files.export)
app.command("chart")(writing(mapping_files.chart))
app.command("enable")(writing(enable))
app.command("disable")(writing(disable))


def _update(
    integration: Integration, currency: str | None, patch: SettingsPatch
) -> None:
    settings = load_settings()
    changed = with_database(
        settings,
        lambda database: update_integration(
            database,
            settings.organisation,
            currency,
            integration,
            patch,
            now=now(settings),
            made_by=MADE_BY,
        ),
    )
    done = "enabled" if patch.is_enabled else "disabled"
    out.print(f"{FORMS[integration].title} {done}{where_words(changed)}.", markup=False)


def _day(text: str) -> Day | None:
    return None if text == NONE else parsed_day(text, f", nor {NONE}")


def _print(shown: Shown, integration: Integration) -> None:
    form, settings = FORMS[integration], shown.settings[integration]
    table = plain_table(f"{form.title}, {shown.currency} ledger", "")
    table.add_row("Enabled", "yes" if settings.is_enabled else "no")
    if form.presets:
        table.add_row("Preset", settings.preset or "not chosen yet")
    table.add_row("Dates", settings.form_of_dates(integration))
    table.add_row("Base currency", settings.base_currency or "not said")
    closed = settings.closed_through
    table.add_row("Closed through", "no day" if closed is None else day_text(closed))
    rows = mapping_rows(integration, {shown.currency: shown.mappings})
    for _, role, scope, account in rows:
        words = "not mapped"
        if account is not None:
            words = ", ".join(f"{name} {text}" for name, text in account.fields.items())
        table.add_row(f"{role.name} {scope}".strip(), words)
    out.print(table, markup=False)
