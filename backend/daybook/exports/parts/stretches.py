"""Stretches of a file: consecutive slices, which a helper renders at a time."""

import zlib
from importlib.metadata import version
from typing import Any, NamedTuple

import zstandard

from daybook.exports.file_spec import FileSpec
from daybook.exports.parts.orders import FileOrder
from daybook.exports.parts.slices import SliceRenderer
from daybook.exports.reading.rows import journal_slices
from daybook.exports.writing.tallies import Tally
from daybook.storage.rules import PIECES_MAX

STRETCHES_MAX = PIECES_MAX
"""Into how many stretches a file is cut at most; those of a larger file are longer."""


class Stretch(NamedTuple):
    """Some slices of a file, from a journal's number on."""

    first: int
    slices: int


class Rendered(NamedTuple):
    """A stretch that was rendered: its bytes, what it comes to, and for the footer."""

    pieces: list[bytes]
    tally: Tally
    kept: Any


async def cut(order: FileOrder, rows: int, rows_of_each: int) -> list[Stretch]:
    """Cut a file of `rows` into stretches of about `rows_of_each`, in their order."""
    slices = journal_slices(*order)
    firsts = [numbers[0] async for numbers in slices]
    most = max(rows // rows_of_each, 1)
    length = max(-(-len(firsts) // min(most, STRETCHES_MAX)), 1)
    return [
        Stretch(firsts[at], min(length, len(firsts) - at))
        for at in range(0, len(firsts), length)
    ]


async def render(
    order: FileOrder, renderer: SliceRenderer, stretch: Stretch
) -> Rendered:
    """Render a stretch of the order's file, by its renderer."""
    first, most = stretch
    pieces: list[bytes] = []
    tally = Tally()
    async for numbers in journal_slices(*order, first=first, most=most):
        pieces += [piece async for piece in renderer.render(numbers, tally)]
    return Rendered(pieces, tally, renderer.take_kept())


def program_of(spec: FileSpec) -> str:
    """What a file's bytes depend on beside the file, in this process.

    Programs that differ in it don't render parts of the same file.
    """
    renderer = f"{spec.file_format.name} {spec.renderer}"
    of_ours = f"Daybook {version('daybook-ledger')}, {renderer}"
    if spec.compression is None:
        return of_ours
    libraries = f"zlib {zlib.ZLIB_RUNTIME_VERSION}, zstandard {zstandard.__version__}"
    return f"{of_ours}, {libraries}"
