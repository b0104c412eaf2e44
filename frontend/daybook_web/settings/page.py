"""What the pages of settings have in common.

Each form is a POST that changes one thing and leads back to its page; what is refused
is shown in the form, with what was typed.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, ClassVar
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from daybook_web.kit.error_pages import TO_REPORT, error_page
from daybook_web.kit.forms import Problem, form_of
from daybook_web.kit.links import Link
from daybook_web.kit.rendering import View, respond
from daybook_web.kit.requests import REQUESTED, requested_link
from daybook_web.kit.results import Changed
from daybook_web.kit.running import Refused, Requested, Running
from daybook_web.kit.shown import expected, last_record

Typed = Mapping[str, str]
CLOCK = (
    "The server's clock doesn't fit what was recorded, so nothing can be recorded: ask"
    " whoever runs Daybook."
)


@dataclass(frozen=True, slots=True)
class SettingsForm:
    """A form of a page: the mutation that it makes.

    `variables` gives the mutation's input from the ledger's currency, which is empty on
    pages without a ledger, and from what was typed. `fields` are the form's fields by
    the input's; `first` shows the problems of no single field.
    """

    operation: str
    variables: Callable[[str, Typed], dict[str, Any]]
    saved: str
    first: str
    fields: Mapping[str, str] = field(default_factory=dict)

    def problems(self, refused: Refused) -> list[Problem]:
        """What was refused, by the form's fields."""
        if any(fault.code == "CLOCK" for fault in refused.faults):
            return [Problem("", CLOCK)]
        return [
            Problem(
                self.fields.get(fault.field, fault.field or self.first), fault.message
            )
            for fault in refused.faults
        ]


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of a form: what was typed, and what is wrong with it.

    `record` is the audit trail's last one before the page is read again.
    """

    typed: Typed = field(default_factory=dict)
    problems: Sequence[Problem] = ()
    record: str = ""


NOT_SENT = Sent()


class SettingsPage(ABC):
    """One request for a page of settings."""

    path: ClassVar[str]
    forms: ClassVar[Mapping[str, SettingsForm]] = MappingProxyType({})
    """By the value of their hidden field `form`."""

    def __init__(self, request: Request, running: Running) -> None:
        self.request = request
        self.running = running

    @abstractmethod
    async def view(self, sent: Sent) -> View:
        """The page, with what was typed into a form of it."""

    async def currency(self) -> str:
        """The ledger that a form of this page changes; empty where it has none."""
        return ""

    async def show(self, sent: Sent = NOT_SENT) -> Response:
        """Show the page."""
        record = await last_record(self.running)
        view = await self.view(replace(sent, record=record))
        return respond(self.request, view, status=422 if sent.problems else 200)

    async def change(self) -> Response:
        """Make the change that a form requests and redirect, or show its problems."""
        typed = await form_of(self.request)
        form = self.forms.get(typed.get("form", ""))
        if form is None:
            message = "The form was incomplete. Go back and send it again."
            links = [Link("Go to the settings", "/settings"), TO_REPORT]
            return error_page(self.request, 400, "Nothing was changed", message, links)
        currency = await self.currency()
        ledger = {"currency": currency} if currency else {}
        variables = form.variables(currency, typed) | expected(typed)
        try:
            await self.running.change(form.operation, variables, Changed)
        except Requested as requested:
            said = {"saved": "requested", "request": str(requested.number)}
        except Refused as refused:
            self.running = self.running.renewed()
            return await self.show(Sent(typed, form.problems(refused)))
        else:
            said = {"saved": typed["form"]}
        url = f"{self.path}?{urlencode(ledger | said)}"
        return RedirectResponse(url, status_code=303)

    def saved(self, sent: Sent) -> str:
        """What the page says of the form that led to it, if one did."""
        name = "" if sent.problems else self.request.query_params.get("saved", "")
        if name == "requested":
            return REQUESTED
        return self.forms[name].saved if name in self.forms else ""

    def requested(self, sent: Sent) -> Link | None:
        """The request for another person's approval that a form led to."""
        return None if sent.problems else requested_link(self.request.query_params)
