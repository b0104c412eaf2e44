"""What runs of imports do: look at a file, or take it if it brings what was seen."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from daybook_web.importing.results import Counts, Fault, Preview, PreviewImport
from daybook_web.importing.view import Upload, seen_of
from daybook_web.kit.results import read_result
from daybook_web.kit.running import Refused, Running

CHANGED = (
    "The ledger changed since you looked, and so did what this file would bring. Look"
    " at it again below."
)
FAULTY = "The ledger changed since you looked: the file has problems now."


async def look(running: Running, upload: Upload) -> Mapping[str, Any]:
    """What an upload would bring."""
    mark, day = await running.context.mark(), await running.context.today()
    given = {"uploadId": upload.key, "dryRun": True}
    name = PreviewImport.__name__
    data = await running.operations.run(name, {"input": given}, running.context)
    preview = data["importDocuments"]
    return {"preview": preview, "mark": mark.audit_records, "day": day}


async def take(
    running: Running, upload: Upload, *, seen: str, expected: str
) -> Mapping[str, Any]:
    """Import an upload, if it still brings what its reader saw."""
    if expected != str((await running.context.mark()).audit_records):
        found = await look(_later(running), upload)
        preview = read_result(Preview, found["preview"])
        if seen != seen_of(preview):
            return {**found, "problem": CHANGED}
        expected = preview.audit_record
    given = {
        "uploadId": upload.key,
        "fileName": upload.name or None,
        "expectedAuditRecord": expected,
    }
    try:
        taken = await running.change("ImportDocuments", given, Counts)
    except Refused as refused:
        for problem in refused.faults:
            fault = Fault(problem.code, problem.message, problem.path, problem.line)
            if fault.is_of_the_upload:
                return {"fault": asdict(fault)}
        is_late = refused.faults[0].code == "CONFLICT"
        found = await look(_later(running), upload)
        return {**found, "problem": CHANGED if is_late else FAULTY}
    return {"taken": {"documents": taken.documents, "journals": taken.journals}}


def _later(running: Running) -> Running:
    """The operations of a later moment, which tell the same how far they are."""
    later = running.renewed()
    later.context.on_progress = running.context.on_progress
    return later
