"""Names for people: of actions, of what they were done to, and of runs. Pure.

A new action gets a name here and a function in a module `of_….py`.
"""

from collections.abc import Mapping

from daybook.activity.rules import ActivityKind
from daybook.audit.rules import ERASED, Action, SubjectKind, is_erased
from daybook.ledger.rules import name_in_words

ACTIONS: Mapping[Action, str] = {
    Action.IMPORT: "Documents recorded",
    Action.VOID_DOCUMENT: "Document voided",
    Action.COMPLETE_MILESTONE: "Milestone changed",
    Action.PUT_FAMILIES_RIGHT: "Journals put right",
    Action.SET_LOCK: "Lock changed",
    Action.UPDATE_SETTINGS: "Settings changed",
    Action.SET_PRODUCT_METHOD: "Product's method changed",
    Action.RENAME_ACCOUNT: "Account renamed",
    Action.SET_TIME_ZONE: "Time zone changed",
    Action.ADD_ORGANISATION: "Organisation added",
    Action.RENAME_ORGANISATION: "Organisation renamed",
    Action.INVITE_USER: "User invited",
    Action.MAKE_SIGN_IN_LINK: "Sign-in link made",
    Action.ACCEPT_INVITATION: "Invitation accepted",
    Action.DECLINE_INVITATION: "Invitation declined",
    Action.VERIFY_ADDRESS: "Address verified",
    Action.SET_ROLE: "Role changed",
    Action.REMOVE_USER: "User removed",
    Action.SET_PASSWORD: "Password set",
    Action.FORGET_PASSWORD: "Password removed",
    Action.CREATE_API_KEY: "API key created",
    Action.REVOKE_API_KEY: "API key revoked",
    Action.ACCEPT_CLOCK: "Clock accepted",
    Action.BEGIN_DIGESTS: "Digests begun",
    Action.ERASE_PERSON: "Person erased",
    Action.EXPORT: "File exported",
    Action.REFRESH_RATES: "Reference rates added",
    Action.UPDATE_INTEGRATION: "Integration changed",
    Action.MAP_ACCOUNTS: "Accounts mapped",
    Action.IMPORT_CHART: "Chart of accounts imported",
    Action.POST_EXPORT: "File marked as posted",
    Action.UNDO_EXPORT_POSTING: "Posting undone",
    Action.ATTACH_EVIDENCE: "File attached",
    Action.REMOVE_EVIDENCE: "Attachment removed",
    Action.IMPORT_MANUAL_JOURNALS: "Manual journals imported",
    Action.SAVE_MANUAL_JOURNAL: "Manual journal saved",
    Action.SUBMIT_MANUAL_JOURNAL: "Manual journal submitted",
    Action.WITHDRAW_MANUAL_JOURNAL: "Manual journal withdrawn",
    Action.APPROVE_MANUAL_JOURNAL: "Manual journal approved",
    Action.REJECT_MANUAL_JOURNAL: "Manual journal rejected",
    Action.POST_MANUAL_JOURNAL: "Manual journal posted",
    Action.DISCARD_MANUAL_JOURNAL: "Manual journal discarded",
    Action.REVERSE_MANUAL_JOURNAL: "Manual journal reversed",
    Action.SET_FOUR_EYES: "Four eyes changed",
    Action.REQUEST_CHANGE: "Change requested",
    Action.APPROVE_CHANGE: "Change approved",
    Action.REJECT_CHANGE: "Change rejected",
    Action.WITHDRAW_CHANGE: "Change withdrawn",
    Action.SAVE_RECURRENCE: "Recurring journal saved",
    Action.SUBMIT_RECURRENCE: "Recurring journal submitted",
    Action.WITHDRAW_RECURRENCE: "Recurring journal withdrawn",
    Action.APPROVE_RECURRENCE: "Recurring journal approved",
    Action.REJECT_RECURRENCE: "Recurring journal rejected",
    Action.ACTIVATE_RECURRENCE: "Recurring journal activated",
    Action.END_RECURRENCE: "Recurring journal ended",
    Action.ENTER_BALANCES: "Balances entered",
    Action.CREATE_WEBHOOK: "Webhook created",
    Action.UPDATE_WEBHOOK: "Webhook changed",
    Action.DELETE_WEBHOOK: "Webhook deleted",
    Action.ROTATE_WEBHOOK_SECRET: "Webhook's secret replaced",
    Action.DISABLE_WEBHOOK: "Webhook disabled",
    Action.SAVE_FILTER: "Filter shared",
    Action.RENAME_FILTER: "Shared filter renamed",
    Action.DELETE_FILTER: "Shared filter deleted",
    Action.DISMISS_IMPORT: "Failed import dismissed",
    Action.ADD_CONNECTION: "Connection added",
    Action.UPDATE_CONNECTION: "Connection changed",
    Action.REMOVE_CONNECTION: "Connection removed",
    Action.CONNECT_CONNECTION: "Connected to Xero",
    Action.DISCONNECT_CONNECTION: "Disconnected from Xero",
    Action.UPDATE_DATASET: "Dataset's settings changed",
    Action.SET_MANUAL_RATE: "Manual rate changed",
    Action.IMPORT_GL: "General ledger imported",
    Action.REFRESH_GL: "Dataset refreshed",
}
SUBJECTS: Mapping[SubjectKind, str] = {
    SubjectKind.ORGANISATION: "Organisation",
    SubjectKind.LEDGER: "Ledger",
    SubjectKind.LEDGER_ACCOUNT: "Account",
    SubjectKind.PRODUCT: "Product",
    SubjectKind.INVOICE: "Invoice",
    SubjectKind.BILLING_SCHEDULE: "Billing schedule",
    SubjectKind.CREDIT_NOTE: "Credit note",
    SubjectKind.STANDALONE: "Document of a manual journal",
    SubjectKind.USER: "User",
    SubjectKind.API_KEY: "API key",
    SubjectKind.EXPORT: "Exported file",
    SubjectKind.INTEGRATION: "Integration",
    SubjectKind.MANUAL_JOURNAL: "Manual journal",
    SubjectKind.RECURRENCE: "Recurring journal",
    SubjectKind.CHANGE_REQUEST: "Change request",
    SubjectKind.WEBHOOK: "Webhook",
    SubjectKind.SAVED_FILTER: "Shared filter",
    SubjectKind.IMPORT: "Import",
    SubjectKind.CONNECTION: "Connection",
    SubjectKind.GL_IMPORT: "General ledger import",
    SubjectKind.GL_SEGMENT: "Dataset refresh",
}
ACTIVITIES: Mapping[ActivityKind, str] = {
    ActivityKind.IMPORT: "Import",
    ActivityKind.VOID: "Void",
    ActivityKind.MILESTONE: "Milestone",
    ActivityKind.LOCK: "Lock",
    ActivityKind.SETTINGS: "Settings",
    ActivityKind.EXPORT: "Export",
    ActivityKind.POSTING: "Posting",
    ActivityKind.VERIFICATION: "Verification",
    ActivityKind.EVIDENCE: "Evidence",
    ActivityKind.ADJUSTMENT: "Manual journal",
    ActivityKind.WEBHOOK: "Webhook",
    ActivityKind.GL_IMPORT: "General ledger import",
    ActivityKind.GL_REFRESH: "Dataset refresh",
    ActivityKind.GL_SYNC: "Sync with Xero",
}

HASH_SHOWN = 8
"""How many digits of an erased person's hash tell them apart."""


def action_name(stored: str) -> str:
    """An action's name; one of a later version is spelled from its stored name."""
    return ACTIONS[Action(stored)] if stored in set(Action) else name_in_words(stored)


def subject_kind_name(stored: str) -> str:
    """The name of a subject's kind; of a later version, its stored name."""
    is_known = stored in set(SubjectKind)
    return SUBJECTS[SubjectKind(stored)] if is_known else name_in_words(stored)


def activity_name(stored: int) -> str:
    """The name of a run's kind; of a later version's, its number."""
    is_known = stored in set(ActivityKind)
    return ACTIVITIES[ActivityKind(stored)] if is_known else f"Kind {stored}"


def subject_name(kind: str, id_: str) -> str:
    """What something was done to: `Invoice INV-7`, `Erased person 1a2b3c4d`."""
    if kind == SubjectKind.USER and is_erased(id_):
        return person_name(id_)
    return f"{subject_kind_name(kind)} {id_}".strip()


def person_name(stored: str | None) -> str:
    """Who did something; an erased person's hash is shortened."""
    if stored is None:
        return "Not known"
    if not is_erased(stored):
        return stored
    digits = stored.removeprefix(ERASED)[:HASH_SHOWN]
    return f"Erased person {digits}"
