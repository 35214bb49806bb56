"""What a batch of letters takes, against WeasyPrint for each letter, and against WeasyPrint alone.

The letters are made as in production: the approved batch is divided into parts, and two workers make the
parts, each checked, drawn, hashed, encrypted and stored. Against that, the same letters by WeasyPrint as its
documentation shows it: one document a letter, one after another; and the parts' finished HTML, in two
processes. All are the same HTML and CSS, as PDF/UA-1. A style sheet that is written once names every file of
its typeface, so the document a letter has one that names all of Atkinson Hyperlegible; shown besides is the
same with only the fonts that the parts need. How and why: docs/decisions/0010-letters.md.
"""

import importlib
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import psycopg
from flask import Flask
from markupsafe import Markup
from sqlalchemy import select

from app import audit, config, create_app, outbox
from app.fonts import TYPEFACES
from app.outbox import Outbox
from app.outreach.letter_pages import CSS
from app.outreach.models import Contact, LetterPart
from app.pdf import BASE_CSS, document_of
from bench.batches import OURS, approved
from bench.filling import FOLDER, OUR_PCN, Migrate, Size, prepare, superuser
from bench.processes import PROCESSES, ROOT, environ_of, ready, side_by_side
from bench.table import Megabytes, Row
from tenants import scope
from tenants.db import db

LETTERS = 1_000
EACH = 100  # letters that are made one document each; the time is taken for all
SHARE, ALONE = 0.2, 1.15  # of the time of one document a letter, and of WeasyPrint alone
MOST_MEGABYTES, MOST_MORE = 600, 60
STARTER = ROOT / "templates" / "starter" / "dover-town" / "letter.md"
MADE_READY = """
UPDATE person SET house = '12', street = 'High Street', town = 'Dover', postcode = 'CT16 1AA';
UPDATE person SET family_name = 'Wójcik-Łukaszewicz' WHERE id % 20 = 0;
UPDATE person SET information_format = 'large print' WHERE id % 25 = 0;
"""
Said = dict[str, float]


def measure(migrate: Migrate, letters: int = LETTERS, folder: Path = FOLDER) -> list[Row | Megabytes]:
    """The rows of the table, for so many letters."""
    servers = prepare("bench_letters", Size(letters), migrate, folder)
    environ = environ_of(servers)
    app = create_app(config.from_environment(environ))
    with superuser(servers) as connection:
        batch_id = _approved(app, connection)
    each = min(EACH, letters)
    taken, workers = _made(app, environ, batch_id)
    html = folder / "letters"
    _write_html(app, batch_id, html, each)
    alone, _ = _in_children(environ, "alone", str(html))
    (fixed, _), (one_each, (single,)) = (
        _in_children(environ, kind, str(html), processes=1) for kind in ("fixed", "each")
    )
    what = f"{letters:,} letters in parts by {PROCESSES} workers"
    most = max(said["megabytes"] for said in workers)
    more = max(said["megabytes"] - said["first"] for said in workers)
    cpu, times = sum(said["cpu"] for said in workers), letters / each
    return [
        Row([taken], [fixed * times], SHARE, what, f"WeasyPrint, a document a letter ({each} measured)"),
        Row([taken], [one_each * times], None, what, "the same with only the fonts needed"),
        Row([cpu], [single["cpu"] * times], None, "processor time of the parts", "processor time of that"),
        Row([taken], [alone], ALONE, what, f"WeasyPrint alone on their HTML, {PROCESSES} processes"),
        Megabytes(most, MOST_MEGABYTES, "most memory of one of the workers"),
        Megabytes(more, MOST_MORE, "more than after its first part"),
    ]


def _approved(app: Flask, connection: psycopg.Connection[Any]) -> int:
    """An approved batch of letters to everybody in the PCN's programme; its id."""
    for statement in MADE_READY.strip().split("\n"):
        connection.execute(statement)
    return approved(app, connection, "letter", STARTER.read_text().split("---\n", 2)[2])


def _made(app: Flask, environ: dict[str, str], batch_id: int) -> tuple[float, list[Said]]:
    """Seconds from the approval to the last part, and what the workers say of themselves."""
    with app.app_context(), scope.as_acting(OURS), audit.by("Bench"):
        outbox.leave("outreach.letters", "Make letters", {"batch_id": batch_id}, key=f"{batch_id}:bench")
        db.session.commit()
        plan = db.session.scalars(select(Outbox.id).where(Outbox.kind == "outreach.letters")).one()
        db.session.rollback()

        def divide() -> None:
            outbox.run(OUR_PCN, plan)

        return _in_children(environ, "make", str(batch_id), first=divide)


def _in_children(
    environ: dict[str, str], *command: str, processes: int = PROCESSES, first: Any = None
) -> tuple[float, list[Said]]:
    """Seconds that so many processes take side by side after `first`, once all are ready; what each says."""
    lanes = [("bench.letters", *command, str(lane), str(processes)) for lane in range(processes)]
    taken, said = side_by_side(lanes, environ, first)
    return taken, [json.loads(text.splitlines()[-1]) for text in said]


def _write_html(app: Flask, batch_id: int, folder: Path, each: int) -> None:
    """The parts as finished HTML with their CSS, and the first `each` letters by themselves with the same."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.json"):
        old.unlink()
    with app.app_context(), scope.as_acting(OURS):
        for part in db.session.scalars(select(LetterPart).order_by(LetterPart.number)):
            between = Contact.id.between(part.first_contact, part.last_contact)
            of_part = select(Contact.body).where(Contact.batch_id == batch_id, between).order_by(Contact.id)
            # As long as the links were that are not kept.
            link = f"{OUR_PCN}-{'x' * 20}"
            bodies = [Markup(body.replace("…", link)) for body in db.session.scalars(of_part)]  # noqa: S704
            page, style = _document(Markup().join(bodies))
            (folder / f"part-{part.number}.json").write_text(json.dumps([page, style]))
            for number, body in enumerate(bodies[:each]):
                letter = json.dumps([_document(body)[0], style])
                (folder / f"each-{part.number}-{number}.json").write_text(letter)
            each -= min(each, len(bodies))


def _document(body: Markup) -> tuple[str, str]:
    return document_of(body, title="Programme: Letter", language="en", author="Bench", css=CSS)


def main(what: str, which: str, lane: int, processes: int) -> Said:
    """One child: make parts of the batch `which` as a worker, or draw the files of the folder `which`."""
    if what == "make":
        return _make(lane, processes)
    files = sorted(Path(which).glob("part-*.json" if what == "alone" else "each-*.json"))
    fixed = _fixed_style() if what == "fixed" else ""
    importlib.import_module("weasyprint")  # before the clock starts, and nothing of ours

    ready()
    begun = time.process_time()
    for file in files[lane::processes]:
        page, style = json.loads(file.read_text())
        _weasyprint(page, fixed or style)
    return {"cpu": time.process_time() - begun}


def _fixed_style() -> str:
    """The letters' style sheet as a file: with every weight and slope of both parts of their typeface."""
    both = [one for one in TYPEFACES if one.family.startswith("Atkinson")]
    return "\n".join(face for one in both for face in one.faces(one.slopes)) + BASE_CSS + CSS


def _weasyprint(page: str, style: str) -> None:
    """A document as the documentation of WeasyPrint shows it."""
    from weasyprint import CSS as STYLE
    from weasyprint import HTML
    from weasyprint.text.fonts import FontConfiguration

    fonts = FontConfiguration()
    sheet = STYLE(string=style, font_config=fonts)
    made = HTML(string=page).write_pdf(stylesheets=[sheet], font_config=fonts, pdf_variant="pdf/ua-1")
    assert made.startswith(b"%PDF-1.7")


def _make(lane: int, processes: int) -> Said:
    app = create_app(config.from_environment(os.environ))
    first = 0.0
    with app.app_context(), scope.as_acting(OURS):
        importlib.import_module("app.typeset")  # as a worker that has made letters before

        db.session.execute(select(1))
        db.session.rollback()
        ready()
        begun = time.process_time()
        waiting = select(Outbox.id).where(Outbox.kind == "outreach.letter_part", Outbox.done_at.is_(None))
        numbers = db.session.scalars(waiting.order_by(Outbox.id)).all()
        db.session.rollback()
        for number in numbers[lane::processes]:
            outbox.run(OUR_PCN, number)
            first = first or _peak()
    return {"cpu": time.process_time() - begun, "first": first or _peak(), "megabytes": _peak()}


def _peak() -> float:
    """The most memory that this process had, in MB. A process starts out with its parent's ru_maxrss."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))))
