"""What a format is: the contract between those who read units and those who write them.

A format is given units in slices and gives bytes; it never queries. What its lines name
has to be in the units, and what holds for the whole file in its facts.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from daybook.exports.rules import Totals, Units, totals_of


class FileFacts(NamedTuple):
    """What holds for all of a file."""

    currency: str
    decimals: int


class Renderer(Protocol):
    """Writes one file: the header, then each slice in its order, then the footer.

    It may hold what it needs between slices. Each of these may be empty.
    """

    def header(self) -> bytes:
        """What the file begins with."""

    def render(self, units: Units) -> Iterator[bytes]:
        """The slice as pieces, each of which ends with a line: they are never cut."""

    def footer(self) -> bytes:
        """What the file ends with."""


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of file. `number` is stored with jobs and never given to another.

    `version` rises where the renderer makes other bytes of the same units. `totals`
    counts the rows that a slice becomes, and what their sides sum to: progress is
    measured by them, and a job's file is compared with what the ledger has.
    """

    name: str
    number: int
    description: str
    suffix: str
    media_type: str
    version: int
    renderer: Callable[[FileFacts], Renderer]
    totals: Callable[[Units], Totals] = totals_of
