"""The address of a document's page: reading it, and writing it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.requests import Request

from daybook_web.documents.results import ActionDone
from daybook_web.kit.formats import count
from daybook_web.kit.forms import number_in
from daybook_web.kit.guard import local_path
from daybook_web.kit.links import document_url

PARTS = ("lines", "milestones", "versions")
"""The lists of which a page shows a part; each parameter is its first row."""
VOID = "void"
"""What `ask` asks for."""
SAVED = {
    "complete": "The milestone is complete",
    "reopen": "The milestone is open again",
    "void": "The document is voided",
}
"""What the page says after each button."""
UNCHANGED, VOID_BEFORE = "unchanged", "void-before"


@dataclass(frozen=True, slots=True)
class DocumentAddress:
    """The address of a document's page; `back` is where it leads back to, if known."""

    id: str
    back: str
    given: Mapping[str, str]

    @classmethod
    def of(cls, request: Request) -> "DocumentAddress":
        """Read the address of a request."""
        given = request.query_params
        back = given.get("back", "")
        its_id = request.path_params["document_id"]
        return cls(its_id, local_path(back) if back else "", given)

    def url(self, **parameters: str) -> str:
        """The page, or another part of it."""
        return document_url(self.id, **parameters, back=self.back)

    @property
    def here(self) -> dict[str, str]:
        """What this very page was asked for, beside where it leads back to."""
        return {name: self.given.get(name, "") for name in ("ask", *PARTS)}

    def part_url(self, name: str, first: str) -> str:
        """The page with another part of a list."""
        return f"{self.url(**{name: first})}#{name}-heading"

    def after(self, button: str, done: ActionDone, about: Mapping[str, str]) -> str:
        """The page after a button, which says what it did; `about` says of what."""
        if not done.changed:
            return self.url(saved=VOID_BEFORE if button == VOID else UNCHANGED)
        numbers = {"journals": done.journals, "movements": done.movements}
        texts = {name: str(number) for name, number in numbers.items()}
        return self.url(saved=button, **texts, **about)

    def saved(self, void_reason: str) -> str:
        """What the page says of the button that led to it; empty if none did.

        `void_reason` says why the document is void; it is empty if it isn't.
        """
        name = self.given.get("saved", "")
        if name == VOID_BEFORE and void_reason:
            stands = f"It was void already ({void_reason}): nothing was changed"
            return f"{stands}, and no other reason is kept."
        if name == UNCHANGED:
            return "It was so already: nothing was changed."
        if name not in SAVED:
            return ""
        journals = count(
            number_in(self.given, "journals"), "new journal", "new journals"
        )
        movements = count(number_in(self.given, "movements"), "movement", "movements")
        return f"{SAVED[name]}: {journals.lower()}, {movements.lower()} added."
