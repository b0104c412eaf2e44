"""The GraphQL API: its schema, its named operations and its HTTP endpoint."""
