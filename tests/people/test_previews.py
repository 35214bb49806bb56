"""A preview is true or stale; what it shows is what is saved; what is cancelled leaves nothing."""

import datetime as dt
import threading
from typing import Any

import pytest
from sqlalchemy import func, select

from app import clock, outbox
from app.files import FileChunk, StoredFile
from app.outbox import Outbox
from app.people import imports, jobs, reading
from app.people.models import (
    CodedEvent,
    ImportFile,
    ImportRow,
    Person,
    PersonMerge,
    SetAsideValue,
    SourceEntry,
)
from app.people.staged import StagedEvent, StagedPerson
from tenants.db import db
from tests import guard
from tests.conftest import block
from tests.people.files import ADA, BEN, CAZ, events, people, person
from tests.people.sources import source

DAY = dt.date(2026, 11, 2)
BMI = f"{ADA},2026-01-05,60621009,BMI,31,kg/m2"


def bring(text: bytes, kind: str = "people", **given: Any) -> ImportFile:
    return imports.bring_in(source(kind), text, "list.csv", DAY, "Alan", **given)


def save(found: ImportFile) -> None:
    imports.start_saving(found)
    while imports.save_on(found):
        pass
    db.session.flush()


def how_many(model: Any) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


LIST = people(person(ADA), person(BEN))


def test_two_imports_that_do_not_touch_each_other_are_saved_one_after_the_other(acting):
    with acting("dover-town", "alan"):
        bring(LIST)
        entries = bring(events(BMI), "events", save=False)
        council = "NHS Number,Agreed to help with,Since\r\n" + f"{ADA},letters,01/02/2026\r\n"
        helpers = bring(council.encode(), "council", save=False)
        save(entries)
        save(helpers)
        roll = bring(people(person(CAZ)), save=False)
        bring(events(f"{BEN},2026-01-05,60621009,BMI,30,kg/m2"), "events")
        save(roll)
        assert [how_many(m) for m in (Person, CodedEvent, SourceEntry)] == [3, 2, 1]


def test_events_previewed_before_their_people_came_are_stale(acting):
    with acting("dover-town", "alan"):
        found = bring(events(BMI), "events", save=False)
        assert found.counts["reasons"]["refused"] == {"person not in the list": 1}
        bring(LIST)
        with pytest.raises(imports.Stale):
            imports.start_saving(found)
        imports.read_again(found)
        while imports.read_on(found):
            pass
        save(found)
        assert how_many(CodedEvent) == 1


def test_what_is_saved_while_a_file_is_read_makes_its_preview_stale(acting, monkeypatch):
    monkeypatch.setattr(reading, "at_once", lambda kind: 1)
    with acting("dover-town", "alan"):
        other = bring(people(person(ADA, postcode="CT17 1AA")), save=False)
        found = imports.open_import(source("people"), "list.csv", [LIST], data_date=DAY, by="Alan")
        assert imports.read_on(found)
        save(other)
        while imports.read_on(found):
            pass
        assert imports.is_stale(found)


def test_nothing_starts_while_another_is_being_saved_and_all_is_well_when_nothing_changed(acting):
    with acting("dover-town", "alan"):
        bring(LIST)
        same, other = bring(LIST, save=False), bring(people(person(CAZ)), save=False)
        imports.start_saving(same)
        with pytest.raises(imports.Stale):
            imports.start_saving(other)
        while imports.save_on(same):
            pass
        save(other)
        assert how_many(Person) == 3


def test_a_merge_makes_open_previews_stale(acting):
    with acting("dover-town", "alan"):
        bring(LIST)
        found = bring(events(BMI), "events", save=False)
        ids = db.session.scalars(select(Person.id).order_by(Person.id)).all()
        db.session.add(
            PersonMerge(
                kept_id=ids[0],
                merged_id=ids[1],
                why="same",
                moved={},
                merged_by="Clara",
                merged_at=clock.now(),
            )
        )
        db.session.flush()
        assert imports.is_stale(found)


def test_of_two_who_save_at_the_same_moment_one_is_told_to_read_again(live, world):
    """Both previews are of the same list, read before either was saved."""
    with block(live, world, "dover-town", "alan", audited=False):
        ids = [bring(LIST, save=False).id for _ in range(2)]
        db.session.commit()
    together, told = threading.Barrier(2), []

    def start(import_id: int) -> None:
        with block(live, world, "dover-town", "alan", audited=True):
            found = imports.locked(import_id)
            assert found is not None
            together.wait()
            try:
                imports.start_saving(found)
                told.append("saving")
                db.session.commit()
            except imports.Stale:
                told.append("stale")

    with guard.seeding():
        threads = [threading.Thread(target=start, args=(import_id,)) for import_id in ids]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(told) == ["saving", "stale"]


@pytest.mark.parametrize("kind", ["people", "events", "service"])
@pytest.mark.parametrize("chunks", [0, 1, 9])
def test_cancelling_at_any_point_leaves_nothing_of_any_kind(acting, monkeypatch, kind, chunks):
    monkeypatch.setattr(reading, "at_once", lambda kind: 2)
    texts = {
        "people": people(person(ADA), person("none"), person(CAZ)),
        "events": events(BMI, BMI.replace("31,", "312,"), "none,2026-01-05,60621009,BMI,31,kg/m2"),
        "service": f"NHS Number,Service\r\n{ADA},Warm homes\r\n{BEN},Warm homes\r\nnone,x\r\n".encode(),
    }
    with acting("dover-town", "alan"):
        bring(LIST)
        before = [how_many(m) for m in (StoredFile, FileChunk, ImportRow, Person)]
        found = imports.open_import(source(kind), "list.csv", [texts[kind]], data_date=DAY, by="Alan")
        for _ in range(chunks):
            if not imports.read_on(found):
                break
        assert imports.cancel(found)
        assert [how_many(m) for m in (StoredFile, FileChunk, ImportRow, Person)] == before
        for left in (StagedPerson, StagedEvent, SetAsideValue, CodedEvent, SourceEntry):
            assert how_many(left) == 0
        assert (found.counts, found.file_id) == ({}, None)


def test_what_waited_is_gone_when_all_is_saved_and_much_of_it_by_the_worker(acting, monkeypatch):
    with acting("dover-town", "alan"):
        bring(LIST)
        assert how_many(StagedPerson) == 0
        monkeypatch.setattr(imports, "SAVED_AT_ONCE", 0)
        found = bring(events(BMI), "events")
        assert (found.state, how_many(StagedEvent)) == ("done", 1)
        left = select(Outbox.payload).where(Outbox.kind == "people.clear")
        outbox.HANDLERS["people.clear"](db.session.scalars(left).one())
        assert how_many(StagedEvent) == 0


def test_a_worker_killed_in_the_middle_of_events_goes_on_and_counts_each_once(acting, monkeypatch):
    monkeypatch.setattr(reading, "at_once", lambda kind: 2)
    monkeypatch.setattr(imports, "SAVED_IN_BULK", 2)
    days = [BMI.replace("01-05", f"01-0{day}") for day in (1, 2, 1, 3, 9)]
    with acting("dover-town", "alan"):
        bring(LIST)
        found = imports.open_import(source("events"), "e.csv", [events(*days)], data_date=DAY, by="Alan")
        db.session.commit()
        payload = {"import_id": found.id}
        for handler in (jobs.read, jobs.save):
            handler(payload)
            db.session.commit()
            handler(payload)
            db.session.rollback()  # killed before it could commit
            db.session.expire_all()
            while handler(payload) is not None:
                db.session.commit()
            found = imports.locked(found.id)
            assert (found.counts["new"], found.counts["unchanged"]) == (4, 1)
            if found.state == "checked":
                imports.start_saving(found)
            db.session.commit()
        assert (found.state, found.cursor["saved"], how_many(CodedEvent)) == ("done", 4, 4)


def test_values_that_cannot_be_true_are_kept_apart_once_and_as_they_came(acting):
    lines = (
        BMI.replace("31,", "312,"), BMI.replace("31,kg/m2", "31,stone"),
        BMI.replace("2026-01-05", "05/01/2199"), BMI.replace("31,", "thirty,"), BMI,
        BMI.replace(ADA, CAZ).replace("31,", "312,"),
    )  # fmt: skip
    with acting("dover-town", "alan"):
        bring(LIST)
        for _ in range(2):
            found = bring(events(*lines), "events")
            assert (found.counts["set aside"], found.counts["refused"]) == (4, 1)
            kept = db.session.execute(
                select(SetAsideValue.value, SetAsideValue.unit, SetAsideValue.on, SetAsideValue.reason)
                .order_by(SetAsideValue.id)
            ).all()  # fmt: skip
            day = dt.date(2026, 1, 5)
            assert kept == [
                ("312", "kg/m2", day, "implausible BMI"), ("31", "stone", day, "BMI in an unknown unit"),
                ("31", "kg/m2", dt.date(2199, 1, 5), "date in the future"),
                ("thirty", "kg/m2", day, "value is not a number"),
            ]  # fmt: skip
        assert how_many(CodedEvent) == 1


def test_a_blood_pressure_written_as_a_pair_is_two_events_of_one_line(acting):
    with acting("dover-town", "alan"):
        bring(LIST)
        for new in (1, 0):
            found = bring(events(f"{ADA},2026-01-05,75367002,Blood pressure,140/90,mmHg"), "events")
            assert (found.counts["new"], found.counts["unchanged"]) == (new, 1 - new)
        kept = db.session.execute(select(CodedEvent.value, CodedEvent.original).order_by(CodedEvent.value))
        assert kept.all() == [(90, "140/90 mmHg"), (140, "140/90 mmHg")]


def test_dates_that_could_be_meant_month_first_are_counted_with_an_example(acting):
    with acting("dover-town", "alan"):
        bring(LIST)
        days = [
            BMI.replace("2026-01-05", day) for day in ("03/04/25", "31/12/2025", "2025-03-04", "03/04/25")
        ]
        assert bring(events(*days), "events").cursor["day_first"] == [2, "03/04/25"]
        assert db.session.scalars(select(CodedEvent.on).order_by(CodedEvent.on)).first() == dt.date(
            2025, 3, 4
        )
