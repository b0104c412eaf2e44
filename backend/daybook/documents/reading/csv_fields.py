"""The fields of documents by the names that columns have."""

HEAD_FIELDS = (
    "type",
    "id",
    "number",
    "status",
    "currency",
    "customer.id",
    "customer.name",
    "customer.legal_name",
    "issued_on",
    "accounting_date",
    "billing_schedule_id",
    "discount",
    "invoice_id",
    "treatment",
    "frequency",
    "price",
    "cancelled_on",
)
"""The fields of a document: the same in all of its rows."""
PART_FIELDS = {
    "usage": ("usage.day", "usage.amount"),
    "milestones": (
        "milestones.id",
        "milestones.name",
        "milestones.amount",
        "milestones.percent",
        "milestones.completed_on",
    ),
}
"""The fields of a usage day or of a milestone that a row adds to its line item."""
LINE_FIELDS = (
    "line.id",
    "product.id",
    "product.name",
    "product.category",
    "description",
    "amount",
    "service_from",
    "service_to",
    "timing",
    "method",
    "strategy",
    "group",
    "classification",
    "recognized_on",
    "invoice_line_id",
    "credit_grant.id",
    "credit_grant.expires_on",
    "credit_grant_id",
    *PART_FIELDS["usage"],
    *PART_FIELDS["milestones"],
)
"""The fields of a line item."""
DATE_FIELDS = (
    "issued_on",
    "accounting_date",
    "service_from",
    "service_to",
    "recognized_on",
    "cancelled_on",
    "credit_grant.expires_on",
    "usage.day",
    "milestones.completed_on",
)
AMOUNT_FIELDS = (
    "discount",
    "price",
    "amount",
    "usage.amount",
    "milestones.amount",
    "milestones.percent",
)
"""The fields that are numbers."""
REQUIRED_FIELDS = (
    "type",
    "id",
    "status",
    "currency",
    "customer.id",
    "customer.name",
    "issued_on",
    "amount",
)
"""The fields that every document needs; others depend on its type and method.

A file with a `price` column, of billing schedules, needs no `UNLESS_PRICED`.
"""
UNLESS_PRICED = ("issued_on", "amount")
FIELDS_OF_PARENT = (
    "product.id",
    "product.name",
    "product.category",
    "service_from",
    "service_to",
    "timing",
    "method",
    "strategy",
    "recognized_on",
    "classification",
    "group",
)
"""What a credited line has from its invoice line: defaults don't apply to it."""
