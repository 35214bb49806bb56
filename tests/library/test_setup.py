"""A programme set-up is read whole, and each fault in it is named by its place."""

from typing import Any

import pytest
import yaml

from app.library.cohort_rules import Age, BadRule, Deprivation, LatestValue, aloud, read_rule, read_rules
from app.library.setup import BadSetup, faults_in_setup, read_setup, setup_of

GOOD: dict[str, Any] = {
    "name": "Healthier lives",
    "aim": "Help people to live more healthily.",
    "outcomes": {"short": ["People take part"], "medium": [], "long": ["Fewer people become ill"]},
    "cohort": {
        "rules": [
            {"kind": "age", "from": 40, "to": 69},
            {"kind": "deprivation", "release": 2025, "deciles": [1, 2]},
            {"kind": "latest value", "code": "60621009", "name": "BMI", "at_least": 30},
            {"kind": "condition", "name": "hypertension", "codes": ["38341003", "59621000"]},
        ]
    },
    "steps": [
        {"name": "First text", "channel": "text", "template": "Easy-read text", "after_days": 0},
        {"name": "Call", "channel": "call", "template": "Script", "after_days": 7},
    ],
    "menu": [{"name": "A walk", "description": "With others, on Tuesdays."}],
    "measures": ["weight", "HbA1c"],
    "includes": [{"kind": "SOP", "name": "How we do it"}, {"kind": "text", "name": "Easy-read text"}],
}


def changed(**parts: Any) -> str:
    return yaml.safe_dump(GOOD | parts)


def test_a_set_up_is_read_and_kept_without_loss() -> None:
    setup = read_setup(changed())
    assert setup.aim == GOOD["aim"]
    assert setup.as_json == GOOD
    assert setup_of(setup.as_json) == setup
    assert setup.needs == [("SOP", "How we do it"), ("text", "Easy-read text"), ("call script", "Script")]


def test_the_cohort_is_read_aloud_as_one_sentence() -> None:
    assert read_setup(changed()).cohort_sentence == (
        "People who are aged 40 to 69, live in the most deprived fifth of areas (IMD 2025, decile 1 or 2), "
        "have a latest BMI of 30 or more and have hypertension in their record, leaving out those who have "
        "died, have left the practice or have a Type 1 opt-out."
    )
    assert aloud([]).startswith("People who are on the lists, leaving out")


def test_rules_have_the_labels_of_the_attrition() -> None:
    assert [rule.label for rule in read_rules(GOOD["cohort"]["rules"])] == [
        "age 40 to 69",
        "most deprived fifth (IMD decile 1 or 2)",
        "latest BMI 30 or more",
        "hypertension",
    ]
    assert Deprivation(2019, (3, 4, 5)).label == "IMD decile 3, 4 or 5"
    assert Deprivation(2019, (3,)).aloud == "live in areas (IMD 2019, decile 3)"
    assert read_rule({"kind": "age", "from": 18, "to": 18}) == Age(18, 18)


def test_a_threshold_keeps_its_decimals() -> None:
    rule = read_rule({"kind": "latest value", "code": "60621009", "name": "BMI", "at_least": 27.5})
    assert isinstance(rule, LatestValue)
    assert rule.label == "latest BMI 27.5 or more"
    assert rule.as_json["at_least"] == 27.5


BAD_RULES = [
    (None, "Write kind"),
    ({"kind": "horoscope"}, "Write kind"),
    ({"kind": "age", "from": 40}, "Add to to the age rule"),
    ({"kind": "age", "from": 40, "to": 30}, "from not above to"),
    ({"kind": "age", "from": True, "to": 30}, "whole years"),
    ({"kind": "age", "from": 40, "to": 69, "sql": "1=1"}, "Take out sql"),
    ({"kind": "deprivation", "release": 2015, "deciles": [1]}, "release"),
    ({"kind": "deprivation", "release": 2025, "deciles": [0]}, "deciles"),
    ({"kind": "deprivation", "release": 2025, "deciles": []}, "deciles"),
    ({"kind": "latest value", "code": "60621009", "name": "BMI", "at_least": "many"}, "at_least"),
    ({"kind": "latest value", "code": "60621009", "name": "BMI", "at_least": "NaN"}, "at_least"),
    ({"kind": "latest value", "code": "BMI", "name": "BMI", "at_least": 30}, "SNOMED CT code"),
    ({"kind": "condition", "name": "", "codes": ["38341003"]}, "name"),
    ({"kind": "condition", "name": "hypertension", "codes": "38341003"}, "list"),
]


@pytest.mark.parametrize(("rule", "message"), BAD_RULES)
def test_a_rule_that_cannot_be_read_says_what_to_put_right(rule: Any, message: str) -> None:
    with pytest.raises(BadRule, match=message):
        read_rule(rule)


FAULTS = [
    ("- a list", "Write the parts"),
    ("", "Write the parts"),
    ("name: [unclosed", "Line 1"),
    ("a: &x [1, 2]\nb: [*x, *x]", "Take out *"),
    ("name: " + "x" * 50_001, "shorter"),
    ("\x00", "unusual characters"),
    (changed(name=""), "name: write name in words"),
    (changed(aim=["x"]), "aim: write aim in words"),
    (changed(colour="red"), "colour: take this out"),
    (changed(outcomes={"soon": []}), "outcomes: write short"),
    (changed(outcomes={"short": "x"}), "outcomes, short: write a list"),
    (changed(cohort={}), "cohort: write rules"),
    (
        changed(cohort={"rules": [{"kind": "age", "from": 40, "to": 69} for _ in "ab"]}),
        "Write each rule once",
    ),
    (changed(cohort={"rules": [{"kind": "age"}]}), "cohort, rule 1: Add from and to"),
    (
        changed(steps=[{"channel": "pigeon", "name": "A", "template": "B", "after_days": 1}]),
        "steps, number 1",
    ),
    (changed(steps=[{"channel": "text", "name": "A", "template": "B", "after_days": -1}]), "after_days"),
    *(
        (changed(steps=[GOOD["steps"][0], GOOD["steps"][1] | {part: value}]), f"steps, number 2: {message}")
        for part, value, message in (
            ("until_days", 6, "write until_days as a number from after_days"),
            ("until_days", "soon", "write until_days"),
            ("working_days", "yes please", "write working_days: true or false"),
            ("who", "no answer", "write who as a list out of no answer, could not be reached, not delivered"),
            ("who", ["everybody"], "write who as a list"),
            ("weekdays", ["Monday", "Saturday"], "take out Saturday of weekdays"),
            ("weekdays", ["Mon"], "write weekdays as a list out of Monday"),
            ("weekdays", 1, "write weekdays as a list"),
            ("opens", 540, 'write opens as a time in quotes, such as "09:00"'),
            ("closes", "25:00", "write closes as a time"),
            ("per_day", 0, "write per_day as a number from 1 to 10,000"),
            ("per_day", True, "write per_day"),
            ("weekday", ["Monday"], "take out weekday: a step has no such part"),
        )
    ),
    (
        changed(steps=[GOOD["steps"][1] | {"opens": "17:00", "closes": "09:00", "after_days": 0}]),
        "steps, number 1: write opens as a time before closes",
    ),
    *(
        (
            changed(steps=[GOOD["steps"][0] | {"channel": "letter"} | said]),
            "steps, number 1: take out weekdays, opens and closes: a letter leaves when",
        )
        for said in ({"weekdays": ["Monday"]}, {"opens": "09:00"}, {"closes": "17:00"})
    ),
    *(
        (changed(steps=[GOOD["steps"][0] | said]), "steps, number 1: write after_days: 0 and no until_days")
        for said in ({"after_days": 3}, {"until_days": 3}, {"working_days": True}, {"who": ["no answer"]})
    ),
    (changed(steps=["text"]), "steps, number 1: write its parts"),
    (changed(steps="text"), "steps: write a list"),
    (changed(menu=[{"name": "A"}]), "menu, number 1: write description"),
    (changed(measures=["shoe size"]), "measures: write a list out of"),
    (changed(includes=[{"kind": "poem", "name": "A"}]), "includes, number 1: write kind"),
]


@pytest.mark.parametrize(("body", "message"), FAULTS)
def test_a_fault_is_named_by_its_place(body: str, message: str) -> None:
    faults = faults_in_setup(body)
    assert any(message in fault for fault in faults), faults


def test_every_fault_is_named_at_once_and_a_good_set_up_has_none() -> None:
    with pytest.raises(BadSetup) as bad:
        read_setup(changed(name="", measures=["shoe size"], menu="x"))
    assert len(bad.value.faults) == 3
    assert faults_in_setup(changed()) == []


def test_a_cohort_of_a_set_up_may_have_groups_and_leave_people_out() -> None:
    pain = {"kind": "condition", "name": "pain", "codes": ["22253000"]}
    cohort = {
        "rules": [{"kind": "any of", "rules": [pain, {"kind": "sex", "sexes": ["Female"]}]}],
        "leave_out": [{"kind": "programme", "name": "Walks", "in": True}],
    }
    setup = read_setup(changed(cohort=cohort))
    assert setup.as_json["cohort"] == cohort
    assert setup.cohort_sentence.endswith("or are in the programme Walks.")
    cohort["leave_out"] = [pain | {"codes": ["pain"]}]
    assert faults_in_setup(changed(cohort=cohort)) == [
        "cohort, leave out, rule 1: Change pain: a SNOMED CT code is 6 to 18 digits"
    ]


def test_a_time_without_quotes_which_yaml_takes_for_a_number_is_refused_with_the_way_to_write_it() -> None:
    body = changed().replace("after_days: 7", "after_days: 7\n  opens: 9:00")
    assert faults_in_setup(body) == ['steps, number 2: write opens as a time in quotes, such as "09:00"']
    assert faults_in_setup(body.replace("9:00", "'9:00'")) == []
