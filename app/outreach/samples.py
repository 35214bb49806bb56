"""Messages as the people of a batch get them: those on whom a message most easily goes wrong."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup
from sqlalchemy import Select, func, literal, select, union_all
from sqlalchemy.dialects.postgresql import distinct_on

from app import clock
from app.here import can
from app.library import sms
from app.library.documents import fill_html, html_of
from app.library.models import LibraryItem
from app.library.rules import Value, fill
from app.outreach import links
from app.outreach.facts import Known, known_of
from app.outreach.models import Batch, Contact, Step
from app.outreach.wording import Letterhead, subject_and_body, values_for
from app.people.models import Person
from app.permissions import Permission
from tenants import scope
from tenants.db import db

SHORT, LONG, ACCENTS, OWN = "Shortest name", "Longest name", "Name with an accent", "Another version"
OUTSIDE = "Ẍ"  # stands for a letter that makes a text longer, where a name must not be shown
MOST = 6  # samples of other members of the template's family


@dataclass(frozen=True)
class Sample:
    """A message to somebody, why this one is shown, and its parts where it is a text."""

    title: str
    shown: Markup
    parts: int


def samples_of(batch: Batch, step: Step, head: Letterhead, used: Iterable[LibraryItem]) -> list[Sample]:
    """The message with the shortest and the longest first name, one with an accent, and one for each other
    member of the template's family in the batch.

    `used` are the templates of the batch's messages. Names are made up for those who may not see who people
    are. The link's secret is left out for everybody.
    """
    if step.channel == "call":
        return []
    chosen = _chosen(batch)
    known = known_of(list(chosen))
    items = {item.id: item for item in used}
    return [
        _sample(title, items[template_id or batch.template_id], known[participant_id], head)
        for participant_id, (title, template_id) in chosen.items()
        if (template_id or batch.template_id) in items
    ]


def _chosen(batch: Batch) -> dict[int, tuple[str, int | None]]:
    """Whose message to show, each once: the participant with the title and the template that is theirs."""
    rows = list(db.session.execute(union_all(*(select(one.subquery()) for one in _candidates(batch)))))
    chosen: dict[int, tuple[str, int | None]] = {}
    lengths: set[int] = set()
    for title, participant_id, name, template_id in rows:
        alike = title == LONG and len(name) in lengths
        lengths.add(len(name))
        if participant_id not in chosen and not alike:
            chosen[participant_id] = (title, template_id)
    return {key: ("Example", one) for key, (_, one) in chosen.items()} if len(chosen) == 1 else chosen


def _candidates(batch: Batch) -> Iterator[Select[Any]]:
    def of(title: str) -> Any:
        columns = (literal(title), Contact.participant_id, Person.given_name, Contact.template_id)
        return (
            select(*columns)
            .join(Person, (Person.tenant_id == Contact.tenant_id) & (Person.id == Contact.person_id))
            .where(Contact.batch_id == batch.id, Contact.state != "held back")
        )

    size = func.char_length(Person.given_name)
    yield of(SHORT).order_by(size, Contact.id).limit(1)
    yield of(LONG).order_by(size.desc(), Contact.id).limit(1)
    accented = of(ACCENTS).where(Person.given_name.regexp_match("[^ -~]"))
    yield accented.order_by(size.desc(), Contact.id).limit(1)
    others = of(OWN).where(Contact.template_id.is_not(None)).ext(distinct_on(Contact.template_id))
    yield others.order_by(Contact.template_id, Contact.id).limit(MOST)


def _sample(title: str, template: LibraryItem, known: Known, head: Letterhead) -> Sample:
    # As long as the real one, so that the parts counted here are those that will be paid for.
    link = links.address_of(f"{scope.current().tenant}-{'x' * links.SECRET_LENGTH}")
    values = values_for(known, head, link=link, day=clock.today())
    if not (can(Permission.SEE_PEOPLE) and known.facts.released):
        values |= _nobody(known)
    named = _titled(title, template)
    if template.kind == "letter":
        return Sample(named, fill_html(html_of(template.body), values), 0)
    if template.kind == "e-mail":
        return Sample(named, _as_read(template.body, values, head), 0)
    text = sms.plain(fill(template.body, values)).strip()
    parts = sms.parts_of(text) if template.kind == "text" else 0
    return Sample(named, Markup("<br>").join(text.splitlines()), parts)


def _as_read(body: str, values: dict[str, Value], head: Letterhead) -> Markup:
    """An e-mail as its reader sees it, the subject first."""
    subject, rest = subject_and_body(body, values, head)
    # New lines between the tags would be seen: what a message is shown in keeps them.
    shown = Markup("").join(fill_html(html_of(rest, 3), values).splitlines())
    return Markup("<p><strong>Subject: {}</strong></p>{}").format(subject, shown)


def _titled(title: str, template: LibraryItem) -> str:
    """What is special about a sample, with the format or the language of the template where it has one."""
    special = template.format if template.format != "standard" else ""
    language = f"language {template.language}" if template.language != "en" else ""
    said = ", ".join(part for part in (special, language) if part)
    if not said:
        return title
    return said.capitalize() if title == OWN else f"{title} ({said})"


def _nobody(known: Known) -> dict[str, Value]:
    """Made-up values, as long as the real name and no shorter as a text."""
    name = known.person.given_name
    first = "".join("X" if char in sms.GSM or char in sms.TWICE else OUTSIDE for char in name)
    return {
        "first name": first,
        "full name": f"{first} XXXXX",
        "nhs number": "999 XXX XXXX",
        "address block": f"{first} XXXXX\n(address)",
    }
