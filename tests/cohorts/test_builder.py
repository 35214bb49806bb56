"""A definition built without code: rules added, changed, moved and taken out, by one person or by two."""

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from app.audit import AuditEvent
from app.cohorts.models import Cohort
from app.people.import_models import ImportFile
from app.people.linking_models import SourceEntry
from app.people.models import Deprivation
from tenants.db import Json, db
from tests.checking import UNCOUNTED, CheckingClient, counted
from tests.cohorts.reading import fields_of, seen
from tests.conftest import Acting
from tests.people.sources import source
from tests.programmes.people import SETUP, programme
from tests.rows import make, person
from tests.world import World

Client = Callable[[str | None], CheckingClient]
AGE = {"kind": "age", "from": 40, "to": 69}
HTMX = {"HX-Request": "true"}


@pytest.fixture
def number(acting: Acting, world: World) -> int:
    """A programme for people aged 40 to 69, with 30 such people and ten younger ones, nothing frozen."""
    with acting("dover-town", "mandy"):
        made = programme().id
        for stem in range(30):
            practice = world.practices["G82999" if stem < 20 else "G82998"]
            person(practice, 6000 + 10 * stem, pseudonym=f"P-{stem:03d}", sex="Female", ethnicity="A")
        for stem in range(400, 500, 10):
            person(
                world.practices["G82997"], 6000 + stem, born=dt.date(2000, 1, 1), pseudonym=f"P-{stem}",
                sex="Male", ethnicity="H",
            )  # fmt: skip
        make(Deprivation, release=2025, lsoa="E01000001", rank=1, decile=1)
        db.session.commit()
    return int(made)


def address(number: int, rest: str = "") -> str:
    return f"/pcn/dover-town/programmes/{number}/cohort{rest}"


def rule(number: int, **spot: str) -> str:
    return address(number, "/rule?") + "&".join(f"{name}={value}" for name, value in spot.items())


def stored(acting: Acting) -> Json:
    with acting("dover-town", "alan"):
        found = db.session.scalars(select(Cohort)).one()
        return dict(found.definition)


def add(client: CheckingClient, number: int, into: str = "rules", **fields: Any) -> Any:
    """Add a rule by its form, as the page gives it; `kind` and `group` are of the address."""
    spot = {name: fields.pop(name) for name in ("kind", "group") if name in fields}
    at = rule(number, into=into, **spot)
    return client.post(at, data={"seen": seen(client.get(at))} | fields)


def test_the_page_reads_the_definition_aloud_and_lists_its_steps(client_of: Client, number: int) -> None:
    page = client_of("alan").get(address(number, "/edit")).text
    assert "People who are aged 40 to 69, leaving out those who have died" in page
    assert "Age 40 to 69" in page
    assert "Keep: age 40 to 69" in page
    assert "Nobody has changed it yet" in page


ADDED: list[tuple[dict[str, Any], Json, str]] = [
    (
        {"kind": "age", "youngest": "18", "oldest": "39"},
        {"kind": "age", "from": 18, "to": 39},
        "aged 18 to 39",
    ),
    ({"kind": "sex", "sexes": ["Female"]}, {"kind": "sex", "sexes": ["Female"]}, "the sex female"),
    (
        {"kind": "ethnicity", "groups": ["Asian", "Not stated"]},
        {"kind": "ethnicity", "groups": ["Asian", "Not stated"]},
        "ethnic group Asian or",
    ),
    ({"kind": "practice", "codes": ["G82999"]}, {"kind": "practice", "codes": ["G82999"]}, "G82999"),
    (
        {"kind": "deprivation", "release": "2025", "deciles": ["2", "1"]},
        {"kind": "deprivation", "release": 2025, "deciles": [1, 2]},
        "live in the most deprived fifth of areas",
    ),
    (
        {"kind": "needs", "languages": ["pl"], "formats": "Large print, Braille", "interpreter": "yes"},
        {"kind": "needs", "languages": ["pl"], "formats": ["Braille", "Large print"], "interpreter": True},
        "Polish",
    ),
    (
        {"kind": "condition", "code_list": "hypertension", "present": "no", "within_months": "12"},
        {
            "kind": "condition", "name": "hypertension", "list": "hypertension", "version": "2026-11-22",
            "present": False, "within_months": 12,
        },
        "do not have hypertension in their record in the last 12 months",
    ),
    (
        {"kind": "latest value", "code_list": "HbA1c", "at_least": "42", "below": "48"},
        {
            "kind": "latest value", "name": "HbA1c", "list": "HbA1c", "version": "2026-11-22",
            "at_least": 42, "below": 48,
        },
        "have a latest HbA1c of 42 or more but below 48",
    ),
    (
        {"kind": "bmi", "at_least": "obesity", "by_ethnicity": "y"},
        {"kind": "bmi", "at_least": "obesity", "by_ethnicity": True, "version": "2025-01-14"},
        "30 or more, or 27.5 by ethnicity",
    ),
    (
        {"kind": "value missing", "code_list": "BMI", "within_months": "24"},
        {
            "kind": "value missing", "name": "BMI", "list": "BMI", "version": "2026-11-22",
            "within_months": 24,
        },
        "have no BMI value that can be used in the last 24 months",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("entered", "kept", "aloud"), ADDED, ids=[kept["kind"] for _, kept, _ in ADDED])
def test_each_kind_of_rule_is_added_by_its_own_form_and_read_aloud(
    client_of: Client, acting: Acting, number: int, entered: dict[str, Any], kept: Json, aloud: str
) -> None:
    alan = client_of("alan")
    answer = add(alan, number, **entered)
    assert answer.status_code == 303, answer.text
    assert stored(acting) == {"rules": [AGE, kept]}
    page = alan.get(address(number, "/edit")).text
    assert aloud in page
    at = rule(number, place="rules.1", kind=kept["kind"])
    form = alan.get(at)
    assert "domain.md" not in form.text, "our own notes are no source that a reader can look up"
    same = alan.post(at, data=fields_of(form, "/rule"))
    assert same.status_code == 303, same.text
    assert stored(acting) == {"rules": [AGE, kept]}, "shown and saved again, it says the same"


def test_sources_and_programmes_of_this_pcn_are_chosen_by_name(
    client_of: Client, acting: Acting, number: int
) -> None:
    with acting("dover-town", "mandy"):
        known, extract = source("named"), source("events")
        made = make(ImportFile, source_id=known.id)
        make(
            SourceEntry, source_id=known.id, import_id=made.id, state="linked", key="1",
            fields={"Group": "Walking football"},
        )  # fmt: skip
        programme(name="Stop smoking")
        db.session.commit()
    alan = client_of("alan")
    page = alan.get(rule(number, into="rules", kind="known to")).text
    assert known.name in page
    assert ">Group<" in page
    assert extract.name not in page, "a practice's own extract is no list of who knows somebody"
    refused = add(alan, number, kind="known to", source=known.name, field="Group", value="")
    assert refused.status_code == 422
    assert "Enter what the list says under “Group”" in refused.text
    added = add(alan, number, kind="known to", source=known.name, field="Group", value="walking football")
    assert added.status_code == 303, added.text
    assert add(alan, number, kind="programme", name="Stop smoking", inside="no").status_code == 303
    assert stored(acting)["rules"][1:] == [
        {"kind": "known to", "source": known.name, "field": "Group", "value": "walking football"},
        {"kind": "programme", "name": "Stop smoking", "in": False},
    ]


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"kind": "age", "youngest": "seventy", "oldest": "80"}, "Enter a whole number, like 40"),
    ({"kind": "age", "youngest": "70", "oldest": "69"}, "Enter 70 or more"),
    ({"kind": "age", "youngest": "40", "oldest": "200"}, "Enter a number from 0 to 120"),
    ({"kind": "age", "youngest": "40", "oldest": ""}, "Enter the oldest age"),
    ({"kind": "age", "youngest": "40", "oldest": "69"}, "Write each rule once"),
    ({"kind": "sex"}, "Choose at least one"),
    ({"kind": "condition", "present": "yes"}, "Choose the condition"),
    ({"kind": "condition", "code_list": "gout", "present": "yes"}, "Not a valid choice"),
    ({"kind": "latest value", "code_list": "BMI"}, "Enter at least one limit"),
    ({"kind": "latest value", "code_list": "BMI", "at_least": "NaN"}, "Enter a number, like 30 or 27.5"),
    ({"kind": "latest value", "code_list": "BMI", "at_most": "3", "below": "4"}, "not both"),
    ({"kind": "latest value", "code_list": "BMI", "at_least": "9", "at_most": "4"}, "no value can be within"),
    (
        {"kind": "condition", "code_list": "depression", "present": "yes", "within_months": "0"},
        "from 1 to 600",
    ),
    ({"kind": "needs", "interpreter": ""}, "Choose a language, write a format"),
]


@pytest.mark.parametrize(("entered", "message"), WRONG)
def test_what_cannot_be_is_said_at_its_field_and_nothing_entered_is_lost(
    client_of: Client, acting: Acting, number: int, entered: dict[str, Any], message: str
) -> None:
    answer = add(client_of("alan"), number, **entered)
    assert answer.status_code == 422
    assert message in answer.text
    assert not re.search(r"rules: |rule \d+: ", answer.text), "the form is of one rule, and needs no places"
    for value in (value for name, value in entered.items() if name in ("youngest", "at_least") and value):
        assert f'value="{value}"' in answer.text
    with acting("dover-town", "alan"):
        assert db.session.scalars(select(Cohort)).one_or_none() is None


def test_what_a_rule_would_give_is_shown_without_keeping_it(
    client_of: Client, acting: Acting, number: int
) -> None:
    clara = client_of("dora")
    at = rule(number, place="rules.0", kind="age")
    page = clara.get(at)
    tried = {"seen": seen(page), "youngest": "20", "oldest": "69", "intent": "try"}
    whole = clara.post(at, data=tried)
    assert whole.status_code == 200
    assert "This gives 40 people" in whole.text
    assert "not saved yet" in whole.text
    part = clara.post(at, data=tried, headers=HTMX | {"HX-Target": "costs"})
    assert "This gives 40 people" in part.text
    assert "<html" not in part.text
    typing = clara.post(at, data=tried | {"oldest": ""}, headers=HTMX | {"HX-Target": "costs"})
    assert "Fill in what is asked for" in typing.text
    with acting("dover-town", "alan"):
        assert db.session.scalars(select(Cohort)).one_or_none() is None


def change(client: CheckingClient, number: int, act: str, place: str, **headers: str) -> Any:
    page = client.get(address(number, "/edit"))
    data = {"act": act, "place": place, "seen": seen(page)}
    return client.post(address(number, "/change"), data=data, headers=headers)


def test_rules_are_moved_and_taken_out_with_plain_buttons_and_in_place(
    client_of: Client, acting: Acting, number: int
) -> None:
    alan = client_of("alan")
    add(alan, number, kind="sex", sexes="Female")
    sex = {"kind": "sex", "sexes": ["Female"]}
    assert change(alan, number, "up", "rules.1").status_code == 303
    assert stored(acting)["rules"] == [sex, AGE]
    assert "The rule is moved up" in alan.get(address(number, "/edit")).text
    part = change(alan, number, "down", "rules.0", **HTMX, **{"HX-Target": "definition"})
    assert part.status_code == 200
    assert "The rule is moved down" in part.text
    assert "<html" not in part.text
    assert stored(acting)["rules"] == [AGE, sex]
    change(alan, number, "remove", "rules.0")
    change(alan, number, "remove", "rules.0")
    assert stored(acting) == {"rules": []}
    page = alan.get(address(number, "/edit")).text
    assert "People who are on the lists, leaving out" in page
    assert "everybody on the lists is in the cohort" in page


def test_a_group_begins_with_its_first_rule_and_goes_with_its_last(
    client_of: Client, acting: Acting, number: int
) -> None:
    alan = client_of("alan")
    page = alan.get(address(number, "/add?into=rules&group=any of")).text
    assert "At least one of them must hold" in page
    add(alan, number, kind="condition", group="any of", code_list="hypertension", present="yes")
    add(alan, number, into="rules.1", kind="bmi", at_least="obesity")
    group = stored(acting)["rules"][1]
    assert (group["kind"], [one["kind"] for one in group["rules"]]) == ("any of", ["condition", "bmi"])
    at = rule(number, place="rules.1", kind="group")
    shown = fields_of(alan.get(at), "/rule") | {"together": ["none of"], "called": ["Not yet known"]}
    assert alan.post(at, data=shown).status_code == 303
    assert stored(acting)["rules"][1] == group | {"kind": "none of", "name": "Not yet known"}
    assert "none of “Not yet known”" in alan.get(address(number, "/edit")).text
    change(alan, number, "remove", "rules.1.0")
    change(alan, number, "remove", "rules.1.0")
    assert stored(acting)["rules"] == [AGE]


def test_groups_go_three_deep_and_no_deeper(client_of: Client, number: int) -> None:
    alan = client_of("alan")
    into = "rules"
    for depth in range(3):
        assert "A group:" in alan.get(address(number, f"/add?into={into}")).text
        add(alan, number, into=into, kind="age", group="any of", youngest=str(depth), oldest="99")
        into += ".1"
    assert "A group:" not in alan.get(address(number, f"/add?into={into}")).text
    assert alan.get(address(number, f"/add?into={into}&group=any of")).status_code == 404


def test_the_programmes_own_exclusions_are_built_alike(
    client_of: Client, acting: Acting, number: int
) -> None:
    alan = client_of("alan")
    assert "Leave out more people" in alan.get(address(number, "/add?into=leave_out")).text
    add(alan, number, into="leave_out", kind="age", youngest="66", oldest="69")
    assert stored(acting) == {"rules": [AGE], "leave_out": [{"kind": "age", "from": 66, "to": 69}]}
    page = alan.get(address(number, "/edit")).text
    assert "or are aged 66 to 69" in page
    assert "Leave out: age 66 to 69" in page
    change(alan, number, "remove", "leave_out.0")
    assert stored(acting) == {"rules": [AGE]}


def test_two_people_do_not_overwrite_each_other(client_of: Client, acting: Acting, number: int) -> None:
    alan, mandy = client_of("alan"), client_of("mandy")
    at = rule(number, place="rules.0", kind="age")
    old = {"seen": seen(alan.get(at)), "youngest": "30", "oldest": "39"}
    list_of_alan = seen(alan.get(address(number, "/edit")))
    add(mandy, number, kind="sex", sexes="Female")

    late = alan.post(
        address(number, "/change"), data={"act": "remove", "place": "rules.0", "seen": list_of_alan}
    )
    assert late.status_code == 422
    assert "Mandy changed the definition" in late.text
    assert "Nothing of yours was changed" in late.text
    assert "sex" in late.text.lower()

    saved = alan.post(at, data=old)
    assert saved.status_code == 422
    assert "Mandy changed the definition" in saved.text
    assert 'value="30"' in saved.text, "what was entered is still there"
    assert stored(acting)["rules"] == [AGE, {"kind": "sex", "sexes": ["Female"]}]

    again = alan.post(at, data=fields_of(saved, "/rule"))
    assert again.status_code == 303
    assert stored(acting)["rules"][0] == {"kind": "age", "from": 30, "to": 39}


def test_a_rule_whose_place_has_gone_meanwhile_is_put_at_the_end(
    client_of: Client, acting: Acting, number: int
) -> None:
    alan, mandy = client_of("alan"), client_of("mandy")
    add(mandy, number, kind="sex", sexes="Female")
    at = rule(number, place="rules.1", kind="sex")
    entered = fields_of(alan.get(at), "/rule") | {"sexes": ["Male"]}
    change(mandy, number, "remove", "rules.1")
    late = alan.post(at, data=entered)
    assert late.status_code == 422
    assert "at the end" in late.text
    assert alan.post(rule(number, into="rules", kind="sex"), data=fields_of(late, "/rule")).status_code == 303
    assert stored(acting)["rules"] == [AGE, {"kind": "sex", "sexes": ["Male"]}]


def test_a_form_sent_twice_adds_its_rule_once(client_of: Client, acting: Acting, number: int) -> None:
    alan = client_of("alan")
    at = rule(number, into="rules", kind="sex")
    data = {"seen": seen(alan.get(at)), "sexes": "Female"}
    assert alan.post(at, data=data).status_code == 303
    assert "Alan changed the definition" in alan.post(at, data=data).text
    assert len(stored(acting)["rules"]) == 2


def test_the_day_is_changed_and_one_that_cannot_be_is_said(
    client_of: Client, acting: Acting, number: int
) -> None:
    alan = client_of("alan")
    page = alan.get(address(number, "/edit"))
    day = {"on-day": "2", "on-month": "11", "on-year": "2026", "seen": seen(page)}
    for wrong, message in (
        ({"on-day": "31", "on-month": "2"}, "must be a real date"),
        ({"on-year": "2999"}, "must not be in the future"),
        ({"on-year": "202"}, "Enter a day from 1 January 1900"),
        ({"on-year": "1"}, "Enter a day from 1 January 1900"),
    ):
        refused = alan.post(address(number, "/day"), data=day | wrong)
        assert refused.status_code == 422
        assert message in refused.text
    assert alan.post(address(number, "/day"), data=day).status_code == 303
    assert "Counted as of 2 November 2026" in alan.get(address(number, "/edit")).text
    with acting("dover-town", "alan"):
        row = db.session.scalars(select(Cohort)).one()
        assert (row.on_date, row.changed_by) == (dt.date(2026, 11, 2), "Alan")


def test_one_change_costs_at_most_twelve_statements(client_of: Client, number: int) -> None:
    alan = client_of("alan")
    add(alan, number, kind="sex", sexes="Female")
    page = alan.get(address(number, "/edit"))
    data = {"act": "up", "place": "rules.1", "seen": seen(page)}
    with counted() as statements:
        answer = alan.post(address(number, "/change"), data=data, headers=HTMX | {"HX-Target": "definition"})
    assert "is moved up" in answer.text
    spent = [one for one in statements if not UNCOUNTED.match(one)]
    assert len(spent) <= 12, "\n".join(one[:120] for one in spent)
    at = rule(number, place="rules.0", kind="sex")
    tried = {"seen": seen(alan.get(at)), "sexes": "Male", "intent": "try"}
    with counted() as statements:
        assert alan.post(at, data=tried, headers=HTMX | {"HX-Target": "costs"}).status_code == 200
    assert len([one for one in statements if not UNCOUNTED.match(one)]) <= 12


def test_each_change_is_recorded_with_what_it_made(client_of: Client, acting: Acting, number: int) -> None:
    add(client_of("alan"), number, kind="sex", sexes="Female")
    with acting("dover-town", "alan"):
        event = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "defined")).one()
        assert (event.actor, event.purpose) == ("Alan", "finding whom the programme is for")
        assert event.detail["definition"] == stored(acting)


@pytest.mark.parametrize(
    "rest",
    ["/rule?place=rules.9.9&kind=age", "/rule?into=rules.0&kind=sex", "/rule?into=rules&kind=horoscope",
     "/rule?into=people&kind=age", "/add?into=rules.7", "/rule", "/rule?into=rules&kind=age&group=two of"],
)  # fmt: skip
def test_a_place_that_is_not_there_leads_nowhere(client_of: Client, number: int, rest: str) -> None:
    answer = client_of("alan").get(address(number, rest), follow_redirects=True)
    if "rules.9.9" in rest:
        assert "Add a rule: age" in answer.text, "its place has gone, so it is put at the end"
    elif rest.startswith("/add"):
        assert answer.status_code == 404
    else:
        assert "is not there. Choose one below" in answer.text


def test_a_frozen_definition_is_read_only(client_of: Client, acting: Acting, number: int) -> None:
    alan = client_of("alan")
    page = alan.get(address(number, "/edit"))
    alan.post(address(number, "/freeze"), data={"screened_first": "no"})
    data = {"act": "remove", "place": "rules.0", "seen": seen(page)}
    for answer in (
        alan.get(address(number, "/edit"), follow_redirects=True),
        alan.get(address(number, "/add"), follow_redirects=True),
        alan.get(rule(number, place="rules.0", kind="age"), follow_redirects=True),
        alan.post(address(number, "/change"), data=data, follow_redirects=True),
        alan.get(address(number, "/versions/save"), follow_redirects=True),
        alan.get(address(number, "/read-in"), follow_redirects=True),
    ):
        assert "Its definition cannot be changed" in answer.text
    assert stored(acting)["rules"] == [AGE]


def test_who_defines_cohorts_builds_and_others_read(client_of: Client, number: int) -> None:
    for who in ("clara", "rita"):
        reader = client_of(who)
        assert reader.get(address(number)).status_code == 200
        assert "Change the rules" not in reader.get(address(number)).text
        assert reader.get(address(number, "/versions")).status_code == 200
        for rest in ("/edit", "/add", "/rule?into=rules&kind=age", "/read-in", "/versions/save"):
            assert reader.get(address(number, rest)).status_code == 403
        assert reader.post(address(number, "/change"), data={"act": "up"}).status_code == 403
    for who in ("cora", "pat"):
        assert client_of(who).get(address(number, "/versions")).status_code == 403


def test_a_definition_that_names_a_list_there_is_not_says_so_and_can_be_put_right(
    client_of: Client, acting: Acting
) -> None:
    gout = {"kind": "condition", "name": "gout", "list": "gout", "version": "2026-11-22"}
    with acting("dover-town", "mandy"):
        number = programme(setup={**SETUP, "cohort": {"rules": [AGE, gout]}}).id
        db.session.commit()
    alan = client_of("alan")
    page = alan.get(address(number))
    assert page.status_code == 422
    assert "There is no code list “gout”" in page.text
    assert "Ask your analyst" in client_of("clara").get(address(number)).text
    page = alan.get(address(number, "/edit"))
    assert "This cannot be counted" in page.text
    assert change(alan, number, "remove", "rules.1").status_code == 303
    assert alan.get(address(number)).status_code == 200
