"""Which media type answers a request, as GraphQL over HTTP has it."""

from collections.abc import Mapping

RESPONSE = "application/graphql-response+json"
"""Its status tells whether the request was a good one."""
JSON = "application/json"
"""For older clients: whatever GraphQL itself finds wrong is answered with 200."""


def media_type_for(accept: str) -> str | None:
    """The media type that an Accept header prefers; None if it takes neither.

    Who takes anything, or says nothing, gets JSON: it doesn't know the other one.
    """
    wanted = _qualities(accept) if accept.strip() else {"*/*": 1.0}
    response, json = _quality(RESPONSE, wanted), _quality(JSON, wanted)
    if not response and not json:
        return None
    is_named = RESPONSE in wanted
    return RESPONSE if response > json or (response == json and is_named) else JSON


def _qualities(accept: str) -> dict[str, float]:
    """What a header names, each with its quality; what is not to be had has 0."""
    qualities = {}
    for one in accept.lower().split(","):
        name, *parameters = (part.strip() for part in one.split(";"))
        given = (part.partition("=") for part in parameters)
        quality = next((value for key, _, value in given if key.strip() == "q"), "1")
        qualities[name] = _number(quality)
    return qualities


def _number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        return 0.0
    return number if 0 <= number <= 1 else 0.0


def _quality(media_type: str, wanted: Mapping[str, float]) -> float:
    """The quality of the most specific name that fits."""
    family = media_type.partition("/")[0]
    for name in (media_type, f"{family}/*", "*/*"):
        if name in wanted:
            return wanted[name]
    return 0.0
