"""The posted files that a difference can be made to."""

from collections.abc import Sequence

from daybook.errors import Rejected
from daybook.exports.formats import Format, parse_format
from daybook_graphql.exports.ids import ExportRecordId
from daybook_graphql.kit.ids import encode
from daybook_web.exports.query import SINCE, ExportQuery
from daybook_web.exports.results import PostedRecord
from daybook_web.exports.words import file_title
from daybook_web.kit.formats import day
from daybook_web.kit.forms import Choice

EVERYTHING = Choice("", "Everything, not a difference")


def base_choices(posted: Sequence[PostedRecord], chosen: str) -> list[Choice]:
    """What a file may be the difference to; files that another goes on from are not.

    What is chosen is a choice in any case: the page says what is wrong with it.
    """
    bases = {record.options.since for record in posted}
    found = [
        Choice(str(record.number), f"File {record.number}: {_words(record)}")
        for record in posted
        if encode(ExportRecordId(record.number)) not in bases
    ]
    if chosen and chosen not in {choice.value for choice in found}:
        found.append(Choice(chosen, f"File {chosen}"))
    return [EVERYTHING, *found]


def base_words(posted: Sequence[PostedRecord], chosen: str) -> str:
    """The file that a difference is to, in words; empty if it isn't posted."""
    found = [_words(record) for record in posted if str(record.number) == chosen]
    return found[0] if found else ""


def format_of_file(posted: Sequence[PostedRecord], query: ExportQuery) -> Format:
    """The format of the file: a difference has that of the file that it is to."""
    names = [record.format for record in posted if str(record.number) == query[SINCE]]
    try:
        return parse_format(names[0]) if names and names[0] else query.file_format
    except Rejected:
        return query.file_format


def _words(record: PostedRecord) -> str:
    its = (record.currency, record.filters, record.format, record.granularity)
    posting = record.posting
    return f"{file_title(*its)}, posted {day(posting.posted_on)}, {posting.reference}"
