"""Milestones that are still open: what they earn waits on Deferred until they are done.

A line that a credit note took whole, and a document that is void, has none any more.
"""

from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.calendar import Day
from daybook.db.keyset import one_page
from daybook.documents.models import DocumentLine, StoredDocument
