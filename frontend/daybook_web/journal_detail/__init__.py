"""One journal with its document, movements and daily entries."""
