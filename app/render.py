"""Pages and fragments.

One rule: the name of a block is the id of the element it fills. A request by htmx for an element whose id
names a block of the template is answered with that block, the page's title before it; anything else with the
whole page. A form that htmx sent may lead to another page, which does not fit into the element: then the
browser is told to go there.
"""

import datetime as dt
import hashlib
import re
from decimal import Decimal
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from flask import Flask, Response, current_app, make_response, request, send_from_directory, url_for
from flask_htmx import HTMX
from jinja2 import ChainableUndefined, ChoiceLoader, PackageLoader, UndefinedError
from jinja2.runtime import Context
from markupsafe import Markup

from app import clock
from app.languages import direction, language_name

htmx = HTMX()
A_YEAR = 31536000  # seconds
VENDOR = Path(__file__).resolve().parent / "static" / "vendor"


class LoudUndefined(ChainableUndefined):
    """Chains as the NHS macros need, and raises when somebody prints what does not exist."""

    def __str__(self) -> str:
        raise UndefinedError(self._undefined_message)

    __html__ = __str__


def init_app(app: Flask) -> None:
    """Escape everything, load the NHS macros once as the global `nhs`, and add the filters."""
    htmx.init_app(app)
    loader = app.jinja_loader
    app.jinja_options = {
        "autoescape": True,
        "undefined": ChainableUndefined if app.config["OAST_ENV"] == "production" else LoudUndefined,
        "loader": ChoiceLoader([loader, PackageLoader("nhsuk_frontend_jinja")] if loader else []),
        "trim_blocks": True,
        "lstrip_blocks": True,
    }
    app.jinja_env.globals["nhs"] = _macros(app)
    app.jinja_env.filters.update(FILTERS)
    app.context_processor(lambda: {"today": clock.today()})
    app.url_defaults(_static_version)
    app.after_request(_keep_version)
    app.add_url_rule("/assets/<path:filename>", "assets", _assets)


def render(template: str, status: int = 200, **values: Any) -> Response:
    """The page `template`, or the one block of it that htmx asked for."""
    compiled = current_app.jinja_env.get_template(template)
    block = compiled.blocks.get(str(htmx.target)) if htmx and htmx.target else None
    if block is None and _would_nest(status):
        return Response(status=204, headers={"HX-Redirect": request.full_path.rstrip("?")})
    if block is None or htmx.history_restore_request:
        from flask import render_template

        return make_response(render_template(template, **values), status)
    current_app.update_template_context(values)
    context = compiled.new_context(values)
    return make_response(_title_in(context) + "".join(block(context)), status)


def _would_nest(status: int) -> bool:
    """Whether htmx would put the whole page that answers into an element of another page."""
    asked = htmx and htmx.target and not htmx.history_restore_request
    return bool(asked) and request.method == "GET" and status < 400


def _title_in(context: Context) -> str:
    """The page's title, which htmx takes from before the block: it says "Error: " when the block does."""
    title = context.blocks.get("title")
    if not title:
        return ""
    prefix = "Error: " if context.get("errors") else ""
    return f"<title>{prefix}{''.join(title[0](context))} – Oast</title>"


def _macros(app: Flask) -> SimpleNamespace:
    names = {}
    for path in app.jinja_env.list_templates(filter_func=lambda name: name.endswith("/macro.jinja")):
        module = app.jinja_env.get_template(path).module
        names.update({n: value for n, value in vars(module).items() if not n.startswith("_")})
    return SimpleNamespace(**names)


def _assets(filename: str) -> Response:
    return send_from_directory(VENDOR / "nhsuk" / "assets", filename)


_assets.access = None  # type: ignore[attr-defined]


def _static_version(endpoint: str, values: dict[str, Any]) -> None:
    if endpoint == "static" and "v" not in values:
        values["v"] = _digest(str(current_app.static_folder), values["filename"])


def _keep_version(response: Response) -> Response:
    """A file asked for by the digest that it has never changes; any other is asked about again after minutes.

    A script that imports another names it without a digest, as does a style that shows a picture.
    """
    if request.endpoint == "static" and response.status_code < 400 and _asked_by_digest():
        response.cache_control.max_age = A_YEAR
        response.cache_control.immutable = True
    return response


def _asked_by_digest() -> bool:
    filename = (request.view_args or {}).get("filename", "")
    return request.args.get("v") == _digest(str(current_app.static_folder), filename)


@cache
def _digest(folder: str, filename: str) -> str:
    path = Path(folder) / filename
    return hashlib.sha256(path.read_bytes()).hexdigest()[:10] if path.is_file() else "missing"


def date(value: dt.date | dt.datetime | None) -> str:
    """ "1 January 2026", in Kent; empty for None. Source: NHS service manual, formatting."""
    if value is None:
        return ""
    day = clock.local(value).date() if isinstance(value, dt.datetime) else value
    return f"{day.day} {day:%B %Y}"


def moment(value: dt.datetime | None) -> str:
    """ "1 January 2026 at 9:05am", in Kent; empty for None."""
    if value is None:
        return ""
    there = clock.local(value)
    return f"{date(there)} at {time_of_day(there.time())}"


def time_of_day(value: dt.time) -> str:
    """ "9am", "9:05am", "midday", "midnight". Source: NHS service manual, times.

    >>> time_of_day(dt.time(9)), time_of_day(dt.time(17, 30)), time_of_day(dt.time(12))
    ('9am', '5:30pm', 'midday')
    """
    if value.minute == 0 and value.hour in (0, 12):
        return "midday" if value.hour else "midnight"
    minutes = f":{value:%M}" if value.minute else ""
    return f"{value.hour % 12 or 12}{minutes}{'am' if value.hour < 12 else 'pm'}"


def nhs_number(value: str) -> Markup:
    """An NHS number as 3-3-4 that does not wrap. Source: NHS service manual, NHS numbers."""
    return Markup("{}&nbsp;{}&nbsp;{}").format(value[:3], value[3:6], value[6:])


def count(value: int, singular: str, plural: str | None = None) -> str:
    """ "1 person", "2 people", "1,200 rows"."""
    return f"{value:,} {singular if value == 1 else plural or singular + 's'}"


def number(value: Decimal | float | int) -> str:
    """A number with thousands separated and no needless zeros after the point."""
    text = f"{value:,.2f}".rstrip("0").rstrip(".") if not isinstance(value, int) else f"{value:,}"
    return text or "0"


def paragraphs(value: str) -> Markup:
    """Plain text with its blank lines kept as paragraphs."""
    parts = [part for part in re.split(r"\n\s*\n", value.strip()) if part]
    return Markup("").join(Markup("<p>{}</p>").format(part) for part in parts)


FILTERS = {
    "date": date,
    "moment": moment,
    "nhs_number": nhs_number,
    "count_of": count,
    "number": number,
    "paragraphs": paragraphs,
    "language_name": language_name,
    "direction": direction,
}

__all__ = ["htmx", "init_app", "render", "url_for"]
