"""`daybook secrets`: whether a former secret of DAYBOOK_SECRET can be removed."""

from daybook.cli.running import Failed, load_settings, out, with_database
from daybook.clock import real_now
from daybook.db.engine import Database
from daybook.numbers import counted
from daybook.sealing import SealedState, sealed_state
from daybook.secrets import Seal, Secrets, SecretUnfit
from daybook.settings import Settings


def secrets() -> None:
    """Show whether a former secret can be removed from DAYBOOK_SECRET.

    After a change, a running server encrypts everything again with the first secret,
    within a minute.

    Example: `daybook secrets`
    """
    settings = load_settings()

    async def work(database: Database) -> tuple[int, SealedState]:
        ours = Secrets.of(settings)
        return ours.count, await sealed_state(database, ours, now=real_now())

    try:
        count, state = with_database(settings, work, needs_organisation=False)
    except SecretUnfit as unfit:
        raise Failed(str(unfit)) from None
    out.print(_words(settings, count, state), markup=False)
    if state.lost_words:
        raise Failed("; ".join(state.lost_words), status=1)


def _words(settings: Settings, count: int, state: SealedState) -> str:
    first, former = state.counts[Seal.FIRST], state.counts[Seal.FORMER]
    values = counted(first + former, "encrypted value")
    said = f"{counted(count, 'secret')}, {values}"
    if count == 1:
        return f"{said}."
    if former:
        return (
            f"{said}: {former:,} with a former secret, which is needed until a running"
            " server has encrypted everything again."
        )
    days = counted(settings.export_days, "day")
    return (
        f"{said}, all with the first secret: remove the former one {days} after the"
        " change, when the links to files that it signed have ended."
    )
