"""The contract of files that hold a sheet: what makes one, and what kinds there are."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, NamedTuple, Protocol, TypeAlias, TypeVar

from daybook.sheets.columns import Sheet

Taken_contra = TypeVar("Taken_contra", contravariant=True)


class SheetWriter(Protocol[Taken_contra]):
    """Makes one file: the header, then each slice of rows in order, then the footer.

    The same rows give the same bytes, however they are sliced. What is held doesn't
    grow with the number of rows.
    """

    def header(self) -> Iterable[bytes]:
        """What the file begins with, in pieces."""
        return ()

    def add(self, rows: Sequence[Taken_contra]) -> Iterable[bytes]:
        """What these rows complete of the file, in pieces.

        Raises Rejected where the file can't hold them; it has given no piece by then.
        """
        ...

    def footer(self) -> Iterable[bytes]:
        """What the file ends with, in pieces."""
        return ()

    def close(self) -> None:
        """Release what is held, also if the file was not finished."""


MakesWriter: TypeAlias = Callable[[Sheet[Any], str], SheetWriter[Any]]
"""Makes the writer of a sheet whose amounts are of a currency."""


class Extra(NamedTuple):
    """A package that a format needs and that is installed only on request."""

    name: str
    """The name of the extra: `pip install 'daybook-ledger[NAME]'`."""
    module: str
    """The module that is imported once a file is made."""

    def is_installed(self) -> bool:
        """Whether files can be made."""
        return find_spec(self.module) is not None

    def advice(self, name: str) -> str:
        """What to do where it isn't installed, to get the format of a name."""
        return (
            f"{name} needs the package {self.module}, which is not installed:"
            f" pip install 'daybook-ledger[{self.name}]'"
        )


@dataclass(frozen=True, slots=True)
class SheetFormat:
    """A kind of file that holds any sheet."""

    name: str
    """Also what names of files end with."""
    media_type: str
    writer: MakesWriter
    extra: Extra | None = None
    is_text: bool = True
    """Whether a terminal can show it."""
    is_slow: bool = False
    """Whether a slice takes so long that a thread should add it."""
