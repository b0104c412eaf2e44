"""Reads what holds for all of a file, when it is requested or rendered."""

from collections.abc import Callable
from functools import cache

from daybook.calendar import Day
from daybook.db.engine import Database, ReadSession
from daybook.exports.differences.since import chain_of
from daybook.exports.file_spec import FileOptions, FileSpec
from daybook.exports.formats import Format
from daybook.exports.formats.contract import FileFacts, no_rate
from daybook.exports.mapping.forms import Integration, Preset
from daybook.exports.mapping.queries import integrations_at
from daybook.exports.reading.converting import base_currency_of, converts_into
from daybook.exports.reading.sides import read_accounts
from daybook.exports.stored_spec import record_spec
from daybook.fx.queries import load_rates, newest_refresh
from daybook.fx.rules import rate_text
from daybook.ledger.pins import Pin
from daybook.ledger.queries import account_names
from daybook.ledger.rules import AccountNames
from daybook.money import decimals_of


async def with_refresh(
    session: ReadSession, pin: Pin, file_format: Format, options: FileOptions
) -> FileOptions:
    """The options with the newest refresh of exchange rates, if the file has rates.

    And with the currency that it is converted into; a file in the base currency is not
    converted. Asked once, when a file is requested: made again, it has the same rates.
    """
    has_rates = file_format.integration is Integration.NETSUITE or options.converts
    if not has_rates or options.refresh is not None:
        return options
    fixed = options._replace(refresh=await newest_refresh(session))
    if not options.converts:
        return fixed
    base = await base_currency_of(session, pin, file_format.integration)
    if base == pin.currency:
        return options._replace(converts=False)
    return fixed._replace(currency=base)


async def read_facts(database: Database, spec: FileSpec) -> FileFacts:
    """A file's facts at its pin; its options stand before an integration's settings."""
    pin, integration = spec.pin, spec.integration
    async with database.reads() as session:
        accounts = await read_accounts(session, spec)
        settings = await integrations_at(session, pin)
        facts = FileFacts(
            pin.currency,
            pin.decimals,
            has_codes=integration is None and accounts.targets is not None,
            has_text_keys=spec.by is not None or spec.options.since is not None,
            accounts=accounts.names,
            earlier=await _earlier_names(session, spec),
            opens=spec.options.opens,
            divides_on=spec.divides_on,
        )
        if integration is None:
            return facts
        its = settings[integration]
        preset = spec.options.preset or its.preset or Preset.NORMAL_BALANCE
        date_form = spec.options.date_form or its.form_of_dates(integration, preset)
        rate_of: Callable[[Day], str] = no_rate
        if integration is Integration.NETSUITE and its.base_currency is not None:
            rate_of = await _rates(session, spec, its.base_currency)
        currency = await converts_into(session, spec) or pin.currency
    return facts._replace(
        currency=currency,
        decimals=decimals_of(currency),
        preset=preset,
        date_form=date_form,
        rate_of=rate_of,
    )


async def _earlier_names(
    session: ReadSession, spec: FileSpec
) -> tuple[AccountNames, ...]:
    """The names of accounts in the files that a difference goes on from."""
    if spec.options.since is None:
        return ()
    chain = await chain_of(session, spec.pin.organisation_id, spec.options.since)
    return tuple(
        [
            await account_names(session, record_spec(record, spec.pin.currency).pin)
            for record in chain
        ]
    )


async def _rates(
    session: ReadSession, spec: FileSpec, base_currency: str
) -> Callable[[Day], str]:
    """The rates of days from the ledger's currency to another; it raises NoRate."""
    pin = spec.pin
    rates = await load_rates(
        session,
        {pin.currency, base_currency},
        today=pin.today,
        refresh=spec.options.refresh,
    )

    @cache
    def rate_of(day: Day) -> str:
        text = rate_text(rates.rate(pin.currency, base_currency, day).value)
        return text.rstrip("0").rstrip(".")

    return rate_of
