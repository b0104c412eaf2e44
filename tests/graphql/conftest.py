"""The schema over a test's database, at a fixed present: 15 June 2025."""

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from daybook.db.engine import Database
from daybook.settings import Settings
from daybook_graphql.context import Context
from daybook_graphql.execution.operations import Operations
from daybook_graphql.schema import schema
from daybook_people import caller

Answer: TypeAlias = dict[str, Any]
Ask: TypeAlias = Callable[..., Awaitable[Answer]]
"""Executes a document with variables as a stranger would, and gives the answer."""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings with a fixed present."""
    return Settings.model_validate({"data": tmp_path, "now": "2025-06-15T12:00:00Z"})


@pytest.fixture
def new_context(database: Database, settings: Settings) -> Callable[[], Context]:
    """Makes a context for one operation."""
    return lambda: Context(database, settings, caller())


@pytest.fixture
def ask(new_context: Callable[[], Context]) -> Ask:
    """Execute a document; the answer's errors are as a client gets them."""
    return _asking(new_context)


@pytest.fixture
def shared_ask(module_database: Database, settings: Settings) -> Ask:
    """The same over the database of all tests of a file, which none of them changes."""
    return _asking(lambda: Context(module_database, settings, caller()))


def _asking(new_context: Callable[[], Context]) -> Ask:
    async def execute(
        document: str, variables: Mapping[str, Any] | None = None
    ) -> Answer:
        result = await schema.execute(
            document,
            variable_values=dict(variables or {}),
            context_value=new_context(),
        )
        answer: Answer = {"data": result.data}
        if result.errors:
            answer["errors"] = [error.formatted for error in result.errors]
        return answer

    return execute


@pytest.fixture(scope="session")
def operations() -> Operations:
    """The named operations."""
    return Operations(schema)
