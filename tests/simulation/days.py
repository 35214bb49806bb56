"""Runs a programme day by day: staff, people, workers and trouble, each at their moment."""

import datetime as dt
import heapq
import itertools
import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask, g
from sqlalchemy import func, select, update

from app import clock, files, outbox
from app.files import StoredFile
from app.here import Here
from app.outbox import Outbox
from app.outreach import (
    accounts,
    batches,
    building,
    calls,
    choices,
    delivery,
    inbound,
    letters,
    links,
    obstacles,
    opt_outs,
    replies,
    steps,
    stopping,
    turns,
)
from app.outreach.call_list import A_PAGE, Asked, call_list
from app.outreach.call_models import Call
from app.outreach.choice_models import ContactChoice
from app.outreach.letterhead import letterhead_of
from app.outreach.models import Batch, Blackout, Contact, Step
from app.outreach.sequence import Where
from app.people.models import Person
from app.programmes.models import Participant, Programme
from tenants import scope
from tenants.db import db
from tenants.models import Account
from tests import world as worlds
from tests.conftest import block
from tests.outreach import crowds
from tests.rows import make
from tests.simulation.judge import FIXED, MOST_RINGS, Ban, Human, Judge, Wrong
from tests.simulation.outside import Killed, Outside
from tests.world import World

FIRST = dt.date(2026, 10, 5)  # a Monday; the clocks change on the 25th
WAVES = {0: 0.4, 7: 0.2, 14: 0.2, 21: 0.2}  # day: part of the people who join on it
QUIET = (dt.date(2026, 10, 21), dt.date(2026, 10, 22))
MOST_RINGS_AN_HOUR = 16  # what a team can do: a long list is not emptied in sixty days
HALF_HOUR = dt.timedelta(minutes=30)
DAY = dt.timedelta(days=1)
BY_PHONE = "by phone"
PURPOSE = {"source": "the simulation", "entered_by": "the simulation"}
SAID = {
    "spoke: accepted": 25,
    "spoke: declined": 14,
    "spoke: wants time": 6,
    "spoke: already supported": 3,
    "no answer": 30,
    "voicemail left": 8,
    "busy": 4,
    "answered by someone else": 3,
    "wrong number": 3,
    "asked not to be contacted": 2,
    "deceased reported": 0.5,
    "moved away": 0.7,
    "safeguarding concern": 0.4,
    "urgent clinical concern": 0.4,
}
# What a later answer by the link takes back, and what it does not.
CHANGES = ("opted out by phone", "spoke: declined")
FINAL = ("died", "left", "deceased reported", "moved away", "asked not to be contacted", "nothing to ring")
STOPS = (
    "deceased reported",
    "moved away",
    "safeguarding concern",
    "urgent clinical concern",
    "asked not to be contacted",
)
UNANSWERED = ("no answer", "voicemail left", "busy", "answered by someone else")


class Days:
    """The simulation: a heap of things to happen, and the outbox between them."""

    def __init__(self, app: Flask, world: World, people: int, seed: int, patch: Any) -> None:
        self.app, self.world, self.count = app, world, people
        self.chance = random.Random(seed)
        self.judge = Judge()
        self.outside = Outside(self.judge, self.chance)
        self.outside.reacts = self.react
        self.heap: list[tuple[dt.datetime, int, Callable[[], None]]] = []
        self.order = itertools.count()
        self.moment = at(FIRST, 0)
        self.tally: Counter[str] = Counter()
        self.held_up = False
        self.stops_early = False
        self.rings_an_hour = min(max(people // 120, 4), MOST_RINGS_AN_HOUR)
        patch.setattr(clock, "now", lambda: self.moment)
        patch.setattr(accounts, "gateway_by", lambda *_: self.outside)
        patch.setattr(letters, "drawn", self.outside.draw)
        self.crowd: list[int] = []
        self.programme_id = 0

    # The calendar

    def run(self, days: int) -> "Days":
        """Go through so many days from the first; raises Wrong where something happened that must not."""
        with self.acting():
            worlds.stay_signed_in(self.world)
            self.prepare()
            db.session.commit()
        for number in range(days):
            self.day(number)
        return self

    def day(self, number: int) -> None:
        """One day, from midnight to midnight."""
        today = FIRST + dt.timedelta(days=number)
        self.moment = at(today, 0)
        self.judge.midnight(self.moment, excused=self.on_the_list())
        self.look_at_places()
        self.held_up = self.judge.stopped or today in QUIET
        if number in WAVES:
            self.at(at(today, 8), lambda: self.newcomers(WAVES[number]))
        self.at(at(today, self.chance.randrange(24)), self.misfortunes)
        if today.weekday() < 5 and today not in FIXED:
            self.plan_work(today)
        self.until(at(today + DAY, 0))

    def plan_work(self, today: dt.date) -> None:
        """What staff do on a working day."""
        self.at(at(today, 8, 30), self.build_all)
        self.at(at(today, 13, 30), self.build_all)
        for hour in range(9, 18):
            self.at(at(today, hour, 10), self.ring_people)
        for hour in (11, 16):
            self.at(at(today, hour, 45), self.hand_over)
        if self.stops_early:
            self.at(at(today, 8, 45), self.stop_for_a_while)
        elif self.chance.random() < 0.1:
            self.at(at(today, self.chance.randrange(9, 18)), self.stop_for_a_while)
        if self.chance.random() < 0.4 or not self.tally["paused"]:
            early = dt.timedelta(seconds=self.chance.randrange(20))
            self.at(at(today, self.chance.choice((9, 9, 10, 14))) + early, self.pause_for_a_while)
        self.at(at(today, 23, 30), lambda: self.end_of_work(today))

    def end_of_work(self, today: dt.date) -> None:
        """A day counts where nothing stood in the way of sending."""
        if not self.held_up:
            self.judge.working_days.append(today)

    def at(self, moment: dt.datetime, work: Callable[[], None]) -> None:
        """Let something happen at a moment (or now, where that is past)."""
        heapq.heappush(self.heap, (max(moment, self.moment), next(self.order), work))

    def until(self, end: dt.datetime) -> None:
        """Let happen what is due before `end`, in order, the workers in between."""
        while True:
            due = self.next_in_outbox()
            coming = self.heap[0][0] if self.heap else end
            if due is not None and due[0] <= coming and due[0] < end:
                self.moment = max(self.moment, due[0])
                self.work(due[1])
            elif coming < end:
                _, _, happen = heapq.heappop(self.heap)
                self.moment = max(self.moment, coming)
                happen()
            else:
                return

    def next_in_outbox(self) -> tuple[dt.datetime, int] | None:
        """When the next piece of work may run, and which it is."""
        with self.acting():
            waiting = select(Outbox.run_after, Outbox.id).where(
                Outbox.done_at.is_(None), Outbox.failed_at.is_(None)
            )
            row = db.session.execute(waiting.order_by(Outbox.run_after, Outbox.id).limit(1)).one_or_none()
            return (row[0], row[1]) if row else None

    def work(self, number: int) -> None:
        """A worker takes that piece of work; now and then it is killed."""
        try:
            with self.app.app_context():
                outbox.run(self.world.organisations["dover-town"], number)
        except Killed:
            self.tally["killed"] += 1
        if self.judge.wrong:
            raise self.judge.wrong  # a worker would only try again

    @contextmanager
    def acting(self, who: str | None = None) -> Iterator[None]:
        """A block in which the PCN acts, by somebody's hand."""
        with block(self.app, self.world, "dover-town", who, audited=False):
            account = db.session.get(Account, self.world.accounts[who]) if who else None
            g.here = Here(account=account)
            yield

    # The people

    def prepare(self) -> None:
        """A programme, and people of whom some cannot be reached by everything."""
        self.programme_id, self.crowd = crowds.gathered(self.world, self.count)
        self.chance.shuffle(self.crowd)
        quiet = {"channels": ["text", "letter"], "why": "booster clinics", "removed_at": None}
        make(Blackout, starts_on=QUIET[0], ends_on=QUIET[1], removed_by=None, **quiet)
        fifth = len(self.crowd) // 20
        groups = [self.crowd[n * fifth : (n + 1) * fifth] for n in range(5)]
        changes = (
            {"mobile": "", "home_phone": "01304555123"},
            {"mobile": "", "home_phone": ""},
            {"house": "", "street": ""},
            {"information_format": "Braille"},
            {"preferred_contact": "No telephone contact"},
        )
        for people, values in zip(groups, changes, strict=True):
            db.session.execute(update(Person).where(Person.id.in_(people)).values(**values))
        self.chance.shuffle(self.crowd)

    def newcomers(self, part: float) -> None:
        """Some more people join."""
        joining = [self.crowd.pop() for _ in range(min(len(self.crowd), round(self.count * part)))]
        with self.acting():
            practice = self.world.practices["G82999"]
            joined = crowds.join(self.programme_id, practice, joining)
            rows = {row.id: row for row in db.session.scalars(select(Person).where(Person.id.in_(joining)))}
            for participant, number in zip(joined, joining, strict=True):
                self.meet(participant, rows[number])
            db.session.commit()

    def meet(self, participant: int, person: Person) -> None:
        """Let the judge know somebody."""
        human = Human(participant, person.id, person.mobile or f"none {person.id}", self.moment)
        able = person.information_format != "Braille"
        rung = person.preferred_contact != "No telephone contact"
        ways = {
            "text": bool(person.mobile) and able,
            "letter": bool(person.house) and able,
            "call": bool(person.mobile or person.home_phone) and rung,
        }
        human.ways = {channel for channel, can in ways.items() if can}
        self.judge.meet(human)
        self.outside.by_nhs_number[person.nhs_number] = human

    def react(self, human: Human, channel: str, message: str, token: str) -> None:
        """What comes back from somebody whom a message has reached."""
        draw, later = self.chance.random(), self.moment + self.chance.random() * 9 * DAY
        soon = self.moment + self.chance.random() * DAY
        if draw < 0.05:
            status = "permanent-failure" if channel == "text" else "returned-letter"
            self.at(soon, lambda: self.comes_back(human, channel, message, status))
        elif draw < 0.06 and channel == "text":
            self.at(soon, lambda: self.comes_back(human, channel, message, "temporary-failure"))
        elif draw < 0.09 and channel == "text":
            self.at(later, lambda: self.texts(human, "STOP"))
        elif draw < 0.22:
            self.at(later, lambda: self.replies(human, token))

    def comes_back(self, human: Human, channel: str, message: str, status: str) -> None:
        """A text bounces or a letter is returned: the address does not work."""
        if human.may_not("any", self.moment):
            return
        with self.acting():
            mine = Contact.reference == message if channel == "text" else Contact.id == int(message)
            contact = db.session.scalars(select(Contact).where(mine)).one()
            if contact.state not in ("sent", "sending"):
                return
            for _ in range(self.chance.choice((1, 1, 2))):
                delivery.report(contact.id, status, self.moment, "called back")
            db.session.commit()
        human.lost[channel] = self.moment
        self.tally[status] += 1
        if status == "permanent-failure":
            human.ways.discard("text")
            self.number_is_bad(human)
        elif status == "returned-letter":
            human.ways.discard("letter")

    def number_is_bad(self, human: Human) -> None:
        """Nobody in the crowd has a second number."""
        human.ways -= {"text", "call"}

    def texts(self, human: Human, word: str) -> None:
        """STOP or START from somebody's phone."""
        with self.acting():
            inbound.take(f"in-{next(self.order)}", human.number, word, self.moment)
            db.session.commit()
        self.tally[word] += 1
        if word == "STOP":
            ban = human.ban("text", "STOP", self.moment)
            if self.chance.random() < 0.3:
                self.at(self.moment + 4 * DAY, lambda: self.starts(human, ban))

    def starts(self, human: Human, ban: Any) -> None:
        """Somebody who sent STOP wants texts again."""
        self.texts(human, "START")
        ban.until = human.freed = self.moment

    def replies(self, human: Human, token: str) -> None:
        """Somebody opens the link in their message."""
        if human.over == "died":
            return
        answer = self.chance.choices(replies_known(), (40, 10, 20, 30))[0]
        details = {"ask_again_on": clock.today() + 14 * DAY} if answer == "not now" else {}
        with self.acting():
            contact = links.contact_of(token)
            if contact is None:
                return
            replies.take(contact, answer, **details)
            db.session.commit()
        self.tally[answer] += 1
        self.heard(human, answer)
        if self.chance.random() < 0.1:
            self.at(self.moment + self.chance.random() * 3 * DAY, lambda: self.replies(human, token))

    def heard(self, human: Human, answer: str) -> None:
        """The latest answer counts, and takes the place of what the person said before."""
        for ban in human.bans:
            lifts = ban.why.startswith("answered") or (ban.why in CHANGES and answer != "no thank you")
            if lifts and (ban.until is None or ban.until > self.moment):
                ban.until = self.moment
        if human.over not in FINAL:
            human.over = ""
        human.unanswered = 0
        human.answered, human.answered_at, human.asked_for_call = answer, self.moment, None
        why = f"answered {answer}"
        if answer.startswith("yes"):
            human.ban("text", why, self.moment)
            human.ban("letter", why, self.moment)
            human.asked_for_call = self.moment
            if "call" not in human.ways:
                human.over = human.over or "nothing to ring"
            if self.chance.random() < 0.15:
                self.at(self.moment + HALF_HOUR, lambda: self.opts_out(human))
            return
        ban = human.ban("any", why, self.moment)
        human.over = human.over or answer
        if answer == "not now":
            ban.until = at(clock.local(self.moment).date() + 14 * DAY, 0)

    # What goes wrong

    def misfortunes(self) -> None:
        """Deaths, moves and wishes that reach the practice on any day."""
        everybody = list(self.judge.humans.values())
        for human in self.chance.sample(everybody, min(len(everybody) // 150 + 1, len(everybody))):
            if not human.over and not human.may_not("any", self.moment):
                happens = (self.dies, self.leaves, self.opts_out, self.is_held, self.no_letters)
                self.chance.choice(happens)(human)

    def change(self, work: Callable[[], Any]) -> None:
        """Do something as the PCN and commit it."""
        with self.acting():
            work()
            db.session.commit()

    def dies(self, human: Human) -> None:
        """The practice's list says so."""
        today = clock.today()
        mine = update(Person).where(Person.id == human.person)
        self.change(lambda: db.session.execute(mine.values(died_on=today)))
        human.ban("any", "died", self.moment)
        human.over = "died"

    def leaves(self, human: Human) -> None:
        """They are with another practice from today."""
        today = clock.today()
        mine = update(Person).where(Person.id == human.person)
        self.change(lambda: db.session.execute(mine.values(left_on=today)))
        human.ban("any", "left the practice", self.moment)
        human.over = "left"

    def opts_out(self, human: Human) -> None:
        """They ring the practice and want none of it; some change their minds."""
        if human.over or human.may_not("any", self.moment):
            return
        with self.acting("lena"):
            opt_outs.enter(place_of(human), [opt_outs.THIS_PROGRAMME], source=BY_PHONE, asked_on=None)
            db.session.commit()
        self.tally["opted out by phone"] += 1
        ban = human.ban("any", "opted out by phone", self.moment)
        if self.chance.random() < 0.5:
            self.at(self.moment + 6 * DAY, lambda: self.opts_in(human, ban))

    def opts_in(self, human: Human, ban: Ban) -> None:
        """They want to be asked after all, and those who had asked for a call to be rung."""
        if ban.until is not None or human.answered == "no thank you":
            return
        with self.acting("lena"):
            live = select(ContactChoice).where(
                ContactChoice.person_id == human.person,
                ContactChoice.source == BY_PHONE,
                ContactChoice.lifted_at.is_(None),
            )
            said = db.session.scalars(live).one_or_none()
            if said is not None:
                opt_outs.take_back(place_of(human), said, "They rang us")
            db.session.commit()
        self.tally["took it back"] += 1
        ban.until = human.freed = self.moment

    def is_held(self, human: Human) -> None:
        """Something about them has to be settled first."""
        given = {"kind": "hold", "channel": None, "programme_id": None, "lifted_at": None, "lifted_by": None}
        self.change(lambda: make(ContactChoice, person_id=human.person, **given))
        ban = human.ban("any", "on hold", self.moment)
        self.at(self.moment + self.chance.randrange(1, 9) * DAY, lambda: self.is_settled(human, ban))

    def is_settled(self, human: Human, ban: Any) -> None:
        """The hold is lifted."""
        held = (ContactChoice.person_id == human.person, ContactChoice.kind == "hold")
        lifted = update(ContactChoice).where(*held).values(lifted_at=self.moment, lifted_by="Clara")
        self.change(lambda: db.session.execute(lifted))
        ban.until = human.freed = self.moment

    def no_letters(self, human: Human) -> None:
        """They want no letters."""
        self.change(lambda: choices.never_contact(human.person, channel="letter", **PURPOSE))
        human.ban("letter", "wants no letters", self.moment)

    def stop_for_a_while(self) -> None:
        """Somebody stops all sending."""
        self.change(stopping.stop)
        self.judge.stopped = self.held_up = True
        self.tally["stopped"] += 1
        self.at(self.moment + self.chance.randrange(1, 30) * HALF_HOUR, self.allow)

    def allow(self) -> None:
        """A manager allows it again."""
        self.change(stopping.allow)
        self.judge.stopped = False

    def pause_for_a_while(self) -> None:
        """Somebody pauses a batch, or cancels one that was not right. Sooner or later both have happened."""
        with self.acting("cora"):
            going = select(Batch).where(Batch.state.in_(("approved", "sending"))).order_by(Batch.id)
            batch = db.session.scalars(going.join(Step, Step.id == Batch.step_id).limit(1)).first()
            step = db.session.get(Step, (scope.current().tenant, batch.step_id)) if batch else None
            if batch is None or step is None or step.channel == "call":
                return
            self.held_up = True
            if self.chance.random() < 0.3 and self.tally["paused"]:
                batches.cancel(batch, step)
                self.tally["cancelled"] += 1
            elif batches.pause(batch):
                self.tally["paused"] += 1
                number = batch.id
                self.at(self.moment + self.chance.randrange(1, 40) * HALF_HOUR, lambda: self.resume(number))
            db.session.commit()

    def resume(self, number: int) -> None:
        """It goes on."""
        with self.acting("clara"):
            batch = db.session.get_one(Batch, (scope.current().tenant, number))
            step = db.session.get_one(Step, (scope.current().tenant, batch.step_id))
            batches.resume(batch, step)
            db.session.commit()

    # The staff

    def build_all(self) -> None:
        """Build a batch of each step for whoever is due, and have a second person approve it."""
        for position in (1, 2, 3):
            with self.acting("cora"):
                programme = db.session.get_one(Programme, (scope.current().tenant, self.programme_id))
                step = steps.ensure(programme)[position - 1]
                template = steps.templates_of([step])[step.position]
                batch, _ = building.build(programme, step, template, letterhead_of(programme))
                number = batch.id if batch is not None and batch.state == "built" else None
                db.session.commit()
            if number is not None:
                self.approve(number)

    def approve(self, number: int) -> None:
        """A second person lets it go."""
        with self.acting("clara"):
            batch = db.session.get_one(Batch, (scope.current().tenant, number))
            step = db.session.get_one(Step, (scope.current().tenant, batch.step_id))
            assert batches.approve(batch, step)
            db.session.commit()
        self.tally["batches"] += 1

    def hand_over(self) -> None:
        """The printer fetches the letters that are ready."""
        if self.judge.stopped or clock.today() in QUIET:
            return
        with self.acting("cora"):
            ready = (
                select(Batch)
                .join(Step, (Step.tenant_id == Batch.tenant_id) & (Step.id == Batch.step_id))
                .where(Batch.state == "approved", Step.channel == "letter")
            )
            for batch in list(db.session.scalars(ready)):
                step = db.session.get_one(Step, (scope.current().tenant, batch.step_id))
                if letters.hand_over(batch, step) == 0:
                    self.post(batch)
            db.session.commit()

    def post(self, batch: Batch) -> None:
        """What is in the printed parts reaches people."""
        numbers = [part.file_id for part in letters.parts_of(batch) if part.letters]
        kept = list(db.session.scalars(select(StoredFile).where(StoredFile.id.in_(numbers))))
        went = self.outside.post([files.content(one) for one in kept])
        said = db.session.scalar(
            select(func.count()).where(Contact.batch_id == batch.id, Contact.state == "sent")
        )
        if went != said:
            raise Wrong(f"{went} letters were printed, {said} people count as written to")

    def ring_people(self) -> None:
        """An hour at the phone, from the top of the list."""
        with self.acting("cora"):
            pages = range(1, -(-self.rings_an_hour // A_PAGE) + 1)
            shown = [call_list(Asked("due", None, "", "", page)).rows for page in pages]
            for number in dict.fromkeys(one.call.id for rows in shown for one in rows):
                self.ring(db.session.get_one(Call, (scope.current().tenant, number)))
                db.session.commit()

    def ring(self, call: Call) -> None:
        """One call: checked, claimed, rung and written down, as the call page does."""
        obstacle = obstacles.obstacle_to(call)
        if obstacle is not None and obstacle.reason is not None:
            calls.take_off(call, obstacle.reason)
        if obstacle is not None or not calls.claim(call):
            return
        human = self.judge.humans[call.participant_id]
        self.judge.hear(human, "call", self.moment)
        outcome = self.chance.choices(list(SAID), list(SAID.values()))[0]
        said: dict[str, Any] = {"outcome": outcome, "identity": [], "note": ""}
        if outcome == "spoke: wants time":
            said["call_back_on"] = clock.today() + 3 * DAY
        if outcome == "spoke: declined":
            said |= {"barrier": "work", "never": self.chance.random() < 0.3}
        calls.record(call, said, f"form-{next(self.order)}")
        self.tally[outcome] += 1
        self.said(human, outcome, said)

    def said(self, human: Human, outcome: str, said: dict[str, Any]) -> None:
        """What the judge knows after a call."""
        human.asked_for_call = None
        if outcome in UNANSWERED:
            human.unanswered += 1
            human.over = "not reached" if human.unanswered >= MOST_RINGS else human.over
        elif outcome == "spoke: wants time":
            human.asked_for_call = at(said["call_back_on"], 0)
        elif outcome == "wrong number":
            self.number_is_bad(human)
            human.over = "no number"
        else:
            human.over = outcome
            if outcome in STOPS or said.get("never"):
                human.ban("any", outcome, self.moment)

    def on_the_list(self) -> frozenset[int]:
        """Who stands on the call list, where the team cannot keep up with it."""
        if self.rings_an_hour < MOST_RINGS_AN_HOUR:
            return frozenset()
        with self.acting():
            return frozenset(db.session.scalars(select(Call.participant_id).where(Call.state == "due")))

    def look_at_places(self) -> None:
        """Everybody has exactly one place, and nobody to whom something is due has one that is over."""
        with self.acting():
            failed = db.session.scalar(select(Outbox.error).where(Outbox.failed_at.is_not(None)).limit(1))
            if failed:
                raise Wrong(f"a piece of work has failed for good: {failed}")
            programme = db.session.get_one(Programme, (scope.current().tenant, self.programme_id))
            placed = turns.everybody(programme, steps.steps_of(programme))
        places = {one.participant_id: place for one, place in placed}
        if len(places) != len(placed) or set(places) != set(self.judge.humans):
            raise Wrong(f"{len(placed)} places for {len(self.judge.humans)} people")
        for human in self.judge.waiting(self.moment):
            if places[human.participant].where is Where.OVER:
                raise Wrong(f"{human.participant} has {places[human.participant]}: lost. {human}")


def at(day: dt.date, hour: int, minute: int = 0) -> dt.datetime:
    """That time of that day in Kent."""
    return dt.datetime.combine(day, dt.time(hour, minute), clock.LONDON).astimezone(dt.UTC)


def replies_known() -> tuple[str, ...]:
    """The answers of the reply page."""
    return ("yes, call me", "yes, another way", "not now", "no thank you")


def place_of(human: Human) -> Participant:
    """Their place in the programme."""
    return db.session.get_one(Participant, (scope.current().tenant, human.participant))
