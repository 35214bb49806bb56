"""Lists of learning pages: what the ICB's members share, and what a PCN has still to write."""

from dataclasses import dataclass

from sqlalchemy import select

from app.learning.models import LearningPage, PublishedLearning
from app.paging import Page, page_of
from app.programmes.models import Programme
from tenants import scope
from tenants.db import db


def shared(words: str, number: int) -> Page:
    """Page `number` of the shared learning pages whose title or maker holds `words`."""
    escaped = words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    statement = select(PublishedLearning).where(PublishedLearning.icb_id == scope.current().icb)
    if words:
        like = f"%{escaped}%"
        statement = statement.where(
            PublishedLearning.title.ilike(like) | PublishedLearning.origin_name.ilike(like)
        )
    return page_of(statement.order_by(PublishedLearning.published_at.desc(), PublishedLearning.id), number)


@dataclass(frozen=True)
class Ours:
    """A programme of ours and how far its learning page is."""

    programme_id: int
    name: str
    state: str


def ours() -> list[Ours]:
    """Each programme of the acting PCN that has left set-up, with its page's state."""
    statement = (
        select(Programme.id, Programme.name, LearningPage.state)
        .outerjoin(
            LearningPage,
            (LearningPage.tenant_id == Programme.tenant_id) & (LearningPage.programme_id == Programme.id),
        )
        .where(Programme.state != "set-up")
        .order_by(Programme.name)
    )
    return [Ours(key, name, state or "not begun") for key, name, state in db.session.execute(statement)]
