"""What goes past SQLAlchemy where its plain way takes too long."""
