"""What the trail and the log can be filtered by, for forms."""

from collections.abc import Mapping

import strawberry

from daybook.audit.rules import Action, SubjectKind
from daybook.reports.trail.names import ACTIONS, SUBJECTS
from daybook.reports.trail.queries import persons_of
from daybook_graphql.context import Info


@strawberry.type(description="A value of a filter, and its name for people.")
class AuditChoice:
    value: str = strawberry.field(description="The value that a filter takes.")
    name: str = strawberry.field(description="Its name for people.")


@strawberry.type(description="What records can be filtered by.")
class AuditChoices:
    organisation_id: strawberry.Private[int]

    @strawberry.field(description="Everything that can be done, in order of name.")
    def actions(self) -> list[AuditChoice]:
        return _choices(ACTIONS)

    @strawberry.field(description="The kinds of things that something is done to.")
    def subject_kinds(self) -> list[AuditChoice]:
        return _choices(SUBJECTS)

    @strawberry.field(
        description="Who did something or had something done to them, as records name"
        " them: up to 1,000 names, without erased persons."
    )
    async def persons(self, info: Info) -> list[str]:
        async with info.context.database.reads() as session:
            return await persons_of(session, self.organisation_id)


def _choices(
    names: Mapping[Action, str] | Mapping[SubjectKind, str],
) -> list[AuditChoice]:
    found = [AuditChoice(value=key.value, name=name) for key, name in names.items()]
    return sorted(found, key=lambda choice: choice.name)
