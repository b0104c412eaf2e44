"""Which accounts were renamed or mapped otherwise between two moments of a ledger.

That alone makes no row of a difference, so its manifest lists it.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from daybook.db.engine import ReadSession
from daybook.exports.file_spec import FileSpec
from daybook.exports.manifests.manifest import ChangedAccount
from daybook.exports.mapping.forms import Integration
from daybook.exports.mapping.queries import mappings_at
from daybook.ledger.queries import account_names
from daybook.ledger.rules import Role


async def changed_accounts(
    session: ReadSession, before: FileSpec, after: FileSpec
) -> list[ChangedAccount]:
    """The accounts that differ between the moments of two files of a format."""
    earlier = await _accounts(session, before)
    later = await _accounts(session, after)
    return list(_differing(earlier, later))


_Accounts = Mapping[tuple[Role, str], dict[str, str]]


def _differing(earlier: _Accounts, later: _Accounts) -> Iterator[ChangedAccount]:
    for role, scope in sorted({*earlier, *later}):
        before, after = earlier.get((role, scope)), later.get((role, scope))
        if before != after:
            yield ChangedAccount(role, scope, before, after)


async def _accounts(session: ReadSession, spec: FileSpec) -> _Accounts:
    """The names of accounts, and the fields of their mappings in the file's system.

    Files for no system of their own may have Xero's codes.
    """
    names = await account_names(session, spec.pin)
    mappings = await mappings_at(session, spec.pin)
    integration = spec.integration or Integration.XERO
    found: dict[tuple[Role, str], dict[str, Any]] = {
        key: {"name": named.name} for key, named in names.named.items()
    }
    for (system, role, scope), account in mappings.mapped.items():
        if system is integration:
            found.setdefault((role, scope), {}).update(account.fields)
    return found
