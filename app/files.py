"""Uploads and documents as rows: encrypted, in chunks, under the tenant's policy like everything else."""

import datetime as dt
import hashlib
from collections.abc import Iterable, Iterator

from sqlalchemy import LargeBinary, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from app import clock
from app.sealed import seal, unseal
from tenants.db import Base, TenantRow, db, tenant_key

CHUNK = 1024 * 1024


class StoredFile(TenantRow, Base):
    """A file: what it is called, how big, its SHA-256, and when it goes."""

    __tablename__ = "stored_file"

    name: Mapped[str]
    media_type: Mapped[str]
    size: Mapped[int]
    sha256: Mapped[str]
    created_at: Mapped[dt.datetime]
    expires_at: Mapped[dt.datetime | None]


class FileChunk(TenantRow, Base):
    """One encrypted piece of a file."""

    __tablename__ = "file_chunk"

    file_id: Mapped[int]
    position: Mapped[int]
    sealed: Mapped[bytes] = mapped_column(LargeBinary)

    __table_args__ = (
        tenant_key("file_id", "stored_file", ondelete="CASCADE"),
        UniqueConstraint("tenant_id", "file_id", "position"),
    )


def store(
    name: str, media_type: str, pieces: Iterable[bytes], expires_at: dt.datetime | None = None
) -> StoredFile:
    """Store the bytes of `pieces` as one file in the open transaction and return it, flushed."""
    file = StoredFile(
        name=name, media_type=media_type, size=0, sha256="", created_at=clock.now(), expires_at=expires_at
    )
    db.session.add(file)
    db.session.flush()
    digest = hashlib.sha256()
    for position, piece in enumerate(pieces):
        digest.update(piece)
        file.size += len(piece)
        db.session.add(
            FileChunk(file_id=file.id, position=position, sealed=seal(piece, _place(file.id, position)))
        )
        db.session.flush()
    file.sha256 = digest.hexdigest()
    db.session.flush()
    return file


def chunks_of(file: StoredFile, first: int = 0) -> Iterator[bytes]:
    """The file's bytes, piece by piece, from the piece number `first` on. One piece is held at a time."""
    mine = FileChunk.file_id == file.id, FileChunk.position >= first
    for position in db.session.scalars(
        select(FileChunk.position).where(*mine).order_by(FileChunk.position)
    ).all():
        chunk = select(FileChunk.sealed).where(FileChunk.file_id == file.id, FileChunk.position == position)
        yield unseal(db.session.scalars(chunk).one(), _place(file.id, position))


def content(file: StoredFile) -> bytes:
    """The whole file."""
    return b"".join(chunks_of(file))


def _place(file_id: int, position: int) -> str:
    return f"{file_id}:{position}"
