"""The examples of docs/graphql.md give the answers that stand under them."""

import json
import re
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from daybook.asgi import create_app
from daybook.settings import Settings

PAGE = Path(__file__).parents[2] / "docs" / "graphql.md"
EXAMPLE = re.compile(r"```graphql\n(.*?)```\s+```json\n(.*?)```", re.DOTALL)


def without_places(answer: dict[str, Any]) -> dict[str, Any]:
    """Places in the document say nothing to a reader of the page."""
    for error in answer.get("errors", ()):
        error.pop("locations", None)
    return answer


def test_the_examples_are_answered_as_they_say(tmp_path: Path) -> None:
    examples = EXAMPLE.findall(PAGE.read_text(encoding="utf-8"))
    settings = Settings.model_validate(
        {"data": tmp_path, "now": "2025-06-15T12:00:00Z"}
    )

    with TestClient(create_app(settings), base_url="http://127.0.0.1") as client:
        answers = [
            client.post("/graphql", json={"query": document}).json()
            for document, _ in examples
        ]

    assert len(examples) == 8
    assert [without_places(one) for one in answers] == [
        json.loads(expected) for _, expected in examples
    ]
