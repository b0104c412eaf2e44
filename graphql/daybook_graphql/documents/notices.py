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


@strawberry.type(
    description="What to look at in a document, though it was taken. The place is told"
    " as a user error's."
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
