"""Keys that pages have, for their list: what an element has as its `data-key`."""

KEYS = (
    ("/", "Search"),
    ("f", "Filter"),
    ("e", "Export"),
    ("a", "Adjust"),
    ("[", "The month before"),
    ("]", "The month after"),
    ("j", "The next row or journal"),
    ("k", "The row or journal before"),
    ("g o", "Overview"),
    ("g j", "Journals"),
    ("g d", "Documents"),
    ("g m", "Manual journals"),
    ("g r", "Reports"),
    ("g l", "General ledger"),
    ("g e", "Exports"),
    ("g t", "Audit trail"),
    ("g s", "Settings"),
    ("g a", "Access"),
)
"""Each with its words; two keys are pressed one after the other."""
