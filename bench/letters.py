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
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psycopg
from flask import Flask
from markupsafe import Markup
from sqlalchemy import select

from app import audit, clock, config, create_app, outbox
from app.embedded import Servers, exports
from app.fonts import TYPEFACES
from app.library.models import LibraryItem
from app.outbox import Outbox
from app.outreach.letter_pages import CSS
from app.outreach.models import Batch, Contact, LetterPart, Step
from app.pdf import BASE_CSS, document_of
from bench.filling import FOLDER, ICB, OUR_PCN, Migrate, Size, prepare, superuser
from bench.table import Megabytes, Row
from tenants import scope
from tenants.db import db
from tenants.scope import Acting

ROOT = Path(__file__).resolve().parent.parent
LETTERS = 1_000
EACH = 100  # letters that are made one document each; the time is taken for all
PROCESSES = 2
SHARE, ALONE = 0.2, 1.15  # of the time of one document a letter, and of WeasyPrint alone
MOST_MEGABYTES, MOST_MORE = 600, 60
OURS = Acting(org=OUR_PCN, tenant=OUR_PCN, icb=ICB)
STARTER = ROOT / "templates" / "starter" / "dover-town" / "letter.md"
MADE_READY = """
UPDATE participant SET status = 'identified';
UPDATE person SET house = '12', street = 'High Street', town = 'Dover', postcode = 'CT16 1AA';
UPDATE person SET family_name = 'Wójcik-Łukaszewicz' WHERE id % 20 = 0;
UPDATE person SET information_format = 'large print' WHERE id % 25 = 0;
"""
EVERYBODY_WAITS = """
INSERT INTO contact
    (tenant_id, batch_id, step_id, participant_id, person_id, state, reference, recipient, body, created_at)
SELECT tenant_id, %(batch)s, %(step)s, id, person_id, 'waiting', gen_random_uuid(), '', '', now()
FROM participant WHERE tenant_id = %(pcn)s
"""
Said = dict[str, float]


def measure(migrate: Migrate, letters: int = LETTERS, folder: Path = FOLDER) -> list[Row | Megabytes]:
    """The rows of the table, for so many letters."""
    servers = prepare("bench_letters", Size(letters), migrate, folder)
    environ = _environ(servers)
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


def _environ(servers: Servers) -> dict[str, str]:
    return {
        **exports(servers),
        "OAST_ENV": "development",
        "BASE_URL": "https://bench.example.test",
        "SECRET_KEY": "bench-" * 8,
        "FILE_KEY": "a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s=",
    }


def _approved(app: Flask, connection: psycopg.Connection[Any]) -> int:
    """An approved batch of letters to everybody in the PCN's programme; its id."""
    for statement in MADE_READY.strip().split("\n"):
        connection.execute(statement)
    moment, body = clock.now(), STARTER.read_text().split("---\n", 2)[2]
    by = {"approved_by": "Bench", "approved_at": moment}
    with app.app_context(), scope.as_acting(OURS), audit.by("Bench"):
        step = Step(
            programme_id=OUR_PCN, position=1, name="Letter", channel="letter", template_name="Letter",
            after_days=0,
        )  # fmt: skip
        item = LibraryItem(
            kind="letter", name="Letter", summary="", body=body, state="approved", made_by="Bench",
            made_at=moment, **by,
        )  # fmt: skip
        db.session.add_all([step, item])
        db.session.flush()
        batch = Batch(
            programme_id=OUR_PCN, step_id=step.id, template_id=item.id, state="approved", built_by="Bench",
            built_at=moment, manifest={}, **by,
        )  # fmt: skip
        db.session.add(batch)
        audit.record("added", "a batch of letters", purpose="measuring")
        db.session.commit()
        number = {"batch": batch.id, "step": step.id, "pcn": OUR_PCN}
        db.session.remove()
    connection.execute(EVERYBODY_WAITS, number)
    connection.execute("VACUUM (ANALYZE)")
    return int(number["batch"])


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
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "bench.letters", *command, str(lane), str(processes)],
            cwd=ROOT, env=os.environ | environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for lane in range(processes)
    ]  # fmt: skip
    for process in running:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    begun = time.perf_counter()
    if first is not None:
        first()
    for process in running:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    said = [json.loads(process.communicate()[0].splitlines()[-1]) for process in running]
    return time.perf_counter() - begun, said


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

    _ready()
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
        _ready()
        begun = time.process_time()
        waiting = select(Outbox.id).where(Outbox.kind == "outreach.letter_part", Outbox.done_at.is_(None))
        numbers = db.session.scalars(waiting.order_by(Outbox.id)).all()
        db.session.rollback()
        for number in numbers[lane::processes]:
            outbox.run(OUR_PCN, number)
            first = first or _peak()
    return {"cpu": time.process_time() - begun, "first": first or _peak(), "megabytes": _peak()}


def _ready() -> None:
    print("ready", flush=True)
    sys.stdin.readline()


def _peak() -> float:
    """The most memory that this process had, in MB. A process starts out with its parent's ru_maxrss."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))))
