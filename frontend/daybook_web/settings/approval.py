"""`/settings/approval`: whether another person has to approve what somebody does."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from daybook.access.rules import Permission
from daybook_web.kit.forms import Problem
from daybook_web.kit.guard import caller_of
from daybook_web.kit.links import Link
from daybook_web.kit.rendering import View
from daybook_web.kit.requests import request_link
from daybook_web.kit.results import Result
from daybook_web.settings.history import LINES, History, SettingRecords
from daybook_web.settings.page import Sent, SettingsForm, SettingsPage, Typed


@dataclass(frozen=True, slots=True)
class OpenRequest(Result):
    """A request that waits for another person."""

    number: int
    made_by: str
    made_at: datetime

    @property
    def link(self) -> Link:
        """Where it waits."""
        return request_link(self.number)


@dataclass(frozen=True, slots=True)
class FourEyes(Result):
    """Whether another person has to approve, and an open request to end that."""

    is_on: bool
    since: datetime | None
    set_by: str | None
    request: OpenRequest | None


@dataclass(frozen=True, slots=True)
class ApprovalPage(Result):
    """All that the page shows."""

    four_eyes: FourEyes
    approval_changes: SettingRecords


@dataclass(frozen=True, slots=True)
class ApprovalView(View):
    """Whether four eyes is on, and the form that turns it on or requests its end."""

    page: ClassVar[str] = "settings/approval.html"
    fragment: ClassVar[str] = "settings/_approval_news.html"

    title: str
    four_eyes: FourEyes
    reason: str
    history: History
    record: str
    saved: str
    requested: Link | None
    problems: Sequence[Problem]


def _four_eyes(_currency: str, typed: Typed) -> dict[str, Any]:
    reason = typed.get("four_eyes_reason", "").strip()
    return {
        "isOn": typed.get("four_eyes") == "on",
        **({"reason": reason} if reason else {}),
    }


class Approval(SettingsPage):
    """One request for the page."""

    path = "/settings/approval"
    forms: ClassVar[Mapping[str, SettingsForm]] = {
        "four-eyes": SettingsForm(
            "SetFourEyes",
            _four_eyes,
            "Four eyes is on: another person approves what somebody submits.",
            "four_eyes_reason",
            {"reason": "four_eyes_reason", "isOn": "four-eyes-heading"},
        )
    }

    async def view(self, sent: Sent) -> View:
        """The page."""
        found = await self.running.run(ApprovalPage, {"lines": LINES})
        may_close = caller_of(self.request).may(Permission.CLOSE)
        return ApprovalView(
            title="Approval",
            four_eyes=found.four_eyes,
            reason=sent.typed.get("four_eyes_reason", "") if may_close else "",
            history=History.of(
                self.request,
                found.approval_changes.nodes,
                page_url=self.path,
                trail_url="/audit?action=SET_FOUR_EYES",
            ),
            record=sent.record,
            saved=self.saved(sent),
            requested=self.requested(sent),
            problems=sent.problems,
        )
