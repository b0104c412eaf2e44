"""The kinds of files that hold a sheet, by their names."""

from collections.abc import Mapping

from daybook.errors import Problem, ProblemCode, Rejected, did_you_mean
from daybook.sheets.contract import SheetFormat
from daybook.sheets.csv_lines import CSV
from daybook.sheets.parquet_table import PARQUET
from daybook.sheets.xlsx_file import XLSX

FILE_FORMATS: Mapping[str, SheetFormat] = {
    known.name: known for known in (CSV, XLSX, PARQUET)
}
"""All of them, the one that programs mostly read first."""


def format_named(name: str) -> SheetFormat:
    """The format of a name in any case.

    Raises Rejected, with the path `format`, for other names and for a format whose
    package is not installed.
    """
    found = FILE_FORMATS.get(name.strip().lower())
    if found is None:
        near = did_you_mean(name, FILE_FORMATS)
        known = ", ".join(FILE_FORMATS)
        message = f"{name!r} is not a format of files: it is one of {known}{near}"
        raise Rejected([Problem(ProblemCode.INVALID_VALUE, message, ("format",))])
    if found.extra is not None and not found.extra.is_installed():
        message = found.extra.advice(found.name)
        raise Rejected([Problem(ProblemCode.UNSUPPORTED, message, ("format",))])
    return found
