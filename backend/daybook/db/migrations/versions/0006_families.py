"""Families of schedules that are older than families: 0002 left their columns empty.

A credit belongs to the family of the schedule it credits. Each family has the day from
which nothing of it is open, for every recording that changed it. At that time, this was
always the last day of its movements in force.

Revision: 0006, after: 0005.
"""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

JOIN_FAMILIES = """
UPDATE schedules SET family_id = credits_id, treatment = 1
WHERE credits_id IS NOT NULL AND family_id IS NULL
"""

# Straight-line and point-in-time schedules without credits have always had their day.
UNSETTLED = """
root.settled_on IS NULL AND root.family_id IS NULL AND root.classification = 1
    AND root.method IN (1, 3)
    AND NOT EXISTS (
        SELECT 1 FROM settlements known
        WHERE known.ledger_id = root.ledger_id AND known.family_id = root.id
    )
"""

ENDS = f"""
CREATE TEMPORARY TABLE ends AS
SELECT m.ledger_id AS ledger_id, root.id AS family_id, m.recorded_in AS recorded_in,
    m.superseded_in AS superseded_in, MAX(m.last_day) AS last_day
FROM movements m
JOIN schedules s ON s.ledger_id = m.ledger_id AND s.id = m.schedule_id
JOIN schedules root
    ON root.ledger_id = s.ledger_id AND root.id = COALESCE(s.family_id, s.id)
WHERE {UNSETTLED}
GROUP BY m.ledger_id, root.id, m.recorded_in, m.superseded_in
"""  # noqa: S608  (our own text)
INDEX = "CREATE INDEX ends_of_families ON ends (ledger_id, family_id)"

# Movements in force at the recording `made`.
IN_FORCE = """
ended.recorded_in <= made.recorded_in
    AND (ended.superseded_in IS NULL OR ended.superseded_in > made.recorded_in)
"""

SETTLE_LATER = f"""
INSERT INTO settlements (ledger_id, family_id, recorded_in, settled_on)
SELECT made.ledger_id, made.family_id, made.recorded_in, MAX(ended.last_day)
FROM (
    SELECT ledger_id, family_id, recorded_in FROM ends
    UNION
    SELECT ledger_id, family_id, superseded_in FROM ends
    WHERE superseded_in IS NOT NULL
) made
JOIN ends ended
    ON ended.ledger_id = made.ledger_id AND ended.family_id = made.family_id
    AND {IN_FORCE}
WHERE made.recorded_in > (
    SELECT MIN(first.recorded_in) FROM ends first
    WHERE first.ledger_id = made.ledger_id AND first.family_id = made.family_id
)
GROUP BY made.ledger_id, made.family_id, made.recorded_in
"""  # noqa: S608  (our own text)

# An amount of zero has no movements: it was always settled.
SETTLE = f"""
UPDATE schedules AS root SET settled_on = COALESCE((
    SELECT MAX(ended.last_day)
    FROM ends ended
    JOIN (
        SELECT MIN(first.recorded_in) AS recorded_in FROM ends first
        WHERE first.ledger_id = root.ledger_id AND first.family_id = root.id
    ) made ON {IN_FORCE}
    WHERE ended.ledger_id = root.ledger_id AND ended.family_id = root.id
), 0)
WHERE {UNSETTLED}
"""  # noqa: S608  (our own text)


def upgrade() -> None:
    """Apply."""
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    op.execute(f"DROP TRIGGER schedules_keep{' ON schedules' * is_postgresql}")
    op.execute(JOIN_FAMILIES)
    op.execute(ENDS)
    op.execute(INDEX)
    op.execute(SETTLE)
    op.execute(SETTLE_LATER)
    op.execute("DROP TABLE ends")
    if is_postgresql:
        op.execute(
            "CREATE TRIGGER schedules_keep BEFORE UPDATE ON schedules"
            " FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
    else:
        op.execute(
            "CREATE TRIGGER schedules_keep BEFORE UPDATE ON schedules BEGIN"
            " SELECT RAISE(ABORT, 'schedules: rows never change'); END"
        )


def downgrade() -> None:
    """Do nothing: 0002 drops the columns."""
