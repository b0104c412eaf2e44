"""Tables with typed columns, for spreadsheets and programs."""
