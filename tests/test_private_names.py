"""What stands on private names of libraries: behind which doors, of which versions."""

import re
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from types import ModuleType

import pytest

import daybook.cli.guarding
import daybook.db.fast
from daybook_graphql.execution import fast, inside
from daybook_graphql.transport import websockets
from daybook_web.kit import fast_templates

ROOT = Path(__file__).parents[1]
DOORS = {
    "backend/daybook/db/fast": daybook.db.fast,
    "graphql/daybook_graphql/execution/fast": fast,
    "graphql/daybook_graphql/execution/inside.py": inside,
    "graphql/daybook_graphql/transport/websockets.py": websockets,
    "backend/daybook/cli/guarding.py": daybook.cli.guarding,
    "frontend/daybook_web/kit/fast_templates.py": fast_templates,
}


PRIVATE = re.compile(
    r"SLF001|^(from|import) \S*\._|^from .* import _[a-z]", re.MULTILINE
)


def pinned(door: ModuleType) -> Mapping[str, str]:
    found: Mapping[str, str] = door.PINNED
    return found


@pytest.mark.parametrize("path", DOORS)
def test_a_door_was_looked_at_with_the_versions_that_are_installed(path: str) -> None:
    looked_at = pinned(DOORS[path])

    installed = {name: version(name) for name in looked_at}

    assert installed == looked_at, (
        f"look whether the private names in {path} still are what they were, run `make"
        " test` with DAYBOOK_FAST=no and without, and put the versions into PINNED"
    )


def test_private_names_are_used_behind_the_doors_only() -> None:
    files = (
        file.relative_to(ROOT)
        for root in ("backend", "graphql", "frontend")
        for file in sorted((ROOT / root).rglob("*.py"))
    )
    # The linter finds each private attribute; it is told where one is meant.
    users = {
        str(file)
        for file in files
        if PRIVATE.search((ROOT / file).read_text(encoding="utf-8"))
    }

    assert {user for user in users if not user.startswith(tuple(DOORS))} == set()
    assert users
