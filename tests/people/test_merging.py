"""Two records of one person: everything moves, nothing that protects is lost, undoing puts each row back."""

import datetime as dt
from typing import Any

import pytest
from sqlalchemy import select, update

from app import clock
from app.audit import AuditEvent
from app.outreach import choices
from app.outreach.choice_models import ContactChoice
from app.people import imports, merging
from app.people.linking_models import PersonMerge, SourceEntry
from app.people.merging import CannotMerge
from app.people.models import CodedEvent, Person, SetAsideValue
from app.people.moving import belongings
from app.programmes import milestones
from app.programmes.merged import LEFT_OUT
from app.programmes.models import Milestone, Participant, Programme
from tenants.db import Base, db
from tests import rows
from tests.people.files import ADA, BEN, events
from tests.people.files import people as list_of
from tests.people.files import person as line
from tests.people.sources import source

TAKEN = dt.date(2026, 11, 2)
BEFORE = "/pcn/dover-town/data/merging"


@pytest.fixture
def two(acting, world):
    """Ada Lovelady, and a record of hers under another number: ids of the kept and of the other."""
    with acting("dover-town"):
        kept = rows.person(
            world.practices["G82999"], 101, given_name="Ada", family_name="Lovelady", name_key="ada lovelady"
        )
        other = rows.person(
            world.practices["G82998"],
            102,
            given_name="Ada",
            family_name="Love-Lady",
            name_key="ada love lady",
        )
        db.session.commit()
        return kept.id, other.id


def everything() -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table that points at a person, and the people themselves."""
    db.session.expire_all()
    tables = {one.table.name: one.table for one in belongings()}
    return {name: sorted(db.session.execute(select(table)).all(), key=str) for name, table in tables.items()}


def one_of_each(person_id: int, programme_id: int, *but: str) -> None:
    """A row of every table that points at a person, but these; what is of a place in a programme, of one."""
    practice_id = db.session.get_one(Person, (rows.scope.current().tenant, person_id)).practice_id
    place = rows.make(Participant, programme_id=programme_id, person_id=person_id, practice_id=practice_id)
    for one in belongings():
        if one.table.name in ("person", "participant", *but):
            continue
        known = {"participant_id": place.id, "programme_id": programme_id, one.column.name: person_id}
        known = {name: value for name, value in known.items() if name in one.table.c}
        if one.table.name in ("coded_event", "set_aside_value"):
            known |= {"code": "60621009", "on": clock.today() - dt.timedelta(days=person_id)}
        rows.make(rows.model_of(one.table.name), **known)


def merged(two, why: str = "The practice says so") -> PersonMerge:
    done = merging.merge(*two, why)
    db.session.flush()
    return done


# What belongs to a person is found.


def test_every_column_that_names_a_person_is_moved_but_for_the_trail_and_the_log():
    named = {table.name for table in Base.metadata.sorted_tables if "person_id" in table.c}
    left = named - {one.table.name for one in belongings()}
    assert left <= {"audit_event", "referral", "staged_event"}


# Moving and putting back.


def test_everything_moves_and_undoing_puts_every_row_back_exactly(acting, two):
    kept, other = two
    with acting("dover-town", "clara"):
        first, second = (rows.make(Programme, owner_name="Mandy") for _ in range(2))
        one_of_each(kept, first.id, "data_opt_out", "contact_need")  # a person has one: see the next but one
        one_of_each(other, second.id)
        before = everything()
        done = merged(two)
        assert db.session.get_one(Person, (done.tenant_id, other)).merged_into == kept
        for one in belongings():
            if one.table.name != "person":
                assert not db.session.execute(select(one.table).where(one.column == other)).all(), (
                    one.table.name
                )
                assert len(done.moved["rows"][one.table.name]) == 1
        assert everything() != before
        merging.undo(done.id)
        assert everything() == before
        assert done.undone_by == "clara"


def test_what_both_records_have_stays_and_is_listed(acting, two):
    other = two[1]
    with acting("dover-town", "clara"):
        for person_id in two:
            for value in (31, None):
                rows.make(
                    CodedEvent, person_id=person_id, code="60621009", on=dt.date(2026, 1, 5), value=value
                )
        own = rows.make(CodedEvent, person_id=other, code="60621009", on=dt.date(2026, 2, 5), value=31).id
        done = merged(two)
        assert done.moved["rows"]["coded_event"] == [own]
        assert len(done.moved["stayed"]["coded_event"]) == 2
        left = select(CodedEvent.id).where(CodedEvent.person_id == other)
        assert sorted(db.session.scalars(left)) == done.moved["stayed"]["coded_event"]


def test_two_places_in_one_programme_become_one_and_what_belongs_to_the_other_stays_with_it(acting, two):
    with acting("dover-town", "clara"):
        programme = rows.make(Programme, owner_name="Mandy")
        for person_id in two:
            one_of_each(person_id, programme.id)
        done = merged(two)
        (place,) = done.moved["stayed"]["participant"]
        assert {"contact", "call", "conversation"} <= set(done.moved["stayed"])
        assert "contact_choice" in done.moved["rows"]
        assert "data_opt_out" in done.moved["stayed"]  # the kept record has one that holds
        out = select(Milestone.reason).where(Milestone.participant_id == place, Milestone.kind == "left out")
        assert db.session.scalars(out).all() == [LEFT_OUT]
        assert db.session.get_one(Participant, (done.tenant_id, place)).status == "left out"
        merging.undo(done.id)
        assert db.session.get_one(Participant, (done.tenant_id, place)).status == "identified"


def test_somebody_left_out_for_another_reason_stays_left_out_when_the_merge_is_undone(acting, two):
    other = two[1]
    with acting("dover-town", "clara"):
        programme = rows.make(Programme, owner_name="Mandy")
        for person_id in two:
            one_of_each(person_id, programme.id)
        place = db.session.scalars(select(Participant.id).where(Participant.person_id == other)).one()
        milestones.reach(place, "left out", reason="pregnant")
        done = merged(two)
        merging.undo(done.id)
        assert db.session.get_one(Participant, (done.tenant_id, place)).status == "left out"


# What protects.


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("type1_opt_out", True),
        ("sensitive", True),
        ("died_on", dt.date(2026, 10, 1)),
        ("preferred_contact", "No telephone contact"),
    ],
)
def test_what_protects_either_record_protects_the_person(acting, two, column, value):
    kept, other = two
    with acting("dover-town", "clara"):
        before = everything()["person"]
        db.session.execute(update(Person).where(Person.id == other).values({column: value}))
        done = merged(two)
        ada = db.session.get_one(Person, (done.tenant_id, kept))
        assert getattr(ada, column) == value
        assert ada.came[column]["on"] == "9999-12-31"
        merging.undo(done.id)
        db.session.execute(
            update(Person)
            .where(Person.id == other)
            .values({column: {"died_on": None, "preferred_contact": ""}.get(column, False)})
        )
        assert everything()["person"] == before


@pytest.mark.parametrize("again", ["the same", "another"])
def test_no_list_takes_off_what_the_other_record_protects(acting, two, again):
    with acting("dover-town", "clara"):
        db.session.execute(update(Person).where(Person.id == two[1]).values(type1_opt_out=True))
        merged(two)
        postcode = "CT16 1AA" if again == "the same" else "CT17 9ZZ"
        text = list_of(line(ADA, family="Lovelady", postcode=postcode, type1="N"))
        imports.bring_in(source("people"), text, "list.csv", TAKEN, "Alan")
        db.session.expire_all()
        ada = db.session.scalars(select(Person).where(Person.nhs_number == ADA)).one()
        assert (ada.type1_opt_out, ada.postcode) == (True, postcode)


def test_what_a_later_list_says_of_the_other_record_protects_the_person_too(acting, two):
    with acting("dover-town", "clara"):
        merged(two)
        text = list_of(line(BEN, practice="G82998", died="01/11/2026"))
        imports.bring_in(source("people"), text, "list.csv", dt.date(2026, 11, 9), "Alan")
        db.session.expire_all()
        ada = db.session.scalars(select(Person).where(Person.nhs_number == ADA)).one()
        assert ada.died_on == dt.date(2026, 11, 1)


def test_what_came_in_since_the_merge_is_not_forgotten_when_it_is_undone(acting, two):
    """The kept record's own list may have said meanwhile what the merge held."""
    with acting("dover-town", "clara"):
        db.session.execute(update(Person).where(Person.id == two[1]).values(type1_opt_out=True))
        done = merged(two)
        text = list_of(line(ADA, family="Lovelady", type1="Y"))
        imports.bring_in(source("people"), text, "list.csv", TAKEN, "Alan")
        merging.undo(done.id)
        ada = db.session.scalars(select(Person).where(Person.nhs_number == ADA)).one()
        assert ada.type1_opt_out
        assert "type1_opt_out" not in ada.came


def test_opt_outs_of_either_record_hold_for_the_person_also_those_said_afterwards(acting, two):
    kept, other = two
    with acting("dover-town", "clara"):
        choices.never_contact(other, source="letter", entered_by="Cora")
        merged(two)
        choices.never_contact(other, source="an old letter", entered_by="Cora", channel="call")
        held = select(ContactChoice.person_id, ContactChoice.channel).order_by(ContactChoice.id)
        assert db.session.execute(held).all() == [(kept, "any"), (kept, "call")]


BMI = "60621009,BMI"


def test_values_that_come_under_the_other_number_are_the_persons_until_the_merge_is_undone(acting, two):
    kept, other = two
    with acting("dover-town", "clara"):
        done = merged(two)
        lines = (
            f"{BEN},05/01/2026,{BMI},31,kg/m2",
            f"{BEN},06/01/2026,{BMI},312,kg/m2",
            f"{ADA},07/01/2026,{BMI},32,kg/m2",
        )
        for again in (False, True):
            found = imports.bring_in(source("events"), events(*lines), "events.csv", TAKEN, "Alan")
            assert found.counts["new"] == (0 if again else 2)
            rows_of(kept, [31, 32], ["312"])
            rows_of(other, [], [] if not again else ["312"])
        merging.undo(done.id)
        rows_of(kept, [32], None)
        rows_of(other, [31], ["312"])


def rows_of(person_id: int, measured: list[int], apart: list[str] | None) -> None:
    """The person's values, and (where asked) the values set aside."""
    taken = select(CodedEvent.value).where(CodedEvent.person_id == person_id).order_by(CodedEvent.value)
    assert list(db.session.scalars(taken)) == measured
    kept_apart = select(SetAsideValue.value).where(SetAsideValue.person_id == person_id)
    assert apart is None or list(db.session.scalars(kept_apart)) == apart


def test_values_that_came_in_go_back_along_a_chain_of_merges(acting, two, world):
    kept, other = two
    with acting("dover-town", "clara"):
        third = rows.person(world.practices["G82999"], 103).id
        first, second = merged(two), merging.merge(third, kept, "again")
        line_of = f"{BEN},05/01/2026,{BMI},31,kg/m2"
        imports.bring_in(source("events"), events(line_of), "events.csv", TAKEN, "Alan")
        rows_of(third, [31], [])
        merging.undo(second.id)
        rows_of(kept, [31], [])
        merging.undo(first.id)
        rows_of(other, [31], [])


def test_rows_of_lists_that_came_under_the_other_number_go_back_too(acting, two):
    kept, other = two
    with acting("dover-town", "clara"):
        done = merged(two)
        text = f"NHS No;Service\r\n{BEN};Podiatry\r\n{ADA};Podiatry\r\n".encode()
        imports.bring_in(source("service"), text, "list.csv", TAKEN, "Alan")
        linked = select(SourceEntry.person_id).order_by(SourceEntry.key)
        assert list(db.session.scalars(linked)) == [kept, kept]
        merging.undo(done.id)
        assert list(db.session.scalars(linked)) == [kept, other]


# What cannot be.


def test_a_record_is_merged_once_and_never_with_itself(acting, two, world):
    kept, other = two
    with acting("dover-town", "clara"):
        third = rows.person(world.practices["G82999"], 103).id
        with pytest.raises(CannotMerge, match="two different"):
            merging.merge(kept, kept, "why")
        merged(two)
        for pair in ((other, third), (third, other), two):
            with pytest.raises(CannotMerge, match="merged already"):
                merging.merge(*pair, "why")


@pytest.mark.parametrize("state", ["saving", "checked"])
def test_records_are_not_merged_while_a_file_is_saved_and_a_preview_is_renewed_after(acting, two, state):
    with acting("dover-town", "clara"):
        found = imports.bring_in(source("people"), list_of(line(ADA)), "list.csv", TAKEN, "Alan", save=False)
        if state == "saving":
            imports.start_saving(found)
            db.session.flush()
            with pytest.raises(CannotMerge, match="being saved"):
                merged(two)
        else:
            merged(two)
            with pytest.raises(imports.Stale):
                imports.start_saving(found)


def test_a_chain_of_merges_is_undone_from_its_end(acting, two, world):
    kept, other = two
    with acting("dover-town", "clara"):
        third = rows.person(world.practices["G82999"], 103).id
        before = everything()
        first = merged(two)
        second = merging.merge(third, kept, "again")
        assert merging.whose(other) == third
        with pytest.raises(CannotMerge, match="Undo that first"):
            merging.undo(first.id)
        merging.undo(second.id)
        merging.undo(first.id)
        assert everything() == before
        with pytest.raises(CannotMerge, match="undone already"):
            merging.undo(first.id)


def test_a_row_linked_elsewhere_since_is_not_taken_back_by_the_undoing(acting, two, world):
    other = two[1]
    with acting("dover-town", "clara"):
        third = rows.person(world.practices["G82999"], 103).id
        entry = rows.make(SourceEntry, person_id=other, state="linked")
        done = merged(two)
        entry.person_id = third
        db.session.flush()
        merging.undo(done.id)
        assert db.session.get_one(SourceEntry, (done.tenant_id, entry.id)).person_id == third


# By the pages.


def test_two_records_are_found_compared_merged_and_made_two_again(client_of, acting, two):
    client = client_of("clara")
    found = client.get(f"{BEFORE}/find?q=love")
    assert "2 records found" in found.text
    ticked = client.get(f"{BEFORE}/find?record={two[0]}")
    assert "1 record ticked. Search for the other one" in ticked.text
    again = client.get(f"{BEFORE}/find?record={two[0]}&q=999 000 1022")
    assert again.text.count('type="checkbox"') == 2
    assert again.text.count("checked") == 1
    address = f"{BEFORE}/compare?record={two[0]}&record={two[1]}"
    page = client.get(address)
    assert "Are these two records of one person?" in page.text
    answer = client.post(address, data={"kept": two[0], "why": "Confirmed by the practice", "sure": "y"})
    done = client.get(answer.location)
    assert "The two records are merged" in done.text
    assert "Confirmed by the practice" in done.text
    assert "1 record found" in client.get(f"{BEFORE}/find?q=love").text
    with acting("dover-town"):
        merge = db.session.scalars(select(PersonMerge)).one()
        assert (merge.kept_id, merge.merged_id, merge.merged_by) == (*two, "Clara")
        trail = select(AuditEvent.action, AuditEvent.person_id).where(AuditEvent.action.like("%merged"))
        assert set(db.session.execute(trail).all()) == {("merged", two[0]), ("was merged", two[1])}
        number = merge.id
    assert "The merge is undone" in client.sent(f"{BEFORE}/{number}/undo").text
    assert "undone already" in client.sent(f"{BEFORE}/{number}/undo").text
    with acting("dover-town"):
        assert not db.session.scalars(select(Person.id).where(Person.merged_into.is_not(None))).all()


@pytest.mark.parametrize(
    ("left_out", "message"),
    [
        ("kept", "Select which record is kept"),
        ("why", "Say how you know that the two records are of one person"),
        ("sure", "Check the two records, and tick that they are of one person"),
    ],
)
def test_a_merge_needs_the_record_kept_a_reason_and_a_tick(client_of, acting, two, left_out, message):
    given = {"kept": str(two[0]), "why": "Confirmed", "sure": "y"}
    answer = client_of("clara").post(
        f"{BEFORE}/compare?record={two[0]}&record={two[1]}",
        data={name: value for name, value in given.items() if name != left_out},
    )
    assert answer.status_code == 422
    assert message in answer.text
    with acting("dover-town"):
        assert not db.session.scalars(select(PersonMerge)).all()


def test_looking_for_records_says_what_is_wrong_and_sends_back_without_two(client_of, two):
    client = client_of("cora")
    assert client.get(f"{BEFORE}/find?q=").status_code == 422
    assert "Check the NHS number" in client.get(f"{BEFORE}/find?q=999 000 0019").text
    for asked in ("", f"?record={two[0]}", "?record=x&record=y", f"?record={two[0]}&record={two[0]}"):
        assert (
            "Select two records to compare"
            in client.get(f"{BEFORE}/compare{asked}", follow_redirects=True).text
        )
    assert client.get(f"{BEFORE}/compare?record={two[0]}&record=999999").status_code == 404


def test_a_sensitive_persons_address_and_phone_are_not_compared_in_sight(client_of, acting, two):
    address = f"{BEFORE}/compare?record={two[0]}&record={two[1]}"
    assert "CT16 1AA" in client_of("clara").get(address).text
    with acting("dover-town"):
        db.session.execute(update(Person).where(Person.id == two[0]).values(sensitive=True))
        db.session.commit()
    page = client_of("clara").get(address).text
    assert "CT16 1AA" not in page
    assert "07700" not in page


@pytest.mark.parametrize("who", ["alan", "mandy", "lena", "rita", "pat"])
def test_nobody_else_merges(client_of, two, who):
    assert client_of(who).get(f"{BEFORE}/compare?record={two[0]}&record={two[1]}").status_code == 403
    assert client_of(who).get(BEFORE).status_code == 403


def test_another_pcns_records_are_not_there(client_of, acting, two):
    address = f"/pcn/medway-central/data/merging/compare?record={two[0]}&record={two[1]}"
    client = client_of("mira")
    assert client.get(address).status_code == 404
    assert client.post(address, data={"kept": two[0], "why": "x", "sure": "y"}).status_code == 404
    with acting("medway-central", "mo"), pytest.raises(CannotMerge, match="no longer there"):
        merging.merge(*two, "why")
