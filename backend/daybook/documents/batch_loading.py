"""Loads the recorded documents and families that a batch of documents needs."""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain

from sqlalchemy.ext.asyncio import AsyncSession

from daybook.documents.batches import Batch, Grant, Prepared, Recorded
from daybook.documents.named_documents import NamedDocument, named_keys
from daybook.documents.queries import (
    KnownDocument,
    RecordedLines,
    ScheduleRoots,
    is_burn_down,
    known_documents,
    load_families,
    recorded_lines,
    roots_of_documents,
)
from daybook.ledger.rules import SourceKind
from daybook.recognition.queries import StoredGrant, grants_of

Key = tuple[SourceKind, str]


async def _all_posted() -> None:
    """No planned movements wait to be written."""


async def load_batch(  # noqa: PLR0913  (the batch, and what is known of it)
    session: AsyncSession,
    batch: Batch,
    documents: Sequence[Prepared],
    known: Mapping[Key, KnownDocument],
    currency_of: Mapping[Key, str],
    *,
    posted: Callable[[], Awaitable[None]] = _all_posted,
) -> dict[Key, NamedDocument]:
    """Load the families that a batch changes, and the documents that it names.

    `known` are documents of the batch that were recorded before; `currency_of` has the
    currencies of all documents that come together, whatever their ledger. `posted`
    writes movements that are planned already: it is awaited before movements are read.
    """
    organisation_id, ledger = batch.organisation.id, batch.ledger
    names = {key for prepared in documents for key in named_keys(prepared.document)}
    batch.named_here = names
    parents = await known_documents(session, organisation_id, names)
    here = [parent for parent in parents.values() if parent.ledger_id == ledger.id]
    revised = [
        before
        for prepared in documents
        if (before := known.get(prepared.document.key))
        and before.ledger_id == ledger.id
    ]
    ids = {document.id for document in (*here, *revised)}
    lines = await recorded_lines(session, ledger.id, ids)
    roots = await roots_of_documents(session, ledger.id, ids)
    grants = await _grants(session, batch, documents, roots)
    families = {root.family_id for root in _all_of(roots)}
    families |= {grant.schedule_id for grant in grants}
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
    for prepared in documents:
        if (before := known.get(prepared.document.key)) is not None:
            is_here = before.ledger_id == ledger.id
            batch.before[prepared.document.key] = _recorded(
                *(batch, prepared, before, lines.get(before.id) if is_here else None),
                roots[before.id] if is_here else {},
            )
    named = _elsewhere(names, currency_of, ledger.currency)
    for key, parent in parents.items():
        is_here = parent.ledger_id == ledger.id
        parent_lines = lines.get(parent.id) if is_here else None
        named[key] = _named(parent, parent_lines, roots.get(parent.id, {}))
    return named


async def _grants(
    session: AsyncSession,
    batch: Batch,
    documents: Sequence[Prepared],
    roots: Mapping[int, Mapping[int, ScheduleRoots]],
) -> list[StoredGrant]:
    """Credit grants that burn-downs may take from, or whose ids the batch uses."""
    customers = {
        batch.parties.customers[prepared.document.customer.id]
        for prepared in documents
        if any(group.burn_downs for group in prepared.groups)
    }
    granted = {
        group.grant
        for prepared in documents
        for group in prepared.groups
        if group.grant
    }
    members = (root.line_root for root in _all_of(roots))
    return await grants_of(
        session,
        batch.ledger.id,
        customer_ids=customers,
        external_ids=granted,
        schedule_ids=members if granted else (),
    )


def _all_of(
    roots: Mapping[int, Mapping[int, ScheduleRoots]],
) -> Iterator[ScheduleRoots]:
    return chain.from_iterable(by_schedule.values() for by_schedule in roots.values())


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
        root = roots[line.schedule_id]
        member = batch.families[root.family_id].family.members[root.line_root]
        recorded.invoiced = member.invoiced
        if not is_burn_down(member):
            _, product, *_ = member.owner.order
            recorded.members_before[line.key, product] = root.line_root
    for root in {root.line_root: root for root in roots.values()}.values():
        member = batch.families[root.family_id].family.members[root.line_root]
        if is_burn_down(member):
            burning = recorded.burn_downs_before.setdefault(root.family_id, [])
            burning.append(root.line_root)
    return recorded


def _elsewhere(
    names: Iterable[Key], currency_of: Mapping[Key, str], currency: str
) -> dict[Key, NamedDocument]:
    """Documents of this import that belong to other ledgers.

    Whether such a document is recorded by now depends on the order of the currencies;
    the problem that is reported must not.
    """
    found = {}
    for key in names:
        other = currency_of.get(key, currency)
        if other != currency:
            found[key] = NamedDocument(
                key, number=0, currency=other, customer="", accounting_date=0
            )
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
        key=(document.kind, document.external_id),
        number=document.id,
        currency=document.currency,
        customer=document.customer_external_id,
        accounting_date=document.accounting_date,
        is_void=document.is_void,
        members=members,
    )
