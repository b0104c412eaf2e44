"""Changes that another person approves, and who may decide. Pure.

While four eyes is on, a change that opens locked days, changes mappings or undoes a
posted manual journal is requested by one person and approved by another. Turning four
eyes off is such a change, too; turning it on is not.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple, TypeVar

from daybook.access.rules import ROLES, MemberRole, Permission
from daybook.audit.rules import Details
from daybook.errors import Problem, ProblemCode, Rejected

Done = TypeVar("Done")


class ChangeKind(IntEnum):
    """What is requested; the number is stored."""

    FOUR_EYES_OFF = 1
    LOCK = 2
    INTEGRATION = 3
    MAPPINGS = 4
    CHART = 5
    REVERSE_JOURNAL = 6


class Outcome(IntEnum):
    """What became of a request; the number is stored."""

    APPROVED = 1
    REJECTED = 2
    WITHDRAWN = 3


@dataclass(frozen=True, slots=True)
class AskedChange:
    """A change that was asked for, checked and ready to be made.

    `arguments` are enough to make it later by the same code. `effect` is what it would
    change, before and after: an approval only holds while that is the same.
    """

    kind: ChangeKind
    summary: str
    arguments: Details
    effect: Details
    currency: str | None = None
    reason: str | None = None

    def details(self) -> dict[str, object]:
        """The request as the audit trail stores it."""
        details: dict[str, object] = {"effect": self.effect}
        if self.currency is not None:
            details["currency"] = self.currency
        if self.reason is not None:
            details["reason"] = self.reason
        return details


class ApprovalPending(Rejected):
    """The change is requested and not made; `request` is the request's number."""

    def __init__(self, request: int, summary: str) -> None:
        self.request = request
        message = (
            f"nothing is changed yet: {summary} needs another person's approval, and is"
            f" requested as change request {request}"
        )
        super().__init__([Problem(ProblemCode.APPROVAL_PENDING, message)])


class Pending(NamedTuple):
    """A change that was requested instead of being made, and what it would do."""

    request: int
    summary: str


def unless_pending(done: Done | Pending) -> Done:
    """What was done; raises ApprovalPending if it was only requested.

    Call it after the transaction, which stores the request.
    """
    if isinstance(done, Pending):
        raise ApprovalPending(*done)
    return done


def stored_json(details: Details) -> str:
    """Details as they are stored: equal details are equal text."""
    return json.dumps(details, sort_keys=True, separators=(",", ":"), allow_nan=False)


def loaded_json(text: str) -> Mapping[str, object]:
    """Details that were stored."""
    loaded: Mapping[str, object] = json.loads(text)
    return loaded


def check_same_effect(number: int, then: Details, now: Details) -> None:
    """Raise Rejected where a request would have another effect than it had."""
    if stored_json(then) != stored_json(now):
        message = (
            f"what change request {number} would change is different by now: withdraw"
            " or reject it, and request the change again"
        )
        raise _refused(ProblemCode.CONFLICT, message)


def check_decider(
    user_id: int | None,
    role: MemberRole | None,
    authors: Collection[int],
    what: str,
) -> None:
    """Raise Rejected for a decision by somebody who may not make it.

    `role` is the decider's present one, None for a person who isn't a member; without a
    `user_id` an API key or a command at the server decides. `authors` are the persons
    whose work it is.
    """
    if user_id is None:
        message = (
            "API keys and commands at the server can't decide: a person signs in and"
            " does"
        )
        raise _refused(ProblemCode.NOT_HELD, message)
    if role is None or Permission.APPROVE not in ROLES[role]:
        message = (
            f"deciding about {what} needs the permission APPROVE: ask a controller"
        )
        raise _refused(ProblemCode.NOT_HELD, message)
    if user_id in authors:
        message = f"{what} is your own work: another controller decides about it"
        raise _refused(ProblemCode.OWN_WORK, message)


def _refused(code: ProblemCode, message: str) -> Rejected:
    return Rejected([Problem(code, message)])
