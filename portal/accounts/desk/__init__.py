"""The accounts room's part of the back office: one module per piece of work."""

from portal.accounts.desk import organisations, people

blueprints = (people.blueprint, organisations.blueprint)
