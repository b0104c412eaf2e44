"""The pages whose filters can be saved, as the schema names them."""

from enum import Enum

import strawberry

from daybook.saved_filters.rules import FilteredPage as Stored

value = strawberry.enum_value


@strawberry.enum(description="A page whose filters can be saved. Expect more values.")
class FilteredPage(Enum):
    JOURNALS = value(Stored.JOURNALS, description="`/journals`")
    DOCUMENTS = value(Stored.DOCUMENTS, description="`/documents`")
    EXPORTS = value(Stored.EXPORTS, description="`/exports`")
    MANUAL_JOURNALS = value(Stored.MANUAL_JOURNALS, description="`/manual-journals`")
    DEFERRED_REVENUE = value(
        Stored.DEFERRED_REVENUE, description="`/reports/deferred-revenue`"
    )
    WATERFALL = value(Stored.WATERFALL, description="`/reports/waterfall`")
    COHORTS = value(Stored.COHORTS, description="`/reports/cohorts`")
    ROLL_FORWARD = value(Stored.ROLL_FORWARD, description="`/reports/roll-forward`")
    TIE_OUT = value(Stored.TIE_OUT, description="`/reports/tie-out`")
    POPULATION = value(Stored.POPULATION, description="`/reports/population`")
    AUDIT_TRAIL = value(Stored.AUDIT_TRAIL, description="`/audit`")
    ACTIVITY = value(Stored.ACTIVITY, description="`/activity`")
