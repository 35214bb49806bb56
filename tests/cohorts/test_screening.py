"""Screening: a clinician keeps people or leaves them out, and two at once undo nothing."""

import datetime as dt
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.audit import AuditEvent
from app.cohorts import screening, screening_list
from app.cohorts.models import Release, Screening
from app.cohorts.red_flags import flags_of
from app.cohorts.screening import Decision
from app.people.models import Person
from app.programmes.milestones import reach
from app.programmes.models import Milestone, Participant
from tenants.db import db
from tests.checking import CheckingClient
from tests.cohorts.people import frozen, known, release, who
from tests.conftest import Acting, block
from tests.world import World

Client = Callable[[str | None], CheckingClient]


@pytest.fixture
def number(acting: Acting, world: World) -> int:
    """A frozen programme: Ada00 to Ada05 of a practice that has released its people, Bob00 and Bob01 not."""
    with acting("dover-town", "mandy"):
        return frozen(world)


def address(number: int, rest: str = "") -> str:
    return f"/pcn/dover-town/programmes/{number}/screening{rest}"


def of(acting: Acting, name: str) -> int:
    with acting("dover-town"):
        return int(who(name).id)


def rows(acting: Acting) -> list[tuple[str, str | None, str]]:
    with acting("dover-town"):
        found = db.session.scalars(select(Screening).order_by(Screening.id)).all()
        return [(row.decision, row.reason, row.decided_by) for row in found]


def status(acting: Acting, name: str) -> str:
    with acting("dover-town"):
        return str(who(name).status)


def test_the_list_names_released_people_and_counts_those_who_wait_for_their_practice(
    client_of: Client, acting: Acting, number: int
) -> None:
    page = client_of("clara").get(address(number)).text
    assert "Screening: 0 of 6 people decided" in page
    assert "Nobody is contacted before you have said to keep them" in page
    assert "Ada00" in page
    assert "Bob" not in page
    assert "P-B00" not in page
    assert "2 people wait for their practice" in page
    with acting("dover-town"):
        seen = db.session.scalars(select(AuditEvent).where(AuditEvent.subject == "screening list")).one()
        assert (seen.action, seen.purpose, seen.count) == ("viewed", screening.PURPOSE, 6)


def test_only_clinicians_screen(client_of: Client, acting: Acting, number: int) -> None:
    ada = of(acting, "Ada00")
    for who_ in ("mandy", "alan", "rita", "cora", "lena", "hari", "pat"):
        assert client_of(who_).get(address(number)).status_code == 403
        assert client_of(who_).post(address(number)).status_code == 403
        assert client_of(who_).get(address(number, f"/{ada}")).status_code == 403
    for who_ in ("mo", "ivy", "mira"):
        assert client_of(who_).get(address(number)).status_code == 404
    assert (
        client_of("mira").get(f"/pcn/medway-central/programmes/{number}/screening/{ada}").status_code == 404
    )
    assert client_of("clara").get(address(number, f"/{ada}")).status_code == 200


def test_one_person_is_kept_and_the_next_one_comes(client_of: Client, acting: Acting, number: int) -> None:
    clara = client_of("clara")
    ada = of(acting, "Ada00")
    page = clara.get(address(number, f"/{ada}"))
    assert "Ada00 Example" in page.text
    answer = clara.post(address(number, f"/{ada}"), data={"decision": "keep", "seen": "0"})
    assert answer.location.endswith(f"/screening/{of(acting, 'Ada01')}")
    assert rows(acting) == [("keep", None, "Clara")]
    assert status(acting, "Ada00") == "identified"
    assert "Screening: 1 of 6 people decided" in clara.get(address(number)).text


def test_leaving_out_needs_a_reason_and_other_needs_a_note(
    client_of: Client, acting: Acting, number: int
) -> None:
    clara, one = client_of("clara"), address(number, f"/{of(acting, 'Ada00')}")
    faults = [
        ({}, "Choose whether to keep them"),
        ({"decision": "leave out"}, "Choose why they are left out"),
        ({"decision": "leave out", "reason": "other"}, "Enter a note that says why"),
        ({"decision": "leave out", "reason": "tired of it"}, "Not a valid choice"),
        ({"decision": "keep", "note": "x" * 1001}, "1,000 characters or fewer"),
    ]
    for wrong, message in faults:
        answer = clara.post(one, data={"seen": "0"} | wrong)
        assert answer.status_code == 422, wrong
        assert message in answer.text
    assert rows(acting) == []
    said = {"decision": "leave out", "reason": "other", "note": "Moves away next week", "seen": "0"}
    clara.post(one, data=said)
    assert rows(acting) == [("leave out", "other", "Clara")]
    assert status(acting, "Ada00") == "left out"
    with acting("dover-town"):
        kept = db.session.scalars(select(Milestone).where(Milestone.kind == "left out")).one()
        assert kept.reason == "Screening: other"


def test_a_decision_can_be_changed_and_the_history_stays(
    client_of: Client, acting: Acting, number: int
) -> None:
    clara, one = client_of("clara"), address(number, f"/{of(acting, 'Ada00')}")
    clara.post(one, data={"decision": "leave out", "reason": "pregnant", "seen": "0"})
    seen = clara.get(one).text.split('name="seen"')[1].split('value="')[1].split('"')[0]
    clara.post(one, data={"decision": "keep", "reason": "pregnant", "seen": seen, "note": "Was a mistake"})
    assert rows(acting) == [("leave out", "pregnant", "Clara"), ("keep", None, "Clara")]
    assert status(acting, "Ada00") == "identified"
    page = clara.get(one).text
    assert "Decisions so far" in page
    assert "Left out (pregnant) by Clara" in page
    with acting("dover-town"):
        live = db.session.scalars(select(Screening).where(Screening.replaced_at.is_(None))).one()
        assert live.note == "Was a mistake"
        events = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "screened")).all()
        assert [event.detail["decision"] for event in events] == ["leave out", "keep"]
        assert all(event.person_id for event in events)


def test_keeping_somebody_does_not_bring_back_who_is_left_out_for_another_reason(
    client_of: Client, acting: Acting, number: int
) -> None:
    one = of(acting, "Ada00")
    with acting("dover-town"):
        reach(one, "left out", reason="Refresh: has died")
        db.session.commit()
    answer = client_of("clara").sent(address(number, f"/{one}"), decision="keep", seen="0")
    assert "left the programme another way" in answer.text
    assert rows(acting) == []
    assert status(acting, "Ada00") == "left out"
    assert "of 5 people decided" in client_of("clara").get(address(number)).text


def test_who_decides_on_what_somebody_else_has_changed_is_told_and_asked_again(
    client_of: Client, acting: Acting, number: int
) -> None:
    one = address(number, f"/{of(acting, 'Ada00')}")
    client_of("both").post(one, data={"decision": "leave out", "reason": "safeguarding", "seen": "0"})
    clara = client_of("clara")
    answer = clara.post(one, data={"decision": "keep", "note": "Fine", "seen": "0"})
    assert answer.status_code == 422
    assert "Left out (safeguarding) by Both in the meantime" in answer.text
    assert "Fine" in answer.text, "nothing that was entered is lost"
    assert rows(acting) == [("leave out", "safeguarding", "Both")]
    seen = answer.text.split('name="seen"')[1].split('value="')[1].split('"')[0]
    assert clara.post(one, data={"decision": "keep", "seen": seen}).status_code == 302
    assert rows(acting)[-1] == ("keep", None, "Clara")
    for forged in ("", "x", "-1", "9" * 30):
        assert clara.post(one, data={"decision": "look again", "seen": forged}).status_code == 422
    assert len(rows(acting)) == 2


def test_several_are_decided_at_once_and_those_decided_meanwhile_are_left_and_listed(
    client_of: Client, acting: Acting, number: int
) -> None:
    ids = [of(acting, f"Ada0{n}") for n in range(4)]
    client_of("both").post(
        address(number, f"/{ids[1]}"), data={"decision": "leave out", "reason": "pregnant", "seen": "0"}
    )
    clara = client_of("clara")
    nobody = clara.post(address(number), data={"decision": "keep"})
    assert nobody.status_code == 422
    assert "Tick at least one person" in nobody.text
    undecided = clara.post(address(number), data={"chosen": [f"{ids[0]}-0"]})
    assert undecided.status_code == 422
    assert f'value="{ids[0]}-0" checked' in undecided.text, "what was ticked stays ticked"
    bob = of(acting, "Bob00")
    chosen = [f"{number_}-0" for number_ in (*ids, bob, 10**9)]
    answer = clara.post(
        address(number), data={"chosen": [*chosen, "nonsense", "1-2-3"], "decision": "keep"},
        follow_redirects=True,
    )  # fmt: skip
    assert "3 people kept" in answer.text
    assert "1 person was decided by somebody else in the meantime and not changed" in answer.text
    assert "2 people are no longer in the list" in answer.text
    assert "Left out (pregnant) by Both" in answer.text
    assert rows(acting) == [("leave out", "pregnant", "Both"), *[("keep", None, "Clara")] * 3]
    again = clara.post(
        address(number), data={"chosen": chosen[:1], "decision": "leave out", "reason": "other"},
    )  # fmt: skip
    assert again.status_code == 422
    assert "Enter a note that says why" in again.text
    with acting("dover-town"):
        event = db.session.scalars(select(AuditEvent).where(AuditEvent.subject == "people")).one()
        assert (event.action, event.count) == ("screened", 3)
        assert event.detail["participants"] == [ids[0], ids[2], ids[3]]


def test_two_clinicians_at_once_undo_nothing(live: Flask, world: World) -> None:
    with block(live, world, "dover-town", "mandy", False):
        number = frozen(world, ours=4, theirs=0)
        ids = list(db.session.scalars(select(Participant.id)))

    def decide(name: str) -> int:
        with block(live, world, "dover-town", name, True):
            made = screening.decide(number, dict.fromkeys(ids, 0), Decision("keep", None, name)).made
            db.session.commit()
            return len(made)

    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(decide, ["clara", "both", "clara", "both"]))
    assert sorted(made) == [0, 0, 0, 4]
    with block(live, world, "dover-town", "mandy", False):
        assert db.session.scalar(select(func.count()).select_from(Screening)) == 4


def test_a_withdrawn_release_takes_people_off_the_list_at_once(
    client_of: Client, acting: Acting, number: int
) -> None:
    one, clara = of(acting, "Ada00"), client_of("clara")
    with acting("dover-town"):
        db.session.scalars(select(Release)).one().withdrawn_at = func.now()
        db.session.commit()
    page = clara.get(address(number)).text
    assert "Ada" not in page
    assert "8 people wait for their practice" in page
    assert clara.get(address(number, f"/{one}")).status_code == 403
    assert clara.post(address(number, f"/{one}"), data={"decision": "keep"}).status_code == 403
    gone = clara.sent(address(number), chosen=f"{one}-0", decision="keep").text
    assert "1 person is no longer in the list" in gone
    assert rows(acting) == []


def test_the_list_is_filtered_and_sorted(
    client_of: Client, acting: Acting, world: World, number: int
) -> None:
    with acting("dover-town"):
        release(number, world.practices["G82998"])
        known("Ada01", "hba1c", 51)
        known("Ada02", "bmi", 41)
        known("Ada03", "bmi", 33)
        who("Ada05").wave = 2
        db.session.commit()
    clara = client_of("clara")
    for name, decision in (("Ada00", "keep"), ("Ada04", "look again")):
        clara.post(address(number, f"/{of(acting, name)}"), data={"decision": decision, "seen": "0"})

    def names(query: str) -> list[str]:
        text = clara.get(address(number, query)).text
        found = [text.find(f">{name} Example") for name in NAMES]
        return [
            name for _, name in sorted(zip(found, NAMES, strict=True)) if text.find(f">{name} Example") > 0
        ]

    assert names("?show=kept") == ["Ada00"]
    assert names("?show=look+again") == ["Ada04"]
    assert "Ada00" not in names("")
    assert "Ada04" in names(""), "who is to be looked at again is undecided"
    assert names("?show=flagged") == ["Ada01"]
    assert names("?show=everybody") == NAMES
    assert names(f"?show=everybody&practice={world.practices['G82998']}") == ["Bob00", "Bob01"]
    assert names("?show=everybody&wave=2") == ["Ada05"]
    assert names("?show=everybody&sort=bmi")[:2] == ["Ada02", "Ada03"]
    assert names("?show=everybody&sort=flags")[0] == "Ada01"
    part = clara.get(address(number, "?show=kept"), headers={"HX-Request": "true", "HX-Target": "people"})
    assert "Ada00" in part.text
    assert "<html" not in part.text
    assert names("?show=x&sort=y&practice=z&wave=-&page=99") == names("")


NAMES = [*(f"Ada0{n}" for n in range(6)), "Bob00", "Bob01"]


def test_a_long_list_has_pages_that_keep_the_filter(client_of: Client, acting: Acting, world: World) -> None:
    with acting("dover-town", "mandy"):
        number = frozen(world, ours=27, theirs=0)
    clara = client_of("clara")
    first = clara.get(address(number, "?show=everybody&sort=practice")).text
    assert f"{address(number)}?show=everybody&amp;sort=practice&amp;page=2" in first
    second = clara.get(address(number, "?show=everybody&sort=practice&page=2"))
    assert second.text.count('name="chosen"') == 2
    assert clara.get(address(number, "?show=everybody&page=99")).text.count('name="chosen"') == 2
    chosen = [value.split('"')[0] for value in second.text.split('name="chosen" value="')[1:]]
    done = clara.post(address(number, "?show=everybody&page=2"), data={"chosen": chosen, "decision": "keep"})
    assert "page=2" in done.location
    assert "show=everybody" in done.location


def test_red_flags_stand_out_in_words_with_what_the_guidance_says(
    client_of: Client, acting: Acting, number: int
) -> None:
    with acting("dover-town"):
        known("Ada00", "systolic", 184)
        known("Ada00", "diastolic", 96)
        known("Ada01", "hba1c", 48)
        known("Ada02", "hba1c", 60)
        known("Ada02", "diabetes")
        known("Ada03", "hba1c", 47)
        db.session.commit()
    clara = client_of("clara")
    page = clara.get(address(number)).text
    assert page.count("Red flag</strong>") == 2
    assert "Blood pressure 180/120 or more" in page
    one = clara.get(address(number, f"/{of(acting, 'Ada00')}")).text
    assert "Clinical assessment on the same day" in one
    assert "NICE NG136" in one
    assert "184 mmHg" in one
    assert "a second test confirms it" in clara.get(address(number, f"/{of(acting, 'Ada01')}")).text
    assert "Red flag" not in clara.get(address(number, f"/{of(acting, 'Ada02')}")).text


UNKNOWN = "Blood pressure 140/90 or more, no hypertension in the record"


@pytest.mark.parametrize(
    ("latest", "conditions", "names"),
    [
        ({"systolic blood pressure": 180}, set(), ["Blood pressure 180/120 or more"]),
        ({"diastolic blood pressure": 120}, {"38341003"}, ["Blood pressure 180/120 or more"]),
        ({"systolic blood pressure": 179, "diastolic blood pressure": 119}, {"38341003"}, []),
        ({"systolic blood pressure": 140}, set(), [UNKNOWN]),
        ({"systolic blood pressure": 139, "diastolic blood pressure": 89}, set(), []),
        ({"HbA1c": 48}, set(), ["HbA1c 48 or more, no diabetes in the record"]),
        ({"HbA1c": 48}, {"73211009"}, []),
        ({"HbA1c": 47}, set(), []),
        ({}, set(), []),
    ],
)  # fmt: skip
def test_a_red_flag_is_raised_from_its_published_threshold(
    latest: dict[str, int], conditions: set[str], names: list[str]
) -> None:
    values = {name: Decimal(value) for name, value in latest.items()}
    assert [flag.name for flag in flags_of(values, conditions)] == names


def test_the_filter_by_red_flag_finds_exactly_those_whose_line_shows_one(
    acting: Acting, world: World
) -> None:
    readings = [
        *(("systolic", value) for value in (139, 140, 179, 180)),
        *(("diastolic", value) for value in (89, 90, 119, 120)),
        *(("hba1c", value) for value in (47, 48)),
    ]
    with acting("dover-town", "clara"):
        number = frozen(world, ours=3 * len(readings), theirs=0)
        for place, (what, value) in enumerate(readings * 3):
            known(f"Ada{place:02d}", what, value)
            if place >= len(readings):
                known(f"Ada{place:02d}", "hypertension")
            if place >= 2 * len(readings):
                known(f"Ada{place:02d}", "diabetes")
        wanted = screening_list.Wanted(show="flagged")
        flagged = [line.person.given_name for line in screening_list.find(number, wanted).rows]
        ids = list(db.session.scalars(select(Participant.id)))
        shown = [line for line in screening_list.lines_of(number, ids) if line.flags]
        assert sorted(flagged) == sorted(line.person.given_name for line in shown)
        assert 0 < len(flagged) < len(ids)


def test_values_that_cannot_be_true_or_are_not_yet_raise_no_flag(acting: Acting, world: World) -> None:
    with acting("dover-town", "clara"):
        number = frozen(world, ours=2, theirs=0)
        known("Ada00", "systolic", 900)
        known("Ada01", "systolic", 200, on=dt.date(2999, 1, 1))
        known("Ada01", "systolic", 185, on=dt.date(2020, 1, 1))
        known("Ada01", "systolic", 120, on=dt.date(2026, 1, 1))
        known("Ada01", "hypertension")
        assert screening_list.find(number, screening_list.Wanted(show="flagged")).rows == []


def test_who_opted_out_died_or_left_is_not_screened_any_more(
    client_of: Client, acting: Acting, number: int
) -> None:
    with acting("dover-town"):
        reach(who("Ada00").id, "opted out")
        people = {row.given_name: row for row in db.session.scalars(select(Person))}
        people["Ada01"].died_on = people["Ada02"].left_on = dt.date(2026, 11, 1)
        people["Ada03"].left_on = people["Ada03"].missing_since = dt.date(2999, 1, 1)
        people["Ada04"].missing_since = dt.date(2026, 11, 1)
        db.session.commit()
    page = client_of("clara").get(address(number)).text
    assert "of 2 people decided" in page
    assert [name for name in NAMES if name in page] == ["Ada03", "Ada05"]
    opted_out = of(acting, "Ada00")
    client_of("clara").post(address(number, f"/{opted_out}"), data={"decision": "keep", "seen": "0"})
    assert rows(acting) == []
    assert status(acting, "Ada00") == "opted out"


def test_merged_records_are_not_screened(client_of: Client, acting: Acting, number: int) -> None:
    with acting("dover-town"):
        people = db.session.scalars(select(Person).order_by(Person.given_name)).all()
        people[0].merged_into = people[1].id
        db.session.commit()
    page = client_of("clara").get(address(number)).text
    assert "Ada00" not in page
    assert "of 5 people" in page


def test_today_and_the_programme_tell_the_clinician_whom_to_screen(
    client_of: Client, acting: Acting, number: int
) -> None:
    with acting("dover-town"):
        known("Ada01", "hba1c", 51)
        db.session.commit()
    clara = client_of("clara")
    today = " ".join(clara.get("/pcn/dover-town/today").text.split())
    assert "people to screen for Healthier lives" in today
    assert "1 with a red flag" in today
    page = " ".join(clara.get(f"/pcn/dover-town/programmes/{number}").text.split())
    assert "people to screen" in page
    assert f'href="/pcn/dover-town/programmes/{number}/screening"' in page
    for name in ("mandy", "cora"):
        assert "to screen for" not in client_of(name).get("/pcn/dover-town/today").text
    setup = client_of("mandy").get(f"/pcn/dover-town/programmes/{number}/set-up").text
    assert "A clinician screens the list" in setup
    assert "0 of 6 decided" in setup
    chosen = [f"{of(acting, f'Ada0{place}')}-0" for place in range(6)]
    clara.post(address(number), data={"chosen": chosen, "decision": "keep"})
    assert "to screen for" not in clara.get("/pcn/dover-town/today").text
    assert "Everybody has been looked at" in clara.get(address(number)).text
    assert "people to screen" not in clara.get(f"/pcn/dover-town/programmes/{number}").text


def test_where_nobody_screens_first_today_says_nothing_of_it(
    client_of: Client, acting: Acting, world: World
) -> None:
    with acting("dover-town", "mandy"):
        number = frozen(world, screened_first=False)
    assert "to screen" not in client_of("clara").get("/pcn/dover-town/today").text
    assert "does not wait for screening" in client_of("clara").get(address(number)).text
    assert (
        "screens the list" not in client_of("mandy").get(f"/pcn/dover-town/programmes/{number}/set-up").text
    )
