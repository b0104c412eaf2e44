"""Changes of integrations and mappings as they are asked for, and as JSON. Pure.

A change that waits for an approval is stored as JSON, and read back to be made.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from daybook.exports.mapping.forms import DateForm, Integration, Preset
from daybook.exports.mapping.rules import (
    MappingLine,
    SettingsPatch,
    TargetAccount,
)
from daybook.ledger.rules import Role
from daybook.patches import given


class AskedIntegration(NamedTuple):
    """Changes of a system's settings, in one ledger or all."""

    currency: str | None
    integration: Integration
    patch: SettingsPatch

    def arguments(self) -> dict[str, object]:
        """The change as JSON."""
        return {**_of(self.currency, self.integration), "patch": given(self.patch)}

    @classmethod
    def of(cls, arguments: Mapping[str, Any]) -> "AskedIntegration":
        """Read it back from JSON."""
        patch = dict(arguments["patch"])
        for name, kind in (("preset", Preset), ("date_form", DateForm)):
            if patch.get(name) is not None:
                patch[name] = kind(patch[name])
        integration = Integration(arguments["integration"])
        return cls(arguments["currency"], integration, SettingsPatch(**patch))


class AskedChart(NamedTuple):
    """A target's chart of accounts, for one ledger or all."""

    currency: str | None
    integration: Integration
    accounts: tuple[TargetAccount, ...]

    def arguments(self) -> dict[str, object]:
        """The chart as JSON."""
        accounts = [list(account) for account in self.accounts]
        return {**_of(self.currency, self.integration), "accounts": accounts}

    @classmethod
    def of(cls, arguments: Mapping[str, Any]) -> "AskedChart":
        """Read it back from JSON."""
        accounts = tuple(TargetAccount(*texts) for texts in arguments["accounts"])
        integration = Integration(arguments["integration"])
        return cls(arguments["currency"], integration, accounts)


class AskedMappings(NamedTuple):
    """Mappings of a system to set, all or none."""

    integration: Integration
    lines: tuple[MappingLine, ...]

    def arguments(self) -> dict[str, object]:
        """The mappings as JSON, without the lines of a file that they were on."""
        return {
            "integration": int(self.integration),
            "mappings": [
                {
                    "role": int(line.role),
                    "scope": line.scope,
                    "fields": dict(line.fields),
                    "currency": line.currency,
                }
                for line in self.lines
            ],
        }

    @classmethod
    def of(cls, arguments: Mapping[str, Any]) -> "AskedMappings":
        """Read them back from JSON."""
        lines = tuple(
            MappingLine(Role(its["role"]), its["scope"], its["fields"], its["currency"])
            for its in arguments["mappings"]
        )
        return cls(Integration(arguments["integration"]), lines)


def _of(currency: str | None, integration: Integration) -> dict[str, object]:
    return {"currency": currency, "integration": int(integration)}
