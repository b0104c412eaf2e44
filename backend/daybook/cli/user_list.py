"""The table of `daybook user list`, of one organisation or of all."""

from collections.abc import Sequence
from typing import NamedTuple

from rich.table import Table

from daybook.access.queries import ListedUser, find_users, with_links
from daybook.cli.terminal_tables import plain_table
from daybook.clock import real_now
from daybook.db.engine import Database
from daybook.ledger.organisations import NamedOrganisation, all_organisations
from daybook.paging import PageRequest


class Listing(NamedTuple):
    """An organisation's users."""

    organisation: NamedOrganisation
    users: Sequence[ListedUser]
    has_links: bool
    """Whether their links are known: a copy of the ledgers has none of them."""


async def find_listings(
    database: Database, organisation_id: int | None, limit: int
) -> list[Listing]:
    """The first users of an organisation; without one, of each organisation."""
    async with database.reads() as session:
        known = await all_organisations(session)
        found = [
            (its, (await find_users(session, its.number, PageRequest(limit))).items)
            for its in known
            if organisation_id in {None, its.number}
        ]
    if database.is_read_only:
        return [Listing(its, users, has_links=False) for its, users in found]
    return [
        Listing(
            its,
            await with_links(
                *(database, its.number, users, real_now()), for_operator=True
            ),
            has_links=True,
        )
        for its, users in found
    ]


def users_table(listings: Sequence[Listing], *, with_organisations: bool) -> Table:
    """Who belongs to an organisation, who has not accepted, and their links."""
    columns = ["E-mail address", "Name", "Role", "Password", "Invited (UTC)"]
    columns += ["Accepted (UTC)", "Link until (UTC)"]
    table = plain_table(*(["Organisation"] if with_organisations else []), *columns)
    for listing in listings:
        named = f"{listing.organisation.number} {listing.organisation.name}"
        for user in listing.users:
            table.add_row(
                *([named] if with_organisations else []),
                *(user.email, user.name, user.role.name.lower()),
                "yes" if user.has_password else "not yet",
                f"{user.joined_at:%Y-%m-%d}",
                f"{user.accepted_at:%Y-%m-%d}" if user.accepted_at else "not yet",
                _link_words(user, has_links=listing.has_links),
            )
    return table


def _link_words(user: ListedUser, *, has_links: bool) -> str:
    """When a user's link expires; of an invited one also that none is valid."""
    if user.link_until is not None:
        return f"{user.link_until:%Y-%m-%d %H:%M}"
    if user.accepted_at is not None:
        return ""
    return "none is valid" if has_links else "not known"
