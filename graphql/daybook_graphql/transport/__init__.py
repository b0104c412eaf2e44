"""How requests arrive: HTTP, sockets, uploads, and who sends them."""
