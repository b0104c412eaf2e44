"""Users, their sessions, API keys, and what each of them may do."""
