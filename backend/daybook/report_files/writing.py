"""Reports as bytes: in pieces for downloads, or into a stream."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable
from contextlib import aclosing
from functools import partial
from typing import Any, BinaryIO

from daybook.report_files.reports import OpenReport
from daybook.report_files.slices import Slices, closed
from daybook.sheets.columns import Sheet
from daybook.sheets.contract import SheetFormat

OnRows = Callable[[int], None]
"""Told how many rows each slice has."""


def file_name(report: OpenReport, file_format: SheetFormat) -> str:
    """The name of a report's file."""
    return f"{report.stem}.{file_format.name}"


async def report_pieces(
    report: OpenReport,
    file_format: SheetFormat,
    on_rows: OnRows = lambda _count: None,
    *,
    goes_on: bool = False,
) -> AsyncIterator[bytes]:
    """A report's file in pieces; reads the report's rows.

    One that `goes_on` has no header: it follows another ledger's in one text. Raises
    Rejected as `sheet_pieces` does.
    """
    currency = report.asked.pin.currency
    pieces = sheet_pieces(
        *(report.sheet, currency, report.rows, file_format, on_rows), goes_on=goes_on
    )
    async with aclosing(pieces):
        async for piece in pieces:
            yield piece


async def sheet_pieces(  # noqa: PLR0913  (a sheet, and how it is written)
    sheet: Sheet[Any],
    currency: str,
    rows: Slices,
    file_format: SheetFormat,
    on_rows: OnRows = lambda _count: None,
    *,
    goes_on: bool = False,
) -> AsyncGenerator[bytes]:
    """The file of a sheet in pieces; `goes_on` leaves the header out.

    Raises Rejected for more rows than the format holds, and has given no piece by then:
    an interface that answers while it reads asks for the first piece before.
    """
    writer = file_format.writer(sheet, currency)
    try:
        if not goes_on:
            for piece in writer.header():
                yield piece
        async with closed(rows) as slices:
            async for slice_ in slices:
                async for piece in _made(file_format, partial(writer.add, slice_)):
                    yield piece
                on_rows(len(slice_))
        async for piece in _made(file_format, writer.footer):
            yield piece
    finally:
        writer.close()


async def _made(
    file_format: SheetFormat, make: Callable[[], Iterable[bytes]]
) -> AsyncIterator[bytes]:
    """Pieces, made in a thread where that takes long, so that pages go on."""
    if not file_format.is_slow:
        for piece in make():
            yield piece
        return
    pieces = await asyncio.to_thread(lambda: iter(make()))
    while (piece_made := await asyncio.to_thread(next, pieces, None)) is not None:
        yield piece_made


async def write_report(
    report: OpenReport,
    file_format: SheetFormat,
    stream: BinaryIO,
    on_rows: OnRows = lambda _count: None,
    *,
    goes_on: bool = False,
) -> None:
    """Write a report's file; raises Rejected before anything is written."""
    async for piece in report_pieces(report, file_format, on_rows, goes_on=goes_on):
        await asyncio.to_thread(stream.write, piece)
