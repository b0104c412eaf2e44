"""The deep check: every family is planned again from its documents, and compared.

`running` is the way in. It takes a ledger's documents some at a time (`loading`), all
that was ever recorded of their families (`histories`), and what each recording went by
besides (`moments`). A slice (`slices`) walks through its recordings: each family as
that recording found it (`standing`) goes to the planner that recorded it, and what
comes of it is set beside what is stored (`comparing`). What documents, schedules and
journals must agree in is in `identities`, what is left over in `strays`, and `wording`
names the first row that doesn't fit.
"""

from daybook.documents.replaying.running import Replayed, replay_ledger
from daybook.documents.replaying.slices import EarlierFamily, Misfit

__all__ = ["EarlierFamily", "Misfit", "Replayed", "replay_ledger"]
