-- The three database roles and what each may do in the current database.
-- Run as a superuser, connected to the database that Oast will use. Running it again changes nothing.
-- Passwords are not set here: app/embedded.py needs none, compose.yaml sets them after this file.

DO $roles$
DECLARE
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['app_owner', 'app', 'app_relay'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
            EXECUTE format('CREATE ROLE %I LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE', wanted);
        END IF;
        -- A role that skips row-level security would make every policy a decoration.
        IF EXISTS (SELECT FROM pg_roles WHERE rolname = wanted AND (rolsuper OR rolbypassrls)) THEN
            RAISE EXCEPTION 'role % is a superuser or bypasses row-level security', wanted;
        END IF;
    END LOOP;

    -- A plan for the average PCN takes 1,119 ms for the last page of a large one; a plan of its own, 14 ms.
    ALTER ROLE app SET plan_cache_mode = 'force_custom_plan';
    -- No statement here runs long enough to earn what compiling it to machine code takes; a cohort's looks dear enough.
    ALTER ROLE app SET jit = off;

    EXECUTE format('ALTER DATABASE %I OWNER TO app_owner', current_database());
    EXECUTE format('ALTER DATABASE %I SET timezone = ''UTC''', current_database());
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO app, app_relay', current_database());
    EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO app', current_database());  -- imports COPY to a temporary table
END
$roles$;

CREATE SCHEMA IF NOT EXISTS app AUTHORIZATION app_owner;
GRANT USAGE ON SCHEMA app TO app, app_relay;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
