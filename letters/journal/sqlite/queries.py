"""The SQL of this folder, by name: `queries.sql`, `step.sql` and `schema.sql`."""

from letters.database import named

QUERIES = named(__package__, "queries.sql")
STEP = named(__package__, "step.sql")
SCHEMA = named(__package__, "schema.sql")
