"""Content negotiation: which media type answers which Accept header."""

import pytest

from daybook_graphql.transport.media_types import JSON, RESPONSE, media_type_for


@pytest.mark.parametrize(
    ("accept", "answer"),
    [
        ("", JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        (JSON, JSON),
        (RESPONSE, RESPONSE),
        (f"{RESPONSE}, {JSON}", RESPONSE),
        (f"{JSON}, {RESPONSE}", RESPONSE),
        (f"{RESPONSE};q=0.9, {JSON}", JSON),
        (f"{JSON};q=0.9, {RESPONSE}", RESPONSE),
        (f"{RESPONSE}; charset=utf-8, {JSON};q=0.9", RESPONSE),
        (f"{JSON};q=0, */*", RESPONSE),
        (f"{RESPONSE};q=0, */*", JSON),
        ("text/html, */*;q=0.8", JSON),
        ("APPLICATION/GRAPHQL-RESPONSE+JSON;Q=1", RESPONSE),
        ("text/html", None),
        ("*/*;q=0", None),
        (f"{JSON};q=nonsense", None),
        (f"{JSON};q=-1", None),
        (f"{JSON};q=nan", None),
    ],
)
def test_the_preferred_media_type_answers(accept: str, answer: str | None) -> None:
    assert media_type_for(accept) == answer
