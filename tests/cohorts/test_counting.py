"""What a definition leaves out, what it names, and whom it takes in against the PCN."""

import datetime as dt
from decimal import Decimal

import pytest
from sqlalchemy import text

from app.cohorts.criteria import equity, evaluate, explain, not_here
from app.library.cohort_rules import (
    AtPractice,
    BadRule,
    CodeListName,
    Condition,
    InProgramme,
    KnownTo,
    LatestValue,
)
from app.library.definitions import Definition
from app.people.code_lists import code_list
from app.people.import_models import Source
from app.people.linking_models import SourceEntry
from app.programmes.models import Participant, Programme
from tenants.db import db
from tests.checking import counted
from tests.cohorts.conftest import Block
from tests.cohorts.dover import DAY, EXPECTED
from tests.cohorts.test_criteria import BMI, DOVER, event
from tests.conftest import Acting
from tests.rows import make, person
from tests.world import World


def test_who_is_no_longer_in_the_practices_list_has_left_and_a_merged_record_is_nobody(
    acting: Acting, world: World
) -> None:
    with acting("dover-town", "alan"):
        practice = world.practices["G82999"]
        ada = person(practice, 6000)
        person(practice, 6010, missing_since=DAY)
        person(practice, 6020, merged_into=ada.id)
        later = person(practice, 6030, missing_since=DAY + dt.timedelta(days=1))
        found = evaluate(Definition(), DAY)
        assert (found.people, found.members) == (3, [ada.id, later.id])
        assert found.exclusions[1] == {
            "label": "left the practice", "lost": 1, "in_all": 1, "gain": None, "own": False
        }  # fmt: skip
        assert explain(Definition(), DAY, [ada.id, later.id - 10]).keys() == {ada.id}


def test_the_definitions_own_exclusions_leave_out_only_whom_they_hold_of_for_sure(
    acting: Acting, world: World
) -> None:
    with acting("dover-town", "alan"):
        high, none = (person(world.practices["G82999"], 6000 + 10 * n) for n in range(2))
        event(high.id, BMI, DAY, 40)
        definition = Definition((), (LatestValue("BMI", (BMI,), Decimal(40)),))
        found = evaluate(definition, DAY)
        assert found.members == [none.id]
        assert found.exclusions[-1] == {
            "label": "latest BMI 40 or more", "lost": 1, "in_all": 1, "gain": 1, "own": True
        }  # fmt: skip
        assert found.attrition[-1]["step"] == "leave out"
        assert explain(definition, DAY, [high.id])[high.id].excluded == ["latest BMI 40 or more"]


def test_a_named_list_of_codes_stands_for_its_codes_and_one_that_is_not_there_cannot_be_counted(
    acting: Acting, world: World
) -> None:
    with acting("dover-town", "alan"):
        ada = person(world.practices["G82999"], 6000)
        event(ada.id, "59621000", DAY)
        newest = code_list("hypertension").version
        assert evaluate([Condition("high", (), CodeListName("hypertension", newest))], DAY).members == [
            ada.id
        ]
        unknown = Definition((Condition("high", (), CodeListName("hypertension", "1999-01-01")),))
        with pytest.raises(BadRule, match="no version 1999-01-01"):
            evaluate(unknown, DAY)
        assert not_here(unknown) == ["The code list “hypertension” has no version 1999-01-01."]


def test_sources_programmes_and_practices_of_another_pcn_are_not_here(acting: Acting, world: World) -> None:
    elsewhere = Definition((KnownTo("Job centre"), InProgramme("Walks"), AtPractice(("G82989",))))
    with acting("medway-central", "mo"):
        theirs = person(world.practices["G82989"], 6000)
        make(SourceEntry, person_id=theirs.id, source_id=make(Source, name="Job centre").id, state="linked")
        walks = make(Programme, name="Walks")
        make(
            Participant,
            person_id=theirs.id,
            programme_id=walks.id,
            practice_id=theirs.practice_id,
            status="referred",
        )
        db.session.commit()
        assert evaluate(elsewhere, DAY).members == [theirs.id]
        assert not_here(elsewhere) == []
    with acting("dover-town", "alan"):
        person(world.practices["G82999"], 6000)
        found = evaluate(elsewhere, DAY)
        assert (found.people, found.count) == (1, 0)
        assert not_here(elsewhere) == [
            "No source here is called “Job centre”.",
            "No programme here is called “Walks”.",
            "No practice here has the code G82989.",
        ]


def test_the_groups_of_the_pcn_add_up_to_everybody(in_dover: Block) -> None:
    with in_dover():
        found = equity(Definition(tuple(DOVER)), DAY)
        assert found.release == 2025
        for parts in found.dimensions.values():
            assert sum(part.people for part in parts) == EXPECTED["people"]
            assert sum(part.kept for part in parts) == EXPECTED["attrition"][2][2]
            assert sum(part.members for part in parts) == EXPECTED["cohort"]
        assert [part.members for part in found.dimensions["deprivation fifth"]] == [131, 0, 0, 0, 0, 0]
        assert sorted(part.members for part in found.dimensions["practice"]) == sorted(
            EXPECTED["by_practice"].values()
        )


def test_nobody_is_compiled_to_machine_code_for(acting: Acting) -> None:
    with acting("dover-town", "alan"):
        assert db.session.scalar(text("SHOW jit")) == "off"


def test_each_question_is_one_statement_however_many_rules_there_are(in_dover: Block) -> None:
    definition = Definition(
        (*DOVER, KnownTo("Job centre"), InProgramme("Walks", within=False)), (AtPractice(("G82998",)),)
    )
    with in_dover():
        for ask in (
            lambda: evaluate(definition, DAY),
            lambda: equity(definition, DAY),
            lambda: explain(definition, DAY, [1, 2]),
            lambda: not_here(definition),
        ):
            db.session.connection()
            with counted() as statements:
                ask()
            assert len(statements) == 1, statements
