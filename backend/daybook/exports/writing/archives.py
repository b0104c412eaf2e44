"""A file that is split: its parts and their manifest, as one zip archive.

Parts are cut between units, as late as the limits allow, and each begins with the
format's header. The manifest comes last, when all hashes and sums are known.
"""

from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from daybook.db.engine import Database
from daybook.exports.facts import read_facts
from daybook.exports.file_spec import FileSpec
from daybook.exports.formats.contract import Renderer
from daybook.exports.manifests.manifest import MEMBER, manifest_text
from daybook.exports.manifests.origins import made_of
from daybook.exports.reading.units import read_units
from daybook.exports.rules import NOTHING, Totals, Units
from daybook.exports.writing.planning import FilePlan
from daybook.exports.writing.splitting import (
    PartCutter,
    Run,
    each_unit,
    part_limits,
    part_name,
    runs_of,
)
from daybook.exports.writing.tallies import PartMade, Tally
from daybook.exports.writing.zips import ZipStream, may_be_large

PIECE_BYTES = 2**19
"""How much of a part is compressed at once."""


class Named(NamedTuple):
    """What an archive says of itself: its name without the suffix, and the filters.

    `filters` are the requested ones, as `selection_text` writes them.
    """

    stem: str
    filters: str | None


async def render_archive(  # noqa: PLR0913  (what, how, and who hears of it)
    database: Database,
    spec: FileSpec,
    plan: FilePlan,
    named: Named,
    tally: Tally,
    *,
    progress: Callable[[Totals], None] | None = None,
) -> AsyncIterator[bytes]:
    """The archive in pieces; `tally` then has its totals and parts.

    The same spec, plan and names give the same bytes, as long as the library that
    compresses is the same. `progress` is called with the totals of each rendered slice.
    Whether the format can hold the parts was checked before (`plan_file`). Raises
    TotalsDiffer at the end if the sums don't agree.
    """
    renderer = spec.file_format.renderer(await read_facts(database, spec))
    parts = _Parts(spec, renderer, plan, named.stem, tally)
    try:
        async for units in read_units(database, spec):
            for run in parts.runs(units):
                async for piece in parts.add(run):
                    yield piece
            if progress is not None:
                progress(spec.file_format.totals(units))
        async for piece in parts.finish():
            yield piece
        tally.check()
        made = await made_of(database, spec, named.filters)
        async for piece in parts.close_with(manifest_text(made, tally)):
            yield piece
    finally:
        renderer.close()
        await parts.close()


@dataclass(frozen=True, slots=True)
class _Rendered:
    """A run of units, and its bytes in short texts."""

    run: Run
    texts: Iterable[bytes]


class _Parts:
    """Writes runs of units into parts, and parts into the archive."""

    def __init__(
        self,
        spec: FileSpec,
        renderer: Renderer,
        plan: FilePlan,
        stem: str,
        tally: Tally,
    ) -> None:
        self._format, self._renderer = spec.file_format, renderer
        self._plan, self._stem, self._tally = plan, stem, tally
        self._header = b"".join(renderer.header())
        self._limits = part_limits(spec, len(self._header))
        self._cutter = PartCutter(self._limits)
        self._zip = ZipStream()
        self._name = ""
        self._totals = NOTHING
        self._held: list[bytes] = []
        self._held_bytes = 0

    def runs(self, units: Units) -> Iterator[_Rendered]:
        """The units of a slice, as they belong to parts."""
        if self._limits.bytes is None:
            for run in runs_of(units, self._cutter, self._format.totals):
                yield _Rendered(run, self._renderer.render(run.units))
            return
        for unit in each_unit(units):
            text = b"".join(self._renderer.render(unit))
            rows = self._format.totals(unit).rows
            begins = self._cutter.begins_part(rows, len(text))
            yield _Rendered(Run(begins, unit), (text,))

    async def add(self, rendered: _Rendered) -> AsyncIterator[bytes]:
        """Write a run; the archive's next bytes."""
        begins, units = rendered.run
        if begins:
            async for piece in self._turn():
                yield piece
        totals = self._format.totals(units)
        self._totals += totals
        self._tally.add(totals, units)
        for text in rendered.texts:
            self._held.append(text)
            self._held_bytes += len(text)
            if self._held_bytes >= PIECE_BYTES:
                yield await self._flush()

    async def finish(self) -> AsyncIterator[bytes]:
        """End the last part; a file without units has one with a header alone."""
        if not self._name:
            async for piece in self._turn():
                yield piece
        async for piece in self._end():
            yield piece

    async def close_with(self, manifest: str) -> AsyncIterator[bytes]:
        """End the archive with its manifest."""
        self._zip.begin(MEMBER, may_be_large=False)
        yield await self._zip.write(manifest.encode())
        await self._zip.end()
        yield await self._zip.finish()

    async def close(self) -> None:
        """Release what is held."""
        await self._zip.close()

    async def _turn(self) -> AsyncIterator[bytes]:
        """Begin the next part, after the end of the one before."""
        if self._name:
            async for piece in self._end():
                yield piece
        number, suffix = len(self._tally.parts) + 1, self._format.suffix
        self._name = part_name(self._stem, suffix, number, self._plan.parts_most)
        self._zip.begin(self._name, may_be_large=may_be_large(self._limits.rows))
        self._totals = NOTHING
        self._held, self._held_bytes = [self._header], len(self._header)

    async def _end(self) -> AsyncIterator[bytes]:
        yield await self._flush()
        size, digest = await self._zip.end()
        self._tally.parts.append(PartMade(self._name, self._totals, size, digest))

    async def _flush(self) -> bytes:
        """Write what is held into the part; the archive's next bytes."""
        piece = b"".join(self._held)
        self._held, self._held_bytes = [], 0
        return await self._zip.write(piece)
