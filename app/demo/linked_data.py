"""How Dover Town's five files come in: their sources, the agreements, and the extracts, through the pages."""

import datetime as dt
import gzip
import io
from pathlib import Path
from typing import TYPE_CHECKING

from app import clock

if TYPE_CHECKING:
    from app.demo.story import Story
    from app.demo.visitor import Visitor

DATA = Path(__file__).resolve().parent / "data" / "dover-town"
EXTRACTED = dt.date(2026, 11, 2)
PCN = "/pcn/dover-town"
PURPOSE = "To find who may be helped, and to offer it to them"
SIGNED = "Dr Amara Nwosu, Caldicott guardian"
SERVICE_ACCOUNT = "Night extracts"

# Each source: its name, kind, what it is, who controls it, what its agreement lets in, and its extract.
SOURCES: tuple[tuple[str, str, str, str, tuple[str, ...], str], ...] = (
    ("Practices’ list", "people", "Everybody registered with the four practices",
     "The four practices together", ("who people are", "addresses and contact details"), "gp_patients.csv"),
    ("Practices’ coded events", "events", "Conditions, measurements and tests from the practices’ records",
     "The four practices together", ("who people are", "coded health records"), "gp_events.csv"),
    ("Community services", "service", "Referrals to podiatry, physiotherapy and community nursing",
     "Kent Community Health", ("who people are", "use of services"), "community_services.csv"),
    ("Voluntary groups", "named", "Members of walking groups, the men’s shed and others",
     "Dover Voluntary Action", ("who people are", "membership of groups"), "voluntary_sector.csv"),
    ("Patient council", "council", "Who agreed to help to design programmes",
     "Dover Town PCN", ("who people are", "agreement to help with design"), "patient_council.csv"),
)  # fmt: skip


def link_data(story: "Story") -> None:
    """The manager registers each source, and the analyst brings in its extract."""
    register(story)
    for name, *_, extract in SOURCES:
        bring_in(story, name, extract)


def register(story: "Story") -> None:
    """The manager registers each source with its agreement, and a service account for what comes at night."""
    mandy = story.visitor("Mandy Fagg")
    for number, (name, kind, holds, controller, classes, _) in enumerate(SOURCES, 1):
        mandy.open(f"{PCN}/data/sources/add").press(
            "Register", name=name, kind=kind, holds=holds, controller=controller, purpose=PURPOSE
        )
        basis = mandy.choices("lawful_basis")[2 if kind in ("named", "council") else 1]
        mandy.press(
            "Save the agreement", reference=f"KMISA-2026-{number:03}", lawful_basis=basis,
            data_classes=list(classes), signed_by=SIGNED,
            **day_of("starts_on", EXTRACTED - dt.timedelta(days=30)),
            **day_of("ends_on", EXTRACTED + dt.timedelta(days=365)),
        )  # fmt: skip
    mandy.open(f"{PCN}/settings/service-accounts").press("Add the service account", name=SERVICE_ACCOUNT)


def bring_in(story: "Story", source: str, name: str) -> None:
    """The analyst brings in one extract and saves what was previewed."""
    alan = upload(story, source, name, extract_of(name), EXTRACTED)
    alan.open(alan.path).press("Save")
    story.let_work()


def upload(story: "Story", source: str, name: str, content: bytes, taken: dt.date) -> "Visitor":
    """The analyst brings in a whole list taken on a day. Returns him, in front of the preview to come."""
    alan = story.visitor("Alan Pryor").open(f"{PCN}/data/sources").follow(source).follow("Bring in a file")
    extract = {"file": (io.BytesIO(content), name), "whole": "y"}
    alan.press("Bring in", **extract, **day_of("data_date", taken))
    story.let_work()
    return alan


def extract_of(name: str) -> bytes:
    """One of the five files, unpacked."""
    return gzip.decompress((DATA / f"{name}.gz").read_bytes())


def bring_in_later_list(story: "Story") -> None:
    """The community services' next list is read and waits for the analyst to look at what would change."""
    source, *_, name = SOURCES[2]
    today = clock.today()
    upload(story, source, f"{name[:-4]}_{today:%B}.csv".lower(), later(extract_of(name)), today)


CLOSED_OF, GONE_OF = 15, 45  # rows: one of so many was closed since, one of so many has left the list


def later(content: bytes) -> bytes:
    """That list of services some weeks on."""
    header, *rows = content.splitlines(keepends=True)
    kept = [row for number, row in enumerate(rows, 1) if number % GONE_OF]
    return header + b"".join(
        row if number % CLOSED_OF else row.replace(b";Open", b";Closed") for number, row in enumerate(kept, 1)
    )


def extract_day(field: str) -> dict[str, str]:
    """The day of the extracts, as the parts of a date field."""
    return day_of(field, EXTRACTED)


def day_of(field: str, day: dt.date) -> dict[str, str]:
    """A day, as the parts of a date field."""
    return {f"{field}__{part}": str(getattr(day, part)) for part in ("day", "month", "year")}
