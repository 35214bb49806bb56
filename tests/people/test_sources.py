"""Sources and their agreements: what lets data in, who may say so, and what others are told."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from app import clock
from app.audit import AuditEvent
from app.people import imports
from app.people.import_models import ImportFile, Source, SourceAgreement
from app.people.source_forms import BASES, HELD
from app.people.sources import KIND_WORDS, standing_of
from tenants.db import db
from tenants.models import Account
from tests.people import sources
from tests.people.files import ADA, people, person
from tests.people.test_bad_files import sent
from tests.rows import make

DATA = "/pcn/dover-town/data"
DAY = dt.date(2026, 11, 22)
SOURCE = {
    "name": "Job centre", "kind": "named", "holds": "Who was referred to us",
    "controller": "Dover job centre", "purpose": "To offer help",
}  # fmt: skip
AGREEMENT = {
    "reference": "KMISA-9", "lawful_basis": BASES[2], "data_classes": [HELD["people"], HELD["named"]],
    "starts_on-day": "1", "starts_on-month": "1", "starts_on-year": "2026",
    "ends_on-day": "31", "ends_on-month": "12", "ends_on-year": "2040", "signed_by": "A Example",
}  # fmt: skip


def agreement(first: int, last: int, *, ended: bool = False) -> SourceAgreement:
    """An agreement from `first` to `last` days after the day."""
    moment = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    return SourceAgreement(
        starts_on=DAY + dt.timedelta(days=first),
        ends_on=DAY + dt.timedelta(days=last),
        ended_at=moment if ended else None,
    )


STANDINGS = {
    "none": ([], "No agreement", False, False),
    "today is the last day": ([agreement(-10, 0)], "Ends soon", True, True),
    "today is the first day": ([agreement(0, 31)], "In date", True, False),
    "30 days left": ([agreement(-10, 30)], "Ends soon", True, True),
    "31 days left": ([agreement(-10, 31)], "In date", True, False),
    "ended yesterday": ([agreement(-10, -1)], "Expired", False, False),
    "starts tomorrow": ([agreement(1, 9), agreement(-9, -1)], "Not started", False, False),
    "ended early": ([agreement(-10, 100, ended=True)], "No agreement", False, False),
    "renewed": ([agreement(-10, 5), agreement(6, 300)], "In date", True, False),
    "renewed with a gap": ([agreement(-10, 5), agreement(7, 300)], "Ends soon", True, True),
}


@pytest.mark.parametrize("case", STANDINGS)
def test_how_a_source_stands(case):
    agreements, words, usable, soon = STANDINGS[case]
    found = standing_of(agreements, DAY)
    assert (found.words, found.usable, found.soon) == (words, usable, soon)


@given(st.lists(st.tuples(st.integers(-400, 400), st.integers(0, 400), st.booleans()), max_size=5))
def test_a_source_can_be_used_exactly_while_an_agreement_is_in_date(spans):
    agreements = [agreement(first, first + days, ended=ended) for first, days, ended in spans]
    found = standing_of(agreements, DAY)
    assert found.usable == any(one.in_date(DAY) for one in agreements)
    assert not found.usable or found.agreement.in_date(DAY)


def test_a_manager_registers_a_source_and_its_agreement_and_the_analyst_can_bring_in(client_of, acting):
    mandy, alan = client_of("mandy"), client_of("alan")
    page = mandy.sent(f"{DATA}/sources/add", **SOURCE)
    assert "Job centre is registered. Add the agreement that covers it." in page.text
    assert "needs a basis of its own" in page.text
    with acting("dover-town"):
        found = db.session.scalars(select(Source)).one()
        assert (found.kind, found.created_by, found.mapping) == ("named", "Mandy", {})
    upload = alan.get(f"{DATA}/bring-in").text
    assert "No source can be used yet" in upload
    assert "Job centre</a>: no agreement is recorded" in upload
    assert "Dora, Mandy or Max can put that right." in upload
    with acting("dover-town"):
        db.session.execute(update(Account).where(Account.name == "Max").values(disabled_at=clock.now()))
        db.session.commit()
    assert "Dora or Mandy can put that right." in alan.get(f"{DATA}/bring-in").text, "Max cannot sign in"
    page = mandy.sent(f"{DATA}/sources/{found.id}/agree", **AGREEMENT)
    assert "Agreement KMISA-9 is saved." in page.text
    assert "In date" in page.text
    assert 'value="' + str(found.id) + '"' in alan.get(f"{DATA}/bring-in").text
    with acting("dover-town"):
        kept = db.session.scalars(select(SourceAgreement)).one()
        assert (kept.lawful_basis, kept.data_classes) == (BASES[2], [HELD["people"], HELD["named"]])
        done = db.session.execute(select(AuditEvent.action, AuditEvent.subject, AuditEvent.actor)).all()
        assert ("registered", "source", "Mandy") in done


def test_what_is_missing_is_asked_for_and_names_are_not_taken_twice(client_of, source_of):
    number, mandy = source_of(), client_of("mandy")
    page = mandy.post(f"{DATA}/sources/add", data=SOURCE | {"name": "Practices’ list", "controller": " "})
    assert page.status_code == 422
    assert "There is a source with this name." in page.text
    assert "Enter who controls the data" in page.text
    assert "Who was referred to us" in page.text
    wrong = AGREEMENT | {"lawful_basis": "another", "other_basis": " ", "ends_on-year": "2025"}
    page = mandy.post(f"{DATA}/sources/{number}/agree", data=wrong)
    assert page.status_code == 422
    assert "Enter the lawful basis" in page.text
    assert "The last day must be on or after the first day" in page.text
    page = mandy.post(f"{DATA}/sources/{number}/agree", data=AGREEMENT | {"data_classes": [HELD["events"]]})
    assert page.status_code == 422
    assert "The files of this source hold who people are." in page.text


def test_a_basis_in_ones_own_words_is_kept_and_offered_again_at_the_renewal(client_of, source_of, acting):
    number, mandy = source_of(), client_of("mandy")
    given_basis = AGREEMENT | {"lawful_basis": "another", "other_basis": "Digital Economy Act 2017, part 5"}
    mandy.sent(f"{DATA}/sources/{number}/agree", **given_basis)
    with acting("dover-town"):
        newest = select(SourceAgreement).where(SourceAgreement.reference == "KMISA-9")
        assert db.session.scalars(newest).one().lawful_basis == "Digital Economy Act 2017, part 5"
    page = mandy.get(f"{DATA}/sources/{number}/agree").text
    assert 'value="Digital Economy Act 2017, part 5"' in page
    assert 'value="2041"' in page
    again = mandy.post(f"{DATA}/sources/{number}/agree", data=AGREEMENT)
    assert "This source has an agreement with this reference." in again.text


def test_ending_the_agreement_stops_uploads_and_saves(client_of, source_of, acting):
    number, mandy, alan = source_of(), client_of("mandy"), client_of("alan")
    with acting("dover-town", "alan"):
        waiting = imports.bring_in(
            sources.source("people"), people(person(ADA)), "l.csv", dt.date(2026, 1, 1), "Alan", save=False
        ).id
        kept = db.session.scalars(select(SourceAgreement.id)).one()
        db.session.commit()
    assert "From now on nothing can be brought in" in mandy.get(f"{DATA}/agreements/{kept}/end").text
    page = mandy.sent(f"{DATA}/agreements/{kept}/end")
    assert "Ended early" in page.text
    renewal = mandy.get(f"{DATA}/sources/{number}/agree").text
    assert f'value="{clock.today().year}"' in renewal
    assert 'value="2040"' not in renewal
    assert sent(alan, number, people(person(ADA))).status_code == 422
    page = alan.sent(f"{DATA}/{waiting}/save")
    assert "There is no agreement in date with Practices’ list. Dora, Mandy or Max can" in page.text
    with acting("dover-town"):
        assert db.session.scalars(select(ImportFile.state)).all() == ["checked"]


def test_a_closed_source_takes_nothing_in_until_it_is_opened_again(client_of, source_of):
    number, mandy, alan = source_of(), client_of("mandy"), client_of("alan")
    assert "is closed" in mandy.sent(f"{DATA}/sources/{number}/close").text
    assert sent(alan, number, people(person(ADA))).status_code == 422
    assert "Practices’ list" not in alan.get(f"{DATA}/bring-in").text
    assert "is open again" in mandy.sent(f"{DATA}/sources/{number}/close").text
    assert sent(alan, number, people(person(ADA))).status_code == 303


def test_the_list_says_how_each_source_stands_and_how_good_its_last_extract_was(
    client_of, source_of, acting, moved
):
    number = source_of()
    with acting("dover-town", "alan"):
        lines = people(person(ADA), person("none"), person("n/a"))
        imports.bring_in(sources.source("people"), lines, "l.csv", dt.date(2026, 1, 1), "Alan")
        make(Source, kind="council", name="Helpers")
        db.session.commit()
    page = client_of("alan").get(f"{DATA}/sources").text
    assert "Sources: 2 registered" in page
    assert "2 of 3 rows refused (66.7%)" in page
    assert "No agreement" in page
    assert KIND_WORDS["council"] in page
    assert "Register a source" not in page
    moved(dt.datetime(2039, 12, 20, 9, tzinfo=dt.UTC))
    assert "Ends soon" in client_of("mandy").get(f"{DATA}/sources").text
    soon = client_of("alan").get(f"{DATA}/sources/{number}").text
    assert "The agreement ends on 1 January 2040." in soon
    assert "Dora, Mandy or Max can renew it." in soon
    assert "The agreement for Practices’ list ends on 1 January 2040" in client_of("mandy").get(DATA).text


def test_details_can_be_changed_and_the_kind_cannot(client_of, source_of, acting):
    number, mandy = source_of(), client_of("mandy")
    mandy.sent(f"{DATA}/sources/{number}/edit", **(SOURCE | {"name": "All patients"}))
    with acting("dover-town"):
        found = db.session.scalars(select(Source)).one()
        assert (found.name, found.kind, found.controller) == ("All patients", "people", "Dover job centre")


def test_only_a_manager_registers_and_only_manager_and_analyst_see(client_of, source_of):
    number = source_of()
    for path in ("/sources/add", f"/sources/{number}/edit", f"/sources/{number}/agree"):
        assert client_of("mandy").get(DATA + path).status_code == 200
        for who in ("alan", "clara", "cora", "rita", "pat"):
            assert client_of(who).post(DATA + path, data=SOURCE).status_code == 403
    for path in ("", "/sources", f"/sources/{number}"):
        for who, status in (("mandy", 200), ("alan", 200), ("clara", 403), ("pat", 403), ("mo", 404)):
            assert client_of(who).get(DATA + path).status_code == status


def test_today_tells_the_manager_of_agreements_and_the_analyst_of_files(client_of, source_of, acting, moved):
    today = "/pcn/dover-town/today"
    assert "Register where your data comes from" in client_of("mandy").get(today).text
    source_of()
    assert "lasting agreement" not in client_of("mandy").get(today).text
    with acting("dover-town", "alan"):
        lines = people(person(ADA))
        imports.bring_in(sources.source("people"), lines, "l.csv", dt.date(2026, 1, 1), "Alan", save=False)
        db.session.commit()
    assert "file to look at, then save or cancel" in client_of("alan").get(today).text
    assert "file to look at" not in client_of("mandy").get(today).text
    moved(dt.datetime(2039, 12, 20, 9, tzinfo=dt.UTC))
    assert "source without a lasting agreement" in client_of("mandy").get(today).text
    assert "lasting agreement" not in client_of("alan").get(today).text
