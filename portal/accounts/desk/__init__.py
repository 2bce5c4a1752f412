"""The accounts room's part of the back office: one module per piece of work."""

from portal.accounts.desk import bodies, organisations, people

blueprints = (people.blueprint, organisations.blueprint, bodies.blueprint)
