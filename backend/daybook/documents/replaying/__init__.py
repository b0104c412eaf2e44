"""The deep check: plans every family again from its documents, and compares.

`running` is the entry point. It loads a ledger's documents in slices (`loading`), with
the whole history of their families (`histories`), and the day, rules and settings of
each recording (`moments`). A slice (`slices`) walks through its recordings: it plans
each family again from the state of that time (`family_states`), by the planner that
recorded it, and compares the outcome with the stored rows (`comparing`). `identities`
checks that documents, schedules and journals agree, `strays` finds rows that no family
has, and `wording` describes the first row that doesn't fit.
"""

from daybook.documents.replaying.replay import Replayed, replay_ledger
from daybook.documents.replaying.slices import Deviation, EarlierFamily

__all__ = ["Deviation", "EarlierFamily", "Replayed", "replay_ledger"]
