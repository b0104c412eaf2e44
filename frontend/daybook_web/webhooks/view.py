"""What the pages of webhooks show: results of their operations, and their forms."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from urllib.parse import urlencode

from daybook.webhooks.rules import Events, MessageKind
from daybook_web.kit.forms import Choice, Problem
from daybook_web.kit.links import Pager
from daybook_web.kit.rendering import View
from daybook_web.kit.results import PageInfo, Result

LIST = "/settings/webhooks"
CURSORS = ("after", "before")
"""The parameters that choose a page of the list of messages."""
EVENT_WORDS = {
    Events.EXPORT_READY: "An export is ready",
    Events.EXPORT_FAILED: "An export failed",
    Events.LEDGER_CHANGED: "A ledger changed",
    Events.LOCK_CHANGED: "A lock changed",
}
ALL_EVENTS = tuple(str(event.name) for event in Events)
STATES = {"PENDING": "Waits", "DELIVERED": "Delivered", "FAILED": "Failed"}


def event_choices() -> list[Choice]:
    """The kinds of events that forms offer, each with its name in messages."""
    return [
        Choice(str(event.name), f"{words} ({MessageKind(int(event)).type})")
        for event, words in EVENT_WORDS.items()
    ]


@dataclass(frozen=True, slots=True)
class ListedWebhook(Result):
    """A webhook of the list."""

    number: int
    url: str
    description: str
    events: tuple[str, ...]
    is_enabled: bool
    disabled_because: str | None

    @property
    def event_names(self) -> str:
        """The kinds of events that it receives, by their names in messages."""
        return _names(self.events)


@dataclass(frozen=True, slots=True)
class ListedWebhooks(Result):
    """All webhooks of an organisation: there are few."""

    nodes: tuple[ListedWebhook, ...]


@dataclass(frozen=True, slots=True)
class Webhooks(Result):
    """The result of the operation of the list."""

    webhooks: ListedWebhooks


@dataclass(frozen=True, slots=True)
class Attempt(Result):
    """An attempt to deliver a message."""

    made_at: datetime
    took_ms: int
    status: int | None
    failure: str | None


@dataclass(frozen=True, slots=True)
class Delivery(Result):
    """A message, and what became of it."""

    id: str
    number: int
    type: str
    made_at: datetime
    state: str
    next_attempt_at: datetime | None
    attempts: tuple[Attempt, ...]

    @property
    def state_words(self) -> str:
        """What became of it, for people."""
        return STATES.get(self.state, self.state.capitalize())


@dataclass(frozen=True, slots=True)
class Deliveries(Result):
    """A page of what was sent to a webhook."""

    total_count: int
    page_info: PageInfo
    nodes: tuple[Delivery, ...]


@dataclass(frozen=True, slots=True)
class Webhook(Result):
    """A webhook, with what was sent to it."""

    number: int
    url: str
    description: str
    events: tuple[str, ...]
    is_enabled: bool
    disabled_because: str | None
    secret_version: int
    former_secret_until: datetime | None
    created_at: datetime
    created_by: str | None
    deliveries: Deliveries

    @property
    def event_names(self) -> str:
        """The kinds of events that it receives, by their names in messages."""
        return _names(self.events)

    @property
    def page_url(self) -> str:
        """The address of its page, and of the forms there."""
        return f"{LIST}/{self.number}"

    @property
    def deletion_url(self) -> str:
        """The page that asks before it is deleted."""
        return f"{self.page_url}?ask=delete"


@dataclass(frozen=True, slots=True)
class WebhookPage(Result):
    """The result of the operation of a webhook's page; the node is None if gone."""

    node: Webhook | None


@dataclass(frozen=True, slots=True)
class WebhookForm:
    """The fields of the form of a webhook."""

    url: str
    description: str
    ticked: Sequence[str]

    @classmethod
    def typed(cls, form: Mapping[str, str], ticked: Sequence[str]) -> "WebhookForm":
        """The fields as they were sent."""
        return cls(form.get("url", ""), form.get("description", ""), ticked)


@dataclass(frozen=True, slots=True)
class WebhooksView(View):
    """All webhooks, and the form of a new one.

    `once` identifies the form, which makes nothing when it is sent again.
    """

    page: ClassVar[str] = "webhooks/webhooks.html"
    fragment: ClassVar[str] = "webhooks/_list.html"

    title: str
    webhooks: Sequence[ListedWebhook]
    events: Sequence[Choice]
    form: WebhookForm
    once: str
    saved: str
    problems: Sequence[Problem]


@dataclass(frozen=True, slots=True)
class WebhookView(View):
    """A webhook with its forms, and what was sent to it.

    `secret` is shown once, in the response to the form that made it. `asks` is whether
    it asks before it is deleted, and `again` where an open page asks what is new.
    """

    page: ClassVar[str] = "webhooks/webhook.html"
    fragment: ClassVar[str] = "webhooks/_webhook_news.html"
    has_secret: ClassVar[bool] = True

    title: str
    webhook: Webhook
    pager: Pager | None
    again: str
    asks: bool
    events: Sequence[Choice]
    form: WebhookForm
    secret: str | None
    saved: str
    problems: Sequence[Problem]

    @classmethod
    def of(  # noqa: PLR0913  (keyword-only, each a part of the page)
        cls,
        webhook: Webhook,
        form: WebhookForm | None,
        *,
        query: Mapping[str, str],
        secret: str | None,
        saved: str,
        problems: Sequence[Problem],
    ) -> "WebhookView":
        """A webhook with its own values in the form, or with what was typed.

        `query` is the address's: the place in the list of messages, and whether it
        asks before the webhook is deleted.
        """
        info = webhook.deliveries.page_info
        cursor = {name: query[name] for name in CURSORS if query.get(name)}

        def url(**place: str) -> str:
            return f"{webhook.page_url}?{urlencode(place)}"

        return cls(
            title=f"Webhook {webhook.number}",
            webhook=webhook,
            pager=Pager.of(info, url),
            again=url(**cursor) if cursor else webhook.page_url,
            asks=query.get("ask") == "delete",
            events=event_choices(),
            form=form or WebhookForm(webhook.url, webhook.description, webhook.events),
            secret=secret,
            saved=saved,
            problems=problems,
        )


def _names(events: Sequence[str]) -> str:
    """Kinds of events by their names in messages."""
    return ", ".join(name.lower().replace("_", ".") for name in events)
