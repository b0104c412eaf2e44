"""Notices: what to look at in documents that an import took."""

from collections.abc import Sequence
from enum import Enum

import strawberry

from daybook.errors import Notice

code = strawberry.enum_value


@strawberry.enum(
    description="What a notice is about. Expect more values: they are only ever added."
)
class NoticeCode(Enum):
    NUMBER_IN_USE = code(
        "NUMBER_IN_USE",
        description="A document's number is that of another document of its kind, too.",
    )
    CREDIT_WITHOUT_INVOICE = code(
        "CREDIT_WITHOUT_INVOICE",
        description="A credit note names no invoice, and all its days are over by its"
        " accounting date, so it takes revenue at once. The message says how much, from"
        " which customer and products, and how to credit an invoice instead.",
    )
    SIMILAR_CUSTOMER = code(
        "SIMILAR_CUSTOMER",
        description="The id or the name of a customer that is new, or has another name"
        " now, differs from that of another customer only in case or spaces.",
    )
    VOID_HERE = code(
        "VOID_HERE",
        description="A document was voided in Daybook and is sent again as it was"
        " before, not as void. It is left as it is, and counted as unchanged; each"
        " import of it has the notice.",
    )
    REPEATED_ROW = code(
        "REPEATED_ROW",
        description="A document of a CSV file has the same row twice, cell by cell, and"
        " each counts. The message names their lines.",
    )
    FORMER_NAME = code(
        "FORMER_NAME",
        description="A customer gets a name back that it had before: the document that"
        " was recorded or revised last decides. The message has both names.",
    )


@strawberry.type(
    description="What to look at in a document, though nothing was refused. The place"
    " is told as a user error's."
)
class ImportNotice:
    code: NoticeCode = strawberry.field(description="What it is about.")
    message: str = strawberry.field(description="What there is to see, for people.")
    path: list[str] = strawberry.field(description="Where in the input it is.")
    line: int | None = strawberry.field(
        description="The line of `text` or the upload, counted from 1; otherwise null."
    )


def notices_of(notices: Sequence[Notice]) -> list[ImportNotice]:
    """The domain's notices as the schema shows them."""
    return [
        ImportNotice(
            code=NoticeCode(notice.code.value),
            message=notice.message,
            path=list(notice.path),
            line=notice.line,
        )
        for notice in notices
    ]
