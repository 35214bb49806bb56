"""Lists of learning pages: what the ICB's members share, and what a PCN has still to write."""

from dataclasses import dataclass

from sqlalchemy import func, select

from app.learning.models import LearningPage, PublishedLearning
from app.programmes.models import Programme
from tenants import scope
from tenants.db import db

PAGE = 25


@dataclass(frozen=True)
class Found:
    """One page of the shared learning pages, newest first, and how many there are."""

    rows: list[PublishedLearning]
    total: int
    number: int

    @property
    def pages(self) -> int:
        """How many pages the list has."""
        return max(1, -(-self.total // PAGE))


def shared(words: str, number: int) -> Found:
    """Page `number` of the shared learning pages whose title or maker holds `words`."""
    escaped = words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    statement = select(PublishedLearning).where(PublishedLearning.icb_id == scope.current().icb)
    if words:
        like = f"%{escaped}%"
        statement = statement.where(
            PublishedLearning.title.ilike(like) | PublishedLearning.origin_name.ilike(like)
        )
    total = db.session.scalar(select(func.count()).select_from(statement.subquery())) or 0
    ordered = statement.order_by(PublishedLearning.published_at.desc(), PublishedLearning.id)
    return Found(list(db.session.scalars(ordered.limit(PAGE).offset((number - 1) * PAGE))), total, number)


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
