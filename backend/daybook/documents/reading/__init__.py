"""From files, or decoded JSON, to checked documents: all of it or nothing.

`files` is the way in. JSON goes line by line (`lines`, `json_lines`) through the form
that documents have (`json_form`, `json_fields`) and the rules that its fields must
follow together (`field_rules`, `line_rules`, `group_rules`); CSV rows (`csv_form`,
`csv_document`, `csv_rows`, `csv_columns`) are turned into that form by a `mapping`
first, so there is one rulebook. `building` and `sold_lines` make values of it
(`recipes`), with what the `context` fills in; each document is taken once (`taking`),
and many are kept on disk (`spool`). `problems` gathers what is wrong, `wording` says it
in plain words, and `json_wording` what is no JSON.
"""

from daybook.documents.reading.files import read_documents, read_file, read_stream
from daybook.documents.reading.taking import PartlyRead, Reading

__all__ = ["PartlyRead", "Reading", "read_documents", "read_file", "read_stream"]
