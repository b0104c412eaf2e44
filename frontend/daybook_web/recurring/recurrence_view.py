"""What the page of a recurring manual journal shows."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import urlencode

from daybook.adjustments.recurring.rules import label
from daybook.adjustments.rules import label as journal_label
from daybook.calendar import Day, day_of
from daybook.ledger.rules import Role
from daybook.numbers import agreeing
from daybook_web.kit.formats import (
    MANUAL_KINDS,
    MANUAL_STATUSES,
    count,
    day,
    money,
    sentence,
)
from daybook_web.kit.forms import Problem
from daybook_web.kit.rendering import View
from daybook_web.kit.results import DEBIT, Money
from daybook_web.kit.times import moment
from daybook_web.kit.tokens import SEEN
from daybook_web.manual_journals.effects import signed
from daybook_web.manual_journals.journal_view import Fact, LineRow, line_row
from daybook_web.manual_journals.query import PATH as JOURNALS
from daybook_web.manual_journals.steps import StepRow
from daybook_web.recurring.results import Instance, Recurrence
from daybook_web.recurring.words import (
    PATH,
    STATUSES,
    STEPS,
    STYLES,
    day_words,
    months_words,
)

DONE = {
    "saved": "Saved as a draft.",
    "submitted": "Submitted: another person approves it.",
    "active": "Active: its journals post on their dates.",
    "withdraw": "Withdrawn: it is a draft again.",
    "approve": "Approved: its journals post on their dates.",
    "reject": "Rejected: its author sees your reason.",
    "end": "Ended.",
}
"""What the page says after a step."""
HINTS = {
    "APPROVE": "Approving holds for every journal that this version makes.",
    "SUBMIT": "Submitted, it can't be changed until it is decided or withdrawn.",
    "EDIT": "Editing saves a new version, which is submitted again.",
    "WITHDRAW": "Withdrawing makes it a draft again, to change or to end.",
    "REJECT": "It goes back to its author with your reason, and makes no journals.",
    "END": "It makes no more journals, for good. Those that it made stay as they are.",
}


@dataclass(frozen=True, slots=True)
class InstanceRow:
    """A journal that was made; `reason` is why it waits."""

    label: str
    url: str
    date: str
    status: str
    style: str
    amount: str
    reason: str


@dataclass(frozen=True, slots=True)
class EffectRow:
    """What each of its journals changes on an account."""

    name: str
    change: str


@dataclass(frozen=True, slots=True)
class RecurrenceView(View):
    """A recurring manual journal; `news` is where it is asked for what changed."""

    page: ClassVar[str] = "recurring/recurrence.html"
    fragment: ClassVar[str] = "recurring/_recurrence.html"

    title: str
    heading: str
    url: str
    news: str
    version: int
    status: str
    style: str
    done: str
    made: Sequence[InstanceRow]
    """What the step made at once."""
    currency: str
    narrative: str
    facts: Sequence[Fact]
    state: str
    effect: Sequence[EffectRow]
    effect_words: Sequence[str]
    dates: Sequence[str]
    dates_heading: str
    entered: Sequence[LineRow]
    derived: Sequence[LineRow]
    adjusted: str
    debits: str
    credits: str
    steps: Sequence[StepRow]
    instances: Sequence[InstanceRow]
    instances_status: str
    more: str
    actions: Sequence[str]
    submit_words: str
    hints: Mapping[str, str]
    """What each action does."""
    refusal: str
    reason: str
    problems: Sequence[Problem]

    @classmethod
    def of(  # noqa: PLR0913  (keyword-only, each a part of the page)
        cls,
        recurrence: Recurrence,
        *,
        needs_approval: bool,
        after: str,
        token: str,
        today: Day,
        done: str = "",
        made: Collection[str] = (),
        reason: str = "",
        problems: Sequence[Problem] = (),
    ) -> "RecurrenceView":
        """A recurring manual journal; `reason` is what was typed with a step."""
        url, instances = f"{PATH}/{recurrence.number}", recurrence.instances
        following = f"{url}?after={instances.page_info.end_cursor}"
        is_active = recurrence.status == "ACTIVE"
        return cls(
            title=f"{label(recurrence.number)}, {recurrence.ledger.currency}",
            heading=label(recurrence.number),
            url=url,
            news=_news(url, after, token),
            version=recurrence.version,
            status=STATUSES[recurrence.status],
            style=STYLES[recurrence.status],
            done=DONE.get(done, ""),
            made=[
                _instance(instance)
                for instance in instances.nodes
                if str(instance.number) in made
            ],
            currency=recurrence.ledger.currency,
            narrative=recurrence.narrative,
            facts=_facts(recurrence),
            state=_state(recurrence, needs_approval=needs_approval),
            effect=_effect(recurrence),
            effect_words=_effect_words(
                recurrence, today, needs_approval=needs_approval
            ),
            dates=[day(date) for date in recurrence.next_dates],
            dates_heading="Next dates" if is_active else "Dates once it is active",
            entered=[line_row(line) for line in recurrence.lines],
            derived=(),
            adjusted="",
            debits=money(recurrence.debits),
            credits=money(recurrence.credits),
            steps=[
                StepRow(
                    words=STEPS[step.kind]
                    + (f" as version {step.version}" if step.kind == "SAVED" else ""),
                    by=step.by or "",
                    at=moment(step.at),
                    reason=step.reason or "",
                    is_done=True,
                )
                for step in recurrence.steps
            ],
            instances=[_instance(instance) for instance in instances.nodes],
            instances_status=count(instances.total_count, "journal", "journals"),
            more=following if instances.page_info.has_next_page else "",
            actions=[
                action
                for action in recurrence.actions
                if action != "END" or recurrence.status != "SUBMITTED"
            ],
            hints=HINTS,
            submit_words="Submit for approval" if needs_approval else "Activate",
            refusal=sentence(recurrence.refusal or ""),
            reason=reason,
            problems=problems,
        )


def _news(url: str, after: str, token: str) -> str:
    """The page's own address, which answers where it isn't as its token says."""
    given = {"after": after, SEEN: token} if after else {SEEN: token}
    return f"{url}?{urlencode(given)}"


def _facts(recurrence: Recurrence) -> list[Fact]:
    currency = recurrence.ledger.currency
    months = months_words(recurrence.first_month, recurrence.until_month)
    facts = [
        Fact("Amount", f"{money(recurrence.debits)} {currency}"),
        Fact("Kind", MANUAL_KINDS[recurrence.kind]),
        Fact("Each month", day_words(recurrence.day_of_month)),
        Fact("Months", months),
    ]
    if recurrence.reverses_next_month:
        facts.append(Fact("Reverses", "On the first of the next month"))
    if recurrence.approved_by:
        facts.append(Fact("Approved by", recurrence.approved_by))
    for name, party in (
        ("Customer", recurrence.customer),
        ("Product", recurrence.product),
    ):
        if party:
            facts.append(Fact(name, party.name))
    return facts


def _state(recurrence: Recurrence, *, needs_approval: bool) -> str:
    """What its state means for the journals that it makes."""
    match recurrence.status:
        case "ACTIVE" if needs_approval and not recurrence.approved_by:
            return (
                "Nobody approved it: it was submitted while four eyes was off. Each"
                " journal that it makes waits for an approval."
            )
        case "ACTIVE":
            return (
                "Its journals post on their dates. One of a locked date waits as a"
                " draft. Editing stops it until the new version is active."
            )
        case "ENDED":
            return "It makes no more journals. Those that it made stay as they are."
        case _ if recurrence.instances.total_count:
            return "It makes no journals until this version is active."
        case _:
            return "It makes no journals until it is active."


def _effect(recurrence: Recurrence) -> list[EffectRow]:
    """What each journal changes on the accounts, on their normal sides."""
    names, gains = dict[str, str](), dict[str, int]()
    for line in recurrence.lines:
        role, is_debit = line.account.role, line.direction == DEBIT
        names[role] = line.account.name
        sign = 1 if is_debit == Role[role].is_debit_normal else -1
        gains[role] = gains.get(role, 0) + sign * line.amount.minor
    decimals = recurrence.debits.decimals
    return [
        EffectRow(names[role], signed(Money.of(gain, decimals)))
        for role, gain in gains.items()
    ]


def _effect_words(
    recurrence: Recurrence, today: Day, *, needs_approval: bool
) -> list[str]:
    """When its journals post: those of dates that have passed at once."""
    if recurrence.status == "ENDED":
        return []
    words = []
    due = [date for date in recurrence.next_dates if day_of(date) <= today]
    if due and recurrence.status != "ACTIVE":
        dates = ", ".join(map(day, due))
        more = " and later" if len(due) == len(recurrence.next_dates) else ""
        made = agreeing(len(due), "The journal of", "The journals of")
        posts = agreeing(len(due), "posts", "post")
        is_approved = needs_approval or recurrence.status == "SUBMITTED"
        once = "approved" if is_approved else "active"
        words.append(f"{made} {dates}{more} {posts} as soon as it is {once}.")
    if recurrence.reverses_next_month:
        words.append("Each is taken back on the first day of the next month.")
    return words


def _instance(instance: Instance) -> InstanceRow:
    reasons = [step.reason for step in instance.steps if step.kind == "SAVED"]
    waits = instance.status == "DRAFT" and reasons
    return InstanceRow(
        label=journal_label(instance.number),
        url=f"{JOURNALS}/{instance.number}",
        date=day(instance.date),
        status=MANUAL_STATUSES[instance.status],
        style=instance.status.lower(),
        amount=money(instance.debits),
        reason=sentence(reasons[0] or "") if waits else "",
    )
