"""The user errors of payloads: what is wrong with a mutation's input."""

from collections.abc import Mapping, Sequence
from enum import Enum

import strawberry

from daybook.errors import Problem

code = strawberry.enum_value


@strawberry.enum(
    description="Which rule was broken. Expect more values: they are only ever added."
)
class UserErrorCode(Enum):
    UNREADABLE = code("UNREADABLE", description="Not in the format that was expected.")
    TOO_LARGE = code("TOO_LARGE", description="A limit on size or number was passed.")
    MISSING = code("MISSING", description="A field that a rule needs isn't there.")
    UNKNOWN_FIELD = code(
        "UNKNOWN_FIELD", description="A field that this kind of document doesn't have."
    )
    INVALID_VALUE = code(
        "INVALID_VALUE", description="Of the wrong type, or not one of those allowed."
    )
    INVALID_AMOUNT = code(
        "INVALID_AMOUNT",
        description="Not a decimal string, or more decimals than the currency has.",
    )
    INVALID_DATE = code(
        "INVALID_DATE",
        description="Not a calendar date YYYY-MM-DD between 2000 and 2099.",
    )
    INVALID_PERIOD = code(
        "INVALID_PERIOD",
        description="A period that ends before it starts, or has one end only.",
    )
    UNKNOWN_CURRENCY = code(
        "UNKNOWN_CURRENCY", description="Not an ISO 4217 code of a currency in use."
    )
    DUPLICATE = code(
        "DUPLICATE", description="The same id twice where it must be unique."
    )
    UNKNOWN_DOCUMENT = code(
        "UNKNOWN_DOCUMENT",
        description="A document or line that is named but not there.",
    )
    CREDIT_TOO_LARGE = code(
        "CREDIT_TOO_LARGE",
        description="A credit of more than its invoice line has left.",
    )
    MISMATCH = code(
        "MISMATCH", description="Two values that must agree don't: currency, customer."
    )
    CHANGED = code(
        "CHANGED",
        description="Recorded already, and different in what no revision changes. Of a"
        " document that is its customer, its currency, or the document that it names:"
        " void it, and send it again under another id.",
    )
    VOID = code(
        "VOID",
        description="A document that is void, and stays void: send it again under"
        " another id.",
    )
    IN_USE = code(
        "IN_USE", description="Other documents stand on it: void those first."
    )
    GRANT_EXCEEDED = code(
        "GRANT_EXCEEDED",
        description="A burn-down of more than its credit grant has left.",
    )
    UNSUPPORTED = code(
        "UNSUPPORTED", description="Known to the format, not imported by this version."
    )
    NOT_FOUND = code("NOT_FOUND", description="No such object, or not yours.")
    UNCONFIRMED = code(
        "UNCONFIRMED",
        description="Unusual enough to need a confirmation, which it lacks.",
    )
    KEY_USED = code(
        "KEY_USED", description="An idempotency key that came with another request."
    )
    LAST_ADMIN = code(
        "LAST_ADMIN", description="An organisation keeps one admin at the least."
    )
    NOT_HELD = code(
        "NOT_HELD",
        description="More than you have yourself: nobody hands on what they don't"
        " have.",
    )
    CLOCK = code(
        "CLOCK",
        description="The server's clock doesn't fit what was recorded: an operator"
        " sets it right, or accepts it with `daybook clock accept`.",
    )
    UPLOAD_SPENT = code("UPLOAD_SPENT", description="An upload that was imported.")
    UNLOADABLE = code(
        "UNLOADABLE",
        description="A file that its target would not take; `exportPreflight` says"
        " why, and what to do.",
    )
    POSTED = code("POSTED", description="A file that is posted as something else.")
    NOT_POSTED = code("NOT_POSTED", description="A file that isn't posted.")
    UNBALANCED = code(
        "UNBALANCED", description="Debits and credits that differ, or of a customer."
    )
    LOCKED = code(
        "LOCKED", description="A locked day; the message names the first open one."
    )
    CONFLICT = code(
        "CONFLICT", description="What you saw has changed meanwhile: look at it again."
    )
    WRONG_STATUS = code(
        "WRONG_STATUS",
        description="Not possible in its present status, such as changing what is"
        " posted.",
    )
    OWN_WORK = code(
        "OWN_WORK",
        description="A decision about your own work: another person decides.",
    )
    APPROVAL_PENDING = code(
        "APPROVAL_PENDING",
        description="Nothing is changed yet: it is requested, and another person"
        " approves it. The message names the request.",
    )
    INVALID_CURSOR = code("INVALID_CURSOR", description="Not a cursor of this list.")


@strawberry.type(description="One broken rule.")
class UserError:
    code: UserErrorCode = strawberry.field(description="Which rule.")
    message: str = strawberry.field(description="What is wrong, for people.")
    path: list[str] = strawberry.field(
        description="From the input's root to the value, with list indexes as text. For"
        " `documents` it is within a document, whose own index comes first."
    )
    line: int | None = strawberry.field(
        description="The line of `text` or the upload, counted from 1; otherwise null."
    )


def errors_of(
    problems: Sequence[Problem], fields: Mapping[str, str] | None = None
) -> list[UserError]:
    """User errors of the domain's problems; `fields` rename the domain's fields."""
    named = fields or {}
    return [
        UserError(
            code=UserErrorCode(problem.code.value),
            message=problem.message,
            path=[named.get(part, part) for part in problem.path],
            line=problem.line,
        )
        for problem in problems
    ]
