"""Posted exports against the journals that came back. It writes nothing."""
