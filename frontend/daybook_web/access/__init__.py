"""The users and the API keys of an organisation."""
