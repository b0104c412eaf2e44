"""`daybook user`: people who have access."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated, NamedTuple

import typer

from daybook.access.commands import (
    invite_user,
    set_role,
)
from daybook.access.erasing import erase_person
from daybook.access.links import make_link
from daybook.access.queries import (
    invitations_of,
    users_by_email,
)
from daybook.access.rules import (
    OPERATOR,
    MemberRole,
    checked_email,
)
from daybook.cli.command_groups import Commands
from daybook.cli.organisations import organisation_of
from daybook.cli.running import (
    MADE_BY,
    Failed,
    err,
    failures_reported,
    load_settings,
    out,
    with_database,
    writing,
)
from daybook.cli.user_list import Listing, find_listings, users_table
from daybook.clock import real_now
from daybook.db.engine import Database
from daybook.errors import Rejected, did_you_mean
from daybook.jobs.commands import rename_requester
from daybook.ledger.organisations import NamedOrganisation
from daybook.server_address import HOST, PORT, address_of, find_address
from daybook.settings import Settings
from daybook.uploads.commands import rename_sender

users = typer.Typer(
    cls=Commands, no_args_is_help=True, help="Let people in: users and their roles."
)
ROLE_NAMES = ", ".join(role.name.lower() for role in MemberRole)

Email = Annotated[str, typer.Argument(help="The address that they sign in with.")]
Limit = Annotated[int, typer.Option(min=1, max=10_000, help="How many to show.")]
EveryOrganisation = Annotated[
    bool,
    typer.Option(
        "--all-organisations", help="The users of all organisations on this server."
    ),
]
Into = Annotated[
    list[str] | None,
    typer.Option(
        "--organisation",
        metavar="NUMBER",
        help="Which organisation, repeated for several: its number, or its name if"
        " only it is called so. Without it, the one of DAYBOOK_ORGANISATION.",
    ),
]
ShowsLink = Annotated[
    bool,
    typer.Option(
        "--show-link", help="Print the link, where it would go to them by mail."
    ),
]
RoleName = Annotated[str, typer.Option("--role", help=f"One of {ROLE_NAMES}.")]


@users.command("add")
@writing
def add_user(
    email: Email,
    role: RoleName = "viewer",
    name: str = "",
    organisation: Into = None,
    show_link: ShowsLink = False,
) -> None:
    """Invite somebody by a link that signs them in once.

    It goes to them by mail if there is a mail server, and is printed otherwise. It
    accepts all of their invitations, of other organisations too.

    Example: `daybook user add ada@example.com --role admin --name "Ada Lovelace"`

    Example: `daybook user add bob@example.com --organisation 1 --organisation 3`
    """
    settings, member_role = load_settings(), _role(role)
    _check_mailing(settings, is_shown=show_link)

    async def work(database: Database) -> SignInLink:
        places = await _places(database, settings, organisation)
        for place in places:
            with _naming(place if len(places) > 1 else None):
                invited = await invite_user(
                    database,
                    place.number,
                    email=email,
                    name=name or email.partition("@")[0],
                    role=member_role,
                    now=real_now(),
                    made_by=MADE_BY,
                    authority=OPERATOR,
                )
        its = settings.model_copy(update={"organisation": places[0].number})
        return await _link_with_words(database, its, invited.user_id, show_link)

    _print_link(
        email, with_database(settings, work, needs_organisation=not organisation)
    )


async def _places(
    database: Database, settings: Settings, texts: list[str] | None
) -> list[NamedOrganisation]:
    """The organisations that are meant, before anybody is invited to the first."""
    async with database.reads() as session:
        named = texts or [str(settings.organisation)]
        return [await organisation_of(session, text) for text in named]


@contextmanager
def _naming(organisation: NamedOrganisation | None) -> Iterator[None]:
    """Say in which of several organisations somebody can't be invited."""
    try:
        yield
    except Rejected as rejected:
        if organisation is None:
            raise
        words = "; ".join(problem.message for problem in rejected.problems)
        raise Failed(f"{organisation.name}: {words}") from None


@users.command("link")
@writing
def link_user(email: Email, show_link: ShowsLink = False) -> None:
    """Make a link that signs a member in once; earlier ones end.

    It goes to them by mail if there is a mail server, and is printed otherwise.

    Example: `daybook user link ada@example.com`
    """
    settings = load_settings()
    _check_mailing(settings, is_shown=show_link)

    async def work(database: Database) -> SignInLink:
        address = checked_email(email)
        async with database.reads() as session:
            found = await users_by_email(session, settings.organisation, {address})
        if not found:
            raise Failed(f"{address} is not a member: `daybook user add` adds them")
        return await _link_with_words(database, settings, found[0].id, show_link)

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
def list_users(limit: Limit = 1_000, every: EveryOrganisation = False) -> None:
    """Show the users: who has not accepted, since when, and when their link expires.

    Example: `daybook user list`

    Example: `daybook user list --all-organisations`
    """
    settings = load_settings()

    async def work(database: Database) -> list[Listing]:
        return await find_listings(
            database, None if every else settings.organisation, limit
        )

    listings = with_database(settings, work, needs_organisation=not every)
    out.print(users_table(listings, with_organisations=every), markup=False)


class SignInLink(NamedTuple):
    """A link, and whether a server is known that answers there."""

    address: str
    is_served: bool
    invitations: Sequence[str] = ()
    """Those that it accepts, each in words."""
    is_mailed: bool = False
    """Whether it goes to its user by mail, so that nobody else has to know it."""


async def sign_in_link(
    database: Database,
    settings: Settings,
    user_id: int,
    site: str | None = None,
    *,
    is_shown: bool = True,
) -> SignInLink:
    """Make a link that signs a user in once; unless `is_shown`, mail it if possible.

    Without a `site`, it leads to the public address, to the server that runs here, or
    to where one answers by default.
    """
    token = await make_link(
        database,
        user_id=user_id,
        organisation_id=settings.organisation,
        now=real_now(),
        made_by=MADE_BY,
        authority=OPERATOR,
        is_operators=True,
    )
    known = site or find_address(settings)
    address = known or address_of(settings, HOST, PORT)
    link = SignInLink(f"{address}/sign-in/link/{token}", known is not None)
    if is_shown or not settings.smtp_url.get_secret_value():
        return link
    from daybook.mail.links import LinkFor, mail_link  # noqa: PLC0415  (takes a while)

    of_user = LinkFor(settings.organisation, user_id, token)
    is_mailed = await mail_link(database, settings, of_user, now=real_now())
    return link._replace(is_mailed=is_mailed)


def _check_mailing(settings: Settings, *, is_shown: bool) -> None:
    """Raise Failed if a link would be mailed, and there is no secret to encrypt it."""
    if is_shown or not settings.smtp_url.get_secret_value():
        return
    # Imported here: most links are printed.
    from daybook.secrets import Secrets, SecretUnfit  # noqa: PLC0415  (takes a while)

    try:
        with failures_reported():
            Secrets.of(settings)
    except SecretUnfit as unfit:
        words = "; or print the link with --show-link"
        raise Failed(f"{unfit}{words}") from None


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


async def _link_with_words(
    database: Database,
    settings: Settings,
    user_id: int,
    is_shown: bool,  # noqa: FBT001  (an option's)
) -> SignInLink:
    """Make a link, and find the invitations that it accepts."""
    link = await sign_in_link(database, settings, user_id, is_shown=is_shown)
    async with database.reads() as session:
        invitations = await invitations_of(session, user_id)
    named = [f"{its.name} ({its.role.name.lower()})" for its in invitations]
    return link._replace(invitations=named)


def _print_link(email: str, link: SignInLink) -> None:
    if link.is_mailed:
        out.print(
            f"A link goes to {email} by mail, and signs them in once and within three"
            " days. A running server sends it.",
            markup=False,
        )
        return
    when = ""
    if not link.is_served:
        when = f", while `daybook serve` runs (with --port, put that for {PORT})"
    out.print(f"{email} signs in here, once and within three days{when}:", markup=False)
    out.print(link.address, markup=False)
    if len(link.invitations) > 1:
        named = ", ".join(link.invitations)
        err.print(f"The link accepts the invitations of {named}.", markup=False)
