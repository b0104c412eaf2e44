"""What the page of the outbox shows, made from the result of its operation."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from urllib.parse import urlencode

from daybook_web.kit.forms import Problem
from daybook_web.kit.links import Pager
from daybook_web.kit.rendering import View
from daybook_web.kit.results import PageInfo, Result

OUTBOX = "/settings/outbox"
KINDS = {
    "EXPORT_READY": "Export {} is ready",
    "EXPORT_FAILED": "Export {} failed",
    "EXPORT_EXPIRING": "The file of export {} expires",
    "INVITATION": "Invitation",
    "SIGN_IN_LINK": "Link to sign in",
}
STATES = {
    "QUEUED": "Waits",
    "SENT": "Sent",
    "FAILED": "Not sent",
    "WRITTEN": "In the folder",
}


@dataclass(frozen=True, slots=True)
class Message(Result):
    """A message; its recipient is None once they have left."""

    id: str
    number: int
    kind: str
    export_number: int | None
    recipient: str | None
    state: str
    queued_at: datetime
    attempts: int
    next_attempt_at: datetime | None
    ended_at: datetime | None
    failure: str | None

    @property
    def about(self) -> str:
        """What it is about, for people."""
        return KINDS.get(self.kind, self.kind.capitalize()).format(self.export_number)

    @property
    def state_words(self) -> str:
        """What became of it, for people."""
        return STATES.get(self.state, self.state.capitalize())

    @property
    def file_url(self) -> str | None:
        """The address of its file, if it was written into the outbox folder."""
        is_written = self.state == "WRITTEN"
        return f"{OUTBOX}/{self.number}.eml" if is_written else None


@dataclass(frozen=True, slots=True)
class Messages(Result):
    """A page of messages."""

    page_info: PageInfo
    nodes: tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class OutboxPage(Result):
    """The result of the page's operation."""

    mail_messages: Messages


@dataclass(frozen=True, slots=True)
class OutboxView(View):
    """Messages, and whether a mail server takes them."""

    page: ClassVar[str] = "mail/outbox.html"

    title: str
    has_server: bool
    messages: Sequence[Message]
    pager: Pager | None
    saved: str
    problems: Sequence[Problem]

    @classmethod
    def of(
        cls,
        found: OutboxPage,
        *,
        has_server: bool,
        saved: str,
        problems: Sequence[Problem],
    ) -> "OutboxView":
        """A page of messages."""

        def url(**cursor: str) -> str:
            return f"{OUTBOX}?{urlencode(cursor)}"

        return cls(
            title="Outbox",
            has_server=has_server,
            messages=found.mail_messages.nodes,
            pager=Pager.of(found.mail_messages.page_info, url),
            saved=saved,
            problems=problems,
        )
