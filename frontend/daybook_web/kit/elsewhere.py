"""What a page is answered whose reader has gone to another organisation meanwhile.

A browser is in one organisation at a time, in all its tabs. A form that was opened in
another one must not change this one.
"""

from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response

from daybook_web.kit.error_pages import error_page
from daybook_web.kit.guard import caller_of


async def of_another_organisation(request: Request) -> Response:
    """Refuse a form, and load a page again that asks for a part of itself."""
    if request.method != "POST":
        return Response(headers={"HX-Refresh": "true"})
    message = (
        f"You are in {caller_of(request).organisation_name} now, and the form was of"
        " another organisation: you switched in another tab since you opened it. Switch"
        " back, open the form again and send it there."
    )
    title = "Nothing was changed"
    return error_page(request, HTTPStatus.CONFLICT, title, message)
