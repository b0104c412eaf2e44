"""The way back from a list to what led to it: the close of a month, or a report."""

from urllib.parse import urlsplit

from starlette.requests import Request

from daybook_web.kit.guard import HOME as CLOSE
from daybook_web.kit.guard import page_before
from daybook_web.kit.links import Link
from daybook_web.kit.where import where_of_address

REPORTS = "/reports/"


def way_back(request: Request) -> Link | None:
    """The close or the report whose link led here; None if anything else did."""
    url = page_before(request)
    path = urlsplit(url).path
    if path.startswith(REPORTS):
        return Link("Back to the report", url)
    if path != CLOSE:
        return None
    month = where_of_address(url).month_words
    return Link(f"Close {month}" if month else "Overview", url)
