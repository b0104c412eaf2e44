"""What is looked up of a file before its units are read, and what that tells."""

from daybook.connections.queries import find_connections, settings_of
from daybook.db.engine import Database, ReadSession
from daybook.errors import Rejected
from daybook.exports.file_spec import FileSpec
from daybook.exports.mapping.forms import Integration
from daybook.exports.mapping.kept import (
    kept_integrations,
    kept_mappings,
    kept_missing,
)
from daybook.exports.preflight.findings import Finding, FindingCode
from daybook.exports.preflight.of_settings import ConnectionLock, Setting
from daybook.exports.preflight.unmapped import Unmapped, unmapped_finding
from daybook.exports.reading.converting import unrated_words
from daybook.exports.reading.sides import default_account
from daybook.ledger.queries import account_names, had_several_ledgers
from daybook.numbers import counted


async def read_setting(
    session: ReadSession, spec: FileSpec, integration: Integration
) -> Setting:
    """An integration's settings and mappings at the file's pin."""
    settings = await kept_integrations(session, spec.pin)
    return Setting(
        integration,
        settings[integration],
        await kept_mappings(session, spec.pin),
        await had_several_ledgers(session, spec.pin),
        await _connection_lock(session, spec, integration),
    )


async def _connection_lock(
    session: ReadSession, spec: FileSpec, integration: Integration
) -> ConnectionLock | None:
    """The lock of the connection that takes the ledger's exports, if it has one."""
    if integration is not Integration.XERO:
        return None
    for connection in await find_connections(session, spec.pin.organisation_id):
        its = settings_of(connection)
        if spec.pin.currency in its.takes_exports:
            locks = [day for day in (its.period_lock, its.year_lock) if day is not None]
            return ConnectionLock(its.name, max(locks)) if locks else None
    return None


async def findings_of_default(
    session: ReadSession, spec: FileSpec, integration: Integration
) -> list[Finding]:
    """Whether the account for lines without a mapping can be used."""
    try:
        await default_account(session, spec, integration)
    except Rejected as rejected:
        return [
            Finding(
                FindingCode.DEFAULT_ACCOUNT,
                blocks=True,
                title=f"the default account {spec.options.default_account!r} can't be"
                " used",
                message="; ".join(problem.message for problem in rejected.problems),
                way_out="choose another account, or import the chart of accounts"
                " that has it",
            )
        ]
    return []


async def findings_of_rates(session: ReadSession, spec: FileSpec) -> list[Finding]:
    """Whether all documents of a converted file have a rate."""
    way_out = (
        "add the rates once they are published, export the documents that have theirs,"
        " or load the ledger elsewhere"
    )
    try:
        count, words, reason = await unrated_words(session, spec)
    except Rejected as rejected:
        message = "; ".join(problem.message for problem in rejected.problems)
        title = "the file can't be converted"
        return [Finding(FindingCode.NO_RATE, blocks=True, title=title, message=message)]
    if not count:
        return []
    return [
        Finding(
            FindingCode.NO_RATE,
            blocks=True,
            title=f"{counted(count, 'document')} without an exchange rate",
            message=f"{words}: {reason}",
            way_out=way_out,
            count=count,
        )
    ]


async def findings_of_mappings(
    database: Database, spec: FileSpec, setting: Setting, unmapped: Unmapped | None
) -> list[Finding]:
    """Which accounts of the selection aren't mapped, or get the default account."""
    default = spec.options.default_account
    assert unmapped is not None, "it watches where there is a setting"
    if not unmapped.is_any and default is None:
        return []
    gaps = []
    if spec.options.since is None:  # the lines of a difference are of another selection
        async with database.reads() as session:
            gaps = await kept_missing(
                session, spec.pin, spec.journal_filter, setting.integration
            )
            names = await account_names(session, spec.pin)
    if not gaps:
        return list(unmapped.findings())
    currency = spec.pin.currency
    return [unmapped_finding(gaps, names, setting.integration, currency, default)]
