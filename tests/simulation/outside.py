"""Phones, letter boxes and a gateway that breaks now and then."""

import json
import random
import re
from collections.abc import Callable
from typing import Any

from app import clock
from app.outreach.gateways import Busy, Message, Refused, Unclear
from app.pdf import Drawn
from tests.simulation.judge import Human, Judge

TOKEN = re.compile(r"/r/(\d+-[0-9a-z]{20})")
LETTER = re.compile(r'<article id="(letter-\d+)".*?</article>', re.DOTALL)
NHS_NUMBER = re.compile(r"(\d{3}) (\d{3}) (\d{4})")


class Killed(BaseException):
    """The worker was killed at this moment: nothing after it was done, and nothing before it was undone."""


class Outside:
    """The gateway, the printer and the people behind them. `reacts` is told what arrived with whom."""

    def __init__(self, judge: Judge, chance: random.Random) -> None:
        self.judge, self.chance = judge, chance
        self.taken: dict[str, str] = {}
        self.refused: set[str] = set()
        self.by_nhs_number: dict[str, Human] = {}
        self.reacts: Callable[[Human, str, str, str], None] = lambda *_: None
        self.forgets = False  # a gateway that never finds what it took

    @property
    def says(self) -> str:
        """What the pages say of it."""
        return "A gateway of the simulation."

    def find(self, message: Message) -> str | None:
        """What it took, by its reference."""
        if self.chance.random() < 0.01:
            raise Busy
        return None if self.forgets else self.taken.get(message.reference)

    def send(self, message: Message) -> str:
        """Take a message, or break before or after it was taken."""
        trouble = self.chance.random()
        human = self.judge.by_number[message.recipient]
        if trouble < 0.005:
            raise Busy
        if trouble < 0.010:
            raise Unclear
        if trouble < 0.015 or human.number in self.refused:
            self.refused.add(human.number)
            human.reached["text"] = human.lost["text"] = clock.now()
            raise Refused("the gateway does not take this number")
        self.taken[message.reference] = message.reference
        self.judge.hear(human, "text", clock.now())
        self.reacts(human, "text", message.reference, _token_in(message.body))
        if trouble < 0.025:
            raise Unclear
        if trouble < 0.045:
            raise Killed
        return message.reference

    def draw(self, body: Any, **_: Any) -> Drawn:
        """A "PDF" that says whose letters are in it and how each is answered."""
        letters = list(LETTER.finditer(str(body)))
        told = [
            ["".join(NHS_NUMBER.findall(found[0])[0]), found[1].removeprefix("letter-"), _token_in(found[0])]
            for found in letters
        ]
        starts = {found[1]: number for number, found in enumerate(letters, 1)}
        return Drawn(json.dumps(told).encode(), len(letters), starts)

    def post(self, pdfs: list[bytes]) -> int:
        """The letters reach people; how many."""
        delivered = [letter for pdf in pdfs for letter in json.loads(pdf)]
        for nhs_number, contact_id, token in delivered:
            human = self.by_nhs_number[nhs_number]
            self.judge.hear(human, "letter", clock.now())
            self.reacts(human, "letter", contact_id, token)
        return len(delivered)


def _token_in(words: str) -> str:
    return TOKEN.findall(words)[0]
