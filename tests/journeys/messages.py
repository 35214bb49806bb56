"""The words first: a text is written, sent back by the patient council, changed, read again, approved."""

import time
from contextvars import Context

from app import audit
from app.demo import linked_data, load, story
from app.demo.story import Story
from app.demo.visitor import Visitor
from tests.journeys.journey import PCN, Journey

MOST_SECONDS = 180  # for a file of fifty thousand rows on a busy machine
TEXT = "Dover Town text"
LISTS = ("Practices’ list", "Practices’ coded events")
EXTRACTS = ("gp_patients.csv", "gp_events.csv")


def given_a_programme_whose_people_are_released(journey: Journey) -> None:
    """As far as the other journeys walk it: through the same pages, without a browser."""
    Context().run(_begin, Story(journey.app(), journey.service.clock_file))
    journey.on_day(0)
    mandy = journey.at_desk("Mandy Fagg").open(f"{PCN}/programmes").follow("Dover Town")
    journey.programme = mandy.path


def _begin(told: Story) -> None:
    with told.app.app_context(), audit.by("Demonstration"):
        load.onboard("dover-town")
    told.on(0, 9)
    mandy = told.visitor("Mandy Fagg").open(f"{PCN}/programmes/start").follow("Dover Town")
    mandy.press("Start the programme")
    _approve_all_but_the_text(told)
    linked_data.register(told)
    for source, extract in zip(LISTS, EXTRACTS, strict=True):
        _bring_in(told, source, extract)
    programme = story.programme_path(told)
    mandy.open(f"{programme}/cohort/edit").press("Count as of this day", **linked_data.extract_day("on"))
    mandy.follow("Save as version 1").press("Save the version", why="As the set-up has it")
    mandy.open(f"{programme}/cohort/freeze").press("Freeze", screened_first="no")
    for name in (*story.RELEASERS, "Rhys Tapley"):
        releaser = told.visitor(name).open(f"{programme}/releases/release")
        releaser.press("Release", basis=releaser.choices("basis")[0])


def _bring_in(told: Story, source: str, extract: str) -> None:
    """The worker of the service reads and saves the file, so this waits for it."""
    content = linked_data.extract_of(extract)
    alan = linked_data.upload(told, source, extract, content, linked_data.EXTRACTED)
    _until(alan, "Waits for you").press("Save")
    _until(alan, "What was saved")


def _until(visitor: Visitor, words: str) -> Visitor:
    end = time.monotonic() + MOST_SECONDS
    while words not in visitor.open(visitor.path).text:
        assert time.monotonic() < end, f"{visitor.path} never showed “{words}”"
        time.sleep(0.5)
    return visitor


def _approve_all_but_the_text(told: Story) -> None:
    pat, clara = told.visitor("Pat Solley"), told.visitor("Dr Clara Osei")
    for name in (name for name in story.MESSAGES if name != TEXT):
        pat.open(f"{PCN}/library/to-read").follow(name).press("It is clear")
        clara.open(f"{PCN}/library?show=ours").follow(name).follow("Read and approve").press("Approve")
    clara.open(f"{PCN}/library?show=ours").follow("Dover Town SOP").press("Approve")


# Written

TOO_MUCH = """((first name)), this is ((sender name)).
We can offer you free help with your depression.
Would you like a call? Tell us here: ((reply link))
No internet? Ring ((sender phone)).
"""
BETTER = """((first name)), this is ((sender name)).
We can offer you free help to feel well, also if you have diabetes.
Would you like a call? Tell us here: ((reply link))
No internet? Ring ((sender phone)).
To stop, choose "No thank you" at the link, or text STOP.
"""


def when_the_manager_writes_a_text_that_says_too_much(journey: Journey) -> None:
    mandy = journey.at_desk("Mandy Fagg").open(f"{PCN}/library?show=ours").follow(TEXT).follow("Edit")
    mandy.fill(body="((first nam))").press("Save the draft").is_told_what_is_wrong("first nam")
    mandy.fill(body=TOO_MUCH).sees("It names a condition: “depression”").sees("p a text")
    mandy.looks("editor-warns")
    mandy.press("Save the draft").sees("is saved as a draft")


def when_the_patient_council_sends_it_back(journey: Journey) -> None:
    pat = journey.at_desk("Pat Solley", script=False).open(f"{PCN}/library/to-read").follow(TEXT)
    pat.press("Send it back").is_told_what_is_wrong("Write what you would change")
    pat.fill(note="Others can read my phone. Do not say depression.").press("Send it back")
    pat.sees("can see what you would change")


def when_the_manager_changes_it_without_script(journey: Journey) -> None:
    mandy = journey.at_desk("Mandy Fagg", script=False).open(f"{PCN}/library?show=ours").follow(TEXT)
    mandy.sees("sent it back to be changed").sees("Others can read my phone").follow("Edit the draft")
    mandy.fill(body=BETTER).press("Show how people get it").sees("It names a condition: “diabetes”")
    mandy.sees("Reading level").press("Save the draft").sees("is saved as a draft")


def when_the_patient_council_finds_it_clear(journey: Journey) -> None:
    pat = journey.at_desk("Pat Solley").open(f"{PCN}/library/to-read").follow(TEXT)
    pat.press("It is clear").sees("can see that you have read it")


def then_the_clinician_approves_it_although_it_warns(journey: Journey) -> None:
    clara = journey.at_desk("Dr Clara Osei").open(f"{PCN}/library?show=ours").follow(TEXT)
    clara.follow("Read and approve").press("Approve version").is_told_what_is_wrong("Tick")
    for tick in clara.page.locator("input[name=accepted]").all():
        tick.check()
    clara.press("Approve version").sees("Approved").sees("Although:").sees("“diabetes”")


def then_an_approved_version_never_changes(journey: Journey) -> None:
    mandy = journey.at_desk("Mandy Fagg").open(f"{PCN}/library?show=ours").follow(TEXT)
    mandy.sees("Make a new version").does_not_see("Edit the draft")
