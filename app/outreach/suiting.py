"""The words that each person of a batch gets: those that suit them at the moment when they are sent.

Who asks for another language or format after their batch was built gets what they would have got had they
asked before. What was approved after that is left out: whoever approves the batch was not shown it.
How and why: docs/decisions/0020-approval.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from sqlalchemy import select

from app import outbox
from app.library.family import wanted
from app.library.models import LibraryItem
from app.outreach.building import Family
from app.outreach.letterhead import letterhead_of
from app.outreach.models import Batch, Contact
from app.outreach.rules import Facts
from app.outreach.wording import Letterhead
from app.programmes.models import Programme
from tenants import scope
from tenants.db import db


@dataclass(frozen=True)
class Words:
    """What the messages of a batch are made of: templates by id, and who writes."""

    batch: Batch
    templates: dict[int, LibraryItem]
    head: Letterhead

    def suited(self, contact: Contact, facts: Facts) -> LibraryItem:
        """The template that suits the person now. The contact keeps it as its own.

        The family is looked up once for all, and only where somebody's template is not all that they want.
        """
        has = self.templates[contact.template_id or self.batch.template_id]
        if wanted(facts.language, facts.information_format) == (has.language, has.format):
            return has
        suits = self._of_family(has, facts)
        if suits is not has:
            self.templates[suits.id] = suits
            contact.template_id = None if suits.id == self.batch.template_id else suits.id
        return suits

    def _of_family(self, has: LibraryItem, facts: Facts) -> LibraryItem:
        """The member that suits; in the version that the batch was approved with, where it has one."""
        suits = self._family(facts)
        approved = (has, self.templates[self.batch.template_id])
        return next((one for one in approved if one.member == suits.member), suits)

    @cached_property
    def _family(self) -> Family:
        return Family(self.templates[self.batch.template_id], by=self.batch.built_at)


def words_of(batch: Batch, contacts: Sequence[Contact] = ()) -> Words:
    """The template of a batch, those of the contacts that have one of their own, and who writes.

    A template that was retired since stays what was approved. Raises WorkCannotBeDone where one is gone.
    """
    ids = {batch.template_id} | {contact.template_id for contact in contacts if contact.template_id}
    statement = select(LibraryItem).where(LibraryItem.org_id == scope.current().org, LibraryItem.id.in_(ids))
    found = {item.id: item for item in db.session.scalars(statement)}
    programme = db.session.get(Programme, (scope.current().tenant, batch.programme_id))
    if ids - set(found) or programme is None:
        raise outbox.WorkCannotBeDone("The template of this batch is no longer there. Cancel the batch.")
    return Words(batch, found, letterhead_of(programme))
