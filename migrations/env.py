"""Alembic's environment: the portal's own engine and metadata, one transaction per upgrade."""

from alembic import context

from portal.db import Base, db


def run() -> None:
    with db.engine.connect().execution_options(portal_writes=True) as connection:
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            transaction_per_migration=False,
            user_module_prefix="portal.db.",
        )
        with context.begin_transaction():
            context.run_migrations()
        # Alembic leaves the driver's transaction to us on databases whose DDL is transactional.
        if connection.in_transaction():
            connection.commit()


run()
