"""The query `glReconciliation`: posted exports against the journals that came back."""

from typing import Annotated

import strawberry

from daybook.errors import Rejected
from daybook.gl.matching.reconciling import (
    Place,
    Reconciliation,
    StateTotal,
    reconciliation_of,
)
from daybook.gl.matching.words import words_of
from daybook.gl.rules.matching import Amounts, BookedJournal, MatchState
from daybook_graphql.context import Info
from daybook_graphql.general_ledger.enums import GlMatchState
from daybook_graphql.general_ledger.queries import connection_at
from daybook_graphql.general_ledger.types import GlConnection
from daybook_graphql.kit.connections import Connection, connection_of, listed
from daybook_graphql.kit.errors import ErrorCode, failure
from daybook_graphql.kit.money import Money, money
from daybook_graphql.kit.paging import After, Before, First, Last, page_request
from daybook_graphql.kit.permissions import READ, needs
from daybook_graphql.kit.scalars import (
    BigInt,
    CurrencyCode,
    Date,
    DateTime,
    moment_or_none,
)
from daybook_graphql.ledgers.queries import LedgerIdArgument, pin_of

field = strawberry.field


@strawberry.type(description="What an account of the accounting system gets.")
class GlAccountAmount:
    account_code: str = field(description="The account's code.")
    amount: Money = field(description="Credits less debits: a credit is positive.")


@strawberry.type(description="A manual journal that was booked, with its corrections.")
class GlBookedJournal:
    source_id: str = field(description="Its Source ID, which its corrections have too.")
    day: Date = field(description="The day of the last of them.")
    journal_numbers: list[BigInt] = field(
        description="The accounting system's numbers of it and of its corrections."
    )
    amounts: list[GlAccountAmount] = field(
        description="What they come to by account; accounts with nothing are left out."
    )


@listed("A match", "matches", page="A page of matches, those to look at first.")
@strawberry.type(description="A journal of a posted file, and what was booked for it.")
class GlMatch:
    state: GlMatchState = field(description="How it came back.")
    number: str = field(
        description="Its number in the file, which its narration begins with."
    )
    day: Date = field(description="Its day in the file.")
    record_number: BigInt = field(description="The number of the file's record.")
    journal_number: BigInt | None = field(
        description="The ledger's journal that it is of; null for a group of journals."
    )
    exported: list[GlAccountAmount] = field(
        description="What the file has, by account."
    )
    booked: list[GlBookedJournal] = field(
        description="What was booked for it: none if it is missing, several if it is"
        " doubled."
    )
    difference: list[GlAccountAmount] = field(
        description="What was booked less what was exported, by account."
    )
    is_backwards: bool = field(description="Whether debits and credits are exchanged.")
    words: str = field(
        description="Why it is in its state; empty if it was booked as it was exported."
    )


@strawberry.type(description="The journals in a state.")
class GlMatchTotal:
    state: GlMatchState = field(description="Which state.")
    journals: int = field(description="How many journals are in it.")
    exported: Money = field(description="What their credits sum to in the files.")
    booked: Money = field(description="What the credits sum to that were booked.")


@strawberry.type(
    description="How the journals of a ledger's posted files for Xero came back by the"
    " connection that takes its exports."
)
class GlReconciliation:
    _found: strawberry.Private[Reconciliation]

    currency: CurrencyCode = field(
        description="The currency of amounts: the connection's base currency."
    )
    file_numbers: list[BigInt] = field(
        description="The records of the posted files that are compared."
    )
    other_file_numbers: list[BigInt] = field(
        description="Those of posted files in another currency, which aren't compared."
    )
    data_time: DateTime | None = field(
        description="When the accounting system wrote the newest journals that came in;"
        " null before the first."
    )
    last_journal: BigInt | None = field(
        description="The highest number of a journal that came in; null before the"
        " first."
    )
    totals: list[GlMatchTotal] = field(description="Each state with its journals.")

    @field(
        description="The connection that takes the ledger's exports; null if none does:"
        " then nothing is compared."
    )
    async def connection(self, info: Info) -> GlConnection | None:
        number = self._found.connection
        return None if number is None else await connection_at(info.context, number)

    @field(description="The journals of the files, those to look at first.")
    async def matches(
        self,
        state: Annotated[
            GlMatchState | None,
            strawberry.argument(description="Those in this state only."),
        ] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[GlMatch]:
        request = page_request(1, first=first, after=after, last=last, before=before)
        found = self._found
        wanted = None if state is None else MatchState[state.name]
        page = found.page(wanted, request)
        totals = found.totals()
        total = sum(its.journals for its in totals if wanted in {None, its.state})
        nodes = [_match_of(place, found.currency) for place in page.items]
        return connection_of(page, nodes, lambda place: (place.at,), total)


@strawberry.type
class ReconciliationQueries:
    @strawberry.field(
        description="The journals of a ledger's posted files for Xero against the"
        " manual journals that came back: each is matched, missing, changed or"
        " doubled.",
        metadata=needs(READ),
    )
    async def gl_reconciliation(
        self, info: Info, ledger_id: LedgerIdArgument
    ) -> GlReconciliation:
        context = info.context
        pin = await pin_of(context, ledger_id)
        try:
            found = await reconciliation_of(context.database, context.settings, pin)
        except Rejected as rejected:
            message = rejected.problems[0].message
            raise failure(ErrorCode.NOT_FOUND, message, "ledgerId") from None
        return GlReconciliation(
            _found=found,
            currency=CurrencyCode(found.currency),
            file_numbers=[BigInt(number) for number in found.files],
            other_file_numbers=[BigInt(number) for number in found.other_files],
            data_time=moment_or_none(found.data_time),
            last_journal=_number(found.last_journal),
            totals=[_total_of(total, found.currency) for total in found.totals()],
        )


def _match_of(place: Place, currency: str) -> GlMatch:
    match = place.match
    exported = match.exported
    return GlMatch(
        state=GlMatchState[match.state],
        number=exported.number,
        day=Date(exported.day),
        record_number=BigInt(exported.record),
        journal_number=_number(exported.journal),
        exported=_amounts(exported.amounts, currency),
        booked=[_booked_of(journal, currency) for journal in match.booked],
        difference=_amounts(match.difference, currency),
        is_backwards=match.is_backwards,
        words=words_of(match, currency),
    )


def _booked_of(journal: BookedJournal, currency: str) -> GlBookedJournal:
    return GlBookedJournal(
        source_id=journal.source_id,
        day=Date(journal.day),
        journal_numbers=[BigInt(number) for number in journal.journals],
        amounts=_amounts(journal.amounts, currency),
    )


def _total_of(total: StateTotal, currency: str) -> GlMatchTotal:
    return GlMatchTotal(
        state=GlMatchState[total.state],
        journals=total.journals,
        exported=money(total.exported, currency),
        booked=money(total.booked, currency),
    )


def _amounts(amounts: Amounts, currency: str) -> list[GlAccountAmount]:
    """The amounts by account code, debits first."""
    return [
        GlAccountAmount(account_code=code, amount=money(amount, currency))
        for code, amount in sorted(amounts.items(), key=lambda its: (its[1] > 0, its))
    ]


def _number(number: int | None) -> BigInt | None:
    return None if number is None else BigInt(number)
