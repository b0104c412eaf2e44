"""Reads files or decoded JSON into checked documents: all of them or none.

`files` is the entry point. JSON is validated line by line (`lines`, `json_lines`) by
the form of documents (`json_form`, `json_fields`) and the rules between its fields
(`field_rules`, `line_rules`, `group_rules`); a `mapping` first turns CSV rows
(`csv_form`, `csv_document`, `csv_rows`, `csv_columns`, `csv_cells`) into that form, so
there is one rulebook. `number_forms` and `date_forms` read what cells hold,
`csv_headers` and `csv_hints` say what a mapping could, and `mapping_drafts` writes one
from a sheet.
`building` and `sold_lines` turn forms into values (`recipes`), with defaults from the
`context`; each document is taken once (`taking`), and many are kept on disk (`spool`).
`problems` collects what is wrong, `wording` puts it into plain words, and
`json_wording` does that for invalid JSON.
"""

from daybook.documents.reading.content import PartlyRead, Reading
from daybook.documents.reading.files import read_documents, read_file, read_stream

__all__ = ["PartlyRead", "Reading", "read_documents", "read_file", "read_stream"]
