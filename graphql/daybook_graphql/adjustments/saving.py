"""What saving a manual journal and saving a recurring one share."""

from dataclasses import replace

from daybook.errors import Problem, ProblemCode, Rejected
from daybook_graphql.adjustments.inputs import FIELDS
from daybook_graphql.kit.user_errors import UserError, errors_of

OF_THE_SAVING = frozenset({"id", "version", "idempotencyKey"})
"""Fields of the input itself; all others are of what it holds."""


def check_version_is_given(id_: str | None, version: int | None, what: str) -> None:
    """Raise Rejected unless an input has both an id and a version, or neither."""
    if id_ is not None and version is None:
        message = "give the version that you saw: saving replaces it"
        raise Rejected([Problem(ProblemCode.MISSING, message, ("version",))])
    if id_ is None and version is not None:
        message = f"a version is of a {what}: give its id, too, or leave it out"
        raise Rejected([Problem(ProblemCode.MISSING, message, ("number",))])


def errors_of_saving(rejected: Rejected, held: str) -> list[UserError]:
    """User errors, with paths from the root of the mutation's input.

    `held` is the input's field with what is saved.
    """
    return [
        error
        if error.path and error.path[0] in OF_THE_SAVING
        else replace(error, path=[held, *error.path])
        for error in errors_of(rejected.problems, FIELDS)
    ]
