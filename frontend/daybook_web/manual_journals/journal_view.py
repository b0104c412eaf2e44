"""What the page of a manual journal shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import urlencode

from markupsafe import Markup

from daybook.adjustments.rules import label
from daybook_web.kit.formats import (
    ADJUSTMENT_MODES,
    MANUAL_KINDS,
    MANUAL_STATUSES,
    day,
    money,
    sentence,
)
from daybook_web.kit.forms import Problem
from daybook_web.kit.links import Link
from daybook_web.kit.rendering import View
from daybook_web.kit.requests import REQUESTED, request_link
from daybook_web.kit.results import NewestAttachments
from daybook_web.kit.times import moment
from daybook_web.manual_journals.effects import EffectPart, good_to_know
from daybook_web.manual_journals.query import PATH
from daybook_web.manual_journals.results import Line, ManualJournal, ReversalRequest
from daybook_web.manual_journals.steps import StepRow, step_rows

RECURRING = f"{PATH}/recurring"
POSTED = {"POSTED", "REVERSED"}
WAITING = {"DRAFT", "SUBMITTED", "REJECTED"}
DONE = {
    "submit": "Submitted: another person approves it.",
    "submitted": "Submitted: another person approves it.",
    "withdraw": "Withdrawn: it is a draft again.",
    "approve": "Approved and posted.",
    "posted": "Posted.",
    "reject": "Rejected: its author sees your reason.",
    "reverse": "Reversed.",
    "requested": REQUESTED,
    "discard": "Discarded.",
    "discarded": "Discarded.",
}
"""What the page says after a step."""


@dataclass(frozen=True, slots=True)
class LineRow:
    """A line as it was entered, or as it follows from the adjusted journal."""

    account: str
    details: str
    debit: str
    credit: str


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that is known of a manual journal, by name."""

    name: str
    text: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class ManualJournalView(View):
    """A manual journal; `news` is where it is asked whether something changed."""

    page: ClassVar[str] = "manual_journals/manual_journal.html"
    fragment: ClassVar[str] = "manual_journals/_journal.html"

    title: str
    heading: str
    news: str
    url: str
    version: int
    status: str
    style: str
    done: str
    requested: Link | None
    reversal: str
    narrative: str
    facts: Sequence[Fact]
    keeps_schedule: bool
    currency: str
    entered: Sequence[LineRow]
    derived: Sequence[LineRow]
    adjusted: str
    debits: str
    credits: str
    effect: EffectPart | None
    is_posted: bool
    notes: Sequence[str]
    steps: Sequence[StepRow]
    journals: Sequence[Link]
    attachments: NewestAttachments
    evidence_url: str
    repeat: str
    actions: Sequence[str]
    submit_words: str
    reversal_lands: str
    refusal: str
    reason: str
    problems: Sequence[Problem]

    @classmethod
    def of(  # noqa: PLR0913  (keyword-only, each a part of the page)
        cls,
        journal: ManualJournal,
        *,
        needs_approval: bool,
        token: str,
        done: str = "",
        requested: Link | None = None,
        reason: str = "",
        problems: Sequence[Problem] = (),
    ) -> "ManualJournalView":
        """A manual journal for people; `reason` is what was typed with a step."""
        url, currency = f"{PATH}/{journal.number}", journal.ledger.currency
        is_waiting = journal.status in WAITING
        asked = journal.reversal_request
        return cls(
            title=f"{label(journal.number)}, {currency}",
            heading=label(journal.number),
            news=f"{url}?seen={token}",
            url=url,
            version=journal.version,
            status=MANUAL_STATUSES[journal.status],
            style=journal.status.lower(),
            done="" if asked else DONE.get(done, ""),
            requested=request_link(asked.number) if asked else requested,
            reversal=_reversal(asked) if asked else "",
            narrative=journal.narrative,
            facts=_facts(journal),
            keeps_schedule=bool(journal.adjusts and journal.adjusts.type != "MANUAL"),
            currency=currency,
            entered=[line_row(line) for line in journal.lines if not line.is_derived],
            derived=[line_row(line) for line in journal.lines if line.is_derived],
            adjusted=journal.adjusts.number if journal.adjusts else "",
            debits=money(journal.debits),
            credits=money(journal.credits),
            effect=EffectPart.of(journal.effect) if journal.effect else None,
            is_posted=journal.status in POSTED,
            notes=good_to_know(journal.effect, is_waiting=True)
            if journal.effect and is_waiting
            else [],
            steps=step_rows(
                journal.steps,
                journal.status,
                needs_approval=needs_approval,
                on=day(journal.date),
            ),
            journals=[
                Link(
                    f"Journal {posted.number}: {posted.narrative}",
                    f"/journals/{currency}/{posted.number}",
                )
                for posted in journal.journals
            ],
            attachments=journal.attachments,
            evidence_url=f"/evidence/{journal.id}?{urlencode({'back': url})}",
            repeat=""
            if journal.recurrence
            else f"{RECURRING}/new?from={journal.number}",
            # While its reversal waits for a decision, asking again changes nothing.
            actions=[its for its in journal.actions if not asked or its != "REVERSE"],
            submit_words="Submit for approval" if needs_approval else "Post",
            reversal_lands=_reversal_lands(journal),
            refusal=sentence(journal.refusal or ""),
            reason=reason,
            problems=problems,
        )


def _reversal_lands(journal: ManualJournal) -> str:
    """The day on which the journal's mirror would post, and why on another one."""
    own, first_open = journal.date, journal.ledger.first_open_day
    if first_open is None or first_open <= own:
        return f"Its mirror posts on {day(own)}, its own day."
    return (
        f"Its mirror posts on {day(first_open)}, the first open day: {day(own)} is"
        " locked, and what was closed stays as it is."
    )


def _facts(journal: ManualJournal) -> list[Fact]:
    currency = journal.ledger.currency
    facts = [
        Fact("Amount", f"{money(journal.debits)} {currency}"),
        Fact("Kind", MANUAL_KINDS[journal.kind]),
        Fact("Date", day(journal.date)),
    ]
    if journal.recurrence:
        made_by = f"{RECURRING}/{journal.recurrence.number}"
        facts.append(Fact("Made by", journal.recurrence_words or "", made_by))
    if journal.reverses_on:
        facts.append(Fact("Reverses on", day(journal.reverses_on)))
    if journal.adjusts:
        number = journal.adjusts.number
        mode = ADJUSTMENT_MODES[journal.mode] if journal.mode else ""
        facts.append(
            Fact("Adjusts", f"Journal {number}", f"/journals/{currency}/{number}")
        )
        facts.append(Fact("How", mode))
    for name, party in (("Customer", journal.customer), ("Product", journal.product)):
        if party:
            facts.append(Fact(name, party.name))
    return facts


def _reversal(asked: ReversalRequest) -> str:
    return Markup("{by} asked on {at} to reverse it; another person decides.").format(
        by=asked.made_by, at=moment(asked.made_at)
    )


def line_row(line: Line) -> LineRow:
    """A line for people."""
    own = (
        line.has_own_customer and line.customer,
        line.has_own_product and line.product,
    )
    parties = [party.name for party in own if party]
    return LineRow(
        account=line.account_name,
        details=" · ".join(filter(None, [line.description, *parties])),
        debit=money(line.debit) if line.debit else "",
        credit=money(line.credit) if line.credit else "",
    )
