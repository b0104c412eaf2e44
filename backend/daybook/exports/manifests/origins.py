"""Reads what a file was made of, for its manifest."""

from daybook.db.engine import Database
from daybook.exports.differences.changed_accounts import changed_accounts
from daybook.exports.differences.since import base_of
from daybook.exports.facts import read_facts
from daybook.exports.file_spec import FileSpec
from daybook.exports.manifests.manifest import Made
from daybook.exports.stored_spec import filter_text


async def made_of(database: Database, spec: FileSpec, filters: str | None) -> Made:
    """What a file was made of.

    `filters` are the requested ones, as `selection_text` writes them.
    """
    facts = await read_facts(database, spec)
    selection = filter_text(spec.journal_filter)
    if spec.options.since is None:
        return Made(spec, facts, filters, selection)
    async with database.reads() as session:
        base = await base_of(session, spec)
        changed = await changed_accounts(session, base, spec)
    return Made(spec, facts, filters, selection, changed)
