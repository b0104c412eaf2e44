"""The ids of messages."""

from typing import NamedTuple

from daybook.numbers import read_number
from daybook_graphql.kit.ids import node_id


@node_id("MailMessage", read_number)
class MailMessageId(NamedTuple):
    """A message, by its number in the organisation."""

    number: int

    def __str__(self) -> str:
        return f"MailMessage:{self.number}"
