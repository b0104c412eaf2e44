"""The web application: pages, the GraphQL API, downloads and health, put together.

The composition root: besides the command line, the only place that knows them all.
"""
