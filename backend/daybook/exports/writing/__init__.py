"""How a planned file is written: whole, in parts, compressed."""
