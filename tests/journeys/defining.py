"""The cohort is built from nothing, rule by rule, with what each costs, and kept in versions."""

from tests.journeys.browser import Person
from tests.journeys.finding import EXTRACTED, is_told_about
from tests.journeys.journey import EXPECTED, Journey
from tests.journeys.linking import GROUPS
from tests.journeys.onboarding import PRACTICES

SMALL = "69"  # years: of this age fewer than 8 meet all the rest


def when_the_manager_takes_out_every_rule(journey: Journey) -> None:
    mandy = journey.at_desk("Mandy Fagg").open(f"{journey.programme}/cohort/edit")
    while mandy.button("Take out").count():
        mandy.press_for_part("Take out").sees("The rule is taken out.")
    mandy.date("on", EXTRACTED).press_for_part("Count as of this day")
    mandy.sees("everybody on the lists is in the cohort").looks("builder-with-nothing")


def when_she_adds_what_she_is_sure_of(journey: Journey) -> None:
    mandy = journey.at_desk("Mandy Fagg")
    _to_rule(mandy, "Age").press("Save the rule").is_told_what_is_wrong("Enter the youngest age")
    mandy.fill(youngest="40", oldest="69").press_for_part("Show what this gives").sees("which is not saved")
    _saved(mandy, "Save the rule")
    _to_rule(mandy, "Deprivation").choose("deciles", "1", "2")
    _saved(mandy, "Save the rule")
    _to_rule(mandy, "Latest value").select("code_list", "BMI").press("Save the rule")
    mandy.is_told_what_is_wrong("Enter at least one limit").fill(at_least="30")
    _saved(mandy, "Save the rule")


def when_the_analyst_adds_a_group_without_script(journey: Journey) -> None:
    alan = journey.at_desk("Alan Pryor", script=False).open(f"{journey.programme}/cohort/edit")
    alan.follow("Add a rule").follow("A group: at least one").sees("This begins a group")
    alan.follow("Condition").select("code_list", "hypertension").press("Show what this gives")
    _saved(alan.sees("which is not saved yet"), "Save the rule")
    alan.follow("Add to it").follow("Condition").select("code_list", "depression")
    _saved(alan, "Save the rule").sees("Group: at least one of them must hold").looks("builder-group")
    _version(alan, 1, "Either condition, to see how many there are")


def when_the_analyst_sees_what_leaving_members_of_groups_out_costs(journey: Journey) -> None:
    alan = journey.at_desk("Alan Pryor", script=False).open(f"{journey.programme}/cohort/edit")
    alan.follow("Leave out more people").follow("Known to a source").press("Save the rule")
    alan.is_told_what_is_wrong("Choose the source").select("source", GROUPS)
    _saved(alan, "Save the rule").sees("known to Voluntary groups").looks("builder-left-out")
    alan.press_for_part("Take out: known to").sees("The rule is taken out.")


def then_the_manager_wants_both_conditions(journey: Journey) -> None:
    mandy = journey.at_desk("Mandy Fagg").open(f"{journey.programme}/cohort/edit")
    mandy.press_for_part("Take out: any of: hypertension; depression").sees("The rule is taken out.")
    for condition in ("hypertension", "depression"):
        _to_rule(mandy, "Condition").select("code_list", condition)
        _saved(mandy, "Save the rule")
    is_told_about(mandy, EXPECTED["cohort"])
    _version(mandy, 2, "Both conditions, as the programme wants it")


def then_the_versions_say_who_when_and_why(journey: Journey) -> None:
    mandy = journey.at_desk("Mandy Fagg").follow("Versions of the definition")
    mandy.sees("Either condition, to see how many there are").sees("Alan Pryor")
    mandy.sees("Both conditions, as the programme wants it").follow("Compare").looks("versions-compared")
    mandy.sees("From version 1 to version 2").sees("hypertension")


def then_few_people_are_hidden_from_who_plans(journey: Journey) -> None:
    """In the form of a rule, before anything is saved: one year of age alone leaves fewer than 8."""
    mandy = (
        journey.at_desk("Mandy Fagg").open(f"{journey.programme}/cohort/edit").follow("Change age 40 to 69")
    )
    mandy.fill(youngest=SMALL, oldest=SMALL).press_for_part("Show what this gives")
    mandy.sees(f"People who are aged {SMALL}, live").sees("This gives fewer than 8 people").sees(
        "Hidden is not zero"
    ).looks("rule-with-few")
    mandy.open(f"{journey.programme}/cohort")


def then_what_is_not_known_stands_apart(journey: Journey) -> None:
    clara = journey.at_desk("Dr Clara Osei")
    without = {label.lower(): number for label, number, _ in clara.cells("Not known")}
    assert without["latest bmi 30 or more"] == f"{EXPECTED['no_usable_bmi']:,}"
    truth = {PRACTICES[code][0]: number for code, number in EXPECTED["by_practice"].items()}
    assert {practice: int(number) for practice, number in clara.cells("By practice")} == truth


def then_its_file_says_the_same(journey: Journey) -> None:
    """What is downloaded is read in again, after something that is no definition."""
    mandy = journey.at_desk("Mandy Fagg").open(f"{journey.programme}/cohort")
    status, content = mandy.answer_at(mandy.address_of("Download the definition"))
    assert status == 200
    mandy.follow("Change the rules").follow("Read a definition from a file")
    mandy.fill(text='{"rules": 1}').press("Read it").is_told_what_is_wrong("rules: Write a list")
    mandy.fill(text=content.decode()).press("Read it").looks("definition-read-in")
    mandy.sees("The programme’s definition says this already").follow("Cancel")


def _to_rule(person: Person, title: str) -> Person:
    return person.follow("Add a rule").follow(title)


def _saved(person: Person, button: str) -> Person:
    return person.press(button).sees("is saved in the working copy")


def _version(person: Person, number: int, why: str) -> None:
    person.follow(f"Save as version {number}").press("Save the version").is_told_what_is_wrong("why")
    person.fill(why=why).press("Save the version").sees(f"Version {number} is saved")
