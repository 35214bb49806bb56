"""Definitions as data: each kind is read, said aloud and written again; faults have a place."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from app.library.cohort_rules import RULES, BadRule, read_rule
from app.library.definitions import GROUPS, LONGEST_FILE, read_definition, read_definition_file

PAGE = Path(__file__).resolve().parents[2] / "docs" / "cohort-definitions.md"
AGE = {"kind": "age", "from": 40, "to": 69}
PAIN: dict[str, Any] = {"kind": "condition", "name": "pain", "codes": ["22253000"]}
VALUE: dict[str, Any] = {"kind": "latest value", "name": "HbA1c", "code": "999791000000106"}
PHRASES: list[tuple[dict[str, Any], str, str]] = [
    (AGE, "age 40 to 69", "are aged 40 to 69"),
    (AGE | {"from": 69}, "age 69", "are aged 69"),
    (
        {"kind": "sex", "sexes": ["Male", "Female"]},
        "sex female or male",
        "are recorded with the sex female or male",
    ),
    (
        {"kind": "ethnicity", "groups": ["Not stated", "Asian"]},
        "ethnic group Asian or not stated",
        "are recorded with the ethnic group Asian or not stated",
    ),
    ({"kind": "practice", "codes": ["g82999"]}, "practice G82999", "are on the list of practice G82999"),
    (
        {"kind": "deprivation", "release": 2025, "deciles": [2, 1, 2]},
        "most deprived fifth (IMD decile 1 or 2)",
        "live in the most deprived fifth of areas (IMD 2025, decile 1 or 2)",
    ),
    (PAIN, "pain", "have pain in their record"),
    (
        PAIN | {"present": False, "within_months": 12},
        "no pain in the last 12 months",
        "do not have pain in their record in the last 12 months",
    ),
    (
        {"kind": "condition", "name": "hypertension", "list": "hypertension", "version": "2026-11-22"},
        "hypertension",
        "have hypertension in their record",
    ),
    (VALUE | {"at_least": 42, "at_most": 47}, "latest HbA1c 42 to 47", "have a latest HbA1c of 42 to 47"),
    (
        VALUE | {"at_least": 42, "below": 47.5},
        "latest HbA1c 42 or more but below 47.5",
        "have a latest HbA1c of 42 or more but below 47.5",
    ),
    (
        VALUE | {"at_most": 41, "within_months": 1},
        "latest HbA1c 41 or less in the last month",
        "have a latest HbA1c of 41 or less in the last month",
    ),
    (
        {"kind": "bmi", "at_least": "obesity", "by_ethnicity": True},
        "latest BMI 30 or more, or 27.5 by ethnicity (obesity)",
        "have a latest BMI of 30 or more, or 27.5 by ethnicity (obesity)",
    ),
    (
        {"kind": "value missing", "name": "HbA1c", "codes": ["999791000000106"], "within_months": 12},
        "no HbA1c value in the last 12 months",
        "have no HbA1c value that can be used in the last 12 months",
    ),
    (
        {"kind": "known to", "source": "Job centre", "field": "Status", "value": "seen"},
        "known to Job centre (Status: seen)",
        "are known to Job centre (Status: seen)",
    ),
    (
        {"kind": "programme", "name": "Walks", "in": False},
        "not in the programme Walks",
        "are not in the programme Walks",
    ),
    (
        {"kind": "needs", "languages": ["pl", "xx"], "interpreter": True},
        "language Polish or xx, interpreter",
        "(have Polish or xx as their language and need an interpreter)",
    ),
]


@pytest.mark.parametrize(("data", "label", "aloud"), PHRASES)
def test_each_kind_is_said_in_short_and_aloud_and_kept(data: dict[str, Any], label: str, aloud: str) -> None:
    rule = read_rule(data)
    assert (rule.label, rule.aloud) == (label, aloud)
    assert read_rule(rule.as_json) == rule


def test_every_kind_is_tried_above_and_told_of_in_the_documentation() -> None:
    assert {data["kind"] for data, _, _ in PHRASES} == set(RULES)
    told = PAGE.read_text()
    for kind, rule in RULES.items():
        (line,) = re.findall(rf"^\| `{kind}` \|.*$", told, re.MULTILINE)
        for part in rule.NEEDED | rule.MAY:
            assert f"`{part}`" in line
    assert all(f"`{kind}`" in told or f'"{kind}"' in told for kind in GROUPS)


def test_the_example_of_the_documentation_is_read_and_kept() -> None:
    (example,) = re.findall(r"```json\n(.*?)```", PAGE.read_text(), re.DOTALL)
    definition = read_definition_file(example)
    assert len(definition.rules) == 4
    assert definition.aloud == (
        "People who are aged 40 to 69, live in the most deprived fifth of areas (IMD 2025, decile 1 or 2), "
        "have a latest BMI of 30 or more, or 27.5 by ethnicity (obesity) in the last 24 months and meet at "
        "least one of “heart risk” (they have hypertension in their record; they have a latest HbA1c of 42 "
        "to 47), leaving out those who have died, have left the practice, have a Type 1 opt-out or are in "
        "the programme Healthier weight."
    )
    assert read_definition_file(json.dumps(definition.as_json)) == definition


def test_steps_that_are_called_alike_are_told_apart() -> None:
    rules = [{"kind": "deprivation", "release": release, "deciles": [3]} for release in (2019, 2025)]
    assert read_definition({"rules": rules}).labels == ["IMD decile 3 (rule 1)", "IMD decile 3 (rule 2)"]


def test_a_name_that_looks_like_another_steps_number_does_not_hide_it() -> None:
    codes = (["22253000"], ["22253001"], ["22253002"])
    names = ("pain", "pain", "pain (rule 1)")
    rules = [PAIN | {"name": name, "codes": each} for name, each in zip(names, codes, strict=True)]
    assert len(set(read_definition({"rules": rules}).labels)) == 3


def deep(levels: int) -> dict[str, Any]:
    """A rule within so many groups."""
    return AGE if not levels else {"kind": "all of", "rules": [deep(levels - 1)]}


def test_groups_go_three_deep_and_no_deeper() -> None:
    assert read_definition({"rules": [deep(3)]}).aloud.count("(") == 3
    with pytest.raises(
        BadRule, match=r"rule 1, rule 1, rule 1, rule 1: Take this group out: groups go 3 deep"
    ):
        read_definition({"rules": [deep(4)]})


BAD: list[tuple[Any, str]] = [
    (None, "Write the definition as rules"),
    ([], "Write the definition as rules"),
    ({"rules": "age"}, "rules: Write a list"),
    ({"rules": [AGE] * 21}, "rules: Write a list of at most 20"),
    ({"rules": [AGE, AGE]}, "rules: Write each rule once"),
    ({"rules": [AGE], "sql": "1=1"}, "sql: Take this out"),
    ({"rules": [["age"]]}, "rule 1: Write kind: age, sex"),
    ({"rules": [{"kind": ["age"]}]}, "rule 1: Write kind"),
    ({"rules": [{"kind": "any of", "rules": []}]}, "rule 1: Add rules to the group"),
    ({"rules": [{"kind": "any of", "rules": [AGE], "x": 1}]}, "rule 1: Take out x"),
    ({"rules": [{"kind": "any of", "name": "a\u202eb", "rules": [AGE]}]}, "letters that can be seen"),
    ({"rules": [{"kind": "all of", "rules": [deep(0)] * 21}]}, "rule 1, rules: Write a list of at most 20"),
    ({"leave_out": [{"kind": "age", "from": 1, "to": 999}]}, "leave out, rule 1: Write from and to"),
    ({"leave_out": [PAIN] * 11}, "leave out, rules: Write a list of at most 10"),
    ({"rules": [{"kind": "sex", "sexes": ["Hen"]}]}, "Write sexes as a list out of Female"),
    ({"rules": [{"kind": "ethnicity", "groups": []}]}, "Write groups as a list of 1 to 50"),
    ({"rules": [{"kind": "practice", "codes": ["'; --"]}]}, "codes of practices, like G82999"),
    ({"rules": [{"kind": "deprivation", "release": True, "deciles": [1]}]}, "Write release"),
    ({"rules": [PAIN | {"codes": [True]}]}, "a SNOMED CT code is 6 to 18 digits"),
    ({"rules": [PAIN | {"codes": ["2225300\u0660"]}]}, "a SNOMED CT code is 6 to 18 digits"),
    ({"rules": [PAIN | {"codes": [10**5000]}]}, "a SNOMED CT code is 6 to 18 digits"),
    ({"rules": [PAIN | {"codes": ["22253000"] * 501}]}, "at most 500"),
    ({"rules": [PAIN | {"name": "x" * 121}]}, "at most 120 letters"),
    ({"rules": [PAIN | {"name": "a\x00b"}]}, "letters that can be seen"),
    ({"rules": [PAIN | {"name": "\ud800"}]}, "letters that can be seen"),
    ({"rules": [PAIN | {"list": "pain", "version": "1"}]}, "not both"),
    ({"rules": [{"kind": "condition", "name": "pain", "list": "pain"}]}, "Write list and version together"),
    ({"rules": [{"kind": "condition", "name": "pain"}]}, "Write codes as a list"),
    ({"rules": [PAIN | {"present": "no"}]}, "Write present as true or false"),
    ({"rules": [PAIN | {"within_months": 0}]}, "whole number from 1 to 600"),
    ({"rules": [PAIN | {"within_months": 12.5}]}, "whole number from 1 to 600"),
    ({"rules": [VALUE]}, "Add at_least, below or at_most"),
    ({"rules": [VALUE | {"below": 3, "at_most": 3}]}, "Write below or at_most, not both"),
    ({"rules": [VALUE | {"at_least": 3, "below": 3}]}, "no value can be within them"),
    ({"rules": [VALUE | {"at_least": -1}]}, "a number from 0"),
    ({"rules": [VALUE | {"at_least": 1.005}]}, "at most two decimals"),
    ({"rules": [VALUE | {"at_least": 10**5000}]}, "a number from 0"),
    ({"rules": [VALUE | {"at_least": float("inf")}]}, "a number from 0"),
    ({"rules": [{"kind": "bmi", "at_least": "fat"}]}, "Write at_least: overweight, obesity"),
    ({"rules": [{"kind": "bmi", "at_least": ["obesity"]}]}, "Write at_least: overweight, obesity"),
    ({"rules": [{"kind": "bmi", "at_least": "obesity", "version": "1"}]}, "Write version: 2025-01-14"),
    ({"rules": [{"kind": "known to", "source": "A", "field": "B"}]}, "Write field and value together"),
    ({"rules": [{"kind": "needs"}]}, "Add languages, formats or interpreter"),
    ({"rules": [{"kind": "programme", "name": "A", "in": None}]}, "Write in as true or false"),
]


@pytest.mark.parametrize(("data", "message"), BAD, ids=range(len(BAD)))
def test_what_is_wrong_is_said_with_its_place(data: Any, message: str) -> None:
    with pytest.raises(BadRule, match=re.escape(message)):
        read_definition(data)


def test_every_fault_is_said_at_once() -> None:
    with pytest.raises(BadRule) as bad:
        read_definition({"rules": [{"kind": "age"}, {"kind": "any of", "rules": [AGE, {"kind": "sex"}]}]})
    assert bad.value.faults == [
        "rule 1: Add from and to to the age rule",
        "rule 2, rule 2: Add sexes to the sex rule",
    ]


FILES = [
    ("", "Line 1: this cannot be read as JSON"),
    ('{"rules": [\n{"kind": }]}', "Line 2: this cannot be read as JSON"),
    ("[" * 100_000, "Check its brackets"),
    ('{"rules": ' + "9" * 5000 + "}", "Check its brackets and numbers"),
    ('{"rules": [{"kind": "age", "from": NaN, "to": 3}]}', "whole years"),
    ("x" * (LONGEST_FILE + 1), "Make the file shorter"),
    ('"rules"', "Write the definition as rules"),
]


@pytest.mark.parametrize(("text", "message"), FILES, ids=range(len(FILES)))
def test_a_file_that_cannot_be_read_says_why(text: str, message: str) -> None:
    with pytest.raises(BadRule, match=message):
        read_definition_file(text)


def test_a_file_may_begin_with_a_mark_and_hold_nothing_but_exclusions() -> None:
    assert read_definition_file('\ufeff{"rules": []}').aloud.startswith(
        "People who are on the lists, leaving out"
    )
