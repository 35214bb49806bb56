"""The pages that bring in data: what an analyst sees and does, and who may not."""

import csv
import datetime as dt
import io

import pytest
from sqlalchemy import func, select

from app.audit import AuditEvent
from app.people import imports, jobs
from app.people.import_models import ImportFile, ImportRow
from app.people.models import Person
from tenants.db import db
from tests.people.files import ADA, BEN, CAZ, people, person
from tests.people.sources import source
from tests.people.test_bad_files import sent

DATA = "/pcn/dover-town/data"
SECRETS = ("Lovelady", ADA, f"{ADA[:3]} {ADA[3:6]} {ADA[6:]}", "1970", "07700")
MIXED = people(
    person(ADA),
    person(BEN),
    person("n/a", given="=cmd|' /C calc'!A0", mobile="+447700900123"),
    person(BEN, postcode="CT17 1AA"),
)


@pytest.fixture
def previewed(acting) -> int:
    """An import that has been read and waits for a decision."""
    with acting("dover-town", "alan"):
        found = imports.bring_in(
            source("people"), MIXED, "list.csv", dt.date(2026, 11, 2), "Alan", save=False
        )
        db.session.commit()
        return found.id


def looked(acting, model=ImportFile) -> list:
    with acting("dover-town"):
        return list(db.session.scalars(select(model)))


def test_the_list_says_how_to_begin_where_there_is_nothing(client_of, source_of):
    begin = f'href="{DATA}/bring-in"'
    page = client_of("alan").get(DATA)
    assert "Dora, Mandy or Max can register the practices’ list of people" in page.text
    assert begin not in page.text
    assert f'href="{DATA}/sources/add"' in client_of("mandy").get(DATA).text
    source_of()
    page = client_of("alan").get(DATA)
    assert "No file has been brought in yet." in page.text
    assert begin in page.text


def test_a_file_goes_from_the_form_to_the_preview_to_saved(client_of, source_of, acting):
    source_of("council")
    following = source_of("events")
    alan = client_of("alan")
    answer = sent(alan, source_of(), MIXED)
    assert answer.status_code == 303
    (found,) = looked(acting)
    assert "The file will be read in a moment." in alan.get(answer.location).text
    with acting("dover-town", audited=True):
        while jobs.read({"import_id": found.id}) is not None:
            pass
        db.session.commit()
    preview = alan.get(answer.location)
    assert "Save 2 people" in preview.text
    assert "no NHS number" in preview.text
    assert looked(acting, Person) == []
    assert alan.sent(f"{DATA}/{found.id}/save").status_code == 200
    with acting("dover-town", audited=True):
        while jobs.save({"import_id": found.id}) is not None:
            pass
        db.session.commit()
    report = alan.get(answer.location)
    assert "What was saved" in report.text
    link = f'<a href="{DATA}/bring-in?source={following}">bring in Practices’ coded events</a>'
    assert link in report.text
    assert len(looked(acting, Person)) == 2


def test_a_form_sent_twice_brings_one_file_in(client_of, source_of, acting):
    alan = client_of("alan")
    first, second = sent(alan, source_of(), MIXED), sent(alan, source_of(), MIXED)
    assert first.location == second.location
    assert "sent before" in alan.get(second.location).text
    assert len(looked(acting)) == 1


def test_what_is_missing_from_the_form_is_asked_for(client_of, source_of):
    alan = client_of("alan")
    page = alan.post(f"{DATA}/bring-in", data={"form_key": "k"})
    assert page.status_code == 422
    for wanted in ("Select where the file comes from", "Enter the date the extract", "Choose a file"):
        assert wanted in page.text
    later = sent(alan, source_of(), MIXED, **{"data_date-year": "2199"})
    assert "must be today or in the past" in later.text


def test_no_page_shows_an_analyst_who_the_people_are(client_of, previewed):
    alan = client_of("alan")
    for address in ("", f"/{previewed}", f"/{previewed}?reason=no+NHS+number"):
        page = alan.get(f"{DATA}{address}")
        assert not [word for word in SECRETS if word in page.text]


def test_refused_lines_are_listed_by_line_and_filtered_by_reason(client_of, previewed):
    alan = client_of("alan")
    page = alan.get(f"{DATA}/{previewed}")
    assert "2 lines refused or set aside" in page.text
    only = alan.get(f"{DATA}/{previewed}?reason=same+NHS+number+twice")
    assert "1 line with the reason “same NHS number twice”" in only.text
    listed = only.text.partition('id="lines"')[2]
    assert ">5</td>" in listed
    assert ">4</td>" not in listed
    assert "Clear filter" in only.text


def test_many_refused_lines_come_in_numbered_pages(client_of, acting):
    with acting("dover-town", "alan"):
        lines = [person("none")] * 60
        found = imports.bring_in(
            source("people"), people(*lines), "l.csv", dt.date(2026, 1, 1), "Alan", save=False
        )
        db.session.commit()
    page = client_of("alan").get(f"{DATA}/{found.id}?page=3")
    assert "60 lines" in page.text
    assert ">61</td>" in page.text
    assert ">51</td>" not in page.text


def test_while_it_is_read_the_page_asks_again_and_has_a_plain_link(client_of, source_of, acting):
    alan = client_of("alan")
    address = sent(alan, source_of(), MIXED).location
    page = alan.get(address)
    assert f'hx-get="{address}/now"' in page.text
    assert f'href="{address}/now"' in page.text
    part = alan.get(f"{address}/now", headers={"HX-Request": "true", "HX-Target": "import_state"})
    assert ' – Oast</title><div id="import_state">' in part.text
    assert "<h1" not in part.text


def test_cancelling_leaves_nothing_but_the_fact(client_of, acting, previewed):
    alan = client_of("alan")
    page = alan.sent(f"{DATA}/{previewed}/cancel")
    assert "is cancelled. Nothing of it was kept." in page.text
    (found,) = looked(acting)
    assert (found.state, found.file_id, found.counts) == ("cancelled", None, {})
    assert looked(acting, ImportRow) == []
    again = alan.sent(f"{DATA}/{previewed}/save")
    assert "The file was cancelled." in again.text


def test_saving_twice_saves_once(client_of, acting, previewed):
    alan = client_of("alan")
    alan.post(f"{DATA}/{previewed}/save")
    assert "already being saved" in alan.sent(f"{DATA}/{previewed}/save").text
    assert "already being saved" in alan.sent(f"{DATA}/{previewed}/cancel").text


def test_a_stale_preview_must_be_read_again(client_of, acting, previewed):
    alan = client_of("alan")
    with acting("dover-town", "alan"):
        imports.bring_in(source("people"), people(person(ADA)), "other.csv", dt.date(2026, 11, 2), "Alan")
        db.session.commit()
    assert "This preview is out of date" in alan.get(f"{DATA}/{previewed}").text
    assert "Read it again, then save it." in alan.sent(f"{DATA}/{previewed}/save").text
    alan.post(f"{DATA}/{previewed}/read-again")
    with acting("dover-town"):
        while jobs.read({"import_id": previewed}) is not None:
            pass
        db.session.commit()
    assert "Save 1 person" in alan.get(f"{DATA}/{previewed}").text


def test_refused_rows_come_back_with_the_reason_and_no_formula(client_of, acting, previewed):
    answer = client_of("alan").get(f"{DATA}/{previewed}/refused-rows")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    titles, *rows = csv.reader(io.StringIO(answer.data.decode("utf-8-sig"), newline=""))
    assert titles[-2:] == ["Line in the file", "Why it was refused"]
    assert [row[-2:] for row in rows] == [["4", "no NHS number"], ["5", "same NHS number twice"]]
    assert rows[0][2] == "'=cmd|' /C calc'!A0"
    assert rows[0][7] == "'+447700900123"
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@", "\t"))]
    with acting("dover-town"):
        event = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "exported")).one()
        assert (event.subject, event.count, event.actor) == ("refused rows", 2, "Alan")


def test_refused_rows_can_be_mended_and_brought_in_again(client_of, acting, previewed):
    text = client_of("alan").get(f"{DATA}/{previewed}/refused-rows").data
    mended = text.replace(b"n/a", b"9990000018")
    with acting("dover-town", "alan"):
        imports.bring_in(source("people"), mended, "mended.csv", dt.date(2026, 11, 2), "Alan")
        saved = db.session.scalars(select(Person).where(Person.nhs_number == "9990000018")).one()
        assert saved.mobile == "07700900123"


def test_a_restricted_persons_row_is_shown_to_nobody_not_even_refused(client_of, acting):
    titles, *lines = people(person(ADA), person("none"), person("n/a"), person(BEN)).decode().splitlines()
    flags = ("Y", "Y", "", "")
    content = [f"{titles},Sensitive", *(f"{line},{flag}" for line, flag in zip(lines, flags, strict=True))]
    again = [f"{titles},Sensitive", f"{person(ADA, born='never')},", f"{person(CAZ, born='never')},"]
    with acting("dover-town", "alan"):
        for number, rows in enumerate((content, again)):
            text = "\r\n".join(rows).encode()
            found = imports.bring_in(source("people"), text, f"{number}.csv", dt.date(2026, 1, 1), "Alan")
        db.session.commit()
    first = client_of("alan").get(f"{DATA}/{found.id - 1}/refused-rows").text
    assert ("n/a" in first, "none" in first) == (True, False)
    second = client_of("alan").get(f"{DATA}/{found.id}/refused-rows").text
    assert (CAZ in second, ADA in second) == (True, False)


PAGES = (
    ("GET", ""), ("GET", "/bring-in"), ("POST", "/bring-in"), ("GET", "/{id}"),
    ("POST", "/{id}/save"), ("POST", "/{id}/cancel"), ("POST", "/{id}/read-again"),
    ("GET", "/{id}/refused-rows"),
)  # fmt: skip


@pytest.mark.parametrize(("method", "path"), PAGES)
def test_only_who_may_bring_in_data_comes_here(client_of, acting, previewed, method, path):
    address = f"{DATA}{path.format(id=previewed)}"
    for who in ("clara", "rita", "pat"):
        assert client_of(who).open(address, method=method).status_code == 403
    for who in ("mo", "olu", "ivy", "nora"):
        assert client_of(who).open(address, method=method).status_code == 404
    assert client_of(None).open(address, method=method).status_code in (302, 303)
    assert looked(acting)[0].state == "checked"


def test_an_import_of_another_pcn_is_not_found(client_of, acting):
    with acting("medway-central", "mo"):
        found = imports.bring_in(
            source("people"), people(person(practice="G82989")), "m.csv", dt.date(2026, 1, 1), "Mo"
        )
        db.session.commit()
        assert db.session.scalar(select(func.count()).select_from(Person)) == 1
    alan = client_of("alan")
    for method, path in PAGES:
        if "{id}" in path:
            assert alan.open(f"{DATA}{path.format(id=found.id)}", method=method).status_code == 404


SERVICES = f"NHS No;Service;Referral date\r\n{ADA};Podiatry;03/04/25\r\n{BEN};Podiatry;31/12/25"
MEMBERS = "Surname;DOB;Group\r\nLovelady;03/04/1970;Choir\r\nBell;31/12/1970;Choir"


@pytest.mark.parametrize(("text", "kind"), [(SERVICES, "service"), (MEMBERS, "named")])
def test_a_list_says_that_its_dates_are_read_day_first_and_keeps_none(client_of, acting, text, kind):
    with acting("dover-town", "alan"):
        found = imports.bring_in(
            source(kind), text.encode(), "l.csv", dt.date(2026, 11, 2), "Alan", save=False
        )
        assert found.cursor["day_first"] == 1
        db.session.commit()
    page = client_of("alan").get(f"{DATA}/{found.id}").text
    assert "Dates are read day first: 03/04/25 is 3 April 2025. 1 date in this file could be" in page
