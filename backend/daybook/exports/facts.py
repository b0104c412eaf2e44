"""Reads what holds for all of a file, before it is rendered."""

from daybook.db.engine import Database
from daybook.exports.file_spec import FileSpec
from daybook.exports.formats.contract import FileFacts
from daybook.exports.mapping.forms import Preset
from daybook.exports.mapping.queries import integrations_at
from daybook.exports.sides import read_accounts


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
    )
    if integration is None:
        return facts
    its = settings[integration]
    preset = spec.options.preset or its.preset or Preset.NORMAL_BALANCE
    date_form = spec.options.date_form or its.form_of_dates(integration)
    return facts._replace(preset=preset, date_form=date_form)
