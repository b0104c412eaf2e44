"""The schema as a text: complete, as it is checked in, and as others read it."""

import json
import subprocess
from enum import Enum
from pathlib import Path
from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
)

from daybook.errors import ProblemCode
from daybook.ledger.rules import Role
from daybook.ledger.rules import SourceKind as StoredKind
from daybook.recognition.allocation import Strategy
from daybook.recognition.rules import Method, Timing
from daybook_graphql.documents.enums import BillingTiming, SourceKind
from daybook_graphql.execution.operations import operation_texts
from daybook_graphql.kit.user_errors import UserErrorCode
from daybook_graphql.ledgers.enums import AccountRole, AllocationStrategy
from daybook_graphql.parties.enums import RecognitionMethod
from daybook_graphql.print_schema import schema_text
from daybook_graphql.schema import schema

CHECKED_IN = Path(__file__).parents[2] / "graphql" / "schema.graphql"

ACCEPT = """
const { readFileSync } = require("node:fs");
const { buildSchema, parse, validate, validateSchema } = require(process.argv[1]);
const { text, operations } = JSON.parse(readFileSync(0, "utf8"));
const schema = buildSchema(text);
const errors = validateSchema(schema).map(String);
for (const [name, operation] of Object.entries(operations))
  for (const error of validate(schema, parse(operation)))
    errors.push(`${name}: ${error}`);
console.log(JSON.stringify(errors));
"""


def test_the_schema_is_the_one_checked_in() -> None:
    assert CHECKED_IN.read_text(encoding="utf-8") == schema_text(), (
        "run python -m daybook_graphql.print_schema > graphql/schema.graphql"
    )


def test_everything_has_a_description() -> None:
    missing = [name for name, about in _described() if not (about or "").strip()]

    assert missing == []


def _described() -> list[tuple[str, str | None]]:
    """Everything of our own that a reader may wonder about, and what is said of it."""
    found: list[tuple[str, str | None]] = []
    for name, kind in schema._schema.type_map.items():  # noqa: SLF001
        if name.startswith("__"):
            continue
        found.append((name, kind.description))
        if isinstance(kind, GraphQLEnumType):
            found += [
                (f"{name}.{one}", of.description) for one, of in kind.values.items()
            ]
        if isinstance(kind, GraphQLInputObjectType):
            found += [
                (f"{name}.{one}", of.description) for one, of in kind.fields.items()
            ]
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            for field, its in kind.fields.items():
                found.append((f"{name}.{field}", its.description))
                found += [
                    (f"{name}.{field}({one}:)", of.description)
                    for one, of in its.args.items()
                ]
    return found


@pytest.mark.parametrize(
    ("public", "stored"),
    [
        (AccountRole, Role),
        (SourceKind, StoredKind),
        (RecognitionMethod, Method),
        (AllocationStrategy, Strategy),
        (BillingTiming, Timing),
        (UserErrorCode, ProblemCode),
    ],
)
def test_public_values_are_the_domain_s(public: type[Enum], stored: type[Enum]) -> None:
    def values(kind: type[Enum]) -> dict[str, Any]:
        return {one.name: one.value for one in kind}

    assert values(public) == values(stored)


def test_the_reference_implementation_accepts_schema_and_operations(
    node: Path, node_modules: Path
) -> None:
    given = {"text": schema_text(), "operations": operation_texts()}

    ran = subprocess.run(
        [node, "-e", ACCEPT, str(node_modules / "graphql")],
        input=json.dumps(given),
        capture_output=True,
        check=True,
        text=True,
        timeout=60,
    )

    assert json.loads(ran.stdout) == []
