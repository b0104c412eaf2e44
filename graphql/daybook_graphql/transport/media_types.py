"""The media type of a response, by the specification of GraphQL over HTTP."""

from collections.abc import Mapping

RESPONSE = "application/graphql-response+json"
"""Its responses to requests that can't be executed have a 4xx status."""
JSON = "application/json"
"""For older clients: GraphQL's own errors have the status 200."""


def media_type_for(accept: str) -> str | None:
    """The media type that an Accept header prefers; None if it accepts neither.

    Clients that accept anything, or send no header, get JSON, which all of them know.
    """
    accepted = _qualities(accept) if accept.strip() else {"*/*": 1.0}
    response, json = _quality(RESPONSE, accepted), _quality(JSON, accepted)
    if not response and not json:
        return None
    is_named = RESPONSE in accepted
    return RESPONSE if response > json or (response == json and is_named) else JSON


def _qualities(accept: str) -> dict[str, float]:
    """The media types of a header with their qualities; 0 for refused ones."""
    qualities = {}
    for choice in accept.lower().split(","):
        name, *parameters = (part.strip() for part in choice.split(";"))
        pairs = (part.partition("=") for part in parameters)
        quality = next((value for key, _, value in pairs if key.strip() == "q"), "1")
        qualities[name] = _number(quality)
    return qualities


def _number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        return 0.0
    return number if 0 <= number <= 1 else 0.0


def _quality(media_type: str, accepted: Mapping[str, float]) -> float:
    """The quality of the most specific name that matches."""
    family = media_type.partition("/")[0]
    for name in (media_type, f"{family}/*", "*/*"):
        if name in accepted:
            return accepted[name]
    return 0.0
