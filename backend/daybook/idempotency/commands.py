"""Remembering what a request created, in the same transaction."""

from daybook.db.engine import WriteSession
from daybook.idempotency.models import KeyedRequest
from daybook.idempotency.rules import check_key, used_otherwise


class Keyed:
    """A request that may have been made before; without a key it counts as new.

    The caller has locked the organisation, so that simultaneous requests take turns.
    """

    def __init__(
        self,
        session: WriteSession,
        organisation_id: int,
        key: str | None,
        request_hash: bytes,
    ) -> None:
        if key is not None:
            check_key(key)
        self._session = session
        self._organisation_id = organisation_id
        self._key = key
        self._hash = request_hash

    async def created(self) -> int | None:
        """The id of what the same request created before, if it was made before.

        Raises Rejected if the key was used for another request.
        """
        if self._key is None:
            return None
        known = await self._session.get(
            KeyedRequest, (self._organisation_id, self._key)
        )
        if known is None:
            return None
        if known.request_hash != self._hash:
            raise used_otherwise()
        return known.created_id

    def remember(self, created_id: int) -> None:
        """Store the id of what was created."""
        if self._key is not None:
            self._session.add(
                KeyedRequest(
                    organisation_id=self._organisation_id,
                    key=self._key,
                    request_hash=self._hash,
                    created_id=created_id,
                )
            )
