"""The input field with which a change is made only of what its sender looked at."""

EXPECTED_RECORD = (
    "The audit trail's last record before you read what this changes: the `number` of"
    " `auditTrail(first: 1)`. If somebody changed it after that record, nothing is"
    " changed, and a user error CONFLICT says who, when, and what it is now. What was"
    " recorded of anything else doesn't matter. Absent to change it whatever it is."
)
