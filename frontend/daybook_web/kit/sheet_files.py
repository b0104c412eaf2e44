"""The CSV file of a sheet as a download, sent while its rows are read."""

from collections.abc import AsyncIterator
from typing import Any

from starlette.responses import Response, StreamingResponse

from daybook.sheets.columns import Sheet
from daybook_web.kit.file_names import disposition


def sheet_file(sheet: Sheet[Any], lines: AsyncIterator[str]) -> Response:
    """The answer whose content are these lines, the header's first."""
    return StreamingResponse(
        lines,
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": disposition(f"{sheet.name}.csv")},
    )
