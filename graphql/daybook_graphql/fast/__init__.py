"""What goes past graphql-core where its plain way takes too long."""
