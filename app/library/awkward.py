"""A message as awkward people would get it: short and long names, accents, little known of them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from flask import current_app
from markupsafe import Markup, escape

from app import clock
from app.library import sms
from app.library.documents import fill_html, html_of
from app.library.models import STANDARD
from app.library.reading import own_values
from app.library.reading_level import ReadingLevel, level_of
from app.library.rules import Value, faults_in, fill
from app.library.warnings import warnings_in
from app.render import date
from tenants import scope

# As long as that of a real reply link, so that parts are counted as they are charged.
ENDING = "k3m8w2qdt7xh5vn0bzr4"
LONGEST_GIVEN_NAME = 35  # characters. Source: NHS Data Dictionary, PERSON GIVEN NAME


@dataclass(frozen=True)
class Case:
    """Somebody made up, and why the message is tried on them."""

    title: str
    given: str
    family: str
    practice: str = "Buckland Surgery"
    address: str = "12 Harbour Row\nDover\nCT16 9ZZ"
    nhs_number: str = "999 000 0000"
    flags: bool = False


CASES = (
    Case("Shortest name", "Al", "Li"),
    Case("Longest name", "Oluwafunmilayo-Alexandrina-Maximili", "Featherstonehaugh-Cholmondeley",
         "The Old Harbour and Castle Street Medical Partnership",
         "Flat 114, Featherstonehaugh Court\n27 St Margaret’s-at-Cliffe Old Road\nDover\nKent\nCT16 9ZZ"),
    Case("Accents: é, ł, Ș", "Ștefan-Łukasz", "Bénét-Wałęsa"),
    Case("Nothing known", "", "", "", "", ""),
    Case("Interpreter, large print, written to before", "Maria", "Popescu", flags=True),
)  # fmt: skip


@dataclass(frozen=True)
class Example:
    """The message as one of the cases gets it. `parts` is 0 for all but texts."""

    title: str
    subject: str
    shown: Markup
    large: bool
    parts: int
    outside: tuple[str, ...]


@dataclass(frozen=True)
class Preview:
    """What the editor, the patient council and the approver are shown of a message."""

    kind: str
    examples: list[Example]
    faults: list[str]
    warnings: list[str]
    level: ReadingLevel | None

    @property
    def worst(self) -> Example | None:
        """Of a text, the example with the most parts; None for other messages."""
        return (
            max(self.examples, key=lambda one: one.parts) if self.kind == "text" and self.examples else None
        )

    @property
    def least(self) -> int:
        """The fewest parts of a text."""
        return min((one.parts for one in self.examples), default=0)

    @property
    def pence(self) -> Decimal:
        """What the worst example costs, without VAT."""
        return sms.PRICES["text"].pence * self.worst.parts if self.worst else Decimal(0)

    @property
    def too_long(self) -> bool:
        """Whether somebody's text would be longer than any that is sent."""
        return self.worst is not None and self.worst.parts > sms.MOST_PARTS


def preview_of(kind: str, body: str, format: str = STANDARD) -> Preview:
    """`body` on all the cases, with what is wrong with it; without examples where it cannot be filled in.

    Letters in large print and easy read are large for everybody, others for those who need it.
    """
    faults = faults_in(body, kind)
    values = _values_of_all()
    examples = [] if faults or not body.strip() else [_example(kind, body, case, values) for case in CASES]
    if kind == "letter" and format != STANDARD:
        examples = [replace(one, large=True) for one in examples]
    warnings = warnings_in(kind, body) if body.strip() else []
    return Preview(kind, examples, faults, warnings, level_of(body))


def _example(kind: str, body: str, case: Case, common: Mapping[str, Value]) -> Example:
    values = dict(common) | values_of(case)
    if kind == "text":
        written = sms.plain(fill(body, values)).strip()
        lines = Markup("<br>").join(escape(line) for line in written.splitlines())
        shown = Markup("<p>{}</p>").format(lines)
        return Example(case.title, "", shown, False, sms.parts_of(written), sms.outside(written))
    subject, rest = split_subject(body) if kind == "e-mail" else ("", body)
    large = kind == "letter" and case.flags
    return Example(case.title, fill(subject, values), fill_html(html_of(rest, 2), values), large, 0, ())


def split_subject(body: str) -> tuple[str, str]:
    """The subject that the first line of an e-mail says, and the rest; no subject where it says none."""
    first, _, rest = body.strip().partition("\n")
    label, colon, subject = first.partition(":")
    return (subject.strip(), rest.strip()) if colon and label.strip().lower() == "subject" else ("", body)


def values_of(case: Case) -> dict[str, Value]:
    """The value of each placeholder that is about the person."""
    name = f"{case.given} {case.family}".strip()
    return {
        "first name": case.given,
        "full name": name,
        "address block": "\n".join(line for line in (name, case.address) if line),
        "nhs number": case.nhs_number,
        "practice": case.practice,
        "interpreter": case.flags,
        "large print": case.flags,
        "follow-up": case.flags,
        "can be rung": bool(case.nhs_number),
    }


def _values_of_all() -> dict[str, Value]:
    examples: dict[str, Value] = {
        "sender name": "Your PCN",
        "sender phone": "01632 960 000",
        "sender address": "1 High Street, Anytown",
        "privacy address": "https://www.example.nhs.uk/privacy",
        "programme": "Healthier lives",
        "colleague": "Sam",
        "letter date": date(clock.today()),
        "reply link": f"{current_app.config['BASE_URL']}/r/{scope.current().org}-{ENDING}",
    }
    return examples | own_values()
