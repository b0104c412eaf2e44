"""The filter of journals and entries, to and from the domain's selection.

Its fields are spelled out for the schema; a test compares them with `FILTERS`, which
declares every filter and which everything else here follows. `documentId` is a filter
of the API alone: an id names its document's kind.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any

import strawberry
from strawberry.utils.str_converters import to_camel_case

from daybook.errors import Problem, Rejected
from daybook.ledger.pins import Pin
from daybook.reports.journals.filter_kinds import (
    AnyDay,
    OneOf,
    OwnId,
    RecordingNumber,
    Text,
)
from daybook.reports.journals.filters import FILTERS, Filter, Purpose, Selection
from daybook.reports.journals.filters import JournalFilter as Conditions
from daybook.reports.journals.selection import resolve
from daybook_graphql.context import Context, Info
from daybook_graphql.documents.enums import SourceKind
from daybook_graphql.documents.ids import (
    BillingScheduleId,
    CreditNoteId,
    InvoiceId,
    expect_document,
    kind_of,
)
from daybook_graphql.journals.enums import JournalType, RollForwardColumn
from daybook_graphql.kit.errors import ErrorCode, failure, refusal
from daybook_graphql.kit.ids import encode, expect
from daybook_graphql.kit.money import DateRangeInput, checked
from daybook_graphql.kit.scalars import BigInt, Date
from daybook_graphql.kit.searching import search_text
from daybook_graphql.ledgers.enums import AccountRole
from daybook_graphql.ledgers.queries import check_mark, pin_of
from daybook_graphql.parties.ids import CustomerId, ProductId


@strawberry.input(
    description="What to select. Absent fields do not narrow; present ones all apply."
)
class JournalFilter:
    posted: DateRangeInput | None = strawberry.field(
        default=None, description="Posting dates."
    )
    changed_after_recording: BigInt | None = strawberry.field(
        default=None,
        description="Only journals that changed after this recording of the ledger: one"
        " of their movements was recorded or superseded, or their document was revised"
        " or voided. `journals` then lists them whether or not they have an amount, so"
        " that those of which nothing is left are told (`isSuperseded`); `entries` has"
        " all entries of those that have any. 0 is all that there ever was. Names of"
        " customers, products and accounts, the lock, the settings, what is posted by"
        " now and whether a journal is fully recognized aren't changes of a journal."
        " It doesn't go with `billingScheduleId`, `shifted`, `revised`, `voided`,"
        " `partlyScheduled`, `excludeFullyRecognized`, `deferredOn` and `search`: the"
        " journals that left what these select would be missed.",
    )
    as_of: Date | None = strawberry.field(
        default=None,
        description="As it was known at the end of this day, in the organisation's time"
        " zone; the present where it is absent.",
    )
    type: JournalType | None = strawberry.field(
        default=None, description="Only journals that Daybook, or a person, made."
    )
    source: list[SourceKind] | None = strawberry.field(
        default=None, description="Only journals of these kinds of documents."
    )
    customer_id: strawberry.ID | None = strawberry.field(
        default=None, description="Only this customer's."
    )
    product_id: strawberry.ID | None = strawberry.field(
        default=None, description="Only this product's."
    )
    invoice_id: strawberry.ID | None = strawberry.field(
        default=None, description="Only what came from this invoice."
    )
    credit_note_id: strawberry.ID | None = strawberry.field(
        default=None, description="Only what came from this credit note."
    )
    document_id: strawberry.ID | None = strawberry.field(
        default=None,
        description="Only what came from this document, whatever its kind.",
    )
    billing_schedule_id: strawberry.ID | None = strawberry.field(
        default=None,
        description="Only what came from this billing schedule and its invoices.",
    )
    shifted: bool | None = strawberry.field(
        default=None,
        description="Only journals with a movement that a lock moved, or without any.",
    )
    revised: bool | None = strawberry.field(
        default=None,
        description="Only journals of documents that were revised, and not voided, or"
        " only the others.",
    )
    voided: bool | None = strawberry.field(
        default=None,
        description="Only journals of documents that were voided, or only the others.",
    )
    partly_scheduled: bool | None = strawberry.field(
        default=None,
        description="Only journals that have entries both up to the day that divides"
        " posted from scheduled and after it, or only the others. The journal counts,"
        " whatever days are selected.",
    )
    exclude_fully_recognized: bool = strawberry.field(
        default=False,
        description="Whether to leave out journals whose lines are fully recognized on"
        " the day that divides posted from scheduled.",
    )
    account: AccountRole | None = strawberry.field(
        default=None,
        description="Only movements that touch this account: amounts and totals are of"
        " these alone.",
    )
    column: RollForwardColumn | None = strawberry.field(
        default=None,
        description="Only movements in this column of the account's roll-forward;"
        " `account` must be `DEFERRED` or `UNBILLED`.",
    )
    against: list[AccountRole] | None = strawberry.field(
        default=None,
        description="Only movements between `account`, which must be given, and one of"
        " these.",
    )
    deferred_on: Date | None = strawberry.field(
        default=None,
        description="Only movements that the waterfall of this day sums: of what has"
        " something on Deferred at its end, and of manual journals that had begun by"
        " then those that touch Deferred.",
    )
    unscheduled: bool = strawberry.field(
        default=False,
        description="Whether to select only movements of what keeps something on"
        " Deferred after its last scheduled entry, the waterfall's `unscheduled`;"
        " `deferredOn` must be given.",
    )
    on: Date | None = strawberry.field(
        default=None,
        description="Entries up to this day are posted, later ones scheduled; the as-of"
        " day, or today if that is earlier, where it is absent.",
    )
    include_scheduled: bool | None = strawberry.field(
        default=None,
        description="Whether scheduled entries are selected too. Where it is absent:"
        " yes in `journals`, `journalGroups` and `entries`, which tell them apart; no"
        " in `createExport`, as in every file.",
    )
    search: str | None = strawberry.field(
        default=None,
        description="A journal's number, or part of the name or the sender's own id of"
        " its customer, product or document.",
    )


async def pin_and_conditions(
    info: Info,
    ledger_id: str,
    filter_input: JournalFilter | None,
    as_of_recording: BigInt | None = None,
) -> tuple[Pin, Conditions]:
    """The ledger pinned to the filter's as-of day, and the filter's conditions in it.

    Or pinned to a recording. Raises errors that name the filter's fields.
    """
    as_of = None if filter_input is None else filter_input.as_of
    pin = await pin_of(info.context, ledger_id, as_of, as_of_recording)
    if filter_input is None:
        return pin, Conditions()
    if filter_input.posted is not None:
        checked(filter_input.posted, "filter.posted")
    if (mark := filter_input.changed_after_recording) is not None:
        check_mark(mark, as_of_recording, "filter.changedAfterRecording")
    return pin, await conditions_in(info.context, pin, filter_input)


async def conditions_in(
    context: Context, pin: Pin, filter_input: JournalFilter
) -> Conditions:
    """A filter's conditions by Daybook's numbers; raises INVALID_ID and NOT_FOUND."""
    selection = selection_of(filter_input, "filter")
    async with context.database.pinned_reads() as session:
        try:
            return await resolve(session, pin, selection, Purpose.REPORT)
        except Rejected as rejected:
            raise refusal(placed(rejected.problems), ("filter",)) from None


def selection_of(filter_input: JournalFilter, argument: str) -> Selection:
    """The selection of a filter, by the senders' own ids, before any look-up.

    `argument` is where the filter stands; raises INVALID_ID for ids of other types.
    """
    values: dict[str, Any] = {}
    for declared in FILTERS:
        path = path_of(declared)
        value = _given(filter_input, declared)
        where = ".".join((argument, *path))
        match declared.kind:
            case _ if value is None:
                continue
            case OwnId():
                value = expect(value, OWN_IDS[declared.name], where).external_id
            case Text():
                value = search_text(value, where)
            case OneOf(names=names) if declared.is_many:
                value = tuple(names[kind.name] for kind in value)
            case OneOf(names=names):
                value = names[value.name]
        values[declared.field] = value
    if filter_input.document_id is not None:
        document = expect_document(filter_input.document_id, f"{argument}.documentId")
        values["document"] = (kind_of(document), document.external_id)
    selection = Selection(**values)
    if len(set(selection.documents().values())) > 1:
        message = (
            f"{argument}: a journal comes from one document, and these name several"
        )
        raise failure(ErrorCode.INVALID_VALUE, message, f"{argument}.documentId")
    return selection


def variables_of(selection: Selection) -> dict[str, Any]:
    """The input of a selection, as an operation's variable, for `selection_of`."""
    variables: dict[str, Any] = {}
    for declared in FILTERS:
        value = getattr(selection, declared.field)
        match declared.kind:
            case _ if value is None:
                continue
            case AnyDay() | RecordingNumber():
                value = declared.kind.write(value)
            case OwnId():
                value = encode(OWN_IDS[declared.name](value))
            case OneOf() if declared.is_many:
                value = [kind.name for kind in value]
            case OneOf():
                value = value.name
        *above, last = path_of(declared)
        place = variables
        for name in above:
            place = place.setdefault(name, {})
        place[last] = value
    return variables


def path_of(declared: Filter) -> tuple[str, ...]:
    """A filter's path in the input: `credit_note` is at `creditNoteId`."""
    if declared.field in RANGE:
        return ("posted", declared.name)
    return (to_camel_case(_field_of(declared)),)


def placed(problems: Sequence[Problem]) -> list[Problem]:
    """Problems of a selection with the paths of the input's fields."""
    paths = {declared.name: path_of(declared) for declared in FILTERS} | {
        "document": ("documentId",)
    }
    return [
        replace(problem, path=tuple(chain(*(paths.get(p, (p,)) for p in problem.path))))
        for problem in problems
    ]


def _given(filter_input: JournalFilter, declared: Filter) -> Any:
    """The value of a filter in the input."""
    if declared.field in RANGE:
        return filter_input.posted and getattr(
            filter_input.posted, RANGE[declared.field]
        )
    return getattr(filter_input, _field_of(declared))


def _field_of(declared: Filter) -> str:
    """The input's field: `credit_note_id`, since ids and numbers say what they are."""
    match declared.kind:
        case OwnId():
            return f"{declared.name}_id"
        case RecordingNumber():
            return f"{declared.name}_recording"
    return declared.name


RANGE = {"posted_from": "start", "posted_to": "end"}
"""The filters that are ends of the range `posted`."""

OWN_IDS: Mapping[
    str,
    type[CustomerId | ProductId | InvoiceId | CreditNoteId | BillingScheduleId],
] = {
    "customer": CustomerId,
    "product": ProductId,
    "invoice": InvoiceId,
    "credit_note": CreditNoteId,
    "billing_schedule": BillingScheduleId,
}
"""The type of each filter's ids."""
