"""Web pages: each is a named GraphQL operation and a template."""
