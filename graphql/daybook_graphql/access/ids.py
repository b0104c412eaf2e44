"""The ids of users and API keys."""

from typing import NamedTuple

from daybook.numbers import read_number
from daybook_graphql.kit.ids import node_id, read_external_id


@node_id("User", read_external_id)
class UserId(NamedTuple):
    """A member of the organisation, by their address."""

    email: str

    def __str__(self) -> str:
        return f"User:{self.email}"


@node_id("ApiKey", read_number)
class ApiKeyId(NamedTuple):
    """An API key, by its number in the organisation."""

    number: int

    def __str__(self) -> str:
        return f"ApiKey:{self.number}"
