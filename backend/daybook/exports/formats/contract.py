"""The contract between the readers of units and the formats that render them.

A format turns slices of units into bytes; it never queries. All that a line needs is in
its unit, and all that holds for the whole file is in the file's facts.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from daybook.exports.rules import Totals, Units, slice_totals


class FileFacts(NamedTuple):
    """What holds for all of a file."""

    currency: str
    decimals: int
    has_codes: bool = False
    """Whether lines carry Xero's account codes, since Xero is enabled."""


class Renderer(Protocol):
    """Writes one file: the header, then each slice in its order, then the footer.

    It may keep state between slices. Any of the three may be empty.
    """

    def header(self) -> bytes:
        """What the file begins with."""

    def render(self, units: Units) -> Iterator[bytes]:
        """The slice in pieces that each end at the end of a line and are never cut."""

    def footer(self) -> bytes:
        """What the file ends with."""


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of file. `number` is stored with jobs and never reused.

    `version` rises when the renderer makes other bytes of the same units. `totals`
    counts a slice's rows and sums their sides, for progress, and to compare a job's
    file with the ledger.
    """

    name: str
    number: int
    description: str
    suffix: str
    media_type: str
    version: int
    renderer: Callable[[FileFacts], Renderer]
    totals: Callable[[Units], Totals] = slice_totals
