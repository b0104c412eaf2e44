"""The file for Xero with which the company's October is posted, byte for byte."""

FILE_NAME = "journals-USD-2026-10-monthly-xero.csv"
HEADER = (
    "*Narration,*Date,Description,*AccountCode,*TaxRate,*Amount,"
    "TrackingName1,TrackingOption1,TrackingName2,TrackingOption2"
)
JOURNALS = (
    (
        "10 Acme Ltd: Platform",
        '"Platform for Acme, Oct 2026: 1,000.00 USD recognized (INV-1)."',
        (("2400", 1_000), ("4000", -1_000)),
    ),
    (
        "13 Bolt: Platform",
        (
            '"Platform for Bolt, Oct 2026: 6,000.00 USD billed, 1,000.00 USD recognized'
            ' (INV-2)."'
        ),
        (("1200", 6_000), ("2400", 1_000), ("2400", -6_000), ("4000", -1_000)),
    ),
    (
        "14 Bolt: Platform",
        (
            '"Platform for Bolt, Oct 2026: 600.00 USD billed, 600.00 USD recognized'
            ' (INV-4)."'
        ),
        (("1200", 600), ("4000", -600)),
    ),
    (
        "15 Cask: Platform",
        (
            '"Platform for Cask, Oct 2026: 2,400.00 USD billed, 200.00 USD recognized'
            ' (INV-3)."'
        ),
        (("1200", 2_400), ("2400", 200), ("2400", -2_400), ("4000", -200)),
    ),
    (
        "32 Go-live was accepted early",
        "Go-live was accepted early",
        (("2400", 100), ("4000", -100)),
    ),
)
"""Each journal's number and narration, its words, and its lines.

A line is an account's code and an amount by Xero's rule: a debit is positive.
"""
DEBITS = 11_300
BALANCES = {"1200": 9_000, "2400": -6_100, "4000": -2_900}
"""What October adds to each account."""


def file_for_xero() -> bytes:
    """The file, whose amounts come to October's figures."""
    amounts = [line for *_, lines in JOURNALS for line in lines]
    assert sum(amount for _, amount in amounts) == 0
    assert sum(amount for _, amount in amounts if amount > 0) == DEBITS
    for code, balance in BALANCES.items():
        assert sum(amount for its, amount in amounts if its == code) == balance
    rows = [
        f"{narration},31 Oct 2026,{words},{code},Tax Exempt (0%),{amount},,,,"
        for narration, words, lines in JOURNALS
        for code, amount in lines
    ]
    return "".join(f"{row}\r\n" for row in [HEADER, *rows]).encode()
