"""The schema: what all features can read, change and listen to, under one root each."""

import strawberry
from strawberry.schema.config import StrawberryConfig

from daybook_graphql.access.mutations import AccessMutations
from daybook_graphql.access.queries import AccessQueries
from daybook_graphql.adjustments import of_journals  # noqa: F401  (implements fields)
from daybook_graphql.adjustments.mutations import AdjustmentMutations
from daybook_graphql.adjustments.previews import PreviewedAdjustments
from daybook_graphql.adjustments.queries import AdjustmentQueries
from daybook_graphql.adjustments.subscriptions import AdjustmentSubscriptions
from daybook_graphql.approvals.mutations import ApprovalMutations
from daybook_graphql.approvals.queries import ApprovalQueries
from daybook_graphql.audit import journal_records  # noqa: F401  (implements a field)
from daybook_graphql.audit.dismissals import DismissalMutations
from daybook_graphql.audit.queries import AuditQueries
from daybook_graphql.closing.mutations import ClosingMutations
from daybook_graphql.closing.queries import ClosingQueries
from daybook_graphql.documents.acting import DocumentActionMutations
from daybook_graphql.documents.importing import DocumentMutations
from daybook_graphql.documents.queries import DocumentQueries
from daybook_graphql.documents.types import DOCUMENTS
from daybook_graphql.documents.uploads import UploadQueries
from daybook_graphql.documents.voiding import VoidQueries
from daybook_graphql.evidence.mutations import EvidenceMutations
from daybook_graphql.evidence.queries import EvidenceQueries
from daybook_graphql.execution.checked_documents import CheckedDocuments
from daybook_graphql.execution.fast import executor
from daybook_graphql.execution.schema import Schema
from daybook_graphql.exports.link_mutations import ExportLinkMutations
from daybook_graphql.exports.mutations import ExportMutations
from daybook_graphql.exports.posting_mutations import PostingMutations
from daybook_graphql.exports.preflight import PreflightQueries
from daybook_graphql.exports.queries import ExportQueries
from daybook_graphql.exports.subscriptions import ExportSubscriptions
from daybook_graphql.general_ledger.exposure import GlExposureQueries
from daybook_graphql.general_ledger.importing import GlImportMutations
from daybook_graphql.general_ledger.lines import GlLineQueries
from daybook_graphql.general_ledger.live import GlLiveMutations
from daybook_graphql.general_ledger.mutations import GlConnectionMutations
from daybook_graphql.general_ledger.profit import GlProfitQueries
from daybook_graphql.general_ledger.queries import GeneralLedgerQueries
from daybook_graphql.general_ledger.rates import RateMutations, RateQueries
from daybook_graphql.general_ledger.rates_used import GlRatesUsedQueries
from daybook_graphql.general_ledger.reconciliation import ReconciliationQueries
from daybook_graphql.general_ledger.refreshes import (
    GlRefreshMutations,
    GlRefreshQueries,
    GlRefreshSubscriptions,
)
from daybook_graphql.journals import neighbours  # noqa: F401  (implements a field)
from daybook_graphql.journals.figures import JournalFigureQueries
from daybook_graphql.journals.queries import JournalQueries
from daybook_graphql.kit.connections import ConnectionNames
from daybook_graphql.kit.scalars import SCALARS
from daybook_graphql.ledgers.queries import LedgerQueries
from daybook_graphql.ledgers.subscriptions import LedgerSubscriptions
from daybook_graphql.mail.mutations import MailMutations
from daybook_graphql.mail.queries import MailQueries
from daybook_graphql.mapping.mutations import MappingMutations
from daybook_graphql.mapping.queries import MappingQueries
from daybook_graphql.nodes import NodeQueries
from daybook_graphql.parties.queries import PartyQueries
from daybook_graphql.recurring import of_journals as _  # noqa: F401  (implements fields)
from daybook_graphql.recurring.mutations import RecurrenceMutations
from daybook_graphql.recurring.queries import RecurrenceQueries
from daybook_graphql.reports.queries import ReportQueries
from daybook_graphql.saved_filters.mutations import SavedFilterMutations
from daybook_graphql.saved_filters.queries import SavedFilterQueries
from daybook_graphql.settings.mutations import SettingsMutations
from daybook_graphql.system.queries import SystemQueries
from daybook_graphql.webhooks.mutations import WebhookMutations
from daybook_graphql.webhooks.queries import WebhookQueries


@strawberry.type(description="What can be read.")
class Query(
    AccessQueries,
    SystemQueries,
    NodeQueries,
    LedgerQueries,
    JournalQueries,
    JournalFigureQueries,
    PartyQueries,
    DocumentQueries,
    UploadQueries,
    VoidQueries,
    ExportQueries,
    PreflightQueries,
    MappingQueries,
    EvidenceQueries,
    AuditQueries,
    AdjustmentQueries,
    PreviewedAdjustments,
    ApprovalQueries,
    RecurrenceQueries,
    ReportQueries,
    ClosingQueries,
    WebhookQueries,
    MailQueries,
    SavedFilterQueries,
    GeneralLedgerQueries,
    GlRefreshQueries,
    GlLineQueries,
    GlProfitQueries,
    GlExposureQueries,
    GlRatesUsedQueries,
    RateQueries,
    ReconciliationQueries,
):
    pass


@strawberry.type(description="What can be changed.")
class Mutation(
    DocumentMutations,
    DocumentActionMutations,
    ExportMutations,
    ExportLinkMutations,
    PostingMutations,
    SettingsMutations,
    MappingMutations,
    EvidenceMutations,
    AccessMutations,
    AdjustmentMutations,
    ApprovalMutations,
    RecurrenceMutations,
    ClosingMutations,
    DismissalMutations,
    WebhookMutations,
    MailMutations,
    SavedFilterMutations,
    GlConnectionMutations,
    GlLiveMutations,
    GlImportMutations,
    GlRefreshMutations,
    RateMutations,
):
    pass


@strawberry.type(description="What can be listened to.")
class Subscription(
    LedgerSubscriptions,
    ExportSubscriptions,
    AdjustmentSubscriptions,
    GlRefreshSubscriptions,
):
    pass


schema = Schema(
    roots=(Query, Mutation, Subscription),
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    types=DOCUMENTS,
    extensions=[CheckedDocuments],
    execution_context_class=executor(),
    config=StrawberryConfig(scalar_map=SCALARS, name_converter=ConnectionNames()),
)
