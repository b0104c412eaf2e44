"""Views to responses: each with its template, as a whole page or as a fragment.

A view is a frozen dataclass; its template names its fields and nothing else.
"""

import re
from dataclasses import dataclass, fields
from typing import ClassVar

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from daybook.access.rules import Caller, Permission
from daybook_graphql.context import STRANGER
from daybook_web.kit.formats import FILTERS
from daybook_web.kit.guard import PAGES_OF, caller_of, waiting_for
from daybook_web.kit.places import NOWHERE, Places, noted_places
from daybook_web.kit.security import SECURITY_HEADERS
from daybook_web.kit.static_files import static_url

PAGE_HEADERS = {
    **SECURITY_HEADERS,
    "Cache-Control": "private, no-cache",
    # An address gives a page or a fragment of it: no cache may mix them up.
    "Vary": "HX-Request",
}


@dataclass(frozen=True, slots=True)
class View:
    """What a page shows. `fragment` is the part that htmx replaces, if not the page."""

    page: ClassVar[str]
    fragment: ClassVar[str] = ""


def make_environment() -> Environment:
    """Templates of all folders: values are escaped, a misspelt name is an error."""
    environment = Environment(
        loader=PackageLoader("daybook_web", ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(FILTERS)
    environment.globals["static_url"] = static_url
    return environment


ENVIRONMENT = make_environment()


def wants_fragment(request: Request) -> bool:
    """Whether htmx asks for the part of the page that it replaces.

    Going back, it asks for the whole page again.
    """
    restores = request.headers.get("hx-history-restore-request") == "true"
    return request.headers.get("hx-request") == "true" and not restores


@dataclass(frozen=True, slots=True)
class Who:
    """The caller that a page is shown to: every template may name it as `who`.

    `waiting` is how much waits for their approval.
    """

    name: str
    is_known: bool
    may_export: bool
    may_record: bool
    may_close: bool
    may_adjust: bool
    may_administer: bool
    is_user: bool
    waiting: int
    organisation: str
    """The name of the organisation whose data the page shows; empty for strangers."""
    organisation_number: int
    places: Places

    @property
    def site(self) -> str:
        """What the titles of pages end with."""
        return " – ".join(filter(None, (self.organisation, "Daybook")))

    @classmethod
    def of(cls, caller: Caller, waiting: int = 0, places: Places = NOWHERE) -> "Who":
        """A caller's name, what they may do, what waits for them, and their places."""
        return cls(
            name=caller.name,
            is_known=caller is not STRANGER,
            may_export=caller.may(Permission.EXPORT),
            may_record=caller.may(Permission.RECORD),
            may_close=caller.may(Permission.CLOSE),
            may_adjust=caller.may(Permission.ADJUST),
            may_administer=caller.may(Permission.ADMINISTER),
            is_user=caller.user_id is not None,
            waiting=waiting,
            organisation=caller.organisation_name,
            organisation_number=caller.organisation_id,
            places=places,
        )


def render(template: str, view: View, who: Who) -> str:
    """The template, in which the view's fields and the caller are named."""
    names = {field.name: getattr(view, field.name) for field in fields(view)}
    html = ENVIRONMENT.get_template(template).render(names, who=who)
    return _of_organisation(html, who) if who.is_known else html


def _of_organisation(html: str, who: Who) -> str:
    """The page, whose forms say of which organisation it is (`PAGES_OF`)."""
    mark = f'<input type="hidden" name="{PAGES_OF}" value="{who.organisation_number}">'
    return _POST_FORM.sub(lambda tag: f"{tag[0]}{mark}", html)


_POST_FORM = re.compile(r'<form\b[^>]*\bmethod="post"[^>]*>')


def respond(
    request: Request,
    view: View,
    *,
    status: int = 200,
    headers: dict[str, str] | None = None,
) -> HTMLResponse:
    """The view as a fragment if htmx asks for one, else as a page."""
    template = (wants_fragment(request) and view.fragment) or view.page
    who = Who.of(caller_of(request), waiting_for(request), noted_places(request))
    return HTMLResponse(
        render(template, view, who),
        status_code=status,
        headers={**PAGE_HEADERS, **(headers or {})},
    )
