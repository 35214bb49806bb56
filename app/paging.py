"""Numbered pages of a long list."""

from dataclasses import dataclass
from typing import Any

from flask import request, url_for
from sqlalchemy import Select, func, select

from tenants.db import Json, db

SIZE = 25


@dataclass(frozen=True)
class Page:
    """One page of a list: its rows, how many there are in all, and its number from 1."""

    rows: list[Any]
    total: int
    number: int

    @property
    def pages(self) -> int:
        """How many pages there are; an empty list has one."""
        return max(1, -(-self.total // SIZE))

    def pagination(self) -> Json:
        """What the NHS pagination component is told."""
        return pagination_of(self.number, self.pages)


def pagination_of(here: int, pages: int) -> Json:
    """What the NHS pagination component is told: neighbours, first and last, and the filter kept."""
    near = {1, pages, here - 1, here, here + 1}
    items: list[Json] = []
    for number in sorted(number for number in near if 1 <= number <= pages):
        if items and number - int(items[-1].get("number", 0)) > 1:
            items.append({"ellipsis": True, "number": number - 1})
        items.append({"number": number, "href": _address(number), "current": number == here})
    given: Json = {"items": [item if "href" in item else {"ellipsis": True} for item in items]}
    if here > 1:
        given["previous"] = {"href": _address(here - 1)}
    if here < pages:
        given["next"] = {"href": _address(here + 1)}
    return given


def _address(number: int) -> str:
    there = {**asked_here(), **(request.view_args or {}), "page": number}
    return url_for(str(request.endpoint), **there)


def asked_here() -> dict[str, str]:
    """The filter that the address asks for, to be kept in another one.

    Without what `url_for` takes for itself ("_scheme", "_external"), and what stands in the path.
    """
    path = {"page", *(request.url_rule.arguments if request.url_rule else ())}
    return {
        name: value
        for name, value in request.args.items()
        if value and not name.startswith("_") and name not in path
    }


def page_of(statement: Select[Any], wanted: int) -> Page:
    """Page `wanted` of what the statement selects; the last there is where that one is not there."""
    total = db.session.scalar(select(func.count()).select_from(statement.order_by(None).subquery())) or 0
    number = min(wanted, max(1, -(-total // SIZE)))
    rows = list(db.session.scalars(statement.limit(SIZE).offset((number - 1) * SIZE)))
    return Page(rows, total, number)
