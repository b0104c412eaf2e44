"""What an integration's settings say about a file as a whole. Pure."""

from collections.abc import Iterator
from typing import NamedTuple

from daybook.calendar import Day
from daybook.exports.file_spec import FileSpec
from daybook.exports.mapping.forms import FORMS, Integration
from daybook.exports.mapping.rules import IntegrationSettings, Mappings
from daybook.exports.preflight.findings import Finding, FindingCode
from daybook.money import decimals_of
from daybook.numbers import counted


class ConnectionLock(NamedTuple):
    """Through which day the connection that takes the exports is locked."""

    connection: str
    through: Day


class Setting(NamedTuple):
    """What was read of an integration before the units."""

    integration: Integration
    settings: IntegrationSettings
    mappings: Mappings
    has_several_ledgers: bool
    connection_lock: ConnectionLock | None = None


def findings_of_settings(spec: FileSpec, setting: Setting) -> Iterator[Finding]:
    """Whether the integration is set up for such a file."""
    integration, its = setting.integration, setting.settings
    title, pin = FORMS[integration].title, spec.pin
    decimals = spec.file_format.limits.decimals
    if not its.is_enabled:
        yield Finding(
            FindingCode.NOT_ENABLED,
            blocks=True,
            title=f"{title} is not enabled for the {pin.currency} ledger",
            way_out="enable it on its page",
            command=f"daybook mapping enable --integration {integration.name}",
        )
    if FORMS[integration].presets and its.preset is None and not spec.options.preset:
        yield Finding(
            FindingCode.PRESET_NOT_CHOSEN,
            blocks=True,
            title=f"nobody has chosen how {title}'s amounts are signed",
            message="by the preset normal-balance an amount that increases its account"
            f" is positive; by the preset vendor debits are, as {title} publishes it",
            way_out="choose the preset normal-balance or vendor, for this file or for"
            " the integration",
        )
    currency = pin.currency
    if spec.options.converts:
        currency = spec.options.currency or its.base_currency or currency
    if decimals is not None and decimals_of(currency) > decimals:
        yield Finding(
            FindingCode.DECIMALS,
            blocks=True,
            title=f"{currency} has {counted(decimals_of(currency), 'decimal')}, and"
            f" {title} reads {decimals}",
            way_out="use the format SEQUENCE for this ledger",
        )
    if spec.options.converts and spec.by is not None:
        yield Finding(
            FindingCode.GROUPS_CONVERTED,
            blocks=True,
            title="journal groups can't be converted: each schedule has its own rate",
            way_out="export journals, or groups without a conversion",
        )
    yield from _of_currency(spec, setting)


def _of_currency(spec: FileSpec, setting: Setting) -> Iterator[Finding]:
    """Whether the target takes the ledger's currency."""
    integration, its, _, has_several_ledgers, _ = setting
    title, currency = FORMS[integration].title, spec.pin.currency
    base, converts = its.base_currency, spec.options.converts
    if integration is Integration.QUICKBOOKS:
        if base not in {None, currency}:
            yield Finding(
                FindingCode.BASE_CURRENCY,
                blocks=False,
                title=f"the lines are in {currency}, and {title} keeps its books in"
                f" {base}",
                way_out=f"switch multicurrency on in {title} before you import the"
                " file",
            )
    elif base is None and (has_several_ledgers or converts):
        yield Finding(
            FindingCode.BASE_UNKNOWN,
            blocks=True,
            title=f"it isn't known in which currency {title} keeps its books",
            message="" if converts else "there are ledgers in several currencies",
            way_out="say it on the integration's page",
            command=f"daybook mapping enable --integration {integration.name}"
            " --base-currency CODE",
        )
    elif (
        integration is Integration.XERO
        and base not in {None, currency}
        and not converts
    ):
        yield Finding(
            FindingCode.BASE_CURRENCY,
            blocks=True,
            title=f"Xero takes journals in {base} only, its base currency, and this"
            f" ledger is in {currency}",
            way_out="load the ledger elsewhere, or have the file converted",
        )
