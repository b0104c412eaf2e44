"""How requests arrive: HTTP, sockets, uploads, and their callers."""
