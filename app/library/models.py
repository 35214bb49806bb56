"""SOPs, letters, texts, scripts and programme set-ups: an organisation's own, and what its ICB shares."""

import datetime as dt
from typing import NamedTuple

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from tenants.db import Base, OrgRow, PublishedRow, choice

KINDS = ("programme set-up", "cohort definition", "SOP", "text", "e-mail", "letter", "call script")
STATES = ("draft", "read", "approved", "retired")
STANDARD = "standard"
ENGLISH = "en"


class Member(NamedTuple):
    """What names one item through all its versions: a member of the family of its kind and name."""

    kind: str
    name: str
    language: str = ENGLISH
    format: str = STANDARD


class LibraryItem(OrgRow, Base):
    """One document of one organisation. An approved version never changes: editing makes the next draft.

    Items of one kind and name in several languages and formats are a family; `others_note` says who makes the
    formats that we cannot. A draft is "read" once a member of the patient council has read it.
    `origin_item` is the shared item it was adopted from. `made_by_id` is None until somebody here edits it.
    """

    __tablename__ = "library_item"

    kind: Mapped[str] = choice("kind", *KINDS)
    name: Mapped[str]
    version: Mapped[int] = mapped_column(default=1)
    state: Mapped[str] = choice("state", *STATES)
    summary: Mapped[str]
    body: Mapped[str]
    format: Mapped[str] = mapped_column(default="standard")
    language: Mapped[str] = mapped_column(default="en")
    others_note: Mapped[str] = mapped_column(default="", server_default="")
    made_by: Mapped[str]
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    made_at: Mapped[dt.datetime]
    read_by: Mapped[str | None]
    read_at: Mapped[dt.datetime | None]
    read_note: Mapped[str] = mapped_column(default="", server_default="")
    approved_by: Mapped[str | None]
    approved_at: Mapped[dt.datetime | None]
    retired_by: Mapped[str | None]
    retired_at: Mapped[dt.datetime | None]
    approved_despite: Mapped[list[str]] = mapped_column(default=list, server_default="[]")
    review_by: Mapped[dt.date | None]
    origin_name: Mapped[str | None]
    origin_item: Mapped[int | None]
    origin_version: Mapped[int | None]

    __table_args__ = (UniqueConstraint("org_id", "kind", "name", "language", "format", "version"),)

    @property
    def member(self) -> Member:
        """What the item is called through all its versions."""
        return Member(self.kind, self.name, self.language, self.format)


class PublishedItem(PublishedRow, Base):
    """A copy of a library item that everyone in the ICB may read and adopt."""

    __tablename__ = "published_item"

    item_id: Mapped[int]
    kind: Mapped[str] = choice("kind", *KINDS)
    name: Mapped[str]
    version: Mapped[int]
    summary: Mapped[str]
    body: Mapped[str]
    format: Mapped[str]
    language: Mapped[str]

    __table_args__ = (UniqueConstraint("icb_id", "origin_org_id", "item_id", "version"),)

    @property
    def member(self) -> Member:
        """What the item is called through all its versions."""
        return Member(self.kind, self.name, self.language, self.format)


class Adoption(PublishedRow, Base):
    """That an organisation took a published item as its own, so that all in the ICB can see its reuse."""

    __tablename__ = "adoption"

    published_item_id: Mapped[int]
    version: Mapped[int]

    __table_args__ = (UniqueConstraint("icb_id", "published_item_id", "origin_org_id"),)
