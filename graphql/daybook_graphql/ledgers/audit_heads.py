"""The end of the audit trail, as files and auditors keep it."""

import strawberry

from daybook_graphql.kit.scalars import BigInt


@strawberry.type(
    description="The last record of the audit trail at a moment. Whoever keeps its hash"
    " can tell later whether the trail up to it is still the same."
)
class AuditHead:
    number: BigInt = strawberry.field(description="The record's number.")
    hash: str = strawberry.field(description="Its hash, in hexadecimal.")


def audit_head_of(number: int | None, record_hash: bytes | None) -> AuditHead | None:
    """The head of an audit trail; None before its first record."""
    if number is None or record_hash is None:
        return None
    return AuditHead(number=BigInt(number), hash=record_hash.hex())
