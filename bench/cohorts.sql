-- Forty made-up PCNs with people, areas and coded events, for measuring a definition. Run as the superuser, with
-- the keys and indexes of the large tables taken away and made again afterwards (see cohorts.py).

CREATE FUNCTION pg_temp.share(number bigint, salt int) RETURNS int LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN abs(hashint8extended(number, salt) % 1000)::int; -- 0 to 999, the same in every run

CREATE FUNCTION pg_temp.add_places(first bigint, last bigint, at timestamptz) RETURNS void LANGUAGE sql
AS $$
    INSERT INTO organisation (id, kind, slug, name, icb_id, demonstration, created_at)
    VALUES (1, 'icb', 'bench-icb', 'Bench ICB', 1, true, at);

    INSERT INTO organisation (id, kind, slug, name, code, icb_id, demonstration, created_at)
    SELECT pcn, 'pcn', 'pcn-' || pcn, 'Made-up PCN ' || pcn, 'U9' || pcn, 1, true, at FROM generate_series(first, last) pcn;

    INSERT INTO practice (tenant_id, id, code, name)
    SELECT pcn, pcn * 10 + n, 'G9' || pcn || n, 'Surgery ' || n FROM generate_series(first, last) pcn, generate_series(0, 5) n;

    INSERT INTO import_file (tenant_id, id, kind, source, whole, doubts, file_name, state, rows, read_rows, counts, "cursor",
                             form_key, data_date, brought_by, brought_at) OVERRIDING SYSTEM VALUE
    SELECT pcn, pcn, 'people', 'bench', false, '[]', 'people.csv', 'done', 0, 0, '{}', '{}', 'bench', at::date, 'Bench', at
    FROM generate_series(first, last) pcn;

    INSERT INTO deprivation (release, lsoa, rank, decile)
    SELECT release, 'E01' || lpad(n::text, 6, '0'), n, 1 + mod(n, 10)
    FROM (VALUES (2019), (2025)) releases (release), generate_series(1, 33755) n;
$$;

-- `people` people of one PCN, numbered on from `pcn` × 10 million, and about five events of each in no order.
CREATE FUNCTION pg_temp.add_people(pcn bigint, people bigint, at timestamptz) RETURNS void LANGUAGE sql
AS $$
    INSERT INTO person (tenant_id, id, practice_id, pseudonym, nhs_number, given_name, family_name, name_key, born, sex,
                        ethnicity, house, street, town, postcode, lsoa, mobile, home_phone, email, preferred_contact,
                        language, interpreter, information_format, registered_on, left_on, died_on, type1_opt_out,
                        sensitive, import_id, data_date, came, updated_at) OVERRIDING SYSTEM VALUE
    SELECT pcn, pcn * 10000000 + n, pcn * 10 + mod(n, 6), 'P-' || lpad(n::text, 6, '0'), '999' || lpad(n::text, 7, '0'),
           'Ada', 'Family' || mod(n, 997), 'ada family' || mod(n, 997),
           date '1926-01-01' + pg_temp.share(n, 1) * 36 + pg_temp.share(n, 2) / 28,
           CASE WHEN mod(n, 2) = 0 THEN 'Female' ELSE 'Male' END,
           substr('AAAAAAAABCHJLNMRZ', 1 + mod(n, 17)::int, 1), n::text, 'High Street', 'Dover', 'CT16 1AA',
           'E01' || lpad((pcn * 40 + mod(n, 40))::text, 6, '0'), '07700900' || lpad(mod(n, 1000)::text, 3, '0'), '', '', '',
           'en', false, '', date '2010-01-01',
           CASE WHEN pg_temp.share(n, 3) < 15 THEN at::date - 100 END,
           CASE WHEN pg_temp.share(n, 4) < 10 THEN at::date - 200 END, pg_temp.share(n, 5) < 33, false,
           pcn, at::date, '{}', at
    FROM generate_series(1, people) n;

    INSERT INTO coded_event (tenant_id, person_id, "on", code, term, value, unit, import_id)
    SELECT pcn, pcn * 10000000 + n, at::date - (pg_temp.share(n, kind * 7) * 2 + kind), code, term,
           CASE WHEN high > low THEN low + (high - low) * pg_temp.share(n, kind * 11) / 1000.0 END, unit, pcn
    FROM (VALUES (1, 850, '60621009', 'Body mass index', 18, 44, 'kg/m2'),
                 (2, 450, '60621009', 'Body mass index', 18, 44, 'kg/m2'),
                 (3, 600, '27113001', 'Body weight', 50, 130, 'kg'),
                 (4, 900, '271649006', 'Systolic arterial pressure', 95, 190, 'mmHg'),
                 (5, 900, '271650006', 'Diastolic arterial pressure', 55, 115, 'mmHg'),
                 (6, 500, '999791000000106', 'Haemoglobin A1c level', 30, 90, 'mmol/mol'),
                 (7, 450, '50373000', 'Body height', 140, 200, 'cm'),
                 (8, 180, '38341003', 'Hypertensive disorder', 0, 0, ''),
                 (9, 80, '59621000', 'Essential hypertension', 0, 0, ''),
                 (10, 170, '35489007', 'Depressive disorder', 0, 0, '')
         ) kinds (kind, thousandths, code, term, low, high, unit),
         generate_series(1, people) n
    WHERE pg_temp.share(n, kind * 13) < thousandths
    ORDER BY pg_temp.share(n * 16 + kind, 6), pg_temp.share(n, 7);
$$;
