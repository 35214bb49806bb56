#!/bin/sh
# Run by the PostgreSQL image once, after tenants/roles.sql: gives each role the password from its setting.
set -eu
psql -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" \
    -v owner="$APP_OWNER_PASSWORD" -v app="$APP_PASSWORD" -v relay="$APP_RELAY_PASSWORD" <<'SQL'
ALTER ROLE app_owner PASSWORD :'owner';
ALTER ROLE app PASSWORD :'app';
ALTER ROLE app_relay PASSWORD :'relay';
SQL
