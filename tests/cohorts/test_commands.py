"""`flask cohorts evaluate`: the truth of Dover Town exactly, put down to a service account, naming nobody."""

import json
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, select

from app.audit import AuditEvent
from app.people.import_models import ServiceAccount
from app.people.models import Person
from tenants.db import db
from tests.cohorts.conftest import Block
from tests.cohorts.dover import EXPECTED
from tests.cohorts.test_criteria import DOVER
from tests.conftest import Acting
from tests.rows import make, person
from tests.world import World

SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "cohort-evaluation.schema.json").read_text())
AGE = {"rules": [{"kind": "age", "from": 40, "to": 69}]}


def run(app: Flask, path: Path, *more: str, pcn: str = "dover-town") -> Any:
    given = ["cohorts", "evaluate", "--pcn", pcn, "--on", "2026-11-02", *more, str(path)]
    return app.test_cli_runner().invoke(args=given)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "definition.json"


@pytest.fixture
def account(acting: Acting, world: World) -> None:
    """A service account, and one person aged 46."""
    with acting("dover-town"):
        make(ServiceAccount, name="Night counts", role="analyst")
        person(world.practices["G82999"], 6000, pseudonym="P-000001")
        db.session.commit()


def test_for_dover_it_gives_the_expected_cohort_exactly(
    dover_app: Flask, in_dover: Block, file: Path
) -> None:
    with in_dover():
        made = make(ServiceAccount, name="Night counts of Dover", role="analyst").id
        db.session.commit()
    file.write_text(json.dumps({"rules": [rule.as_json for rule in DOVER]}), encoding="utf-8")
    answer = run(dover_app, file, "--json", "--as", "Night counts of Dover")
    assert answer.exit_code == 0, answer.output
    found = json.loads(answer.stdout)
    assert found["people"] == EXPECTED["people"]
    assert [[one["label"], one["lost"], one["left"]] for one in found["attrition"]] == EXPECTED["attrition"]
    assert found["gain"] == EXPECTED["gain_if_dropped"]
    assert found["count"] == len(found["members"]) == EXPECTED["cohort"]
    assert found["by_practice"] == EXPECTED["by_practice"]
    without = {one["label"]: one["without"] for one in found["missing"]}
    assert without["latest BMI 30 or more"] == EXPECTED["no_usable_bmi"]
    with in_dover():
        rows = db.session.execute(select(Person.pseudonym, Person.nhs_number)).all()
        numbers = {pseudonym: number for pseudonym, number in rows}
        assert sorted(numbers[one] for one in found["members"]) == sorted(EXPECTED["members"])
        assert not any(number in answer.output for number in EXPECTED["members"])
        db.session.execute(delete(ServiceAccount).where(ServiceAccount.id == made))
        db.session.commit()


def test_what_it_prints_follows_its_schema_and_is_recorded(
    app: Flask, acting: Acting, account: None, file: Path
) -> None:
    file.write_text(
        json.dumps(AGE | {"leave_out": [{"kind": "sex", "sexes": ["Indeterminate"]}]}), encoding="utf-8"
    )
    answer = run(app, file, "--json")
    assert answer.exit_code == 0, answer.output
    check(json.loads(answer.stdout), SCHEMA)
    with acting("dover-town"):
        event = db.session.scalars(select(AuditEvent)).one()
        assert (event.actor, event.role, event.action, event.subject, event.count) == (
            "Night counts", "analyst", "exported", "cohort", 1,
        )  # fmt: skip
        assert event.detail["definition"]["rules"] == AGE["rules"]


def test_without_json_it_says_the_steps_and_no_member(app: Flask, account: None, file: Path) -> None:
    file.write_text(json.dumps(AGE), encoding="utf-8")
    answer = run(app, file)
    assert "People who are aged 40 to 69" in answer.output
    assert "1  kept: age 40 to 69" in answer.output
    assert "P-000001" not in answer.output


def test_a_definition_that_cannot_be_read_ends_with_3_and_each_fault(
    app: Flask, account: None, file: Path
) -> None:
    file.write_text('{"rules": [{"kind": "age"}, {"kind": "sex", "sexes": []}]}', encoding="utf-8")
    answer = run(app, file)
    assert answer.exit_code == 3
    assert "rule 1: Add from and to" in answer.output
    assert "rule 2: Write sexes" in answer.output
    file.write_bytes(b"\xff\xfe{")
    assert run(app, file).exit_code == 3
    listed = {"kind": "condition", "name": "gout", "list": "gout", "version": "2026-11-22"}
    file.write_text(json.dumps({"rules": [listed]}), encoding="utf-8")
    answer = run(app, file)
    assert answer.exit_code == 3
    assert "There is no code list “gout”" in answer.output


def test_what_the_pcn_does_not_have_ends_with_4_and_is_named(app: Flask, account: None, file: Path) -> None:
    file.write_text(json.dumps({"rules": [{"kind": "practice", "codes": ["X12345"]}]}), encoding="utf-8")
    answer = run(app, file)
    assert answer.exit_code == 4
    assert "X12345" in answer.output.splitlines()[-1]


def test_nobody_to_act_or_no_such_pcn_ends_with_1(app: Flask, account: None, file: Path) -> None:
    file.write_text(json.dumps(AGE), encoding="utf-8")
    for answer in (run(app, file, pcn="medway-central"), run(app, file, pcn="nowhere")):
        assert answer.exit_code == 1
    assert "no service account" in run(app, file, "--as", "Another").output


def check(value: Any, schema: dict[str, Any]) -> None:
    """`value` has the type, the parts and nothing but the parts that the schema says."""
    types = {
        "object": dict,
        "array": list,
        "string": str,
        "integer": int,
        "boolean": bool,
        "null": type(None),
    }
    if "enum" in schema:
        assert value in schema["enum"]
        return
    named = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    assert isinstance(value, tuple(types[name] for name in named)), (value, schema)
    if isinstance(value, list):
        for one in value:
            check(one, schema["items"])
    if isinstance(value, dict) and "properties" in schema:
        assert set(value) == set(schema["required"]) == set(schema["properties"])
        for name, part in value.items():
            check(part, schema["properties"][name])
