"""The mutations `setMailPreferences` and `sendMailAgain`."""

from typing import Annotated

import strawberry

from daybook.access.mail_preferences import set_mail_preferences
from daybook.access.mail_rules import MailEvents, MailFormat, MailPreferences
from daybook.clock import real_now
from daybook.errors import Problem, ProblemCode, Rejected
from daybook.mail.commands import send_again
from daybook_graphql.context import Info
from daybook_graphql.kit.ids import expect
from daybook_graphql.kit.permissions import ADMINISTER, READ, needs
from daybook_graphql.kit.user_errors import errors_of
from daybook_graphql.mail.ids import MailMessageId
from daybook_graphql.mail.queries import shown
from daybook_graphql.mail.types import (
    SendMailAgainInput,
    SendMailAgainPayload,
    SetMailPreferencesInput,
    SetMailPreferencesPayload,
    preferences_of,
)

NO_KEY = "an API key gets no mail: sign in as the person whose mail it is"
argument = strawberry.argument


@strawberry.type
class MailMutations:
    @strawberry.mutation(
        description="Choose which mail you get, in all of your organisations.",
        metadata=needs(READ),
    )
    async def set_mail_preferences(
        self,
        info: Info,
        input: Annotated[SetMailPreferencesInput, argument(description="What.")],
    ) -> SetMailPreferencesPayload:
        user_id = info.context.caller.user_id
        if user_id is None:
            problem = Problem(ProblemCode.INVALID_VALUE, NO_KEY)
            return SetMailPreferencesPayload(
                preferences=None, user_errors=errors_of([problem])
            )
        events = MailEvents(0)
        for event in input.events:
            events |= MailEvents[event.name]
        wanted = MailPreferences(MailFormat[input.format.name], events)
        await set_mail_preferences(info.context.database, user_id, wanted)
        return SetMailPreferencesPayload(
            preferences=preferences_of(wanted), user_errors=[]
        )

    @strawberry.mutation(
        description="Send a message again that was given up, with the same Message-ID.",
        metadata=needs(ADMINISTER),
    )
    async def send_mail_again(
        self,
        info: Info,
        input: Annotated[SendMailAgainInput, argument(description="Which.")],
    ) -> SendMailAgainPayload:
        context = info.context
        number = expect(input.message_id, MailMessageId, "input.messageId").number
        try:
            row = await send_again(
                context.database.runtime,
                context.organisation_id,
                number,
                now=real_now(),
            )
        except Rejected as rejected:
            errors = errors_of(rejected.problems, {"number": "messageId"})
            return SendMailAgainPayload(message=None, user_errors=errors)
        (message,) = await shown(context, [row])
        return SendMailAgainPayload(message=message, user_errors=[])
