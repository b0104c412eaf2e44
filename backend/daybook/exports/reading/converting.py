"""Which conversion a file needs, if it needs one."""

from typing import NamedTuple

from daybook.db.engine import ReadSession
from daybook.exports.conversion.contract import Converting
from daybook.exports.conversion.rates import Exchanges, find_unrated
from daybook.exports.file_spec import FileSpec
from daybook.exports.mapping.forms import Integration
from daybook.exports.mapping.queries import integrations_at
from daybook.ledger.pins import Pin


class FileConversion(NamedTuple):
    """What converts a file's movements, and the currency of their amounts."""

    currency: str
    movements: Converting


async def base_currency_of(
    session: ReadSession, pin: Pin, integration: Integration | None
) -> str | None:
    """The currency in which a system keeps its books at the pin; None if unknown."""
    if integration is None:
        return None
    return (await integrations_at(session, pin))[integration].base_currency


async def converts_into(session: ReadSession, spec: FileSpec) -> str | None:
    """The currency into which a file is converted; None if it stays as it is.

    The one that was fixed when the file was requested, or else the system's.
    """
    if not spec.options.converts:
        return None
    currency = spec.options.currency
    if currency is None:
        currency = await base_currency_of(session, spec.pin, spec.integration)
    return None if currency == spec.pin.currency else currency


async def conversion_of(session: ReadSession, spec: FileSpec) -> FileConversion | None:
    """The conversion of a file at the rates of its request; None if there is none.

    Raises Rejected for a currency into which nothing can be converted.
    """
    currency = await converts_into(session, spec)
    if currency is None:
        return None
    # Planning documents again takes long to import, and few files are converted.
    from daybook.exports.conversion.reading import Conversion  # noqa: PLC0415  (slow)

    refresh = spec.options.refresh
    found = await Conversion.of(session, spec.pin, currency, refresh=refresh)
    return FileConversion(currency, found)


async def unrated_words(session: ReadSession, spec: FileSpec) -> tuple[int, str, str]:
    """How many documents of a converted file have no rate, which, and why.

    Raises Rejected for a currency into which nothing can be converted.
    """
    currency = await converts_into(session, spec)
    if currency is None:
        return 0, "", ""
    exchanges = await Exchanges.of(
        session, spec.pin, currency, refresh=spec.options.refresh
    )
    unrated = await find_unrated(session, exchanges, spec.journal_filter)
    return unrated.count, unrated.words, unrated.reason
