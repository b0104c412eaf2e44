"""What a mapping could say where a field of a document is refused."""

from daybook.documents.reading.csv_columns import Columns
from daybook.documents.reading.csv_fields import FIELDS_OF_PARENT
from daybook.errors import Problem, ProblemCode

_WORDS = {
    *("type", "status", "treatment", "frequency", "timing", "method", "strategy"),
    *("classification", "currency"),
}
"""Fields whose values are words, which a mapping may say by others."""
_OF_WORDS = {ProblemCode.INVALID_VALUE, ProblemCode.UNKNOWN_CURRENCY}

_OF_INVOICE_LINE = "comes from the invoice line that is credited"
_OF_CREDIT_NOTES = (
    (
        ProblemCode.MISSING,
        "invoice_line_id is missing",
        '; give it a column, or say invoice_line_id = "1", the first line of each,',
    ),
    (
        ProblemCode.UNKNOWN_FIELD,
        _OF_INVOICE_LINE,
        ", or say drop_terms = true",
    ),
    (
        ProblemCode.INVALID_AMOUNT,
        "write what is credited as a positive amount",
        ", or say negate = true",
    ),
)
"""Problems of credit notes, by words of their messages, and what to say instead."""


def way_out(problem: Problem, name: str, columns: Columns) -> str:
    """`; or say …`, for a file with a mapping; empty where it could say nothing.

    `problem` is one of the JSON form, `name` the field's.
    """
    if not columns.is_mapped:
        return ""
    code = problem.code
    if code in _OF_WORDS:
        if name not in _WORDS or name not in columns.sources or problem.value is None:
            return ""
        begin = " Or" if problem.message.endswith("?") else "; or"
        table = f"[columns.{name}.values]"
        return f"{begin} say what it stands for under {table} in the mapping"
    for of_code, words, said in _OF_CREDIT_NOTES:
        if code is of_code and words in problem.message:
            return f"{said} under [credit_note] in the mapping"
    return ""


def is_dropped(problem: Problem, name: str, columns: Columns) -> bool:
    """Whether a field is refused that the mapping drops once the line is named.

    Such a row lacks its `invoice_line_id`, which is reported.
    """
    return (
        columns.drops_terms
        and name in FIELDS_OF_PARENT
        and problem.code is ProblemCode.UNKNOWN_FIELD
        and _OF_INVOICE_LINE in problem.message
    )
