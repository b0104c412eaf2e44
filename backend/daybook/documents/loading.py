"""What a batch of documents needs to know of what is recorded, loaded at once."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence

from daybook.db.engine import WriteSession
from daybook.documents.batches import Batch, Grant, Prepared, Recorded
from daybook.documents.naming import NamedDocument
from daybook.documents.queries import (
    KnownDocument,
    RecordedLines,
    ScheduleRoots,
    find_documents,
    is_burn_down,
    lines_of,
    load_families,
    roots_of_documents,
)
from daybook.documents.rules import Document
from daybook.ledger.rules import SourceKind
from daybook.recognition.queries import StoredGrant, grants_of

Key = tuple[SourceKind, str]


async def _all_posted() -> None:
    """Nothing is on its way."""


async def load_batch(  # noqa: PLR0913  (what is known, and who waits for whom)
    session: WriteSession,
    batch: Batch,
    documents: Sequence[Prepared],
    known: Mapping[Key, KnownDocument],
    currency_of: Mapping[Key, str],
    *,
    posted: Callable[[], Awaitable[None]] = _all_posted,
) -> dict[Key, NamedDocument]:
    """Load the families that a batch changes, and the documents that it names.

    `known` are those of the batch that were recorded before; `currency_of` tells the
    currencies of all that come with them, whatever their ledger. `posted` writes the
    movements that are planned already: it is awaited before any are read.
    """
    organisation_id, ledger = batch.organisation.id, batch.ledger
    names = {key for one in documents for key in named_keys(one.document)}
    batch.named_here = names
    parents = await find_documents(session, organisation_id, names)
    here = [one for one in parents.values() if one.ledger_id == ledger.id]
    revised = [
        before
        for one in documents
        if (before := known.get(one.document.key)) and before.ledger_id == ledger.id
    ]
    ids = {one.id for one in (*here, *revised)}
    lines = await lines_of(session, ledger.id, ids)
    roots = await roots_of_documents(session, ledger.id, ids)
    grants = await _grants(session, batch, documents, roots)
    families = {one.family_id for its in roots.values() for one in its.values()}
    families |= {one.schedule_id for one in grants}
    if families:
        await posted()
        loaded = await load_families(session, organisation_id, ledger, families)
        batch.take_loaded(loaded)
    for grant in grants:
        member = batch.families[grant.schedule_id].family.members[grant.schedule_id]
        customer, *_ = member.owner.order
        since = member.accounting_date
        batch.grants.append(
            Grant(grant.schedule_id, grant.external_id, customer, since)
        )
    for one in documents:
        if (before := known.get(one.document.key)) is not None:
            is_here = before.ledger_id == ledger.id
            batch.before[one.document.key] = _recorded(
                *(batch, one, before, lines.get(before.id) if is_here else None),
                roots[before.id] if is_here else {},
            )
    named = _elsewhere(names, currency_of, ledger.currency)
    for key, parent in parents.items():
        is_here = parent.ledger_id == ledger.id
        its_lines = lines.get(parent.id) if is_here else None
        named[key] = _named(parent, its_lines, roots.get(parent.id, {}))
    return named


def named_keys(document: Document) -> Iterable[Key]:
    """The documents that one refers to."""
    if document.invoice_id is not None:
        yield SourceKind.INVOICE, document.invoice_id
    if document.billing_schedule_id is not None:
        yield SourceKind.BILLING_SCHEDULE, document.billing_schedule_id


async def _grants(
    session: WriteSession,
    batch: Batch,
    documents: Sequence[Prepared],
    roots: Mapping[int, Mapping[int, ScheduleRoots]],
) -> list[StoredGrant]:
    """Credit grants that burn-downs may take from, or that are named again."""
    customers = {
        batch.parties.customers[one.document.customer.id]
        for one in documents
        if any(group.burn_downs for group in one.groups)
    }
    made = {group.grant for one in documents for group in one.groups if group.grant}
    members = (one.line_root for its in roots.values() for one in its.values())
    return await grants_of(
        session,
        batch.ledger.id,
        customer_ids=customers,
        external_ids=made,
        schedule_ids=members if made else (),
    )


def _recorded(
    batch: Batch,
    prepared: Prepared,
    before: KnownDocument,
    lines: RecordedLines | None,
    roots: Mapping[int, ScheduleRoots],
) -> Recorded:
    """A document that was recorded before, with its schedules."""
    recorded = Recorded(before.id, prepared, before, lines_before=lines)
    for line in lines.lines.values() if lines else ():
        its = roots[line.schedule_id]
        member = batch.families[its.family_id].family.members[its.line_root]
        recorded.invoiced = member.invoiced
        if not is_burn_down(member):
            _, product, *_ = member.owner.order
            recorded.members_before[line.key, product] = its.line_root
    for its in {one.line_root: one for one in roots.values()}.values():
        member = batch.families[its.family_id].family.members[its.line_root]
        if is_burn_down(member):
            burning = recorded.burn_downs_before.setdefault(its.family_id, [])
            burning.append(its.line_root)
    return recorded


def _elsewhere(
    names: Iterable[Key], currency_of: Mapping[Key, str], currency: str
) -> dict[Key, NamedDocument]:
    """Documents of this import that belong to other ledgers.

    Whether one is recorded by now depends on the order of the currencies, and the
    problem that is named must not.
    """
    found = {}
    for key in names:
        other = currency_of.get(key, currency)
        if other != currency:
            found[key] = NamedDocument(key, 0, other, "", 0)
    return found


def _named(
    document: KnownDocument,
    lines: RecordedLines | None,
    roots: Mapping[int, ScheduleRoots],
) -> NamedDocument:
    members = {
        line_id: roots[line.schedule_id].line_root
        for line_id, line in (lines.lines if lines else {}).items()
    }
    return NamedDocument(
        (document.kind, document.external_id),
        document.id,
        document.currency,
        document.customer_external_id,
        document.accounting_date,
        document.is_void,
        members,
    )
