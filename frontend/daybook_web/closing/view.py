"""What the overview shows: the close of a month, ledger by ledger."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from urllib.parse import urlencode

from daybook.activity.rules import ActivityKind
from daybook.calendar import (
    FIRST_DAY,
    LAST_DAY,
    Day,
    Month,
    date_of,
    month_of,
    month_text,
)
from daybook.closing.rules import CloseCheckKind, CloseStepKind
from daybook.numbers import agreeing
from daybook.reports.trail.names import ACTIVITIES
from daybook_web.closing.cards import LedgerCard, ledger_card
from daybook_web.closing.checks import CheckGroup, check_group
from daybook_web.closing.figures import MonthFigure, month_figures
from daybook_web.closing.lock_saved import LockSaved
from daybook_web.closing.months import month_words
from daybook_web.closing.results import ClosePage, Run
from daybook_web.closing.steps import StepRow, balances_address, step_rows
from daybook_web.closing.waterfall import WATERFALL, waterfall_address
from daybook_web.kit.formats import long_day, weekday
from daybook_web.kit.links import Link
from daybook_web.kit.rendering import View
from daybook_web.kit.tokens import SEEN, token_of
from daybook_web.kit.where import Where
from daybook_web.reports.frame import FILES

PATH = "/close"
CHECKLIST = "close-checklist"
"""The name of the checklist's files."""


REFUSED = "refused: "
LATEST = 6
"""How many runs are shown."""
NEWS_IF_FAILED = {
    ActivityKind.IMPORT,
    ActivityKind.EXPORT,
    ActivityKind.VERIFICATION,
    ActivityKind.WEBHOOK,
    ActivityKind.GL_IMPORT,
    ActivityKind.GL_SYNC,
}
"""What somebody has to look at if it fails; what else fails are forms."""
"""What the messages of refused settings begin with: that they failed says as much."""
WHOLE = "whole"
"""The parameter of an address that waits for the steps, however long they take."""


@dataclass(frozen=True, slots=True)
class FeedLine:
    """What somebody or a job did, and when."""

    number: str
    at: datetime
    who: str
    kind: str
    message: str
    is_failed: bool

    @classmethod
    def of(cls, run: Run) -> "FeedLine":
        """A run of the activity log."""
        return cls(
            number=run.number,
            at=run.started_at,
            who=run.who,
            kind=ACTIVITIES[ActivityKind[run.kind]],
            message=run.message.removeprefix(REFUSED),
            is_failed=run.is_failed,
        )


def _latest(runs: Sequence[Run]) -> list[Run]:
    """The last runs that are news; a form that was refused changed nothing."""
    return [
        run
        for run in runs
        if not (run.is_failed and ActivityKind[run.kind] not in NEWS_IF_FAILED)
    ][:LATEST]


@dataclass(frozen=True, slots=True)
class CloseView(View):
    """The steps, figures and checks of a month, and what was done lately.

    `url` is asked again when something changes; at once where the page `is_early`, that
    is without its steps, to which `whole_url` leads without scripts; it keeps the room
    of `steps_to_come` and `checks_to_come`. `chart_url` has
    what takes longer, of which `waterfall_url` is the report.
    """

    page: ClassVar[str] = "closing/close.html"
    fragment: ClassVar[str] = "closing/_close.html"

    title: str
    today: str
    month: str
    month_value: str
    currency: str
    previous: Link | None
    next: Link | None
    cards: Sequence[LedgerCard]
    done: int
    steps: Sequence[StepRow]
    is_locked: bool
    checks: Sequence[CheckGroup]
    figures: Sequence[MonthFigure]
    feed: Sequence[FeedLine]
    balances_url: str
    files: Sequence[Link]
    url: str
    whole_url: str
    is_early: bool
    steps_to_come: Sequence[int]
    checks_to_come: Sequence[CloseCheckKind]
    chart_url: str
    waterfall_url: str
    saved: LockSaved | None

    @classmethod
    def of(
        cls,
        found: ClosePage,
        currency: str,
        month: Month,
        today: Day,
        saved: LockSaved | None = None,
    ) -> "CloseView":
        """The close of a ledger's month; without a ledger there are no steps."""
        words, given = month_words(month), _given(currency, month)
        whole = {**given, WHOLE: "yes"}
        steps = found.steps_of(currency)
        cards = [
            ledger_card(
                ledger,
                close_url(ledger.currency, month),
                month,
                is_current=ledger.currency == currency,
            )
            for ledger in found.ledgers
        ]
        where = Where(currency, month_text(month))
        checks = found.close_checklist.checks if found.close_checklist else ()
        runs = _latest(found.activity.nodes if found.activity else ())
        return cls(
            title=f"Close {words}",
            today=_today(today, cards),
            month=words,
            month_value=month_text(month),
            currency=currency,
            previous=_beside(currency, month - 1),
            next=_beside(currency, month + 1),
            cards=cards,
            done=sum(not step.is_due for step in steps),
            steps=step_rows(found, steps, currency, month),
            is_locked=any(
                step.kind == "LOCK" and step.state == "DONE" for step in steps
            ),
            checks=[check_group(check, where) for check in checks],
            figures=month_figures(found, currency, month),
            feed=[FeedLine.of(run) for run in runs],
            balances_url=balances_address(currency, month),
            files=[
                Link(text, f"/reports/{CHECKLIST}.{suffix}?{urlencode(given)}")
                for text, suffix in FILES
            ],
            url=f"{PATH}?{urlencode({**whole, SEEN: token_of(found)})}",
            whole_url=f"{PATH}?{urlencode(whole)}",
            is_early=bool(cards) and found.close_checklist is None,
            steps_to_come=range(1, len(CloseStepKind) + 1),
            checks_to_come=[*CloseCheckKind],
            chart_url=f"{WATERFALL}?{urlencode(given)}",
            waterfall_url=waterfall_address(currency, month).url(),
            saved=saved,
        )


def close_url(currency: str, month: Month) -> str:
    """The close of a ledger's month."""
    return f"{PATH}?{urlencode(_given(currency, month))}"


def _given(currency: str, month: Month) -> dict[str, str]:
    """The parameters of a ledger's month."""
    return {"currency": currency, "month": month_text(month)}


def _beside(currency: str, to: Month) -> Link | None:
    if not month_of(FIRST_DAY) <= to <= month_of(LAST_DAY):
        return None
    return Link(month_words(to), close_url(currency, to))


def _today(today: Day, cards: Sequence[LedgerCard]) -> str:
    """The present day, and how many of several ledgers are still open."""
    words = f"{weekday(date_of(today))}, {long_day(date_of(today))}."
    still_open = sum(not card.is_locked for card in cards)
    if len(cards) < 2:
        return words
    if not still_open:
        return f"{words} All {len(cards)} ledgers are locked."
    verb = agreeing(still_open, "is", "are")
    return f"{words} {still_open} of {len(cards)} ledgers {verb} open."
