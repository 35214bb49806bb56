"""Dover Town's programme as far as it has come, played through the pages by its staff, on its own days.

The story begins on a Monday about three weeks before today, never before the day of the extracts, and ends
with calls to make, people to screen, a practice that has to decide, a file to look at, a plan to agree and a
referral that waits, so that there is work to do whoever one signs in as.
"""

import datetime as dt
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask
from sqlalchemy import select

from app import audit, clock, outbox
from app.demo.linked_data import EXTRACTED, PCN, bring_in_later_list, extract_day, link_data
from app.demo.talks import talk
from app.demo.visitor import Visitor
from app.outbox import Outbox
from app.outreach.gateway_models import CapturedMessage
from tenants import scope
from tenants.db import db
from tenants.models import Account, Organisation

LINK = re.compile(r"/r/[\w-]+")
RELEASERS = ("Rita Hogben", "Robert Amos", "Rosa Denne")  # Rhys Tapley has still to decide
LETTERS_AFTER, CALLS_AFTER = 8, 15  # days after the text
LASTS = 19  # days, at least
MESSAGES = (
    "Dover Town text",
    "Dover Town letter, large print",
    "Dover Town letter, easy read",
    "Dover Town letter",
    "Dover Town call script",
)
UNSURE = 3  # people with a red flag who are not screened yet
ROUNDS = 200  # of background work, at most


def first_day(today: dt.date) -> dt.date:
    """The Monday that the story begins on."""
    then = today - dt.timedelta(days=LASTS)
    return max(then - dt.timedelta(days=then.weekday()), EXTRACTED)


class Story:
    """The telling: who acts, on which day."""

    def __init__(self, app: Flask, clock_file: Path) -> None:
        self.app = app
        self.clock_file = clock_file
        self.day = first_day(clock.today())

    def on(self, after: int, hour: int = 10) -> None:
        """Make it `hour` o'clock, `after` days after the first."""
        there = dt.datetime.combine(self.day + dt.timedelta(days=after), dt.time(hour), clock.LONDON)
        clock.move_to(there, self.clock_file)

    def visitor(self, name: str) -> Visitor:
        """The member of staff of that name, signed in."""
        with self.app.app_context(), scope.as_acting(scope.NOBODY):
            account = db.session.scalars(select(Account.id).where(Account.name == name)).one()
        return Visitor(self.app).become(account)

    def let_work(self) -> None:
        """Do all the work that waits in the background and is due."""
        with self.app.app_context():
            for _ in range(ROUNDS):
                if not any([outbox.run(*key) != "nothing to do" for key in self._due()]):
                    return

    def _due(self) -> list[tuple[int, int]]:
        found: list[tuple[int, int]] = []
        with scope.as_acting(scope.NOBODY):
            organisations = list(db.session.scalars(select(Organisation)))
        for organisation in organisations:
            with scope.as_acting(organisation.acting()):
                due = select(Outbox.org_id, Outbox.id).where(
                    Outbox.done_at.is_(None), Outbox.failed_at.is_(None), Outbox.run_after <= clock.now()
                )
                found += [(row.org_id, row.id) for row in db.session.execute(due)]
        return found


def tell(app: Flask) -> None:
    """Play the whole story. Needs the scene "full" without it, and leaves the clock as it was."""
    with tempfile.TemporaryDirectory() as folder, moved_clock(Path(folder) / "clock") as clock_file:
        story = Story(app, clock_file)
        audit.set_actor(None)
        begin(story)
        talk(story, reach(story))
        share(story)
        keep_library(story)
        bring_in_later_list(story)


@contextmanager
def moved_clock(file: Path) -> Iterator[Path]:
    """While inside, the clock is read from `file`."""
    before = os.environ.get("OAST_CLOCK_FILE")
    os.environ["OAST_CLOCK_FILE"] = str(file)
    try:
        yield file
    finally:
        if before is None:
            del os.environ["OAST_CLOCK_FILE"]
        else:
            os.environ["OAST_CLOCK_FILE"] = before


def begin(story: Story) -> None:
    """The programme is started, data brought in, the cohort frozen and released, and it goes live."""
    story.on(0, 9)
    mandy = story.visitor("Mandy Fagg")
    mandy.open(f"{PCN}/programmes/start").follow("Dover Town").press("Start the programme")
    approve_items(story)
    link_data(story)
    programme = programme_path(story)
    mandy = story.visitor("Mandy Fagg")
    mandy.open(f"{programme}/cohort/edit").press("Count as of this day", **extract_day("on"))
    mandy.follow("Save as version 1").press(
        "Save the version", why="As the set-up has it, on the extract’s day"
    )
    mandy.open(f"{programme}/cohort/freeze").press("Freeze", screened_first="yes")
    for name in RELEASERS:
        releaser = story.visitor(name).open(f"{programme}/releases/release")
        releaser.press("Release", basis=releaser.choices("basis")[0])
    screen(story, programme)
    mandy.open(f"{programme}/change-state").press("Change the state", action="go live")


def screen(story: Story, programme: str) -> None:
    """The clinician keeps everybody, page by page, but those whose red flag she has still to look at."""
    clara = story.visitor("Dr Clara Osei").open(f"{programme}/screening?show=flagged")
    unsure = clara.choices("chosen")[:UNSURE]
    clara.open(f"{programme}/screening")
    while sure := [person for person in clara.choices("chosen") if person not in unsure]:
        clara.press("Decide of those ticked", chosen=sure, decision="keep")


def approve_items(story: Story) -> None:
    """The patient council reads what will be sent and said, and the clinician approves what came with it."""
    pat, clara = story.visitor("Pat Solley"), story.visitor("Dr Clara Osei")
    for name in MESSAGES:
        pat.open(f"{PCN}/library/to-read").follow(name).press("It is clear")
        clara.open(f"{PCN}/library?show=ours").follow(name).follow("Read and approve").press("Approve")
    clara.open(f"{PCN}/library?show=ours").follow("Dover Town SOP").press("Approve")


def programme_path(story: Story) -> str:
    """The address of the programme's page."""
    return story.visitor("Mandy Fagg").open(f"{PCN}/programmes").follow("Dover Town").path


def reach(story: Story) -> list[str]:
    """Texts, the answers that came, letters to those who did not answer, and the first calls.

    Returns the addresses of those who want to talk.
    """
    programme = programme_path(story)
    send_step(story, programme, after=0)
    answer(story, after=1)
    send_step(story, programme, after=LETTERS_AFTER)
    story.on(CALLS_AFTER)
    story.visitor("Mandy Fagg").open(f"{programme}/outreach").press("Make the call list")
    return ring(story)


def send_step(story: Story, programme: str, after: int) -> None:
    """One builds the next batch, another approves it, and the worker does the rest."""
    story.on(after)
    mandy = story.visitor("Mandy Fagg").open(f"{programme}/outreach").press("Build")
    clara = story.visitor("Dr Clara Osei").open(mandy.path).follow("Read and approve")
    ticks = {"ticks": clara.choices("ticks")} if 'name="ticks"' in clara.text else {}
    clara.press("Approve", number=clara.holds("shown"), **ticks)
    story.let_work()
    cora = story.visitor("Cora Minter").open(mandy.path)
    if "hand-over" in cora.text:
        cora.press("Handed")
        story.let_work()


# Of those who got the text, in the order it went out: which of every seventeen answers, and what.
ANSWERS = {2: "yes, call me", 5: "no thank you", 8: "yes, call me", 11: "not now", 14: "yes, another way"}


def answer(story: Story, after: int) -> None:
    """Some of those who got the text open its link."""
    story.on(after, 19)
    for number, link in enumerate(links(story)):
        chosen = ANSWERS.get(number % 17)
        if chosen is None:
            continue
        person = Visitor(story.app).open(link).press("Continue", answer=chosen)
        if chosen == "yes, call me":
            person.press("Send my answer", times="in the afternoon", days=["Monday", "Thursday"])
        elif chosen == "not now":
            person.press("Send my answer", months="3")
        elif chosen == "yes, another way":
            person.press("Send my answer", ways=["large print"])


def links(story: Story) -> list[str]:
    """The reply links in the texts that were sent, in the order they went out."""
    with story.app.app_context():
        dover = db.session.scalars(select(Organisation).where(Organisation.slug == "dover-town")).one()
        with scope.as_acting(dover.acting()):
            sent = select(CapturedMessage.body).where(CapturedMessage.channel == "text")
            bodies = list(db.session.scalars(sent.order_by(CapturedMessage.id)))
    return [found.group() for body in bodies if (found := LINK.search(body))]


CALLS: tuple[dict[str, object], ...] = (
    {"outcome": "spoke: accepted"},
    {"outcome": "spoke: accepted"},
    {"outcome": "no answer"},
    {"outcome": "spoke: accepted"},
    {"outcome": "spoke: declined", "barrier": "time not convenient or festive", "never": "no"},
    {"outcome": "spoke: accepted"},
    {"outcome": "voicemail left"},
    {"outcome": "spoke: declined", "barrier": "transport", "never": "yes"},
    {"outcome": "spoke: accepted"},
    {"outcome": "spoke: accepted"},
)


def ring(story: Story) -> list[str]:
    """Cora makes the first calls of her list. Returns the addresses of those who want to talk."""
    story.on(CALLS_AFTER, 14)
    cora, willing = story.visitor("Cora Minter"), []
    for said in CALLS:
        cora.open(f"{PCN}/calls").press("Take this call")
        spoke = str(said["outcome"]).startswith("spoke")
        cora.press("Save the call", identity=["full name", "date of birth"] if spoke else [], **said)
        if said["outcome"] == "spoke: accepted":
            willing.append(cora.leads_to("Start the conversation").removesuffix("/conversation/start"))
    return willing


WRITTEN = {
    "aim": "We wanted people in our most deprived streets to do what matters to them for their health.",
    "data": "General practice records from four practices, with the deprivation of each neighbourhood.",
    "offered": "A plan in their own words, a care coordinator, and help from health and voluntary partners.",
    "inequalities": "An easy-read text first, then a letter, then a call only to those who had not answered.",
    "did": "Two colleagues read each batch before it went. Calls were made from one list, with one script.",
    "results": "Of ((identified)) people we reached ((contacted)) by text or letter; ((engaged)) answered.",
    "challenges": "Groups in the evening fill up. A declined referral needs a second choice at once.",
    "learning": "Ask for the best time to call in the text itself: agreed times were nearly always kept.",
    "next": "Measure again after six months, and ask partners for places before the next texts go out.",
}


REMINDER = {
    "kind": "e-mail",
    "name": "Dover Town reminder",
    "summary": "For people who said “not now”. Asks again, once.",
    "body": """Subject: A few months on

Dear ((first name))

You asked us to write again. Our offer is still open: free help to feel well.

Would you like a call? Tell us here: ((reply link))

Or ring us on ((sender phone)). If you do not want to hear from us again, choose "No thank you" at the link.

((sender name)), with ((practice))""",
    "others_note": "Braille and audio: the office orders them. Allow ten working days.",
}


def keep_library(story: Story) -> None:
    """A new e-mail waits for the patient council; a letter in Polish waits for a translator."""
    mandy, pat = story.visitor("Mandy Fagg"), story.visitor("Pat Solley")
    mandy.open(f"{PCN}/library?show=ours").follow("Dover Town letter").follow("Languages and formats")
    mandy.follow("Add a language or format").press("Make the draft", language="pl", format="standard")
    mandy.press(
        "Save the draft", others_note="Needs a translator. Nobody is sent this until one has written it."
    )
    pat.open(f"{PCN}/library/to-read").follow("Dover Town letter, Polish")
    pat.press("Send it back", note="This is still in English. A translator has to write it.")
    mandy.open(f"{PCN}/library/write").press("Save the draft", **REMINDER)


def share(story: Story) -> None:
    """The letter, the SOP and what was learnt are shared with the ICB's members."""
    mandy = story.visitor("Mandy Fagg")
    for name in ("Dover Town letter", "Dover Town SOP"):
        mandy.open(f"{PCN}/library?show=ours").follow(name).press("Share")
    learning = f"{programme_path(story)}/learning"
    mandy.open(f"{learning}/edit").press("Save", **WRITTEN)
    mandy.open(learning).press("Share")
    story.let_work()
