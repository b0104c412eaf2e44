"""One file per migration of the runtime store, oldest first."""
