"""What an endpoint may be, and when a delivery is tried again."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from daybook.errors import Rejected
from daybook.outbound.rules import Allowed
from daybook.webhooks.rules import (
    DESCRIPTION_MAX,
    JITTER,
    RETRIES,
    URL_MAX,
    Events,
    MessageKind,
    check_endpoint,
    event_names,
    events_named,
    message_text,
    new_secret,
    next_attempt,
)

NOTHING = Allowed()
NOW = datetime(2025, 10, 15, 12, tzinfo=UTC)
URL = "https://hooks.example.com/daybook"
READY = Events.EXPORT_READY


def problems(
    url: str = URL,
    description: str = "",
    events: Events = READY,
    allowed: Allowed = NOTHING,
) -> list[str]:
    """The fields that are refused."""
    try:
        check_endpoint(url, description, events, allowed)
    except Rejected as rejected:
        return [problem.path[0] for problem in rejected.problems]
    return []


@pytest.mark.parametrize(
    "url",
    [
        *(
            "",
            "hooks.example.com",
            "ftp://hooks.example.com/",
            "https://",
            "https:///a",
        ),
        *("http://hooks.example.com/", "https://a:b@hooks.example.com/"),
        *("https://hooks.example.com/#a", "https://hooks.example.com:port/"),
        *("https://hooks.example.com/a b", "https://hööks.example.com/"),
        *("https://127.0.0.1/", "https://[::1]/", "https://[::ffff:8.8.8.8]/"),
        *("https://169.254.169.254/latest", f"https://a.example/{'a' * URL_MAX}"),
        "https://hooks.example.com/\n",
    ],
)
def test_an_address_that_may_not_be_called_is_refused(url: str) -> None:
    assert problems(url) == ["url"]


@pytest.mark.parametrize(
    "url", [URL, "https://hooks.example.com:8443/a?token=b", "https://8.8.8.8/"]
)
def test_a_public_address_is_taken(url: str) -> None:
    assert problems(url) == []


def test_an_operator_may_allow_others() -> None:
    inside = Allowed.of(["inside.example", "10.0.0.0/8"])

    assert problems("http://inside.example/", allowed=inside) == []
    assert problems("http://10.1.2.3:8000/", allowed=inside) == []
    assert problems("http://11.1.2.3/", allowed=inside) == ["url"]
    # It may have an address of the network, which each attempt looks up.
    assert problems("http://named.example/", allowed=inside) == []


def test_every_problem_is_named() -> None:
    long = "a" * (DESCRIPTION_MAX + 1)

    assert problems("", long, Events(0)) == ["url", "description", "events"]
    assert problems(description="two\nlines") == ["description"]


@given(st.sets(st.sampled_from(Events)))
def test_events_have_names(chosen: set[Events]) -> None:
    events = Events(0)
    for each in chosen:
        events |= each

    assert events_named(event_names(events)) == events


def test_an_unknown_event_is_named() -> None:
    with pytest.raises(Rejected, match=r"'export\.done' is not one of export\.ready"):
        events_named(["export.done"])


def test_a_message_is_json_of_type_time_and_data() -> None:
    text = message_text(MessageKind.LOCK_CHANGED, NOW, {"recording": 7})

    assert json.loads(text) == {
        "type": "lock.changed",
        "timestamp": "2025-10-15T12:00:00Z",
        "data": {"recording": 7},
    }


def test_secrets_are_those_of_standard_webhooks() -> None:
    first, second = new_secret(), new_secret()

    assert first != second
    assert first.startswith("whsec_")
    assert Webhook(first).sign("msg_1", NOW, "{}").startswith("v1,")


@given(st.integers(1, 12), st.floats(0, 1))
def test_retries_wait_as_long_as_documented(failed: int, drawn: float) -> None:
    at = next_attempt(failed, NOW, lambda: drawn)

    if failed > len(RETRIES):
        assert at is None
    else:
        assert at is not None
        wait = RETRIES[failed - 1]
        assert abs(at - NOW - wait) <= wait * JITTER + timedelta(microseconds=1)
