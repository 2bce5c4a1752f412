#!/bin/sh
# Run once by the image of PostgreSQL when the database is made: the replica may follow it.
echo "host replication portal samenet trust" >> "$PGDATA/pg_hba.conf"
