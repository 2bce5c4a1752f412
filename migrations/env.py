"""Alembic's environment: the portal's own engine and metadata, one transaction per upgrade."""

from alembic import context

from portal.db import Base, db


def run() -> None:
    with db.engine.connect().execution_options(portal_writes=True) as connection:
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            transaction_per_migration=False,
            # SQLite can undo these statements too: what fails in one revision takes back those before it.
            transactional_ddl=True,
            user_module_prefix="portal.db.",
        )
        with context.begin_transaction():
            context.run_migrations()
        # Alembic leaves a transaction that had begun before to us.
        if connection.in_transaction():
            connection.commit()


run()
