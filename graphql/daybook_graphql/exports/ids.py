"""The ids of exports and of the records of their files."""

from typing import NamedTuple

from daybook.numbers import read_number
from daybook_graphql.kit.ids import node_id


@node_id("ExportJob", read_number)
class ExportJobId(NamedTuple):
    """An export, by its number in its organisation."""

    number: int

    def __str__(self) -> str:
        return f"ExportJob:{self.number}"


@node_id("ExportRecord", read_number)
class ExportRecordId(NamedTuple):
    """The record of a file that was made, by its number in its organisation."""

    number: int

    def __str__(self) -> str:
        return f"ExportRecord:{self.number}"
