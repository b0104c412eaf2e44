"""What the addresses of the report's files have in common: how they are read.

And the answer to a request for a file that is too long to be sent at once.
"""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from daybook.access.rules import Permission
from daybook.calendar import FIRST_DAY, day_text
from daybook.errors import Problem, ProblemCode, Rejected
from daybook.reports.journals.filter_kinds import give_one
from daybook.reports.journals.group_keys import Grouping, in_order
from daybook_web.kit.error_pages import TO_REPORT, error_page
from daybook_web.kit.guard import Handler, caller_of, is_for_people
from daybook_web.kit.links import Link


def for_readers(answer: Handler) -> Handler:
    """A download for callers who may read; what is wrong with its address, as text."""

    async def download(request: Request) -> Response:
        if not caller_of(request).may(Permission.READ):
            message = "this key lacks the permission READ\n"
            return PlainTextResponse(message, status_code=403)
        try:
            return await answer(request)
        except Rejected as rejected:
            lines = "\n".join(str(problem) for problem in rejected.problems)
            return PlainTextResponse(f"{lines}\n", status_code=400)

    return download


def only(parameters: Mapping[str, Sequence[str]], name: str) -> str:
    """A parameter's value, empty if it is absent; raises Rejected for several."""
    texts = {text.strip() for text in parameters.get(name, ())} - {""}
    if len(texts) > 1:
        message = give_one(sorted(texts))
        raise Rejected([Problem(ProblemCode.INVALID_VALUE, message, (name,))])
    return texts.pop() if texts else ""


def groupings(parameters: Mapping[str, Sequence[str]]) -> tuple[Grouping, ...] | None:
    """What lines are grouped by, separated by commas; `none` for a single group."""
    texts = parameters.get("group_by", [])
    names = [name for text in texts for name in text.split(",") if name]
    if not names:
        return None
    unknown = [text for text in names if text not in {*Grouping, "none"}]
    if unknown:
        message = f"{unknown[0]!r} is not none, and none of {', '.join(Grouping)}"
        raise Rejected([Problem(ProblemCode.INVALID_VALUE, message, ("group_by",))])
    return in_order(Grouping(text) for text in names if text != "none")


def too_long(
    request: Request, rows: int, rows_max: int, noun: str, command: str
) -> Response:
    """The answer to a request for too many rows, with the way to an export of them.

    `command` writes the same file without a limit.
    """
    status, page = HTTPStatus.REQUEST_ENTITY_TOO_LARGE, _export_page(request)
    if is_for_people(request):
        title = f"Too many {noun} to download at once"
        message = (
            f"The file has {rows:,} {noun}, and up to {rows_max:,} are sent at once. An"
            " export makes larger files in the background."
        )
        links = [Link("Export it in the background", page), TO_REPORT]
        return error_page(request, status, title, message, links)
    message = (
        f"the file has {rows:,} {noun}, and up to {rows_max:,} are sent at once:"
        f" request it with the mutation createExport, or on the page {page};"
        f" `{command}` has no limit"
    )
    return PlainTextResponse(f"{message}\n", status)


def _export_page(request: Request) -> str:
    """The address of the page that exports the same journals."""
    pairs = [
        pair
        for pair in request.query_params.multi_items()
        if pair[0] not in OF_LISTS and pair not in OF_LISTS
    ]
    if not any(text for name, text in pairs if name in {"month", "from", "to"}):
        # Without a period, pages are of the present month, and files of all days.
        pairs.append(("from", day_text(FIRST_DAY)))
    return f"/exports/new?{urlencode(pairs)}"


OF_LISTS = {"sort", ("granularity", "total")}
"""What lists have and exports don't: a parameter, or one with a value."""
