"""Messages by mail, and what mail a user wants."""
