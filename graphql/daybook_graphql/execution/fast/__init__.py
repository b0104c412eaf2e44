"""The door to internals of graphql-core and Strawberry: the fast executor.

direct          reads attributes directly, and leaves the rest to graphql-core
readers         the functions that read them, generated for each selection
shared_events   executes an event once for all subscribers of one document

Private: which methods an execution context calls for which fields, and their
arguments (`execute_fields`, `execute_operation`, `collect_subfields`,
`variable_values.coerced`, `middleware_manager`, `defer_usage`), and Strawberry's
definitions of fields and types (`DEFINITION_BACKREF`, `is_basic_field`,
`base_resolver`, `concrete_of`, `CustomGraphQLEnumType`). With `DAYBOOK_FAST=no`
Strawberry's own executor executes each field for each subscriber. `PINNED` names the
versions that they were checked with: a test fails for others.
"""

from typing import Any

from daybook.settings import is_fast

PINNED = {"graphql-core": "3.3.2", "strawberry-graphql": "0.341.2"}


def executor() -> type[Any] | None:
    """The executor of operations; None for Strawberry's own."""
    if not is_fast():
        return None
    # Imported here: another version may lack what it imports.
    from daybook_graphql.execution.fast.shared_events import SharingExecutor  # noqa: PLC0415  (only where it is switched on)

    return SharingExecutor
