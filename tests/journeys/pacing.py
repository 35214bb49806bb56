"""When and by what: the steps, the coming weeks, the quiet days, and the connection to GOV.UK Notify."""

import datetime as dt
import re

from tests.journeys.journey import PCN, Journey
from tests.stand_in.notify import API_KEY, BEARER, Served

TEMPLATE = "0f5a2b3c-1d2e-4f60-8a7b-9c0d1e2f3a4b"
SECOND_CALL = "Last call"
QUIET = dt.date(2026, 11, 6)  # a Friday

# The steps


def when_the_manager_adds_a_step_and_moves_it(journey: Journey) -> None:
    mandy = journey.at_desk("Mandy Fagg").open(f"{journey.programme}/outreach").follow("Steps")
    mandy.sees("Step 3: Phone call").follow("Add a step").follow("Call")
    mandy.fill(name="", after_days="soon").press("Save the step")
    mandy.is_told_what_is_wrong("Enter a name for the step", "Choose what is sent", "whole number")
    mandy.fill(name=SECOND_CALL, after_days="10", per_day="5").select("template", "Dover Town call script")
    mandy.press("Save the step").sees(f"Step 4: {SECOND_CALL}").looks("step-added")
    mandy.press("Move up step 4").sees(f"Step 3: {SECOND_CALL}").sees("Step 4: Phone call")


def when_she_takes_it_out_again_without_script(journey: Journey) -> None:
    mandy = journey.at_desk("Mandy Fagg", script=False).open(f"{journey.programme}/outreach/steps")
    mandy.press("Move down step 3").sees(f"Step 4: {SECOND_CALL}")
    mandy.press("Take out step 4").sees("Step 3: Phone call").does_not_see(SECOND_CALL)


def then_it_is_read_aloud_to_who_may_not_change_it(journey: Journey) -> None:
    cora = journey.at_desk("Cora Minter").open(f"{journey.programme}/outreach/steps")
    cora.sees("Text to everybody whose practice has released its people")
    cora.sees("A PCN manager can change the steps").does_not_see("Add a step")


def then_a_step_whose_batch_was_built_keeps_its_place(journey: Journey) -> None:
    mandy = journey.at_desk("Mandy Fagg", script=False).open(f"{journey.programme}/outreach/steps")
    mandy.sees("A batch was built of it, so it stays where it is").follow("Change the pace of step 1")
    mandy.fill(opens="17:00", closes="9:00").press("Save the step")
    mandy.is_told_what_is_wrong("The latest time must be after the earliest time")
    mandy.fill(opens="9:00", closes="17:30").press("Save the step").sees("Step changed")


# The weeks to come


def when_the_manager_goes_live(journey: Journey) -> None:
    mandy = journey.at_desk("Mandy Fagg").open(journey.programme).follow("Go live")
    mandy.choose("action", "go live").press("Change the state").sees("Live")


def then_the_coming_weeks_show_who_is_due_and_what_clashes(journey: Journey) -> None:
    mandy = journey.at_desk("Mandy Fagg").open(f"{journey.programme}/outreach").follow("Coming weeks")
    mandy.sees("Easy-read text: about").sees("Flu vaccination").sees("Festive weeks").sees("What it means")
    planned = {week[0]: week for week in mandy.cells("Weeks to come")}
    assert any("Clash" in week[2] and "Phone call" in week[1] for week in planned.values()), planned
    assert not mandy.links_to("/people/")


# Quiet days


def when_the_manager_adds_quiet_days(journey: Journey) -> None:
    mandy = journey.at_desk("Mandy Fagg").open(f"{PCN}/settings").follow("Quiet days")
    mandy.follow("Add quiet days").press("Save")
    mandy.is_told_what_is_wrong("Enter the first day", "Choose at least one", "Enter why")
    mandy.date("starts_on", QUIET).date("ends_on", QUIET - dt.timedelta(days=1))
    mandy.choose("channels", "text").fill(why="Booster clinics").press("Save")
    mandy.is_told_what_is_wrong("same as or after the first day")
    mandy.date("ends_on", QUIET).press("Save").sees("Booster clinics").looks("quiet-days")


def when_she_says_how_often_people_are_contacted(journey: Journey) -> None:
    mandy = journey.at_desk("Mandy Fagg", script=False).open(f"{PCN}/settings/quiet-days")
    mandy.follow("Change how often").fill(most_contacts="many").press("Save")
    mandy.is_told_what_is_wrong("whole number")
    mandy.fill(most_contacts="6").press("Save").sees("At most 6 contacts")


# How messages leave


def when_the_manager_connects_texts_to_notify(journey: Journey) -> None:
    mandy = journey.at_desk("Mandy Fagg").open(f"{PCN}/settings").follow("Gateways")
    mandy.follow("Connect texts").fill(key="a key", callback="short").press("Connect")
    mandy.is_told_what_is_wrong("Enter the whole API key", "Enter the template ID", "20 characters or more")
    mandy.fill(key=API_KEY, template=TEMPLATE, callback=BEARER).press("Connect")
    mandy.sees("Texts go out by GOV.UK Notify from now on").sees("Connected").does_not_see(API_KEY)
    shown = mandy.page.get_by_role("main").inner_text()
    delivery, texts = re.findall(rf"{journey.service.url}/callbacks/\d+/\w+", shown)
    journey.kept["callback of texts"] = texts
    stand_in: Served = journey.kept["post"]
    stand_in.call_back(delivery)
