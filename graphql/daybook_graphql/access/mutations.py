"""Mutations of users, API keys, the organisation's name and its time zone."""

from typing import Annotated, NamedTuple

import strawberry

from daybook.access.commands import (
    Invited,
    create_api_key,
    invite_user,
    revoke_api_key,
    set_role,
)
from daybook.access.links import make_link
from daybook.access.organisations import rename_organisation
from daybook.access.queries import keys_by_number, users_by_email, with_links
from daybook.access.rules import MemberRole, Permission, refused
from daybook.clock import real_now
from daybook.configuration.commands import set_time_zone
from daybook.errors import ProblemCode, Rejected
from daybook.ledger.models import Organisation
from daybook.mail.links import LinkFor, mail_link
from daybook_graphql.access.ids import ApiKeyId, UserId
from daybook_graphql.access.types import (
    ApiKey,
    CreateApiKeyInput,
    CreateApiKeyPayload,
    InviteUserInput,
    InviteUserPayload,
    RenameOrganisationInput,
    RenameOrganisationPayload,
    RevokeApiKeyInput,
    RevokeApiKeyPayload,
    SetRoleInput,
    SetRolePayload,
    SetTimeZoneInput,
    SetTimeZonePayload,
    User,
    key_of,
    organisation_of,
    user_of,
)
from daybook_graphql.context import Context, Info
from daybook_graphql.kit.ids import expect
from daybook_graphql.kit.permissions import ADMINISTER, needs
from daybook_graphql.kit.user_errors import errors_of

argument = strawberry.argument


@strawberry.type
class AccessMutations:
    @strawberry.mutation(
        description="Let somebody in: they become a member, and get a link to sign in"
        " with once. Who is one with the same role already gets another link.",
        metadata=needs(ADMINISTER),
    )
    async def invite_user(
        self,
        info: Info,
        input: Annotated[InviteUserInput, argument(description="Whom.")],
    ) -> InviteUserPayload:
        context = info.context
        try:
            invited = await invite_user(
                context.database,
                context.organisation_id,
                email=input.email,
                name=input.name,
                role=MemberRole[input.role.name],
                now=real_now(),
                made_by=context.made_by,
                authority=context.caller.authority,
                idempotency_key=input.idempotency_key,
            )
            made = _Link() if invited.is_repeated else await _link(context, invited)
        except Rejected as rejected:
            return InviteUserPayload(
                user=None,
                sign_in_link=None,
                is_mailed=False,
                user_errors=errors_of(rejected.problems),
            )
        return InviteUserPayload(
            user=await _user(context, input.email.strip().lower()),
            sign_in_link=made.address,
            is_mailed=made.is_mailed,
            user_errors=[],
        )

    @strawberry.mutation(
        description="Set what a user may do, or remove them. It acts at once, also on"
        " those who are signed in. An organisation keeps one admin at the least.",
        metadata=needs(ADMINISTER),
    )
    async def set_role(
        self,
        info: Info,
        input: Annotated[SetRoleInput, argument(description="Whose, and which.")],
    ) -> SetRolePayload:
        context = info.context
        email = expect(input.user_id, UserId, "input.userId").email
        try:
            if input.role is strawberry.UNSET:
                message = "a role is needed, or null to remove the user"
                raise refused(message, "role", ProblemCode.MISSING)
            await set_role(
                context.database,
                context.organisation_id,
                email=email,
                role=MemberRole[input.role.name] if input.role else None,
                expected=input.expected_audit_record,
                now=real_now(),
                made_by=context.made_by,
                authority=context.caller.authority,
            )
        except Rejected as rejected:
            errors = errors_of(rejected.problems, {"email": "userId"})
            return SetRolePayload(user=None, user_errors=errors)
        return SetRolePayload(user=await _user(context, email), user_errors=[])

    @strawberry.mutation(
        description="Rename the organisation. The name stands on every page; to set"
        " the present one again changes nothing.",
        metadata=needs(ADMINISTER),
    )
    async def rename_organisation(
        self,
        info: Info,
        input: Annotated[RenameOrganisationInput, argument(description="The name.")],
    ) -> RenameOrganisationPayload:
        context = info.context
        try:
            await rename_organisation(
                context.database,
                context.organisation_id,
                input.name,
                expected=input.expected_audit_record,
                now=real_now(),
                made_by=context.made_by,
            )
        except Rejected as rejected:
            errors = errors_of(rejected.problems)
            return RenameOrganisationPayload(organisation=None, user_errors=errors)
        row = await _organisation(context)
        return RenameOrganisationPayload(
            organisation=organisation_of(row), user_errors=[]
        )

    @strawberry.mutation(
        description="Set the time zone in which the organisation's days end, from now"
        " on: days that have ended stay as they were, and what was recorded stays on"
        " its day. The present one changes nothing.",
        metadata=needs(ADMINISTER),
    )
    async def set_time_zone(
        self,
        info: Info,
        input: Annotated[SetTimeZoneInput, argument(description="The time zone.")],
    ) -> SetTimeZonePayload:
        context = info.context
        try:
            await set_time_zone(
                context.database,
                context.organisation_id,
                input.time_zone,
                expected=input.expected_audit_record,
                now=context.now,
                made_by=context.made_by,
            )
        except Rejected as rejected:
            errors = errors_of(rejected.problems)
            return SetTimeZonePayload(organisation=None, user_errors=errors)
        row = await _organisation(context)
        return SetTimeZonePayload(organisation=organisation_of(row), user_errors=[])

    @strawberry.mutation(
        description="Make a key for a program. Its secret is told once, here.",
        metadata=needs(ADMINISTER),
    )
    async def create_api_key(
        self,
        info: Info,
        input: Annotated[CreateApiKeyInput, argument(description="Which key.")],
    ) -> CreateApiKeyPayload:
        context = info.context
        permissions = Permission(0)
        for permission in input.permissions:
            permissions |= Permission[permission.name]
        try:
            created = await create_api_key(
                context.database,
                context.organisation_id,
                name=input.name,
                permissions=permissions,
                expires_at=input.expires_at,
                now=real_now(),
                made_by=context.made_by,
                authority=context.caller.authority,
                idempotency_key=input.idempotency_key,
            )
        except Rejected as rejected:
            errors = errors_of(rejected.problems)
            return CreateApiKeyPayload(api_key=None, secret=None, user_errors=errors)
        key = await _key(context, created.number)
        return CreateApiKeyPayload(api_key=key, secret=created.key, user_errors=[])

    @strawberry.mutation(
        description="End a key at once and for ever. Ending it again changes nothing.",
        metadata=needs(ADMINISTER),
    )
    async def revoke_api_key(
        self,
        info: Info,
        input: Annotated[RevokeApiKeyInput, argument(description="Which key.")],
    ) -> RevokeApiKeyPayload:
        context = info.context
        number = expect(input.api_key_id, ApiKeyId, "input.apiKeyId").number
        try:
            await revoke_api_key(
                context.database,
                context.organisation_id,
                number=number,
                now=real_now(),
                made_by=context.made_by,
            )
        except Rejected as rejected:
            errors = errors_of(rejected.problems, {"id": "apiKeyId"})
            return RevokeApiKeyPayload(api_key=None, user_errors=errors)
        return RevokeApiKeyPayload(api_key=await _key(context, number), user_errors=[])


class _Link(NamedTuple):
    """A link as it is told to the caller: mailed, or by its address."""

    address: str | None = None
    is_mailed: bool = False


async def _link(context: Context, invited: Invited) -> _Link:
    token = await make_link(
        context.database,
        user_id=invited.user_id,
        organisation_id=context.organisation_id,
        now=real_now(),
        made_by=context.made_by,
        authority=context.caller.authority,
        maker_id=context.caller.user_id,
    )
    link = LinkFor(context.organisation_id, invited.user_id, token)
    if await mail_link(context.database, context.settings, link, now=real_now()):
        return _Link(is_mailed=True)
    return _Link(f"{context.settings.public_url.rstrip('/')}/sign-in/link/{token}")


async def _organisation(context: Context) -> Organisation:
    async with context.database.pinned_reads() as session:
        return await session.get_one(Organisation, context.organisation_id)


async def _user(context: Context, email: str) -> User | None:
    async with context.database.pinned_reads() as session:
        found = await users_by_email(session, context.organisation_id, {email})
    rows = await with_links(
        context.database, context.organisation_id, found, real_now()
    )
    return user_of(rows[0]) if rows else None


async def _key(context: Context, number: int) -> ApiKey | None:
    async with context.database.pinned_reads() as session:
        rows = await keys_by_number(session, context.organisation_id, {number})
    return key_of(rows[0]) if rows else None
