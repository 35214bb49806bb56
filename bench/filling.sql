-- Made-up PCNs, set by set. NHS numbers begin with 999, the range that is never issued.

CREATE FUNCTION pg_temp.one_of(number bigint, VARIADIC words text[]) RETURNS text LANGUAGE sql IMMUTABLE
AS $$ SELECT words[1 + mod(number, cardinality(words))] $$;

CREATE FUNCTION pg_temp.add_staff(pcn bigint, at timestamptz, token_hash text) RETURNS void LANGUAGE sql
AS $$
    INSERT INTO account (id, email, name, created_at) VALUES (1, 'cora@example.test', 'Cora Bench', at);
    INSERT INTO signed_in (account_id, token_hash, created_at, seen_at, device) VALUES (1, token_hash, at, at, 'bench');
    INSERT INTO membership (org_id, account_id, role, created_at) VALUES (pcn, 1, 'care coordinator', at);
$$;

CREATE FUNCTION pg_temp.add_icb(at timestamptz) RETURNS void LANGUAGE sql
AS $$
    INSERT INTO organisation (id, kind, slug, name, icb_id, demonstration, created_at)
    VALUES (1, 'icb', 'bench-icb', 'Bench ICB', 1, true, at);
$$;

-- PCNs `first` to `last`, each with four practices that have released their people, one programme, and
-- `people` people, all of them in it. A PCN's programme has the PCN's own number.
CREATE FUNCTION pg_temp.add_pcns(first bigint, last bigint, people bigint, at timestamptz) RETURNS void LANGUAGE sql
AS $$
    INSERT INTO organisation (id, kind, slug, name, code, icb_id, demonstration, created_at)
    SELECT pcn, 'pcn', 'pcn-' || pcn, 'Made-up PCN ' || pcn, 'U9' || pcn, 1, true, at FROM generate_series(first, last) pcn;

    INSERT INTO pcn_settings (tenant_id, sender_name, phone, address, privacy_url, send_from, send_until)
    SELECT pcn, 'Made-up PCN', '01304 555 000', '1 High Street', 'https://example.test', '09:00', '18:00'
    FROM generate_series(first, last) pcn;

    INSERT INTO practice (tenant_id, id, code, name)
    SELECT pcn, pcn * 10 + n, 'G9' || pcn || n, pg_temp.one_of(n, 'Harbour', 'Castle', 'Meadow', 'Station') || ' Surgery'
    FROM generate_series(first, last) pcn, generate_series(0, 3) n;

    INSERT INTO import_file (tenant_id, kind, source, file_name, state, rows, read_rows, counts, "cursor", form_key,
                             data_date, brought_by, brought_at, whole, doubts)
    SELECT pcn, 'people', 'bench', 'people.csv', 'done', people, people, '{}', '{}', 'bench', at::date, 'Bench', at,
           false, '[]'
    FROM generate_series(first, last) pcn;

    INSERT INTO programme (tenant_id, id, name, aim, state, setup, owner_name, created_at, live_at, form_key)
    SELECT pcn, pcn, 'Healthier weight', 'Fewer strokes', 'live', '{}', 'Bench', at, at, 'bench'
    FROM generate_series(first, last) pcn;

    INSERT INTO release (tenant_id, programme_id, practice_id, released_by, released_at, basis)
    SELECT tenant_id, tenant_id, id, 'Bench', at, 'Direct care' FROM practice WHERE tenant_id BETWEEN first AND last;

    INSERT INTO person (tenant_id, practice_id, pseudonym, nhs_number, given_name, family_name, name_key, born, sex,
                        ethnicity, house, street, town, postcode, lsoa, mobile, home_phone, email, preferred_contact,
                        language, interpreter, information_format, registered_on, type1_opt_out, sensitive, import_id,
                        data_date, came, updated_at)
    SELECT pcn, pcn * 10 + mod(n, 4), 'P-' || lpad(n::text, 6, '0'), '999' || lpad(n::text, 7, '0'), given, family,
           lower(given || ' ' || family), date '1956-01-01' + mod(n * 37, 10000)::int,
           pg_temp.one_of(n, 'Female', 'Male'), 'A', n::text, 'High Street', 'Dover', 'CT16 1AA', 'E01024198',
           '07700900' || lpad(mod(n, 1000)::text, 3, '0'), '', '', '', 'en', false, '', date '2010-01-01', false, false,
           import_file.id, at::date, '{}', at
    FROM generate_series(first, last) pcn
    JOIN import_file ON import_file.tenant_id = pcn
    CROSS JOIN generate_series(1, people) n
    CROSS JOIN LATERAL (SELECT pg_temp.one_of(n * 7, 'Ada', 'Ben', 'Chloe', 'David', 'Esi', 'Farah', 'George', 'Hana',
                                              'Imran', 'Joan', 'Kofi', 'Lena', 'Mary') AS given,
                               pg_temp.one_of(n * 31, 'Ash', 'Beck', 'Cob', 'Dun', 'Elm', 'Fern', 'Gor', 'Hart', 'Ing',
                                              'Kel', 'Lang', 'Mar', 'Nor', 'Oak', 'Pen', 'Row', 'Shel', 'Thorn', 'Wal')
                            || pg_temp.one_of(n * 17, 'bourne', 'bury', 'den', 'field', 'ford', 'ham', 'hurst', 'ley',
                                              'man', 'ton', 'well') AS family) names
    ORDER BY pcn, n;

    INSERT INTO participant (tenant_id, programme_id, person_id, practice_id, status, status_since, joined_at, wave)
    SELECT tenant_id, tenant_id, id, practice_id,
           pg_temp.one_of(id, 'identified', 'contacted', 'engaged', 'wants a call', 'plan agreed'),
           at - mod(id, 60) * interval '1 day', at, 1
    FROM person WHERE tenant_id BETWEEN first AND last ORDER BY tenant_id, id;

    INSERT INTO milestone (tenant_id, participant_id, kind, at)
    SELECT tenant_id, id, 'identified', at FROM participant WHERE tenant_id BETWEEN first AND last ORDER BY tenant_id, id;
$$;
