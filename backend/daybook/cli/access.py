"""`daybook user`, `daybook key` and `daybook organisation`: who has access."""

from datetime import timedelta
from typing import Annotated

import typer
from sqlalchemy import select

from daybook.access.commands import (
    add_organisation,
    create_api_key,
    invite_user,
    revoke_api_key,
    set_role,
)
from daybook.access.erasing import erase_person
from daybook.access.links import make_link
from daybook.access.queries import (
    ListedKey,
    ListedUser,
    find_keys,
    find_users,
    users_by_email,
)
from daybook.access.rules import (
    NEVER_A_KEYS,
    OPERATOR,
    MemberRole,
    Permission,
    checked_email,
    permissions_in_words,
)
from daybook.cli.choices import key_number
from daybook.cli.command_groups import Commands
from daybook.cli.running import (
    MADE_BY,
    Failed,
    err,
    load_settings,
    out,
    plain_table,
    with_database,
    writing,
)
from daybook.clock import real_now
from daybook.db.engine import Database
from daybook.errors import did_you_mean
from daybook.jobs.commands import rename_requester
from daybook.ledger.models import Organisation
from daybook.paging import PageRequest
from daybook.settings import Settings
from daybook.uploads.commands import rename_sender

users = typer.Typer(
    cls=Commands, no_args_is_help=True, help="Let people in: users and their roles."
)
keys = typer.Typer(
    cls=Commands, no_args_is_help=True, help="Let programs in: API keys."
)
organisations = typer.Typer(
    cls=Commands, no_args_is_help=True, help="Organisations on this server."
)

ROLE_NAMES = ", ".join(role.name.lower() for role in MemberRole)
PERMISSION_NAMES = ", ".join(
    str(permission.name) for permission in Permission if permission not in NEVER_A_KEYS
)
LOCAL_URL = "http://127.0.0.1:8000"
"""The default address of a server."""

Email = Annotated[str, typer.Argument(help="The address that they sign in with.")]
Limit = Annotated[int, typer.Option(min=1, max=10_000, help="How many to show.")]
RoleName = Annotated[str, typer.Option("--role", help=f"One of {ROLE_NAMES}.")]


@users.command("add")
@writing
def add_user(email: Email, role: RoleName = "viewer", name: str = "") -> None:
    """Make somebody a member, and print a link that signs them in once.

    Example: `daybook user add ada@example.com --role admin --name "Ada Lovelace"`
    """
    settings, member_role = load_settings(), _role(role)

    async def work(database: Database) -> str:
        invited = await invite_user(
            database,
            settings.organisation,
            email=email,
            name=name or email.partition("@")[0],
            role=member_role,
            now=real_now(),
            made_by=MADE_BY,
            authority=OPERATOR,
        )
        return await sign_in_link(database, settings, invited.user_id)

    _print_link(email, with_database(settings, work))


@users.command("link")
@writing
def link_user(email: Email) -> None:
    """Print a link that signs a member in once; earlier ones end.

    Example: `daybook user link ada@example.com`
    """
    settings = load_settings()

    async def work(database: Database) -> str:
        address = checked_email(email)
        async with database.reads() as session:
            found = await users_by_email(session, settings.organisation, {address})
        if not found:
            raise Failed(f"{address} is not a member: `daybook user add` adds them")
        return await sign_in_link(database, settings, found[0].id)

    _print_link(email, with_database(settings, work))


@users.command("role")
@writing
def change_role(
    email: Email, role: Annotated[str, typer.Argument(help=f"One of {ROLE_NAMES}.")]
) -> None:
    """Set a member's role; it acts at once.

    Example: `daybook user role bob@example.com controller`
    """
    _set_role(email, _role(role))


@users.command("remove")
@writing
def remove_user(email: Email) -> None:
    """Remove a member from the organisation; it acts at once.

    Example: `daybook user remove bob@example.com`
    """
    _set_role(email, None)


@users.command("erase")
@writing
def erase_user(email: Email) -> None:
    """Erase a person who is no longer a member from everything that was recorded.

    A hash replaces their name, in the audit trail too, which still verifies. Copies and
    backups of the database keep the name. This can't be undone.

    Example: `daybook user erase bob@example.com`
    """
    from daybook import tables  # noqa: F401, PLC0415  (every kind of job has one)

    settings = load_settings()

    async def work(database: Database) -> str:
        async def beside(erased: str) -> None:
            name = checked_email(email)
            store, organisation_id = database.runtime, settings.organisation
            await rename_requester(store, organisation_id, name, erased)
            await rename_sender(database, organisation_id, name, erased)

        return await erase_person(
            database,
            settings.organisation,
            email=email,
            now=real_now(),
            made_by=MADE_BY,
            beside=beside,
        )

    erased = with_database(settings, work)
    out.print(f"{email} is erased: records now name “{erased}”.", markup=False)


@users.command("list")
def list_users(limit: Limit = 1_000) -> None:
    """Show the organisation's users.

    Example: `daybook user list`
    """
    settings = load_settings()

    async def work(database: Database) -> list[ListedUser]:
        async with database.reads() as session:
            request = PageRequest(limit)
            return (await find_users(session, settings.organisation, request)).items

    table = plain_table("E-mail address", "Name", "Role", "Password", "Since (UTC)")
    for user in with_database(settings, work):
        table.add_row(
            *(user.email, user.name, user.role.name.lower()),
            "yes" if user.has_password else "not yet",
            f"{user.accepted_at:%Y-%m-%d}" if user.accepted_at else "invited",
        )
    out.print(table, markup=False)


@keys.command("create")
@writing
def create_key(
    name: Annotated[str, typer.Argument(help="What the key is for.")],
    may: Annotated[
        list[str],
        typer.Option(help=f"What it may do, repeated: {PERMISSION_NAMES}."),
    ],
    days: Annotated[
        int, typer.Option(min=1, max=36_500, help="How long it holds.")
    ] = 365,
) -> None:
    """Create a key for a program; only the key is printed on standard output.

    Example: `daybook key create billing --may READ --may RECORD --days 90`
    """
    settings = load_settings()
    permissions = Permission(0)
    for text in may:
        if text.upper() not in Permission.__members__:
            near = did_you_mean(text, Permission.__members__)
            raise Failed(f"--may {text!r} is not one of {PERMISSION_NAMES}{near}")
        permissions |= Permission[text.upper()]

    created = with_database(
        settings,
        lambda database: create_api_key(
            database,
            settings.organisation,
            name=name,
            permissions=permissions,
            expires_at=real_now() + timedelta(days=days),
            now=real_now(),
            made_by=MADE_BY,
            authority=OPERATOR,
        ),
    )
    err.print("The key, which is shown only now:", markup=False)
    out.print(created.key, markup=False)


@keys.command("list")
def list_keys(limit: Limit = 1_000) -> None:
    """Show the organisation's keys, newest first, including ended ones.

    Example: `daybook key list`
    """
    settings = load_settings()

    async def work(database: Database) -> list[ListedKey]:
        async with database.reads() as session:
            request = PageRequest(limit)
            return (await find_keys(session, settings.organisation, request)).items

    table = plain_table("No.", "Name", "Ends with", "May", "By", "Until (UTC)")
    for key in with_database(settings, work):
        until = f"{key.expires_at:%Y-%m-%d %H:%M}"
        table.add_row(
            *(str(key.number), key.name, key.ending),
            permissions_in_words(key.permissions),
            key.created_by or "",
            until if key.revoked_at is None else "revoked",
        )
    out.print(table, markup=False)


@keys.command("revoke")
@writing
def revoke_key(
    number: Annotated[
        int,
        typer.Argument(
            metavar="NUMBER",
            parser=key_number,
            help="The key's number in the list.",
        ),
    ],
) -> None:
    """Revoke a key, at once and for ever.

    Example: `daybook key revoke 3`
    """
    settings = load_settings()
    is_changed = with_database(
        settings,
        lambda database: revoke_api_key(
            database,
            settings.organisation,
            number=number,
            now=real_now(),
            made_by=MADE_BY,
        ),
    )
    out.print(f"Key {number} is revoked{'' if is_changed else ', as before'}.")


@organisations.command("add")
@writing
def add(name: Annotated[str, typer.Argument(help="The organisation's name.")]) -> None:
    """Add an organisation; organisations share no data.

    Commands act on organisation 1, unless DAYBOOK_ORGANISATION is another's number.

    Example: `daybook organisation add "Daughter Ltd"`
    """
    settings = load_settings()
    number = with_database(
        settings,
        lambda database: add_organisation(
            database, name, now=real_now(), made_by=MADE_BY
        ),
        needs_organisation=False,
    )
    out.print(f"Organisation {number}: set DAYBOOK_ORGANISATION={number} to act on it.")


@organisations.command("list")
def list_organisations() -> None:
    """Show the organisations with their numbers.

    Example: `daybook organisation list`
    """

    async def work(database: Database) -> list[tuple[int, str]]:
        async with database.reads() as session:
            rows = await session.execute(
                select(Organisation.id, Organisation.name).order_by(Organisation.id)
            )
            return [(row.id, row.name) for row in rows]

    table = plain_table("No.", "Name")
    found = with_database(load_settings(), work, needs_organisation=False)
    for number, name in found:
        table.add_row(str(number), name)
    out.print(table, markup=False)


async def sign_in_link(
    database: Database, settings: Settings, user_id: int, site: str = LOCAL_URL
) -> str:
    """Make a link that signs a user in once; return its address."""
    token = await make_link(
        database,
        user_id=user_id,
        organisation_id=settings.organisation,
        now=real_now(),
        made_by=MADE_BY,
        authority=OPERATOR,
        is_operators=True,
    )
    return f"{settings.public_url.rstrip('/') or site}/sign-in/link/{token}"


def _set_role(email: str, role: MemberRole | None) -> None:
    settings = load_settings()
    is_changed = with_database(
        settings,
        lambda database: set_role(
            database,
            settings.organisation,
            email=email,
            role=role,
            now=real_now(),
            made_by=MADE_BY,
            authority=OPERATOR,
        ),
    )
    words = f"is {role.name.lower()}" if role else "is not a member"
    out.print(f"{email} {words}{'' if is_changed else ', as before'}.", markup=False)


def _role(name: str) -> MemberRole:
    if name.upper() not in MemberRole.__members__:
        near = did_you_mean(name, [role.name.lower() for role in MemberRole])
        raise Failed(f"{name!r} is not one of {ROLE_NAMES}{near}")
    return MemberRole[name.upper()]


def _print_link(email: str, link: str) -> None:
    out.print(f"{email} signs in here, once and within three days:", markup=False)
    out.print(link, markup=False)
