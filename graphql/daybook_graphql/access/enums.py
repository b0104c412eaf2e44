"""What users and keys may do, as the schema names it."""

from enum import Enum

import strawberry

from daybook.access.rules import MemberRole as StoredRole
from daybook.access.rules import Permission as StoredPermission

value = strawberry.enum_value


@strawberry.enum(description="What a user is in an organisation.")
class UserRole(Enum):
    VIEWER = value(StoredRole.VIEWER, description="Reads.")
    ACCOUNTANT = value(
        StoredRole.ACCOUNTANT,
        description="Imports documents, makes exports and writes manual journals too.",
    )
    CONTROLLER = value(
        StoredRole.CONTROLLER,
        description="Approves, closes periods and changes settings too.",
    )
    ADMIN = value(StoredRole.ADMIN, description="Lets people and programs in too.")


@strawberry.enum(description="What somebody may do. Expect more values.")
class Permission(Enum):
    READ = value(
        StoredPermission.READ,
        description="Reports, documents, settings, the audit trail.",
    )
    EXPORT = value(StoredPermission.EXPORT, description="Make and cancel exports.")
    RECORD = value(
        StoredPermission.RECORD,
        description="Import documents, void them, complete milestones, and attach"
        " evidence.",
    )
    CLOSE = value(
        StoredPermission.CLOSE,
        description="Lock periods, change settings and names of accounts, mark files"
        " as posted.",
    )
    ADMINISTER = value(
        StoredPermission.ADMINISTER, description="Users, their roles, and API keys."
    )
    ADJUST = value(
        StoredPermission.ADJUST,
        description="Write manual journals, submit them, undo posted ones, and change"
        " their evidence.",
    )
    APPROVE = value(
        StoredPermission.APPROVE,
        description="Approve or reject what another person submitted. API keys never"
        " have it.",
    )
    DATASET = value(
        StoredPermission.DATASET,
        description="Load the general ledger's dataset from `/datasets/`. A key that"
        " has nothing else opens nothing else.",
    )
