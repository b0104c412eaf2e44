"""Views to responses: each with its template, as a whole page or as a fragment.

A view is a frozen dataclass; its template names its fields and nothing else.
"""

import re
from dataclasses import dataclass, fields
from typing import ClassVar

from jinja2 import Environment, PackageLoader, StrictUndefined
from jinja2.ext import Extension
from starlette.requests import Request
from starlette.responses import HTMLResponse

from daybook.access.rules import Permission
from daybook_graphql.context import STRANGER
from daybook_web.kit.compressing import AS_IT_IS
from daybook_web.kit.fast_templates import environment_class
from daybook_web.kit.formats import FILTERS
from daybook_web.kit.guard import PAGES_OF, caller_of, waiting_for
from daybook_web.kit.icons import ICONS
from daybook_web.kit.keys import KEYS
from daybook_web.kit.links import Link
from daybook_web.kit.marks import MARKS, mark_words
from daybook_web.kit.places import Places, noted_places
from daybook_web.kit.security import SECURITY_HEADERS
from daybook_web.kit.static_files import static_url
from daybook_web.kit.way_back import way_back
from daybook_web.kit.where import Where, where_of

SETTINGS = "/settings"
OF_SETTINGS = ("/access", "/audit", "/activity", "/general-ledger/connections")
"""Pages of the settings that have addresses of their own."""
PAGE_HEADERS = {
    **SECURITY_HEADERS,
    "Cache-Control": "private, no-cache",
    # An address gives a page or a fragment of it: no cache may mix them up.
    "Vary": "HX-Request",
}


@dataclass(frozen=True, slots=True)
class View:
    """What a page shows. `fragment` is the part that htmx replaces, if not the page.

    `fragments` are others, which the page loads from addresses of their own. A page
    that `has_secret` shows one, such as a new key: it is never compressed.
    """

    page: ClassVar[str]
    fragment: ClassVar[str] = ""
    fragments: ClassVar[tuple[str, ...]] = ()
    has_secret: ClassVar[bool] = False


_LINE = re.compile(r"([^\n]*)\n[ \t]+(</)?")
_TAG = re.compile(r"\{%(?:(?!%\}).)*%\}")


class Unindented(Extension):
    """Leaves the indentation of templates out of pages, where it is half of the text.

    A browser takes it for a space, as it does the end of a line, which stays. Only
    after a tag there is no end of a line (`trim_blocks`): where the tag ends a line
    that has more than it, a second end of the line keeps this one apart from the
    next, also if a tag begins that (`lstrip_blocks` would take a space before it).
    """

    def preprocess(
        self, source: str, _name: str | None, _filename: str | None = None
    ) -> str:
        """The template's source."""
        return _LINE.sub(_unindented, source)


def _unindented(found: re.Match[str]) -> str:
    """A line, and what stays of the indentation of the next."""
    line, closing = found[1], found[2] or ""
    runs_on = line.endswith("%}") and not (closing or _TAG.fullmatch(line.strip()))
    return line + ("\n\n" if runs_on else "\n") + closing


def make_environment() -> Environment:
    """Templates of all folders: values are escaped, a misspelt name is an error."""
    environment = environment_class()(
        extensions=[Unindented],
        loader=PackageLoader("daybook_web", ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,  # it would look at the file of each template, each time
    )
    environment.filters.update(FILTERS)
    environment.filters["mark_words"] = mark_words
    environment.globals.update(
        static_url=static_url, ICONS=ICONS, MARKS=MARKS, KEYS=KEYS
    )
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
    path: str
    """The path of the page's address."""
    where: Where
    """The ledger and month that the page is of, for links to other pages."""
    came_from: Link | None
    """The close or the report whose link led to the page."""

    @property
    def initials(self) -> str:
        """Two letters that stand for the caller's name, where it has as many words."""
        words = [word for word in self.name.split() if word[0].isalnum()]
        return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()

    @property
    def site(self) -> str:
        """What the titles of pages end with."""
        return " – ".join(filter(None, (self.organisation, "Daybook")))

    def current(self, section: str) -> str:
        """What `aria-current` says of a link to a section of the site, if anything.

        That is `page` on the section's first page, and `true` on those below it; the
        settings have pages at other addresses, too.
        """
        if self.path == section:
            return "page"
        if section not in OF_SETTINGS and self.path.startswith(OF_SETTINGS):
            return "true" if section == SETTINGS else ""
        return "true" if self.path.startswith(f"{section}/") else ""

    @classmethod
    def of(cls, request: Request) -> "Who":
        """The caller of a request, and what was noted of it for the navigation."""
        caller = caller_of(request)
        return cls(
            name=caller.name,
            is_known=caller is not STRANGER,
            may_export=caller.may(Permission.EXPORT),
            may_record=caller.may(Permission.RECORD),
            may_close=caller.may(Permission.CLOSE),
            may_adjust=caller.may(Permission.ADJUST),
            may_administer=caller.may(Permission.ADMINISTER),
            is_user=caller.user_id is not None,
            waiting=waiting_for(request),
            organisation=caller.organisation_name,
            organisation_number=caller.organisation_id,
            places=noted_places(request),
            path=request.url.path,
            where=where_of(request),
            came_from=way_back(request),
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
    part: str = "",
) -> HTMLResponse:
    """The view as a fragment if htmx asks for one, else as a page; or a part of it."""
    template = part or (wants_fragment(request) and view.fragment) or view.page
    who = Who.of(request)
    answer = HTMLResponse(
        render(template, view, who),
        status_code=status,
        headers={**PAGE_HEADERS, **(headers or {})},
    )
    if view.has_secret:
        answer.headers["Cache-Control"] += f", {AS_IT_IS}"
    return answer
