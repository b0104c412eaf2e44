"""Kinds of input, of journals, of accounts and of notices, and states of refreshes."""

from enum import Enum

import strawberry

from daybook.gl.kinds import Kind
from daybook.gl.rules.chart import AccountClass
from daybook.gl.rules.journal_types import ExposureKind, JournalType
from daybook.gl.rules.matching import MatchState
from daybook.gl.rules.notices import NoticeKind
from daybook.jobs.rules import JobStatus

value = strawberry.enum_value


@strawberry.enum(description="What a file of the accounting system has.")
class GlInputKind(Enum):
    JOURNALS = value(Kind.JOURNALS, description="Journals, with their lines.")
    ACCOUNTS = value(Kind.ACCOUNTS, description="The chart of accounts.")
    CONTACTS = value(Kind.CONTACTS, description="Customers and suppliers.")
    INVOICES = value(Kind.INVOICES, description="Invoices and bills.")
    CREDIT_NOTES = value(
        Kind.CREDIT_NOTES, description="Credit notes to customers and of suppliers."
    )
    REPEATING_INVOICES = value(
        Kind.REPEATING_INVOICES,
        description="Templates of invoices and bills that repeat.",
    )
    BUDGETS = value(Kind.BUDGETS, description="Budgets by account and month.")
    TRACKING_CATEGORIES = value(
        Kind.TRACKING_CATEGORIES,
        description="Tracking categories and their options, in the order of the"
        " connection.",
    )
    BANK_TRANSACTIONS = value(
        Kind.BANK_TRANSACTIONS, description="Money spent and received."
    )
    PAYMENTS = value(Kind.PAYMENTS, description="Payments of invoices and bills.")
    MANUAL_JOURNALS = value(
        Kind.MANUAL_JOURNALS,
        description="Manual journals, whose narrations name our exports.",
    )
    ORGANISATION = value(
        Kind.ORGANISATION, description="The organisation in the accounting system."
    )
    TAX_RATES = value(Kind.TAX_RATES, description="Tax rates and their types.")


@strawberry.enum(description="How an exported journal came back.")
class GlMatchState(Enum):
    MISSING = value(
        MatchState.MISSING,
        description="No journal that came in is it, or it was reversed.",
    )
    CHANGED = value(
        MatchState.CHANGED,
        description="It was booked with other amounts, to other accounts, or on another"
        " day.",
    )
    DOUBLED = value(MatchState.DOUBLED, description="It was booked more than once.")
    MATCHED = value(MatchState.MATCHED, description="It was booked as it was exported.")


@strawberry.enum(description="Where a rate comes from. Expect more values.")
class GlRateSource(Enum):
    ECB = value(
        "ECB", description="The euro reference rates of the European Central Bank."
    )
    MANUAL = value("MANUAL", description="Entered by the organisation.")


@strawberry.enum(description="Where the journals of the dataset come from.")
class GlJournalType(Enum):
    ACTUAL = value(JournalType.ACTUAL, description="Booked in the accounting system.")
    DRAFT_INVOICE = value(
        JournalType.DRAFT_INVOICE, description="Invoices and bills that are drafts."
    )
    FORECAST_INVOICE = value(
        JournalType.FORECAST_INVOICE,
        description="Occurrences of repeating invoices and bills to come.",
    )
    FX_EXPOSURE = value(
        JournalType.FX_EXPOSURE,
        description="Daily changes of what is open in other currencies, at the ECB's"
        " rates.",
    )
    FORECAST_BUDGET = value(
        JournalType.FORECAST_BUDGET,
        description="The budget by day, for months that are little booked yet.",
    )


@strawberry.enum(description="What an FX journal books.")
class GlExposureKind(Enum):
    UNREALISED = value(
        ExposureKind.UNREALISED, description="A change of rates on what is open."
    )
    REVERSAL = value(
        ExposureKind.REVERSAL,
        description="Such changes are turned, since something was paid or credited.",
    )
    REALISED = value(ExposureKind.REALISED, description="The gain of a payment.")
    REVALUATION = value(
        ExposureKind.REVALUATION, description="A change of rates on a bank balance."
    )


@strawberry.enum(description="What an account is part of in the statements.")
class GlAccountClass(Enum):
    ASSET = value(AccountClass.ASSET, description="Assets, banks among them.")
    LIABILITY = value(AccountClass.LIABILITY, description="Liabilities.")
    EQUITY = value(AccountClass.EQUITY, description="Equity.")
    REVENUE = value(AccountClass.REVENUE, description="Income.")
    EXPENSE = value(AccountClass.EXPENSE, description="Expenses.")


@strawberry.enum(description="Where a refresh stands.")
class GlRefreshStatus(Enum):
    QUEUED = value(JobStatus.QUEUED, description="It waits for its turn.")
    RUNNING = value(JobStatus.RUNNING, description="It is being made.")
    READY = value(
        JobStatus.READY, description="It is made: its part is recorded at once."
    )
    FAILED = value(JobStatus.FAILED, description="It came to nothing.")
    CANCELLED = value(JobStatus.CANCELLED, description="Somebody ended it.")
    EXPIRED = value(JobStatus.EXPIRED, description="Its lines were kept long enough.")


@strawberry.enum(
    description="What a notice is about. Expect more values: they are only ever added."
)
class GlNoticeKind(Enum):
    CLASH = value(
        NoticeKind.CLASH,
        description="A code that means another class of accounts in the main"
        " connection.",
    )
    GAP = value(NoticeKind.GAP, description="Journals that didn't come in.")
    NO_LINES = value(
        NoticeKind.NO_LINES, description="A draft without lines, which is left out."
    )
    NO_ACCOUNT = value(
        NoticeKind.NO_ACCOUNT,
        description="No account is known for what drafts, forecasts or currency gains"
        " post to.",
    )
    OTHER_TRACKING = value(
        NoticeKind.OTHER_TRACKING,
        description="A tracking category for which the dataset has no columns.",
    )
