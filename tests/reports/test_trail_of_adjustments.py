"""Records of manual journals, recurrences and requested changes, in words."""

import json
from typing import Any

import pytest

from daybook.audit.rules import Record
from daybook.reports.trail.changes import CHANGES_TOLD, Told
from daybook.reports.trail.telling import tell


def told(
    action: str, details: Any, kind: str = "MANUAL_JOURNAL", id_: str = "MJ-7"
) -> Told:
    return tell(
        Record(
            organisation_id=1,
            number=7,
            recorded_at="2026-11-03T09:30:00.000000+00:00",
            made_by="ada@example.com",
            action=action,
            subject_kind=kind,
            subject_id=id_,
            details=json.dumps(details),
            previous_hash=bytes(32),
            hash=bytes(32),
        )
    )


def line(side: str, account: str, amount: str, **more: Any) -> dict[str, Any]:
    fields = {"description": "", "customer": None, "product": None, "mirror": False}
    return {"side": side, "account": account, "amount": amount, **fields, **more}


def content(*lines: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "currency": "USD",
        "date": "2026-10-31",
        "kind": "ONE_OFF",
        "narrative": "Usage of October",
        "customer": None,
        "product": None,
        "adjusts": None,
        "mode": None,
        "reversesOn": None,
        "lines": list(lines)
        or [
            line("DEBIT", "UNBILLED", "1250.00"),
            line("CREDIT", "RECOGNIZED", "1250.00"),
        ],
        **more,
    }


def test_a_new_draft_tells_all_that_was_entered() -> None:
    first = content(reversesOn="2026-11-30", customer="cus_1")
    saved = told("SAVE_MANUAL_JOURNAL", {"version": 1, "before": None, "after": first})

    assert saved.sentence == "Wrote manual journal MJ-7 in USD"
    assert [str(change) for change in saved.changes] == [
        "Date: none → 31 Oct 2026",
        "Kind: none → One-off",
        "Narrative: none → Usage of October",
        "Customer: none → cus_1",
        "Reverses on: none → 30 Nov 2026",
        "Line 1: none → Dr Unbilled 1,250.00",
        "Line 2: none → Cr Recognized 1,250.00",
    ]


def test_a_changed_draft_tells_what_differs_and_nothing_else() -> None:
    before = content(
        line("DEBIT", "DEFERRED", "100.00"),
        line("CREDIT", "RECOGNIZED", "100.00"),
        narrative="",
    )
    after = content(
        line("DEBIT", "DEFERRED", "100.00"),
        line("CREDIT", "RECOGNIZED", "120.00", product="Seats", customer="cus_1"),
        line("DEBIT", "DEFERRED", "20.00", description="more"),
        adjusts=12,
        mode="DIFFERENCE",
        narrative=None,
    )
    details = {"version": 2, "before": before, "after": after}
    back = {"version": 3, "before": after, "after": before}

    assert told("SAVE_MANUAL_JOURNAL", details).sentence == (
        "Saved version 2 of manual journal MJ-7"
    )
    assert [str(its) for its in told("SAVE_MANUAL_JOURNAL", details).changes] == [
        "Adjusts journal: none → 12",
        "How: none → adds a difference",
        "Line 2: Cr Recognized 100.00 → Cr Recognized of Seats for cus_1 120.00",
        "Line 3: none → Dr Deferred 20.00, more",
    ]
    assert told("SAVE_MANUAL_JOURNAL", back).changes[-1] == (
        *("Line 3", "Dr Deferred 20.00, more", "none"),
    )


def test_many_lines_are_counted() -> None:
    lines = [line("DEBIT", "DEFERRED", f"{number}.00") for number in range(1, 101)]
    details = {"version": 1, "before": None, "after": content(*lines)}

    saved = told("SAVE_MANUAL_JOURNAL", details)

    assert len(saved.changes) == CHANGES_TOLD == 50
    assert saved.sentence.endswith("in USD, with 53 further changes")


def test_a_journal_of_a_recurrence_says_why_it_waits() -> None:
    made = {"number": "R-3", "version": 1, "month": "2026-10"}
    details = {"version": 1, "before": None, "after": content(), "recurrence": made}
    waiting = told("SAVE_MANUAL_JOURNAL", {**details, "reason": "31 Oct is locked"})

    assert waiting.sentence == (
        "Made manual journal MJ-7 from R-3 for Oct 2026, which waits as a draft"
    )
    assert waiting.reason == "31 Oct is locked"
    assert told("SAVE_MANUAL_JOURNAL", details).sentence.endswith("for Oct 2026")


WORDS = "1,250.00 USD on 31 Oct 2026, “Usage of October”"


@pytest.mark.parametrize(
    ("action", "details", "sentence", "changes", "reason"),
    [
        (
            "SUBMIT_MANUAL_JOURNAL",
            {"content": content()},
            f"Submitted version 2 of manual journal MJ-7: {WORDS}",
            *("", None),
        ),
        (
            "WITHDRAW_MANUAL_JOURNAL",
            {},
            "Withdrew version 2 of manual journal MJ-7",
            *("Status: submitted → draft", None),
        ),
        (
            "APPROVE_MANUAL_JOURNAL",
            {"content": content()},
            f"Approved version 2 of manual journal MJ-7: {WORDS}",
            *("Status: submitted → approved", None),
        ),
        (
            "REJECT_MANUAL_JOURNAL",
            {"reason": "Which customer?"},
            "Rejected version 2 of manual journal MJ-7",
            *("Status: submitted → rejected", "Which customer?"),
        ),
        (
            "POST_MANUAL_JOURNAL",
            {"content": content(), "documents": ["MJ-7", *("MJ-7-2", "MJ-7-3") * 2]},
            f"Posted manual journal MJ-7: {WORDS} (as MJ-7, MJ-7-2, MJ-7-3 and 2 more)",
            *("", None),
        ),
        (
            "DISCARD_MANUAL_JOURNAL",
            {"before": content(), "after": None, "reason": "Not needed"},
            f"Discarded manual journal MJ-7: {WORDS}",
            *("", "Not needed"),
        ),
        (
            "REVERSE_MANUAL_JOURNAL",
            {
                "content": content(),
                "documents": ["MJ-7-UNDO"],
                "journal": "MJ-7",
                "postsOn": {"UNDO": "2026-11-01", "UNDO_OF_REVERSAL": "2026-11-30"},
                "reason": "Entered twice",
            },
            f"Reversed manual journal MJ-7: {WORDS} (by MJ-7-UNDO)",
            (
                "Status: posted → reversed on 1 Nov 2026, its own reversal taken back"
                " on 30 Nov 2026"
            ),
            "Entered twice",
        ),
    ],
)
def test_each_step_is_told(
    action: str,
    details: dict[str, Any],
    sentence: str,
    changes: str,
    reason: str | None,
) -> None:
    step = told(action, {"version": 2, **details})

    assert (step.sentence, step.changes_text, step.reason) == (
        sentence,
        changes,
        reason,
    )


def test_an_import_names_its_first_journals() -> None:
    details = {
        "source": "accruals.csv",
        "journals": 60,
        "first": "MJ-7",
        "last": "MJ-66",
        "done": "submitted",
        "contents": [content()] * 50,
    }
    imported = told("IMPORT_MANUAL_JOURNALS", details, id_="MJ-7 to MJ-66")

    assert imported.sentence == (
        "Imported 60 manual journals from accruals.csv, submitted: MJ-7 to MJ-66, of"
        " which 40 aren't listed"
    )
    assert str(imported.changes[0]) == f"MJ-7: none → {WORDS}"
    assert imported.changes[-1].name == "MJ-26"


def test_a_recurrence_tells_its_months() -> None:
    template = content(
        dayOfMonth=31, firstMonth="2026-10", untilMonth=None, reversesNextMonth=True
    )
    for name in ("date", "adjusts", "mode", "reversesOn"):
        del template[name]
    ended = {**template, "untilMonth": "2026-12"}
    where = {"kind": "RECURRENCE", "id_": "R-3"}
    saved = {"version": 2, "before": template, "after": ended}
    active = told("ACTIVATE_RECURRENCE", {"version": 1, "content": ended}, **where)

    assert str(told("SAVE_RECURRENCE", saved, **where).changes[0]) == (
        "Last month: none → Dec 2026"
    )
    assert active.sentence == (
        "Activated version 1 of recurring journal R-3: 1,250.00 USD on day 31 of each"
        " month from Oct 2026 to Dec 2026, “Usage of October”; four eyes is off, so"
        " nobody approved it"
    )
    assert told("END_RECURRENCE", {"before": template}, **where).sentence == (
        "Ended recurring journal R-3: 1,250.00 USD on day 31 of each month from Oct"
        " 2026 on, “Usage of October”"
    )


LOCK = {
    "before": {"lockMethod": "CUSTOM_DATE", "lockedThrough": "2026-10-31"},
    "after": {"lockMethod": "CUSTOM_DATE", "lockedThrough": "2026-09-30"},
}
SALES = {
    "account": "200",
    "before": None,
    "after": {"account": "200", "name": "Sales", "type": "Revenue", "tax_rate": ""},
}
GONE = {
    "account": "840",
    "before": {"account": "840", "name": "Deferred"},
    "after": None,
}
NOTHING: dict[str, str] = {"code": "", "tax_rate": ""}


@pytest.mark.parametrize(
    ("kind", "summary", "effect", "sentence", "changes"),
    [
        (
            *("LOCK", "USD ledger locked through 2026-09-30", LOCK),
            "USD ledger locked through 30 Sep 2026",
            "Locked through: 31 Oct 2026 → 30 Sep 2026",
        ),
        (
            *("FOUR_EYES_OFF", "turning four eyes off"),
            {"before": {"fourEyes": True}, "after": {"fourEyes": False}},
            "turning four eyes off",
            "Four eyes: on → off",
        ),
        (
            *("REVERSE_JOURNAL", "reversing MJ-7"),
            {"journal": "MJ-7", "postsOn": {"UNDO": "2026-10-31"}},
            "reversing MJ-7",
            "MJ-7: posted → reversed on 31 Oct 2026",
        ),
        (
            *("INTEGRATION", "XERO enabled"),
            {"EUR": {"before": {"enabled": False}, "after": {"enabled": True}}},
            "Xero enabled",
            "Enabled in EUR: off → on",
        ),
        (
            *("CHART", "XERO chart of accounts: 9 accounts"),
            {"changed": {"EUR": [SALES, GONE], "USD": [SALES]}},
            (
                "Xero chart of accounts: 9 accounts (2 of EUR and 1 of USD new, changed"
                " or gone)"
            ),
            (
                "Account 200 in EUR: none → Sales (Revenue); Account 840 in EUR:"
                " Deferred → none; Account 200 in USD: none → Sales (Revenue)"
            ),
        ),
        (
            *("MAPPINGS", "XERO: 2 mappings of EUR"),
            {
                "EUR": [
                    {"account": "BILLED", "before": NOTHING, "after": {"code": "610"}},
                    {
                        "account": "RECOGNIZED:product:p2",
                        "before": {"code": "200"},
                        "after": {"code": "210"},
                    },
                ]
            },
            "Xero: 2 mappings of EUR",
            (
                "Billed Revenue in EUR: none → 610; Recognized Revenue for product p2"
                " in EUR: 200 → 210"
            ),
        ),
    ],
)
def test_a_request_tells_what_it_would_do(
    kind: str, summary: str, effect: dict[str, Any], sentence: str, changes: str
) -> None:
    details = {"kind": kind, "summary": summary}
    asked = {**details, "effect": effect, "reason": "late"}
    where = {"kind": "CHANGE_REQUEST", "id_": "3"}
    requested = told("REQUEST_CHANGE", asked, **where)
    approved = told("APPROVE_CHANGE", details, **where)

    assert requested.sentence == f"Requested, as change request 3: {sentence}"
    assert (requested.changes_text, requested.reason) == (changes, "late")
    if kind != "CHART":
        assert approved.sentence == f"Approved change request 3: {sentence}"
    assert approved.changes_text == "Status: open → approved"
