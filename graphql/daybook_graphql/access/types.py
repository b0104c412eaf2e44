"""The types of users, keys and the caller, and of the mutations that change them."""

import strawberry

from daybook import clock
from daybook.access.accounts import account_of
from daybook.access.queries import (
    ListedKey,
    ListedOrganisation,
    ListedUser,
    admins_of,
)
from daybook.access.rules import Permission as StoredPermission
from daybook.ledger.models import Organisation as StoredOrganisation
from daybook_graphql.access.enums import Permission, UserRole
from daybook_graphql.access.ids import ApiKeyId, UserId
from daybook_graphql.context import Info
from daybook_graphql.kit.connections import listed
from daybook_graphql.kit.expected import EXPECTED_RECORD
from daybook_graphql.kit.node import Node
from daybook_graphql.kit.scalars import BigInt, Date, DateTime, moment_or_none
from daybook_graphql.kit.user_errors import UserError

ERRORS = "What is wrong with the input; then nothing was changed."
IDEMPOTENCY = (
    "A key of your own: the same key and input gives what was made the first time, and"
    " with another input an error."
)
field = strawberry.field


@strawberry.type(description="Somebody who may let others in, and give them roles.")
class Admin:
    name: str = field(description="What the organisation calls them.")
    email: str = field(description="The address that they sign in with.")


@strawberry.type(description="An organisation that users belong to.")
class Organisation:
    name: str = field(description="What it is called.")
    time_zone: str = field(description="Where its days end: an IANA name.")

    @field(description="The present day there.")
    def today(self, info: Info) -> Date:
        return Date(clock.today(info.context.settings, self.time_zone))

    @field(
        description="The first five admins by their addresses, whom its users may ask"
        " for another role; none for an API key."
    )
    async def admins(self, info: Info) -> list[Admin]:
        context = info.context
        if context.caller.user_id is None:
            return []
        async with context.database.reads() as session:
            rows = await admins_of(session, context.organisation_id)
        return [Admin(name=row.name, email=row.email) for row in rows]


@strawberry.type(description="An organisation of a user, seen from any of theirs.")
class UserOrganisation:
    number: int = field(description="Its number on the server.")
    name: str = field(description="What it is called.")
    role: UserRole = field(description="What the user is there, or is to be.")


@strawberry.type(description="What a user has in all of their organisations.")
class UserAccount:
    name: str = field(description="What the organisation calls them.")
    email: str = field(description="The address that they sign in with.")
    has_password: bool = field(description="Whether they have a password.")
    is_verified: bool = field(
        description="Whether a provider has vouched for the address."
    )
    organisations: list[UserOrganisation] = field(
        description="Those that they belong to, in the order in which they joined."
    )
    invitations: list[UserOrganisation] = field(
        description="Those whose invitation they have not answered."
    )


@strawberry.type(description="Who asks, and what they may do.")
class Viewer:
    name: str = field(
        description="A user's address, or `API key` and its name: who the audit trail"
        " says did something."
    )
    role: UserRole | None = field(description="A user's role; null for a key.")
    permissions: list[Permission] = field(description="All that they may do.")
    organisation: Organisation = field(description="Whose data they see.")
    until: DateTime | None = field(description="When their session or key ends.")

    @field(
        description="What a user has, in other organisations too; null for an API key."
    )
    async def account(self, info: Info) -> UserAccount | None:
        caller = info.context.caller
        if caller.user_id is None:
            return None
        async with info.context.database.reads() as session:
            row = await account_of(session, caller.organisation_id, caller.user_id)
        return UserAccount(
            name=row.name,
            email=row.email,
            has_password=row.has_password,
            is_verified=row.is_verified,
            organisations=[_of_user(each) for each in row.organisations],
            invitations=[_of_user(each) for each in row.invitations],
        )


@listed(
    "A user",
    "users",
    page="A page of users, by their addresses.",
    cursor="Where they stand in the list.",
)
@strawberry.type(description="A member of the organisation.")
class User(Node):
    email: str = field(description="The address that they sign in with.")
    name: str = field(description="What the organisation calls them.")
    role: UserRole = field(description="What they are in the organisation.")
    has_password: bool = field(
        description="Whether they have a password; false while they are only invited."
    )
    joined_at: DateTime = field(description="When they were invited.")
    accepted_at: DateTime | None = field(
        description="Since when they belong to it; null while they are only invited."
    )
    link_expires_at: DateTime | None = field(
        description="When the link expires that signs them in; null where none is"
        " valid. An invited user without one can't accept: invite them again."
    )


@listed("A key", "keys", page="A page of keys, newest first, ended ones too.")
@strawberry.type(description="A program's key. The key itself is told only once.")
class ApiKey(Node):
    name: str = field(description="What it is for.")
    ending: str = field(description="Its last characters, to tell it from others.")
    permissions: list[Permission] = field(description="All that it may do.")
    created_by: str | None = field(description="Who made it.")
    created_at: DateTime = field(description="When it was made.")
    expires_at: DateTime = field(description="When it ends.")
    revoked_at: DateTime | None = field(description="When it was revoked, if it was.")


@strawberry.input(description="Whom to let in.")
class InviteUserInput:
    email: str = field(description="The address that they sign in with.")
    name: str = field(description="What they are called.")
    role: UserRole = field(
        description="What they are in the organisation: nothing that may more than you."
    )
    idempotency_key: str | None = field(default=None, description=IDEMPOTENCY)


@strawberry.type(description="Who was let in.")
class InviteUserPayload:
    user: User | None = field(description="The user; null with any user error.")
    sign_in_link: str | None = field(
        description="Where they sign in, once and within three days, to choose a"
        " password; who has an account elsewhere, or one at the provider, signs in"
        " first. It is told only here, and not again to a request that is repeated;"
        " inviting them anew makes another one. Null if it goes to them by mail."
    )
    is_mailed: bool = field(
        description="Whether the link goes to them by mail, so that only they know it."
    )
    user_errors: list[UserError] = field(description=ERRORS)


@strawberry.input(description="What a user shall be.")
class SetRoleInput:
    user_id: strawberry.ID = field(description="Which user.")
    role: UserRole | None = field(
        default=strawberry.UNSET,
        description="The role; null to remove them. It can't be left out: a role that a"
        " program forgets would remove somebody.",
    )
    expected_audit_record: BigInt | None = field(
        default=None, description=EXPECTED_RECORD
    )


@strawberry.type(description="What became of a role.")
class SetRolePayload:
    user: User | None = field(
        description="The user; null once removed, and with any user error."
    )
    user_errors: list[UserError] = field(description=ERRORS)


@strawberry.input(description="A key to make.")
class CreateApiKeyInput:
    name: str = field(description="What it is for.")
    permissions: list[Permission] = field(
        description="All that it may do: nothing that you may not do yourself."
    )
    expires_at: DateTime = field(
        description="When it ends, within ten years; a key makes none that outlives it."
    )
    idempotency_key: str | None = field(default=None, description=IDEMPOTENCY)


@strawberry.type(description="A key that was made.")
class CreateApiKeyPayload:
    api_key: ApiKey | None = field(description="The key; null with any user error.")
    secret: str | None = field(
        description="What a program sends as `Authorization: Bearer …`. It is told only"
        " here, and not again to a request that is repeated."
    )
    user_errors: list[UserError] = field(description=ERRORS)


@strawberry.input(description="The organisation's new name.")
class RenameOrganisationInput:
    name: str = field(description="One line of up to 200 characters.")
    expected_audit_record: BigInt | None = field(
        default=None, description=EXPECTED_RECORD
    )


@strawberry.type(description="The organisation after it was renamed.")
class RenameOrganisationPayload:
    organisation: Organisation | None = field(
        description="The organisation; null with any user error."
    )
    user_errors: list[UserError] = field(description=ERRORS)


@strawberry.input(description="The organisation's new time zone.")
class SetTimeZoneInput:
    time_zone: str = field(description="An IANA name, such as `Europe/Berlin`.")
    expected_audit_record: BigInt | None = field(
        default=None, description=EXPECTED_RECORD
    )


@strawberry.type(description="The organisation after its time zone was set.")
class SetTimeZonePayload:
    organisation: Organisation | None = field(
        description="The organisation; null with any user error."
    )
    user_errors: list[UserError] = field(description=ERRORS)


@strawberry.input(description="Which key to end.")
class RevokeApiKeyInput:
    api_key_id: strawberry.ID = field(description="Which key.")


@strawberry.type(description="A key that was ended.")
class RevokeApiKeyPayload:
    api_key: ApiKey | None = field(description="The key; null with any user error.")
    user_errors: list[UserError] = field(description=ERRORS)


def _of_user(row: ListedOrganisation) -> UserOrganisation:
    return UserOrganisation(number=row.id, name=row.name, role=UserRole(row.role))


def permissions_of(stored: StoredPermission) -> list[Permission]:
    """A set of permissions as a list, in the order of declaration."""
    return [Permission(each) for each in StoredPermission if each in stored]


def organisation_of(row: StoredOrganisation) -> Organisation:
    """A stored organisation as the schema shows it."""
    return Organisation(name=row.name, time_zone=row.time_zone)


def user_of(row: ListedUser) -> User:
    """A stored member as the schema shows them."""
    return User(
        node_id=UserId(row.email),
        email=row.email,
        name=row.name,
        role=UserRole(row.role),
        has_password=row.has_password,
        joined_at=DateTime(row.joined_at),
        accepted_at=moment_or_none(row.accepted_at),
        link_expires_at=moment_or_none(row.link_until),
    )


def key_of(row: ListedKey) -> ApiKey:
    """A stored key as the schema shows it."""
    return ApiKey(
        node_id=ApiKeyId(row.number),
        name=row.name,
        ending=row.ending,
        permissions=permissions_of(row.permissions),
        created_by=row.created_by,
        created_at=DateTime(row.created_at),
        expires_at=DateTime(row.expires_at),
        revoked_at=moment_or_none(row.revoked_at),
    )
