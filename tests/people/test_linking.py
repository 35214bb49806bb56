"""Lists from services and groups: linked, waiting, decided, undone, and the same again."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import func, select, update

from app.audit import AuditEvent
from app.people import imports, linking
from app.people.import_models import ImportFile
from app.people.linking_models import LinkDecision, SourceEntry
from app.people.models import Person
from tenants.db import db
from tests import rows
from tests.conftest import block, signed_in_client
from tests.people.files import ADA, BEN, CAZ, dover
from tests.people.sources import source

TAKEN = dt.date(2026, 11, 2)
SERVICE = "NHS No;Service;Referral date;Status"
GROUP = "First name,Surname,DOB,Post code,Group,Joined"


def brought(kind: str, titles: str, *lines: str, taken: dt.date = TAKEN, **given) -> ImportFile:
    text = "\r\n".join((titles, *lines, "")).encode()
    return imports.bring_in(source(kind), text, "list.csv", taken, "Alan", **given)


def entries() -> list[SourceEntry]:
    db.session.expire_all()
    return list(db.session.scalars(select(SourceEntry).order_by(SourceEntry.id)))


def entry_of(key: str) -> SourceEntry:
    db.session.expire_all()
    return db.session.scalars(select(SourceEntry).where(SourceEntry.key.startswith(key))).one()


@pytest.fixture
def people(acting, world):
    """Ada Lovelady; two Peter Nowaks, father and son, at one address."""
    practice = world.practices["G82999"]
    with acting("dover-town"):
        made = {
            "ada": rows.person(practice, 101, given_name="Ada", family_name="Lovelady"),
            "peter": rows.person(
                practice, 102, given_name="Peter", family_name="Nowak", name_key="peter nowak",
                born=dt.date(1969, 11, 27), postcode="CT16 5LL",
            ),
            "son": rows.person(
                practice, 103, given_name="Peter", family_name="Nowak", name_key="peter nowak",
                born=dt.date(2000, 1, 14), postcode="CT16 5LL", sensitive=True,
            ),
        }  # fmt: skip
        db.session.commit()
        return {name: person.id for name, person in made.items()}


PETER = "Peter,Nowak,,CT165LL,Walking group,01/02/2026"


@pytest.fixture
def waits(acting, people) -> int:
    """A row that could be either Peter Nowak; and its entry's number."""
    with acting("dover-town"):
        found = brought("named", GROUP, PETER, "Ada,Lovelady,04/05/1970,,Walking group,01/02/2026")
        assert (found.counts["new"], found.counts["waits"]) == (1, 1)
        db.session.commit()
        return entry_of("peter nowak").id


# Lists.


def test_a_services_list_is_linked_by_nhs_number_however_it_is_spaced(acting, people):
    with acting("dover-town"):
        found = brought(
            "service", SERVICE,
            f" {ADA[:3]} {ADA[3:6]} {ADA[6:]};Podiatry;01/10/26;Open",
            f"{ADA[:3]}-{ADA[3:]};Nursing;;Closed",
            f"{rows.nhs_number(900)};Podiatry;01/10/26;Open",
            "9990000019;Podiatry;01/10/26;Open",
            ";Podiatry;01/10/26;Open",
            f"{ADA};Podiatry;1 Oct 2026;Open",
        )  # fmt: skip
        assert found.counts["reasons"] == {
            "refused": {"bad check digit": 1, "no NHS number": 1, "person not in the list": 1},
            "unchanged": {"same entry twice": 1},
        }
        first, second = entries()
        assert {first.person_id, second.person_id} == {people["ada"]}
        assert (first.state, first.how, first.said) == ("linked", "NHS number", {})
        assert first.fields == {"Service": "Podiatry", "Since": "2026-10-01", "Status": "Open"}


def test_a_number_whose_other_details_differ_waits(acting, people):
    titles = "NHS Number,First name,Surname,DOB,Service"
    with acting("dover-town"):
        found = brought(
            "service", titles, f"{ADA},Jack,Brown,01/01/2001,Podiatry", f"{ADA},Ada,Brown,04/05/1970,Nursing"
        )
        assert (found.counts["new"], found.counts["waits"]) == (1, 1)
        waiting, linked = entries()
        assert (waiting.state, waiting.how) == (
            "waiting",
            "the NHS number is of somebody whose details differ",
        )
        assert waiting.said["family_name"] == "Brown"
        assert (linked.person_id, linked.said) == (people["ada"], {})


@pytest.mark.parametrize(
    "line",
    [
        "A,LOVELADY,04/05/1970,,Walking group,",
        "Ada,Love-Lady,4 May 1970,CT161AA,Walking group,",
        "Lovelady,Ada,04.05.70,,Walking group,",
        "Áda,Lovelady,,ct16 1aa,Walking group,",
        "Ada,Brown,04/05/1970,CT16 1AA,Walking group,",
    ],
)
def test_a_row_without_a_number_is_linked_by_any_three_details(acting, people, line):
    with acting("dover-town"):
        brought("named", GROUP, line)
        (entry,) = entries()
        assert (entry.state, entry.person_id) == ("linked", people["ada"])


@pytest.mark.parametrize("name", ["Ada Lovelady", "Mrs Ada Lovelady", '"Lovelady, Ada"', "Lovelady Ada"])
def test_a_list_may_have_whole_names_in_one_column(acting, people, name):
    with acting("dover-town"):
        voluntary = source("named")
        voluntary.mapping = {"family_name": "Member"}
        brought("named", "Member,DOB,Postcode", f"{name},04/05/1970,")
        assert [entry.person_id for entry in entries()] == [people["ada"]]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("Zebedee,Brown,01/01/1950,CT16 9ZZ,,", "nobody in the lists matches"),
        ("Ada,Brown,04/05/1970,,,", "nobody in the lists matches"),
        ("Ada,,,,,", "too little is given to tell who it is"),
        ("Ada,Lovelady,31/02/1970,,,", "date of birth cannot be read"),
        ("Ada,Lovelady,04/05/2070,,,", "date of birth in the future"),
    ],
)
def test_what_cannot_be_linked_is_refused_with_the_reason(acting, people, line, reason):
    with acting("dover-town"):
        assert brought("named", GROUP, line).counts["reasons"] == {"refused": {reason: 1}}
        assert entries() == []


def test_a_row_with_another_nhs_number_is_never_linked_by_its_details(acting, people):
    with acting("dover-town"):
        found = brought("named", f"{GROUP},NHS Number", f"Ada,Lovelady,04/05/1970,CT16 1AA,,,{CAZ}")
        assert found.counts["waits"] == 1  # Caz's number is the younger Peter Nowak's
        found = brought(
            "named", f"{GROUP},NHS Number", f"Ada,Lovelady,04/05/1970,CT16 1AA,,,{rows.nhs_number(950)}"
        )
        assert found.counts["reasons"] == {"refused": {"person not in the list": 1}}
        assert not db.session.scalar(select(SourceEntry.id).where(SourceEntry.person_id == people["ada"]))


def test_names_alone_wait_where_few_have_them(acting, people):
    with acting("dover-town"):
        assert brought("named", GROUP, "P,Nowak,,,Walking group,").counts["waits"] == 1
        offered = {one.candidate.id for one in linking.candidates_of(entry_of("p nowak"))}
        assert offered == {people["peter"], people["son"]}


def test_the_council_is_linked_by_nhs_number(acting, people):
    with acting("dover-town"):
        brought("council", "NHS Number,Agreed to help with,Since", f"{ADA},interviews,30/10/2024")
        (entry,) = entries()
        assert entry.person_id == people["ada"]
        assert entry.fields == {"Agreed to help with": "interviews", "Since": "2024-10-30"}


def test_a_merged_record_is_no_candidate_and_its_number_stands_for_the_person(acting, people):
    with acting("dover-town"):
        db.session.get(
            Person, (db.session.scalar(select(Person.tenant_id).limit(1)), people["son"])
        ).merged_into = people["peter"]
        db.session.flush()
        assert brought("named", GROUP, PETER).counts["new"] == 1
        brought("service", SERVICE, f"{CAZ};Podiatry;;Open")
        assert {entry.person_id for entry in entries()} == {people["peter"]}


def test_dover_towns_lists_link_but_for_one_row(acting):
    with acting("dover-town"):
        brought_in = {
            kind: imports.bring_in(source(kind), dover(name), f"{name}.csv", TAKEN, "Alan").counts
            for kind, name in (
                ("people", "gp_patients"), ("service", "community_services"),
                ("named", "voluntary_sector"), ("council", "patient_council"),
            )
        }  # fmt: skip
        linked = {
            kind: (counts["new"], counts["waits"], counts["refused"]) for kind, counts in brought_in.items()
        }
        assert linked == {
            "people": (15944, 0, 67), "service": (900, 0, 0), "named": (399, 1, 0), "council": (24, 0, 0),
        }  # fmt: skip


# The same again, and other extracts.


def test_the_same_list_again_changes_nothing(acting, waits):
    with acting("dover-town"):
        before = [(e.id, e.state, e.person_id, e.fields, e.how) for e in entries()]
        again = brought("named", GROUP, PETER, "Ada,Lovelady,04/05/1970,,Walking group,01/02/2026")
        assert (again.counts["unchanged"], imports.to_save(again)) == (2, 0)
        assert again.counts["reasons"] == {"unchanged": {"waits for a decision already": 1}}
        assert [(e.id, e.state, e.person_id, e.fields, e.how) for e in entries()] == before


def test_a_newer_list_changes_what_it_says_and_an_older_one_does_not(acting, people):
    row = f"{ADA};Podiatry;01/10/26;"
    with acting("dover-town"):
        brought("service", SERVICE, row + "Open")
        assert brought("service", SERVICE, row + "Closed", taken=dt.date(2026, 11, 9)).counts["changed"] == 1
        old = brought("service", SERVICE, row + "DNA", taken=dt.date(2026, 10, 5))
        assert old.counts["reasons"] == {"unchanged": {"older than what is held": 1}}
        (entry,) = entries()
        assert (entry.fields["Status"], entry.data_date) == ("Closed", dt.date(2026, 11, 9))


def test_what_a_newer_list_repeats_is_not_overwritten_by_one_in_between(acting, people):
    row = f"{ADA};Podiatry;01/10/26;"
    with acting("dover-town"):
        brought("service", SERVICE, row + "Open")
        brought("service", SERVICE, row + "Open", taken=dt.date(2026, 11, 20))
        brought("service", SERVICE, row + "DNA", taken=dt.date(2026, 11, 9))
        assert entries()[0].fields["Status"] == "Open"


def test_who_is_missing_from_a_newer_whole_list_is_marked_until_they_come_again(acting, people):
    ada, peter = f"{ADA};Podiatry;;Open", f"{BEN};Podiatry;;Open"
    later, last = dt.date(2026, 11, 9), dt.date(2026, 11, 16)
    with acting("dover-town"):
        brought("service", SERVICE, ada, peter)
        part = brought("service", SERVICE, ada, taken=later)
        assert "no longer in the list" not in part.counts
        brought("service", SERVICE, ada, taken=dt.date(2026, 10, 1), whole=True)
        assert [entry.missing_since for entry in entries()] == [None, None]
        whole = brought("service", SERVICE, ada, taken=later, whole=True)
        assert whole.counts["no longer in the list"] == 1
        assert [entry.missing_since for entry in entries()] == [None, later]
        back = brought("service", SERVICE, ada, peter, taken=last, whole=True)
        assert (back.counts["changed"], back.counts["unchanged"]) == (1, 1)
        assert [entry.missing_since for entry in entries()] == [None, None]


def test_a_row_that_waits_is_linked_by_a_later_list_once_only_one_person_fits(acting, waits, people):
    with acting("dover-town"):
        son = db.session.scalars(select(Person).where(Person.id == people["son"])).one()
        son.postcode = "CT17 1ZZ"
        db.session.flush()
        again = brought("named", GROUP, PETER)
        assert again.counts["changed"] == 1
        assert entry_of("peter nowak").person_id == people["peter"]


# The queue.


def test_who_brings_in_data_sees_how_many_wait_and_who_decides_but_nobodys_name(client_of, waits):
    page = client_of("alan").get("/pcn/dover-town/data/queue")
    assert "1 row waits to be linked" in page.text
    assert "Clara" in page.text
    assert "Nowak" not in page.text
    assert client_of("alan").get(f"/pcn/dover-town/data/queue/{waits}").status_code == 403
    assert client_of("lena").get("/pcn/dover-town/data/queue").status_code == 403


def test_the_row_stands_beside_each_candidate_and_the_look_is_recorded(client_of, acting, waits, people):
    page = client_of("clara").get(f"/pcn/dover-town/data/queue/{waits}")
    assert "several people match" in page.text
    assert page.text.count("<strong>Agrees</strong>") == 6
    assert "27 November 1969" in page.text
    assert "14 January 2000" in page.text
    with acting("dover-town"):
        seen = select(AuditEvent.person_id).where(
            AuditEvent.action == "viewed", AuditEvent.subject == "person"
        )
        assert set(db.session.scalars(seen)) == {people["peter"], people["son"]}


@pytest.mark.parametrize("sensitive", [True, False])
def test_where_a_sensitive_person_lives_is_on_no_page_of_linking(client_of, acting, people, sensitive):
    with acting("dover-town"):
        db.session.execute(update(Person).values(sensitive=Person.sensitive & sensitive))
        titles = f"{GROUP},Home address,Phone"
        brought("named", titles, f"{PETER},9 Castle Street,07700 900777")
        db.session.commit()
        waits = entry_of("peter nowak").id
    client, data = client_of("clara"), "/pcn/dover-town/data/queue"
    where = ("CT16 5LL", "9 Castle Street", "07700 900777")
    row = client.get(f"{data}/{waits}").text
    assert "Walking group" in row
    assert [word in row for word in where] == [not sensitive] * 3
    assert "CT16 5LL" not in client.get(data).text
    decided(client, waits, people["son"])
    for page in ("decisions", "linked"):
        assert not (sensitive and any(word in client.get(f"{data}/{page}").text for word in where))
    assert ("CT16 5LL" in client.get(f"{data}/decisions").text) != sensitive


def decided(client, waits: int, person) -> str:
    return client.sent(f"/pcn/dover-town/data/queue/{waits}", person=person, note="Rang him").text


def test_a_decision_links_the_row_and_is_kept_with_what_agreed(client_of, acting, waits, people):
    assert "Your decision is saved" in decided(client_of("clara"), waits, people["peter"])
    with acting("dover-town"):
        entry = entry_of("peter nowak")
        assert (entry.state, entry.person_id, entry.how) == ("linked", people["peter"], "decided by Clara")
        decision = db.session.scalars(select(LinkDecision)).one()
        assert (decision.person_id, decision.note, decision.decided_by) == (
            people["peter"],
            "Rang him",
            "Clara",
        )
        assert [one["person"] for one in decision.candidates] == [people["peter"], people["son"]]
        assert decision.candidates[0]["items"]["born"] == "not given"


def test_a_decision_needs_an_answer_and_takes_only_a_candidate(client_of, acting, waits, people):
    client = client_of("clara")
    address = f"/pcn/dover-town/data/queue/{waits}"
    for answer in ({}, {"person": people["ada"]}, {"person": "9" * 30}):
        assert client.post(address, data=answer).status_code == 422
    with acting("dover-town"):
        assert entry_of("peter nowak").state == "waiting"


@pytest.mark.parametrize("whom", ["peter", "nobody"])
def test_a_decision_holds_when_the_list_comes_again(client_of, acting, waits, people, whom):
    decided(client_of("clara"), waits, people.get(whom, "nobody"))
    with acting("dover-town"):
        again = brought("named", GROUP, PETER, taken=dt.date(2026, 11, 9), whole=True)
        assert again.counts["unchanged"] == 1
        entry = entry_of("peter nowak")
        assert (entry.person_id, entry.how) == (people.get(whom), "decided by Clara")


def test_an_undone_decision_waits_again_and_no_file_settles_it(client_of, acting, waits, people):
    client = client_of("clara")
    decided(client, waits, people["peter"])
    with acting("dover-town"):
        number = db.session.scalars(select(LinkDecision.id)).one()
    undone = client.sent(f"/pcn/dover-town/data/queue/decisions/{number}/undo")
    assert "The decision is undone" in undone.text
    again = client.sent(f"/pcn/dover-town/data/queue/decisions/{number}/undo")
    assert "waits for a decision again" in again.text
    with acting("dover-town"):
        son = db.session.scalars(select(Person).where(Person.id == people["son"])).one()
        son.postcode = "CT17 1ZZ"
        db.session.flush()
        brought("named", GROUP, PETER)
        entry = entry_of("peter nowak")
        assert (entry.state, entry.person_id) == ("waiting", None)
        decision = db.session.scalars(select(LinkDecision)).one()
        assert (decision.undone_by, decision.person_id) == ("Clara", people["peter"])


def test_a_link_made_by_details_can_be_sent_back_and_stays_back(client_of, acting, waits, people):
    client = client_of("cora")
    assert "linked by details" in client.get("/pcn/dover-town/data/queue/linked").text
    with acting("dover-town"):
        ada = entry_of("ada").id
    assert "The link is taken back" in client.sent(f"/pcn/dover-town/data/queue/{ada}/send-back").text
    with acting("dover-town"):
        brought("named", GROUP, "Ada,Lovelady,04/05/1970,,Walking group,01/02/2026")
        assert entry_of("ada").state == "waiting"
    assert "1 decision on whom" in client.get("/pcn/dover-town/data/queue/decisions").text


def test_the_second_of_two_is_told_who_decided_and_changes_nothing(client_of, acting, waits, people):
    decided(client_of("clara"), waits, people["peter"])
    late = decided(client_of("cora"), waits, people["son"])
    assert "Clara has decided meanwhile and linked it to a person. Your decision was not saved." in late
    with acting("dover-town"):
        assert entry_of("peter nowak").person_id == people["peter"]
        assert db.session.scalar(select(func.count()).select_from(LinkDecision)) == 1


def test_two_who_decide_at_once_are_put_in_line(live, world):
    with block(live, world, "dover-town", None, False):
        practice = world.practices["G82999"]
        same = {
            "given_name": "Peter",
            "family_name": "Nowak",
            "name_key": "peter nowak",
            "postcode": "CT16 5LL",
        }
        first = rows.person(practice, 102, **same).id
        second = rows.person(practice, 103, **same).id
        brought("named", GROUP, PETER)
        db.session.commit()
        waits = entry_of("peter nowak").id
    start = Barrier(2)

    def choose(who: str, person: int) -> str:
        client = signed_in_client(live, world, who)
        start.wait()
        return decided(client, waits, person)

    with ThreadPoolExecutor(2) as both:
        answers = list(both.map(choose, ("clara", "cora"), (first, second)))
    assert sum("Your decision is saved" in answer for answer in answers) == 1
    assert sum("has decided meanwhile" in answer for answer in answers) == 1
    with block(live, world, "dover-town", None, False):
        (decision,) = db.session.scalars(select(LinkDecision))
        assert entry_of("peter nowak").person_id == decision.person_id


def test_a_preview_made_before_a_decision_is_renewed(client_of, acting, waits, people):
    with acting("dover-town"):
        found = brought("named", GROUP, PETER, "Ada,Lovelady,04/05/1970,,Reading group,", save=False)
        number = found.id
        db.session.commit()
    decided(client_of("clara"), waits, people["peter"])
    with acting("dover-town"), pytest.raises(imports.Stale):
        imports.start_saving(imports.locked(number))


def test_today_says_to_those_who_decide_that_rows_wait(client_of, waits):
    assert "row to link" in client_of("clara").get("/pcn/dover-town/today").text
    assert "row to link" not in client_of("alan").get("/pcn/dover-town/today").text


def test_another_pcn_sees_no_row_no_decision_and_no_candidate(client_of, acting, waits, people):
    decided(client_of("clara"), waits, people["peter"])
    assert client_of("mira").get(f"/pcn/medway-central/data/queue/{waits}").status_code == 404
    with acting("medway-central", "mo"):
        assert [
            db.session.scalar(select(func.count()).select_from(m)) for m in (SourceEntry, LinkDecision)
        ] == [0, 0]
        assert brought("named", GROUP, PETER).counts["reasons"] == {
            "refused": {"nobody in the lists matches": 1}
        }
