"""A family's stored movements in another currency, from its whole history. No I/O."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from daybook.calendar import Day
from daybook.documents.replaying.family_states import SettingsHistory, family_at
from daybook.documents.replaying.histories import Histories, ScheduleHistory
from daybook.documents.replaying.slices import IMPOSSIBLE
from daybook.exports.conversion.balancing import Account, AccountOf, balance
from daybook.exports.conversion.exchange import Exchange
from daybook.exports.conversion.movements import Amounts, Converted, Row
from daybook.exports.conversion.plans import Plans, converted_terms, family_plans
from daybook.exports.conversion.rows import Rows
from daybook.ledger.rules import Role
from daybook.recognition.rules import Classification, Timing, recognize


@dataclass(slots=True)
class FamilyLines:
    """Which line of a family a schedule belongs to, and whose rate it takes.

    A credit and a burn-down belong to the line that they take from. Lines are named by
    their first schedules.
    """

    family_id: int
    is_accruing: bool
    mixed_since: int | None = None
    """The recording since which lines of several rates share Unbilled, if they do."""
    lines: dict[int, int] = field(default_factory=dict)
    """By member."""
    rated_by: dict[int, int] = field(default_factory=dict)
    """By line: the line whose document gives the rate."""

    @classmethod
    def of(cls, family_id: int, schedules: Iterable[ScheduleHistory]) -> "FamilyLines":
        """The lines of a family's schedules, which are in order of recording."""
        ordered = list(schedules)
        first = ordered[0].stored
        found = cls(family_id, first.terms.classification is Classification.ACCRUAL)
        timing = first.terms.timing
        has_accrued = False
        for schedule in ordered:
            stored = schedule.stored
            member = stored.line_root
            if member == family_id:
                timing = stored.terms.timing
            line = member
            if stored.credits_id is not None:
                line = stored.credits_id
            elif stored.terms.classification is Classification.BURNDOWN:
                line = family_id
            found.lines.setdefault(member, line)
            is_billed_later = found.is_accruing and timing is Timing.IN_ARREARS
            has_accrued |= is_billed_later
            rated_by = family_id if is_billed_later else line
            found.rated_by.setdefault(line, rated_by)
            rates = set(found.rated_by.values())
            if has_accrued and len(rates) > 1 and found.mixed_since is None:
                found.mixed_since = schedule.made_in
        return found

    def is_mixed_at(self, recording: int) -> bool:
        """Whether lines of several rates shared Unbilled after a recording."""
        return self.mixed_since is not None and self.mixed_since <= recording

    def account(self, member: int, role: Role) -> Account:
        """The account that a member's movements touch: Unbilled is shared."""
        if role is Role.UNBILLED and self.is_accruing:
            return role, self.family_id
        return role, self.lines[member]


@dataclass(slots=True)
class FamilyConversion:
    """Converts the families of some histories, as of a recording.

    `exchanges` are by the accounting date that gives the rate.
    """

    histories: Histories
    settings: SettingsHistory
    recording: int
    exchanges: Mapping[Day, Exchange]

    def convert(self, family_id: int) -> Amounts:
        """The amounts of a family's movements in force."""
        # Whatever was recorded later is no part of this, whenever it is converted.
        lines = FamilyLines.of(family_id, self._schedules(family_id))
        exchanges = {
            member: self.exchanges[rate_day(self.histories, lines, member)]
            for member in lines.lines
        }
        rows = self._rows(family_id)
        converted = Rows(exchanges)
        for recording in _recordings(rows, self.recording):
            converted.is_mixed = lines.is_mixed_at(recording)
            plans = self._plans(family_id, recording, exchanges)
            record(converted, rows, recording, plans, lines.account)
        return amounts_of(converted.in_force())

    def _schedules(self, family_id: int) -> list[ScheduleHistory]:
        return [
            schedule
            for schedule in self.histories.families[family_id]
            if schedule.made_in <= self.recording
        ]

    def _rows(self, family_id: int) -> list[Row]:
        """The family's movements up to the recording, in the order of their keys."""
        histories = self.histories
        roots = {
            schedule.stored.id: schedule.stored.line_root
            for schedule in self._schedules(family_id)
        }
        rows = []
        for stored in histories.family_rows(family_id):
            if stored.recorded_in <= self.recording:
                catch_up = histories.catch_up_of(stored)
                rows.append(
                    Row(
                        (stored.journal, stored.seq),
                        roots[stored.schedule_id],
                        stored.value,
                        () if catch_up is None else catch_up.parts,
                        stored.recorded_in,
                        stored.superseded_in,
                    )
                )
        return sorted(rows, key=lambda row: row.key)

    def _plans(
        self, family_id: int, recording: int, exchanges: Mapping[int, Exchange]
    ) -> Plans:
        """What a recording planned, in both currencies; nothing if it can't be."""
        try:
            state = family_at(self.histories, family_id, recording, self.settings)
            if state.changed is not None:
                return family_plans(state.changed.family, exchanges)
            if state.new is None:
                return Plans()
            terms, exchange = state.new.terms, exchanges[family_id]
            document = self.histories.documents[state.new.owner.document_id]
            version = document.at(recording) or document.versions[0]
            billed_on = version.accounting_date
            converted = converted_terms(terms, exchange.of(terms.amount), exchange)
            return Plans(
                {family_id: recognize(terms, billed_on)},
                {family_id: recognize(converted, billed_on)},
            )
        except IMPOSSIBLE:
            # Movements of earlier rules, or edited ones: each is converted by itself.
            return Plans()


def rate_day(histories: Histories, lines: FamilyLines, member: int) -> Day:
    """The accounting date whose rate a member takes: that of the first version."""
    document_id = rate_document(histories, lines, member)
    return histories.documents[document_id].versions[0].accounting_date


def rate_document(histories: Histories, lines: FamilyLines, member: int) -> int:
    """The document whose accounting date gives a member's rate."""
    wanted = lines.rated_by[lines.lines[member]]
    schedules = histories.families[lines.family_id]
    return next(
        schedule.stored.document_id
        for schedule in schedules
        if schedule.stored.line_root == wanted
    )


def record(
    converted: Rows,
    rows: Iterable[Row],
    recording: int,
    plans: Plans,
    account_of: AccountOf,
) -> None:
    """Let one recording end its rows, and convert those that it wrote."""
    every = list(rows)
    new = converted.record(
        [row for row in every if row.superseded_in == recording],
        [row for row in every if row.recorded_in == recording],
        plans,
    )
    balance(list(converted.in_force()), new, account_of)


def amounts_of(rows: Iterable[Converted]) -> Amounts:
    """The amounts of converted rows."""
    return {row.row.key: (row.amount, row.daily) for row in rows}


def _recordings(rows: Iterable[Row], last: int) -> list[int]:
    """The recordings up to the last that wrote or ended some of the rows."""
    found: set[int] = set()
    for row in rows:
        found.add(row.recorded_in)
        if row.superseded_in is not None and row.superseded_in <= last:
            found.add(row.superseded_in)
    return sorted(found)


def convert_manual(rows: Iterable[Row], exchange: Exchange, last: int) -> Amounts:
    """The amounts of one manual journal's movements in force, at its own rate."""
    every = list(rows)
    members = {row.member for row in every}
    converted = Rows(dict.fromkeys(members, exchange))
    for recording in _recordings(every, last):
        record(converted, every, recording, Plans(), _own_account)
    return amounts_of(converted.in_force())


def _own_account(member: int, role: Role) -> Account:
    return role, member
