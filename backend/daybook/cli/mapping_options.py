"""Shared by the commands of `daybook mapping`: options, and what is mapped now."""

from collections.abc import Mapping
from typing import Annotated, NamedTuple, TypeVar

import typer

from daybook.cli.choices import one_of
from daybook.db.engine import Database
from daybook.exports.mapping.commands import Mapped
from daybook.exports.mapping.forms import Integration
from daybook.exports.mapping.queries import integrations_at, mappings_at
from daybook.exports.mapping.rules import IntegrationSettings, Mappings
from daybook.ledger.queries import choose_ledger, pin_ledgers
from daybook.ledger.rules import Role
from daybook.settings import Settings

SYSTEMS = ", ".join(integration.name for integration in Integration)
ROLES = ", ".join(role.name for role in Role)
NONE = "NONE"
"""What an option takes for no value."""

System = Annotated[
    str, typer.Option("--integration", help=f"The target system: one of {SYSTEMS}.")
]
Currency = Annotated[
    str | None, typer.Option(help="One ledger, by its currency; without it all.")
]
Product = Annotated[
    str | None, typer.Option(help="Only lines of this product: the product's id.")
]
Category = Annotated[
    str | None, typer.Option(help="Only lines of products of this category.")
]
RoleName = Annotated[str, typer.Argument(help=f"One of {ROLES}.", metavar="ROLE")]


class Shown(NamedTuple):
    """A ledger's systems and mappings, as they are now."""

    currency: str
    settings: Mapping[Integration, IntegrationSettings]
    mappings: Mappings


def integration_of(name: str) -> Integration:
    """The system of a name in any case; raises Failed for an unknown one."""
    return member_of(Integration, name, "--integration")


Member = TypeVar("Member", Role, Integration)


def member_of(kind: type[Member], name: str, what: str) -> Member:
    """The member of a name in any case; raises Failed with the valid names."""
    return kind[one_of(name.upper(), list(kind.__members__), what)]


def where_words(mapped: Mapped) -> str:
    """In which ledgers something was changed."""
    if not mapped.recordings:
        return ", as before"
    return f" in {', '.join(mapped.recordings)}"


async def shown_ledgers(
    database: Database, settings: Settings, currency: str | None
) -> list[Shown]:
    """The systems and mappings of one ledger or all; raises Rejected for none."""
    async with database.reads() as session:
        pins = await pin_ledgers(session, settings.organisation, today=0)
        if currency is not None or not pins:
            chosen = await choose_ledger(session, settings.organisation, currency)
            pins = [pin for pin in pins if pin.ledger_id == chosen.id]
        return [
            Shown(
                pin.currency,
                await integrations_at(session, pin),
                await mappings_at(session, pin),
            )
            for pin in pins
        ]
