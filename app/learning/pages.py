"""A programme's learning page: read, saved, shared and taken back."""

from collections.abc import Mapping

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from werkzeug.exceptions import Conflict

from app import audit, clock
from app.cohorts.models import Cohort
from app.cohorts.plans import steps_for_anybody
from app.learning import figures
from app.learning.models import LearningPage, PublishedLearning
from app.learning.rules import SECTIONS, Figure, narrowing, values_of
from app.library.rules import replaced
from app.library.setup import BadSetup, setup_of
from app.people.models import Person
from app.programmes import reporting
from app.programmes.models import Participant, Programme
from tenants import scope
from tenants.db import Json, db

PURPOSE = "sharing what works"


def page_of(programme_id: int) -> LearningPage | None:
    """The programme's page, or None where nobody has begun it."""
    return db.session.scalars(
        select(LearningPage).where(LearningPage.programme_id == programme_id)
    ).one_or_none()


def shared_page(page: LearningPage | None) -> PublishedLearning | None:
    """The page as the ICB's members see it, or None where it is not shared."""
    if page is None:
        return None
    return db.session.scalars(
        select(PublishedLearning).where(
            PublishedLearning.icb_id == scope.current().icb,
            PublishedLearning.origin_org_id == scope.current().org,
            PublishedLearning.page_id == page.id,
        )
    ).one_or_none()


def beginning(programme: Programme) -> dict[str, str]:
    """What a page can say before anybody has written: the aim, the cohort, the steps and the menu."""
    begun = {"aim": programme.aim}
    try:
        setup = setup_of(programme.setup)
    except BadSetup:
        return begun
    return begun | {
        "who": setup.cohort_sentence,
        "did": "\n".join(f"{number}. {step.name}" for number, step in enumerate(setup.steps, 1)),
        "offered": "\n".join(f"- {offer['name']}" for offer in setup.menu),
    }


def save(programme: Programme, title: str, sections: Mapping[str, str]) -> LearningPage:
    """Save what was written as a draft; what is shared stays as it is until it is shared again."""
    page = page_of(programme.id) or LearningPage(programme_id=programme.id)
    page.title, page.sections, page.state = title, dict(sections), "draft"
    page.written_by, page.updated_at = audit.actor().name, clock.now()
    try:
        with db.session.begin_nested():
            db.session.add(page)
    except IntegrityError:
        raise Conflict("This page was begun by somebody else, or by you, at the same moment.") from None
    audit.record("written", "learning page", page.id, purpose=PURPOSE)
    return page


def publish(programme: Programme, page: LearningPage) -> PublishedLearning:
    """Share the page with everybody in the ICB, its figures filled in and made safe. Again replaces it."""
    shown = figures.figures_of(programme.id)
    values = {
        "title": page.title,
        "sections": filled(page.sections, shown),
        "figures": [
            {"funnel": [figure.as_json for figure in shown]},
            {"narrowing": narrowing_of(programme.id)},
        ],
        "published_at": clock.now(),
        "origin_name": figures.our_name(),
    }
    row = insert(PublishedLearning).values(page_id=page.id, **values).inline()
    key = [PublishedLearning.icb_id, PublishedLearning.origin_org_id, PublishedLearning.page_id]
    db.session.execute(row.on_conflict_do_update(index_elements=key, set_=values))
    page.state = "published"
    reporting.leave(programme.id)
    audit.record("published", "learning page", page.id, purpose=PURPOSE)
    db.session.flush()
    shared = shared_page(page)
    assert shared is not None  # noqa: S101 - written two statements ago
    return shared


def withdraw(page: LearningPage) -> bool:
    """Stop sharing the page. False where it is not shared."""
    shared = shared_page(page)
    if shared is None:
        return False
    db.session.delete(shared)
    page.state = "draft"
    audit.record("withdrawn", "learning page", page.id, purpose=PURPOSE)
    db.session.flush()
    return True


def filled(sections: Json, shown: list[Figure]) -> dict[str, str]:
    """The sections in their order with their figures filled in; empty ones are left out."""
    texts = {section.key: str(sections.get(section.key, "")).strip() for section in SECTIONS}
    return {key: replaced(text, values_of(shown), str) for key, text in texts.items() if text}


def narrowing_of(programme_id: int) -> list[Json]:
    """How the frozen cohort came about, step by step, made safe; nothing before it is frozen."""
    statement = select(Cohort).where(Cohort.programme_id == programme_id, Cohort.state == "frozen")
    cohort = db.session.scalars(statement).one_or_none()
    return narrowing(steps_for_anybody(cohort)) if cohort else []


def names_in(programme_id: int) -> list[str]:
    """The names of the people in the programme, to refuse them in a text. Recorded, because it is a look."""
    statement = (
        select(func.btrim(func.concat(Person.given_name, " ", Person.family_name)))
        .join(
            Participant,
            (Participant.tenant_id == Person.tenant_id) & (Participant.person_id == Person.id),
        )
        .where(Participant.programme_id == programme_id)
        .distinct()
    )
    names = list(db.session.scalars(statement))
    audit.record(
        "checked", "names in a text", programme_id, purpose="keeping people out of it", count=len(names)
    )
    return names
