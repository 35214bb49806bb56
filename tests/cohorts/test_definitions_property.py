"""Random definitions on random people: the one statement agrees with a plain reading, person by person."""

import datetime as dt
from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select, update

from app import clock
from app.cohorts.criteria import equity, evaluate, explain
from app.library.definitions import Definition, read_definition
from app.library.rule_parts import BadRule
from app.people.import_models import ImportFile, Source
from app.people.linking_models import SourceEntry
from app.people.models import CodedEvent, Deprivation, Person
from app.programmes.models import Participant, Programme
from tenants.db import db
from tests.cohorts.plainly import Json, Reading, age_of, group_of, sex_of
from tests.cohorts.strategies import AREAS, DAYS, DEFINITIONS, PROGRAMMES, SOURCES, people
from tests.conftest import Acting
from tests.rows import make
from tests.world import World

FIRST = {"died": 0, "left the practice": 1, "Type 1 opt-out": 2}


@st.composite
def cases(draw: st.DrawFn) -> tuple[dt.date, list[Json], Definition, Json]:
    """A day, people as they were then, and a definition: as it is read and as it is written."""
    day = draw(st.sampled_from(DAYS))
    definition = draw(DEFINITIONS.filter(_is_good))
    them = people(day, draw(st.integers(0, 10**6)), draw(st.integers(0, 40)))
    return day, them, read_definition(definition), definition


def _is_good(definition: Json) -> bool:
    try:
        read_definition(definition)
    except BadRule:  # the same rule twice, written in two ways
        return False
    return True


@pytest.mark.slow
@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(case=cases())
def test_the_statement_agrees_with_a_plain_reading(
    acting: Acting, world: World, case: tuple[dt.date, list[Json], Definition, Json]
) -> None:
    day, them, definition, written = case
    with acting("dover-town", "alan"):
        ids = settle(world, them)
        here = [one | {"id": ids[i]} for i, one in enumerate(them) if not one["merged"]]
        reading = Reading(written, day)
        check_counts(world, definition, day, reading, here)
        check_reasons(definition, day, reading, here, ids)
        check_groups(definition, day, reading, here)


def check_counts(
    world: World, definition: Definition, day: dt.date, reading: Reading, here: list[Json]
) -> None:
    """Members, practices, attrition, gain, missing values and exclusions, each counted in its plain way."""
    found = evaluate(definition, day)
    members = [one for one in here if reading.member(one)]
    kept = [one for one in here if not any(reading.excluded(one))]
    assert found.people == len(here)
    assert found.members == sorted(one["id"] for one in members)
    assert found.count == len(members)
    by_practice = Counter(world.practices[one["practice"]] for one in members)
    assert found.by_practice == dict(by_practice)
    assert [step["left"] for step in found.attrition] == plain_attrition(reading, here)
    lefts = [found.people, *(step["left"] for step in found.attrition)]
    assert [step["lost"] for step in found.attrition] == [
        lefts[i] - lefts[i + 1] for i in range(len(lefts) - 1)
    ]
    assert list(found.gain.values()) == [
        sum(reading.member(one, but=number) for one in here) - len(members)
        for number in range(len(reading.rules))
    ]
    for number, (label, node) in enumerate(zip(definition.labels, reading.rules, strict=True)):
        unknown = [one for one in kept if reading.truth(node, one) is None]
        said = next((entry for entry in found.missing if entry["label"] == label), {"without": 0, "only": 0})
        assert said["without"] == len(unknown)
        assert said["only"] == sum(reading.member(one, but=number) for one in unknown)
    for number, entry in enumerate(found.exclusions):
        holds = [one for one in here if reading.excluded(one)[number]]
        assert entry["in_all"] == len(holds)
        if entry["own"]:
            assert entry["gain"] == sum(would_be_member(reading, one, number) for one in holds)


def plain_attrition(reading: Reading, here: list[Json]) -> list[int]:
    """How many are left after each step."""
    left, steps = here, []
    for number in range(3 + len(reading.leave_out)):
        left = [one for one in left if not reading.excluded(one)[number]]
        steps.append(len(left))
    for node in reading.rules:
        left = [one for one in left if reading.truth(node, one) is True]
        steps.append(len(left))
    return steps


def would_be_member(reading: Reading, one: Json, but: int) -> bool:
    """Whether somebody would be in the cohort without exclusion number `but`."""
    others = [holds for number, holds in enumerate(reading.excluded(one)) if number != but]
    return not any(others) and all(reading.truth(node, one) is True for node in reading.rules)


def check_reasons(
    definition: Definition, day: dt.date, reading: Reading, here: list[Json], ids: list[int]
) -> None:
    """Why each is not in it; nobody else is spoken of."""
    whys = explain(definition, day, ids)
    assert sorted(whys) == sorted(one["id"] for one in here)
    for one in here:
        why = whys[one["id"]]
        labels = [*FIRST, *definition.leave_out_labels]
        assert why.excluded == [
            label for label, holds in zip(labels, reading.excluded(one), strict=True) if holds
        ]
        truths = [reading.truth(node, one) for node in reading.rules]
        assert why.fails == [
            label for label, truth in zip(definition.labels, truths, strict=True) if truth is False
        ]
        assert why.missing == [
            label for label, truth in zip(definition.labels, truths, strict=True) if truth is None
        ]


def check_groups(definition: Definition, day: dt.date, reading: Reading, here: list[Json]) -> None:
    """Who is in each group of the PCN, of whom nobody leaves out, and of the cohort."""
    found = equity(definition, day)
    for dimension, parts in found.dimensions.items():
        if dimension == "practice":
            assert sum(part.people for part in parts) == len(here)
            continue
        for part in parts:
            them = [one for one in here if group_in(dimension, one, day, found.release) == part.name]
            kept = [one for one in them if not any(reading.excluded(one))]
            members = [one for one in them if reading.member(one)]
            assert (part.people, part.kept, part.members) == (len(them), len(kept), len(members)), part
        assert sum(part.people for part in parts) == len(here)


def group_in(dimension: str, one: Json, day: dt.date, release: int) -> str:
    """The group that somebody belongs to."""
    if dimension == "deprivation fifth":
        decile = one["areas"].get(release)
        return "Not known" if decile is None else str((decile + 1) // 2)
    if dimension == "age":
        age, starts = age_of(one["born"], day), [0, 18, 30, 40, 50, 60, 70, 80]
        start = max(start for start in starts if start <= max(age, 0))
        return "80 and over" if start == 80 else f"{start} to {starts[starts.index(start) + 1] - 1}"
    return sex_of(one["sex"]) if dimension == "sex" else group_of(one["ethnicity"])


def settle(world: World, them: list[Json]) -> list[int]:
    """Put the people and all that is known of them in place; their ids. One more is there, for the merged."""
    extract = make(ImportFile, kind="people", state="done")
    db.session.execute(
        insert(Deprivation),
        [
            {"release": release, "lsoa": lsoa, "rank": 1, "decile": decile}
            for lsoa, deciles in AREAS.items()
            for release, decile in deciles.items()
        ],
    )
    sources = {name: make(Source, name=name, kind="service").id for name in SOURCES}
    programmes = {name: make(Programme, name=name, form_key=name).id for name in PROGRAMMES}
    ids = _settle_people(world, them, extract.id)
    _merge(ids, them)
    rows: dict[Any, list[Json]] = {CodedEvent: [], SourceEntry: [], Participant: []}
    for person_id, one in zip(ids, them, strict=True):
        one["areas"] = AREAS[one["lsoa"]]
        base = {"person_id": person_id, "import_id": extract.id}
        rows[CodedEvent] += [base | event | {"term": "", "unit": ""} for event in one["events"]]
        rows[SourceEntry] += [
            base
            | {key: entry[key] for key in ("state", "missing_since", "fields")}
            | {
                "source_id": sources[entry["source"]],
                "key": f"{person_id} {n}",
                "how": "",
                "data_date": DAYS[0],
            }
            for n, entry in enumerate(one["entries"])
        ]
        rows[Participant] += [
            _participant(person_id, programmes[name], status, world.practices[one["practice"]])
            for name, status in one["programmes"]
        ]
    for model, values in rows.items():
        if values:
            db.session.execute(insert(model), values)
    return ids


_COLUMNS = (
    "born", "sex", "ethnicity", "lsoa", "language", "interpreter", "information_format", "died_on", "left_on",
    "missing_since", "type1_opt_out",
)  # fmt: skip
_UNUSED: Json = dict.fromkeys(
    (
        "given_name", "family_name", "name_key", "house", "street", "town", "postcode", "mobile",
        "home_phone",
        "email", "preferred_contact",
    ),
    "",
) | {"sensitive": False, "data_date": DAYS[0], "came": {}}  # fmt: skip


def _settle_people(world: World, them: list[Json], import_id: int) -> list[int]:
    rows = [
        _UNUSED
        | {name: one[name] for name in _COLUMNS}
        | {"practice_id": world.practices[one["practice"]], "import_id": import_id, "updated_at": clock.now()}
        | {"pseudonym": f"P-{number:06d}", "nhs_number": f"999{number:07d}"}
        for number, one in enumerate(them)
    ]
    if not rows:
        return []
    added = insert(Person).returning(Person.id, sort_by_parameter_order=True)
    return list(db.session.scalars(added, rows))


def _merge(ids: list[int], them: list[Json]) -> None:
    kept = [person_id for person_id, one in zip(ids, them, strict=True) if not one["merged"]]
    gone = [person_id for person_id, one in zip(ids, them, strict=True) if one["merged"]]
    if gone and not kept:  # a record is merged into one that stands: let the first stand
        them[0]["merged"] = False
        kept, gone = ids[:1], gone[1:]
    if gone:
        db.session.execute(update(Person).where(Person.id.in_(gone)).values(merged_into=kept[0]))


def _participant(person_id: int, programme_id: int, status: str, practice_id: int) -> Json:
    moment = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    return {
        "person_id": person_id, "programme_id": programme_id, "practice_id": practice_id, "status": status,
        "status_since": moment, "joined_at": moment, "wave": 1,
    }  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(written=DEFINITIONS.filter(_is_good))
def test_a_definition_is_written_as_it_was_read_and_read_aloud(written: Json) -> None:
    definition = read_definition(written)
    assert read_definition(definition.as_json) == definition
    assert read_definition(definition.as_json).as_json == definition.as_json
    sentence = definition.aloud
    assert sentence.startswith("People who ")
    assert sentence.count("(") == sentence.count(")")
    for rule in definition.every_rule:
        assert rule.aloud in sentence
    assert len(set(definition.labels)) == len(definition.labels)


def test_nobody_of_the_plain_people_stays_behind(acting: Acting) -> None:
    with acting("dover-town", "alan"):
        assert not db.session.scalars(select(Person.id)).all()
