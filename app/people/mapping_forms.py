"""The forms that say which column of a file is which of ours."""

from collections.abc import Sequence
from typing import Any

from wtforms.validators import Length

from app.fields import Form, select_field, text_field
from app.people.columns import Column, Mapped, plain

KNOWN = ""  # go by the names that are known
NONE = "-"  # the file has no such column
LONG = Length(max=200, message="Write no more than 200 characters")


class FileColumns(Form):
    """Of one file: for each of our columns one of the file's. Made by `for_file`."""

    wanted: tuple[Column, ...] = ()
    titles: Sequence[str] = ()

    def said(self) -> dict[str, str]:
        """Our column → the file's title; "" where the file has none."""
        chosen = {column.name: str(self[column.name].data) for column in self.wanted}
        return {name: "" if place == NONE else self.titles[int(place)] for name, place in chosen.items()}

    def validate(self, extra_validators: Any = None) -> bool:
        """Each needed column is there, and no column of the file is two of ours."""
        fine = bool(super().validate(extra_validators))
        taken: dict[str, Column] = {}
        for column in self.wanted:
            field = self[column.name]
            if column.needed and field.data == NONE:
                field.errors = [f"Select the column that holds {column.title}"]
            elif field.data != NONE and field.data in taken:
                field.errors = [f"This column is already {taken[field.data].title}. Select another one"]
            else:
                taken[field.data] = column
                continue
            fine = False
        return fine


def for_file(
    columns: tuple[Column, ...],
    titles: Sequence[str],
    samples: Sequence[Sequence[str]],
    guess: dict[str, int],
) -> FileColumns:
    """The form for a file of those titles; `guess` is where our columns are taken to stand."""
    choices = [(NONE, "Not in this file")]
    choices += [
        (str(place), _words(title, samples[place] if place < len(samples) else ()))
        for place, title in enumerate(titles)
        if title.strip()
    ]
    fields = {column.name: select_field(_asked(column), choices) for column in columns}
    taken = {column.name: str(guess.get(column.name, NONE)) for column in columns}
    form = type("Columns", (FileColumns,), fields)(data=taken)
    form.wanted, form.titles = columns, titles
    return form  # type: ignore[no-any-return]


def _asked(column: Column) -> str:
    return f"{column.title} (needed)" if column.needed else column.title


def _words(title: str, samples: Sequence[str]) -> str:
    return f"{title.strip()[:60]} (like {', '.join(samples)})" if samples else title.strip()[:60]


class SourceColumns(Form):
    """Of a source: the title that its files have for each of our columns. Made by `for_source`."""

    wanted: tuple[Column, ...] = ()

    def said(self) -> dict[str, str]:
        """Our column → the title in the files; only those that were filled in."""
        given = {column.name: str(self[column.name].data or "") for column in self.wanted}
        return {name: "" if title == NONE else title for name, title in given.items() if title}

    def validate(self, extra_validators: Any = None) -> bool:
        """No title stands for two of our columns, and a needed column is not left out."""
        fine = bool(super().validate(extra_validators))
        taken: dict[str, Column] = {}
        for column in self.wanted:
            field = self[column.name]
            title = plain(str(field.data or ""))
            if column.needed and field.data == NONE:
                field.errors = [f"{column.title} is needed. Enter its name in the files"]
            elif title and title in taken:
                field.errors = [f"This name is already {taken[title].title}. Enter another one"]
            else:
                taken[title] = column
                continue
            fine = False
        return fine


def for_source(columns: tuple[Column, ...], mapping: Mapped) -> SourceColumns:
    """The form for a source whose files have those columns, with what is remembered."""
    fields = {column.name: text_field(_asked(column), LONG, width="20") for column in columns}
    kept = {column.name: _written(mapping.get(column.name)) for column in columns}
    form = type("Columns", (SourceColumns,), fields)(data=kept)
    form.wanted = columns
    return form  # type: ignore[no-any-return]


def _written(title: str | None) -> str:
    return KNOWN if title is None else title or NONE
