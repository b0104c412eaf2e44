"""Ids that a text may be meant for: reports show names and numbers, not ids."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.folding import folded

SHOWN = 3
"""How many ids a message names."""


async def meant_ids(
    session: AsyncSession,
    table: Any,
    name: Any,
    conditions: Sequence[ColumnElement[bool]],
    text: str,
) -> str:
    """`; did you mean 'alpha gmbh' (Alpha GmbH)?`, or empty if nothing has that name.

    `name` is the column that people know rows of the table by; case doesn't count, nor
    do spaces in ids that are names in lower case.
    """
    spellings = {text, text.lower(), folded(text)}
    rows = await session.execute(
        select(table.external_id, name)
        .where(
            *conditions,
            or_(
                name == text,
                func.lower(name) == text.lower(),
                table.external_id.in_(spellings),
                func.lower(table.external_id) == text.lower(),
            ),
        )
        .order_by(table.external_id)
        .limit(SHOWN)
    )
    found = [f"{external_id!r} ({known_as})" for external_id, known_as in rows]
    return f"; did you mean {' or '.join(found)}?" if found else ""
