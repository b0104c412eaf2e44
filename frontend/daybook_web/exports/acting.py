"""What the buttons beside an export do: cancel it, or make it again."""

from collections.abc import Mapping

from daybook_web.kit.results import Changed
from daybook_web.kit.running import Running

KEY_MAX = 100
"""More characters of a form's key are left out."""


async def act_on_export(running: Running, form: Mapping[str, str]) -> bool:
    """Do what a form's button asks for; False if it was none of these.

    `cancel` and `retried` have an export's id. Raises Refused.
    """
    if form.get("cancel"):
        await running.change("CancelExport", {"id": form["cancel"]}, Changed)
        return True
    retried = form.get("retried", "")
    if retried:
        # Each export has its own key: all forms of a page have the page's.
        key = key_of(form)
        its_key = None if key is None else f"{key} {retried[:KEY_MAX]}"
        given = {"id": retried, "idempotencyKey": its_key}
        await running.change("RetryExport", given, Changed)
        return True
    return False


def key_of(form: Mapping[str, str]) -> str | None:
    """The key of a form, by which sending it again does nothing more."""
    return form.get("key", "")[:KEY_MAX] or None
