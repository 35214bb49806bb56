"""What a preview says before anything is saved: what waits, what is doubtful, who is gone, and dates."""

import datetime as dt

from sqlalchemy import select

from app.audit import AuditEvent
from app.people import imports
from app.people.import_models import ImportFile
from tenants.db import db
from tests.people.files import ADA, BEN, people, person
from tests.people.sources import source

DATA = "/pcn/dover-town/data"


def test_rows_that_wait_are_told_before_saving_and_lead_to_the_queue_after(client_of, acting):
    titles = "First Name,Surname,DOB,Postcode,Group"
    row = "Ada,Lovelady,01/02/1970,CT16 1AA,Walking"
    with acting("dover-town", "alan"):
        twins = people(person(ADA), person(BEN))
        imports.bring_in(source("people"), twins, "l.csv", dt.date(2026, 1, 1), "Alan")
        content = f"{titles}\r\n{row}\r\n".encode()
        found = imports.bring_in(source("named"), content, "n.csv", dt.date(2026, 1, 1), "Alan", save=False)
        db.session.commit()
    alan = client_of("alan")
    page = alan.get(f"{DATA}/{found.id}").text
    assert "1 line waiting, refused or set aside" in page
    assert "several people match" in page
    with acting("dover-town", "alan"):
        waiting = imports.locked(found.id)
        imports.start_saving(waiting)
        while imports.save_on(waiting):
            pass
        db.session.commit()
    page = alan.get(f"{DATA}/{found.id}").text
    assert f'<a href="{DATA}/queue">1 row</a> waited for a decision of the care team.' in page
    assert "There is no such line" not in page
    assert "1 row of a list waits for a decision" in alan.get(DATA).text


def test_a_file_that_looks_wrong_is_saved_only_once_somebody_says_it_is_right(client_of, acting):
    lines = [person(ADA), person(BEN), *[person("none")] * 40]
    with acting("dover-town", "alan"):
        found = imports.bring_in(
            source("people"), people(*lines), "l.csv", dt.date(2026, 1, 1), "Alan", save=False
        )
        db.session.commit()
    alan, address = client_of("alan"), f"{DATA}/{found.id}"
    page = alan.get(address).text
    assert "Is this the right file?" in page
    assert "Most of its rows are refused: 40 of 42." in page
    assert "Save 2 people" not in page
    assert "Say first whether this is the right file." in alan.sent(f"{address}/save").text
    page = alan.sent(f"{address}/vouch").text
    assert "Alan said that this is the right file, although: Most of its rows are refused" in page
    assert "Save 2 people" in page
    assert "waits for you to save" in alan.sent(f"{address}/vouch").text
    with acting("dover-town"):
        assert db.session.scalars(select(ImportFile.vouched_by)).one() == "Alan"
        done = select(AuditEvent.actor).where(AuditEvent.action == "vouched for")
        assert db.session.scalars(done).all() == ["Alan"]
    alan.sent(f"{address}/save")
    with acting("dover-town"):
        assert db.session.scalars(select(ImportFile.state)).one() == "saving"


def test_who_is_no_longer_in_a_whole_list_is_counted_before_it_is_saved(client_of, acting):
    with acting("dover-town", "alan"):
        both = people(person(ADA), person(BEN))
        imports.bring_in(source("people"), both, "a.csv", dt.date(2026, 1, 1), "Alan")
        one = people(person(ADA))
        found = imports.bring_in(
            source("people"), one, "b.csv", dt.date(2026, 2, 1), "Alan", save=False, whole=True
        )
        db.session.commit()
    page = client_of("alan").get(f"{DATA}/{found.id}").text
    assert "No longer in the list: <strong>1</strong>. They will be marked, not deleted." in page
    assert "with everybody of its source" in page
    assert "there is nothing to save" not in page


def test_dates_that_could_be_meant_month_first_are_counted_without_showing_any(client_of, acting):
    lines = people(person(ADA, born="03/04/1970"), person(BEN, born="13/04/1970"))
    with acting("dover-town", "alan"):
        found = imports.bring_in(source("people"), lines, "l.csv", dt.date(2026, 1, 1), "Alan", save=False)
        db.session.commit()
    page = client_of("alan").get(f"{DATA}/{found.id}").text
    assert "03/04/25 is 3 April 2025. 1 date in this file could be meant the other way round." in page
    assert "1970" not in page
