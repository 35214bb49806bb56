"""Runs migrations as the role that owns the tables, in one transaction."""

from alembic import context
from flask import current_app
from sqlalchemy import NullPool, create_engine

from tenants.db import Base


def run() -> None:
    """Migrate the database at OWNER_DATABASE_URL."""
    url = current_app.config["OWNER_DATABASE_URL"]
    if not url:
        raise SystemExit("OWNER_DATABASE_URL is not set: migrations run as the role that owns the tables.")
    with create_engine(url, poolclass=NullPool).begin() as connection:
        context.configure(connection=connection, target_metadata=Base.metadata)
        with context.begin_transaction():
            context.run_migrations()


run()
