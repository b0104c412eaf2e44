"""The recurring chore for inputs: removing files that never became one."""

from daybook.db.engine import Database
from daybook.gl.files import ABANDONED_AFTER
from daybook.gl.models import IncomingGlFile
from daybook.gl.queries import is_imported
from daybook.jobs.incoming import IncomingKind, incoming_chore
from daybook.jobs.rules import Chore
from daybook.settings import Settings
from daybook.storage.places import gl_inputs_storage

KIND = IncomingKind(
    "inputs of the general ledger", IncomingGlFile, is_imported, ABANDONED_AFTER
)


def gl_chores(database: Database, settings: Settings) -> list[Chore]:
    """The chore that removes files whose import died before its row was written."""
    return [incoming_chore(database, gl_inputs_storage(database, settings), KIND)]
