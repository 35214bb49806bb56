"""Versions of a definition: saved with a reason, listed, compared in words, brought back, never lost."""

from collections.abc import Callable

from sqlalchemy import select

from app.cohorts.differences import differences
from app.cohorts.models import Cohort, CohortVersion
from app.cohorts.pages import words_of
from tenants.db import db
from tests.checking import CheckingClient
from tests.cohorts.people import address
from tests.cohorts.reading import fields_of, seen
from tests.conftest import Acting
from tests.programmes.people import SETUP, programme

Client = Callable[[str | None], CheckingClient]
AGE = {"kind": "age", "from": 40, "to": 69}
WOMEN = {"kind": "sex", "sexes": ["Female"]}
OBESE = {"kind": "bmi", "at_least": "obesity"}
TENSE = {"kind": "condition", "name": "hypertension", "codes": ["38341003"]}


def add_women(client: CheckingClient, number: int) -> None:
    at = address(number, "cohort/rule?into=rules&kind=sex")
    assert client.post(at, data={"seen": seen(client.get(at)), "sexes": "Female"}).status_code == 303


def save(client: CheckingClient, number: int, why: str) -> str:
    at = address(number, "cohort/versions/save")
    return str(client.sent(at, seen=seen(client.get(at)), why=why).text)


def versions(acting: Acting) -> list[CohortVersion]:
    with acting("dover-town", "alan"):
        return list(db.session.scalars(select(CohortVersion).order_by(CohortVersion.number)))


def test_a_version_says_what_who_when_and_why(client_of: Client, acting: Acting, number: int) -> None:
    alan = client_of("alan")
    assert "No version is saved yet" in alan.get(address(number, "cohort/versions")).text
    assert "Version 1 is saved" in save(alan, number, "As the set-up has it")
    add_women(alan, number)
    page = alan.get(address(number, "cohort/versions/save")).text
    assert "Added: sex female" in page
    assert "Version 2 is saved" in save(alan, number, "The midwives asked")
    first, second = versions(acting)
    assert (first.number, first.definition, first.why) == (1, {"rules": [AGE]}, "As the set-up has it")
    assert (second.saved_by, second.definition) == ("Alan", {"rules": [AGE, WOMEN]})
    page = client_of("rita").get(address(number, "cohort/versions")).text
    assert page.index("The midwives asked") < page.index("As the set-up has it")
    assert "Added: sex female" in page


def test_why_must_be_said_and_the_same_is_not_saved_twice(
    client_of: Client, acting: Acting, number: int
) -> None:
    alan = client_of("alan")
    at = address(number, "cohort/versions/save")
    refused = alan.post(at, data={"seen": seen(alan.get(at)), "why": " "})
    assert refused.status_code == 422
    assert "Enter why you save it" in refused.text
    save(alan, number, "First")
    assert "nothing new to save" in alan.get(at).text
    save(alan, number, "Again")
    assert [version.why for version in versions(acting)] == ["First"]


def test_a_version_saved_meanwhile_by_somebody_else_is_not_saved_over(
    client_of: Client, acting: Acting, number: int
) -> None:
    alan, mandy = client_of("alan"), client_of("mandy")
    at = address(number, "cohort/versions/save")
    old = {"seen": seen(alan.get(at)), "why": "Mine"}
    add_women(mandy, number)
    late = alan.post(at, data=old)
    assert late.status_code == 422
    assert "Mandy changed the definition" in late.text
    assert versions(acting) == []
    assert alan.post(at, data=fields_of(late, "/versions/save")).status_code == 303
    assert [version.definition for version in versions(acting)] == [{"rules": [AGE, WOMEN]}]


def test_an_earlier_version_comes_back_as_the_next_and_what_was_unsaved_is_kept(
    client_of: Client, acting: Acting, number: int
) -> None:
    alan = client_of("alan")
    save(alan, number, "First")
    add_women(alan, number)
    first = versions(acting)[0]
    page = alan.get(address(number, f"cohort/versions/{first.id}")).text
    assert "People who are aged 40 to 69, leaving out" in page
    assert "Added: sex female" in page
    at = address(number, f"cohort/versions/{first.id}/restore")
    assert "Taken out: sex female" in alan.get(at).text
    answer = alan.sent(at, seen=seen(alan.get(at)), why="Too few people")
    assert "Version 1 is back, as version 3" in answer.text
    assert [(version.why, version.definition) for version in versions(acting)] == [
        ("First", {"rules": [AGE]}),
        ("Kept before version 1 was brought back", {"rules": [AGE, WOMEN]}),
        ("Too few people", {"rules": [AGE]}),
    ]
    with acting("dover-town", "alan"):
        assert db.session.scalars(select(Cohort)).one().definition == {"rules": [AGE]}


def test_two_versions_are_compared_in_words(client_of: Client, acting: Acting, number: int) -> None:
    alan = client_of("alan")
    alone = alan.get(address(number, "cohort/compare"), follow_redirects=True)
    assert "No version is saved yet" in alone.text
    save(alan, number, "First")
    add_women(alan, number)
    save(alan, number, "Second")
    clara = client_of("clara")
    assert "Added: sex female" in clara.get(address(number, "cohort/compare")).text
    assert "Taken out: sex female" in clara.get(address(number, "cohort/compare?from=2&to=1")).text
    assert "They say the same" in clara.get(address(number, "cohort/compare?from=2&to=2")).text
    assert clara.get(address(number, "cohort/compare?from=9&to=x")).status_code == 200


def test_freezing_keeps_a_version_and_it_stays_readable(
    client_of: Client, acting: Acting, number: int
) -> None:
    alan = client_of("alan")
    alan.post(address(number, "cohort/freeze"), data={"screened_first": "no"})
    (last,) = versions(acting)
    assert (last.why, last.definition) == ("Frozen", {"rules": [AGE]})
    page = alan.get(address(number, f"cohort/versions/{last.id}")).text
    assert "People who are aged 40 to 69" in page
    assert "Bring this version back" not in page
    assert client_of("mo").get(
        f"/pcn/medway-central/programmes/{number}/cohort/versions/{last.id}"
    ).status_code == 404  # fmt: skip


def test_a_version_of_another_programme_is_not_found(client_of: Client, acting: Acting, number: int) -> None:
    alan = client_of("alan")
    save(alan, number, "First")
    (version,) = versions(acting)
    with acting("dover-town", "mandy"):
        other = programme(name="Another").id
        db.session.commit()
    for rest in ("", "/restore"):
        assert alan.get(address(other, f"cohort/versions/{version.id}{rest}")).status_code == 404


def said(before: list[object], after: list[object]) -> list[str]:
    return differences({"rules": before}, {"rules": after}, words_of)


def test_differences_are_named_rule_by_rule() -> None:
    older = AGE | {"from": 50}
    assert said([AGE], [AGE]) == []
    assert said([AGE], [AGE, OBESE]) == ["Added: latest BMI 30 or more (obesity)"]
    assert said([AGE, TENSE], [AGE]) == ["Taken out: hypertension"]
    assert said([AGE, TENSE], [older, TENSE]) == ["Changed: age 40 to 69 → age 50 to 69"]
    assert said([AGE, TENSE], [TENSE, AGE]) == ["In another order: hypertension, then age 40 to 69"]
    assert said([AGE], [TENSE]) == ["Taken out: age 40 to 69", "Added: hypertension"]


def test_a_change_inside_a_group_is_named_there() -> None:
    one, more = [{"kind": "any of", "rules": [AGE]}], [{"kind": "any of", "rules": [AGE, TENSE]}]
    none = [{"kind": "none of", "rules": [AGE]}]
    assert said(list(one), list(more)) == ["In the group “any of”: added: hypertension"]
    assert said(list(one), list(none)) == ["Taken out: any of: age 40 to 69", "Added: none of: age 40 to 69"]
    assert differences({"rules": []}, {"rules": [], "leave_out": [TENSE]}, words_of) == [
        "Now left out too: hypertension"
    ]


def test_a_definition_changed_meanwhile_is_not_frozen_unread(
    client_of: Client, acting: Acting, number: int
) -> None:
    alan, mandy = client_of("alan"), client_of("mandy")
    at = address(number, "cohort/freeze")
    old = fields_of(alan.get(at), "/freeze") | {"screened_first": ["no"]}
    add_women(mandy, number)
    late = alan.post(at, data=old)
    assert late.status_code == 422
    assert "Mandy changed the definition" in late.text
    assert "the sex female" in late.text
    assert versions(acting) == []
    assert alan.post(at, data=fields_of(late, "/freeze")).status_code == 302
    assert [version.definition for version in versions(acting)] == [{"rules": [AGE, WOMEN]}]


def test_a_rule_that_is_only_written_otherwise_has_not_changed(client_of: Client, acting: Acting) -> None:
    """A set-up may leave out what the builder writes down, such as the version of NICE's thresholds."""
    with acting("dover-town", "mandy"):
        number = programme(setup={**SETUP, "cohort": {"rules": [AGE, OBESE]}}).id
        db.session.commit()
    alan = client_of("alan")
    save(alan, number, "First")
    add_women(alan, number)
    page = alan.get(address(number, "cohort/edit")).text
    assert "Added: sex female" in page
    assert "Changed: latest BMI" not in page
    at = address(number, "cohort/edit")
    remove = {"act": "remove", "place": "rules.2", "seen": seen(alan.get(at))}
    alan.post(address(number, "cohort/change"), data=remove)
    save(alan, number, "The same again")
    assert [version.why for version in versions(acting)] == ["First"]
