"""People at browsers. What a person does is said in the words on the page; what goes wrong is collected.

Each page that anybody comes to is photographed (1280 and 390 pixels wide) and checked with axe, the first
time in each state. Whatever a page writes to the console, asks of another host or spills over the edge is a
fault.
"""

import datetime as dt
import re
import shutil
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Request, expect

from tests.journeys.axe import violations_of

NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
PATIENCE = 60_000  # milliseconds
AT_WORK = 120  # seconds, at most, for work in the background
REFUSED_FORM = "the server responded with a status of 422"

expect.set_options(timeout=PATIENCE)

# Whether the page fits the width of the screen within half a minute: the menu takes a moment to fold.
FITS = """() => new Promise((say) => {
  const end = performance.now() + 30000;
  (function look() {
    const fits = document.scrollingElement.scrollWidth <= innerWidth;
    if (fits || performance.now() > end) say(fits); else requestAnimationFrame(look);
  })();
})"""


def executable() -> str | None:
    """Where Chromium is, or None."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


@dataclass
class Office:
    """Where everybody sits: one browser, one album of pictures, one list of faults."""

    browser: Browser
    url: str
    album: Path
    faults: list[str] = field(default_factory=list)
    seen: set[tuple[str, bool, bool]] = field(default_factory=set)
    pictures: int = 0

    def seat(self, name: str, *, script: bool = True) -> "Person":
        """A browser window of their own for somebody, with or without JavaScript."""
        context = self.browser.new_context(
            base_url=self.url,
            viewport=WIDE,
            java_script_enabled=script,
            locale="en-GB",
            reduced_motion="reduce",  # type: ignore[arg-type]
        )
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        page.on("console", lambda message: self._console(page, message))
        page.on("pageerror", lambda error: self.faults.append(f"{page.url}: {error}"))
        page.on("request", self._request)
        return Person(name, page, self, script=script)

    def _console(self, page: Page, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and REFUSED_FORM not in message.text:
            self.faults.append(f"{page.url}: the console says: {message.text}")

    def _request(self, request: Request) -> None:
        if not request.url.startswith((self.url, "data:")):
            self.faults.append(f"asked of another host: {request.url}")


@dataclass
class Person:
    """Somebody at a browser. `script` says whether their browser runs JavaScript."""

    name: str
    page: Page
    office: Office
    script: bool = True
    read: list[str] = field(default_factory=list)

    # What a person does

    def open(self, address: str) -> "Person":
        """Go to an address."""
        self.page.goto(address)
        return self.arrived()

    def follow(self, words: str) -> "Person":
        """Follow the first link in the page's main part that begins with `words`."""
        with self.page.expect_navigation():
            self.link(words).click()
        return self.arrived()

    def follow_in_row(self, words: str) -> "Person":
        """Follow the first link of the first row of a table that has `words` in it."""
        with self.page.expect_navigation():
            self._main.locator("tbody tr", has_text=words).first.locator("a").first.click()
        return self.arrived()

    def go_to(self, words: str) -> "Person":
        """Follow a link of the navigation."""
        with self.page.expect_navigation():
            self.page.get_by_role("navigation", name="Menu").get_by_role(
                "link", name=_beginning(words)
            ).click()
        return self.arrived()

    def press(self, words: str) -> "Person":
        """Press the first button that begins with `words`, and wait for the next page."""
        with self.page.expect_navigation():
            self.button(words).click()
        return self.arrived()

    def press_in(self, section: str, words: str) -> "Person":
        """Press a button of the section whose heading has `section` in it."""
        with self.page.expect_navigation():
            self.page.get_by_role("region", name=section).get_by_role(
                "button", name=_beginning(words)
            ).click()
        return self.arrived()

    def press_for_part(self, words: str) -> "Person":
        """Press a button that changes a part of the page, or where there is no script the whole page."""
        if not self.script:
            return self.press(words)
        with self.page.expect_response(lambda answer: answer.request.headers.get("hx-request") == "true"):
            self.button(words).click()
        # The answer has begun to come: what asked for it is marked until the part stands in the page.
        expect(self.page.locator(".htmx-request")).to_have_count(0)
        self.page.wait_for_load_state("networkidle")
        return self.arrived()

    def fill(self, **words: str) -> "Person":
        """Fill fields by their names; a dash in a name is written as two underscores."""
        for name, value in words.items():
            self._main.locator(f'[name="{name.replace("__", "-")}"]:not([type=hidden])').fill(value)
        return self

    def choose(self, name: str, *values: str) -> "Person":
        """Choose radios or checkboxes of the field `name` by their values, or an option of a select."""
        for value in values:
            self._main.locator(f'input[name="{name}"][value="{value}"]').check()
        return self

    def select(self, name: str, words: str) -> "Person":
        """Choose the first option of a list that has `words` in it."""
        chosen = self._main.locator(f'select[name="{name}"]')
        value = chosen.locator("option", has_text=words).first.get_attribute("value")
        chosen.select_option(value)
        return self

    def date(self, name: str, day: dt.date) -> "Person":
        """Enter a date as day, month and year."""
        for part in ("day", "month", "year"):
            self._main.locator(f'[name="{name}-{part}"]').fill(str(getattr(day, part)))
        return self

    def attach(self, name: str, file: Path) -> "Person":
        """Choose a file."""
        self._main.locator(f'input[name="{name}"]').set_input_files(file)
        return self

    # What a person sees

    def sees(self, words: str) -> "Person":
        """Wait until the page shows `words`."""
        expect(self._main).to_contain_text(words, timeout=PATIENCE)
        return self

    def sees_within(self, words: str, milliseconds: int) -> "Person":
        """Wait longer than usual until the page shows `words`: for long work in the background."""
        expect(self._main).to_contain_text(words, timeout=milliseconds)
        return self

    def does_not_see(self, words: str) -> "Person":
        """The page, as it is, does not show `words`."""
        expect(self._main).not_to_contain_text(words)
        return self

    def sees_after_refreshing(self, words: str) -> "Person":
        """Refresh the page until it shows `words`: for work in the background."""
        end = time.monotonic() + AT_WORK
        while time.monotonic() < end:
            try:
                expect(self._main).to_contain_text(words, timeout=500)
            except AssertionError:
                self.page.reload()
            else:
                return self.arrived()
        raise AssertionError(f"{self.page.url} never showed “{words}”")

    def is_told_what_is_wrong(self, *words: str) -> "Person":
        """The page is the form again, with each of `words` in its summary of errors."""
        assert self.page.title().startswith("Error: "), self.page.title()
        return self.is_told_what_is_wrong_in_part(*words)

    def is_told_what_is_wrong_in_part(self, *words: str) -> "Person":
        """The part of the page that changed has each of `words` in its summary of errors."""
        summary = self.page.locator(".nhsuk-error-summary")
        for each in words:
            expect(summary).to_contain_text(each)
        return self

    def looks(self, name: str) -> "Person":
        """Take a picture of this state of the page under a name of its own, and check it."""
        return self._look(name)

    def answer_at(self, address: str) -> tuple[int, bytes]:
        """The status and the content at an address, as this person's browser gets it, without going there."""
        response = self.page.context.request.get(address)
        body = response.body()
        self.read.append(body.decode(errors="replace"))
        return response.status, body

    def address_of(self, words: str) -> str:
        """Where the first link of the main part leads that begins with `words`."""
        found = self.link(words).get_attribute("href")
        assert found
        return found

    def links_to(self, part: str) -> list[str]:
        """The words of the main part's links whose address has `part` in it."""
        return self._main.locator(f'a[href*="{part}"]').all_inner_texts()

    @property
    def path(self) -> str:
        """The path of the page."""
        return urlsplit(self.page.url).path

    @property
    def heading(self) -> str:
        """The words of the page's h1."""
        return " ".join(self.page.locator("h1").inner_text().split())

    def cells(self, label: str) -> list[list[str]]:
        """The rows of the table with that caption or region name, as words."""
        table = self._main.get_by_role("table", name=label)
        rows = table.locator("tbody tr").all()
        return [[" ".join(cell.split()) for cell in row.locator("th, td").all_inner_texts()] for row in rows]

    def button(self, words: str) -> Locator:
        """The first button of the main part that begins with `words`."""
        return self._main.locator("button").filter(has_text=_beginning(words)).first

    def link(self, words: str) -> Locator:
        """The first link of the main part that begins with `words`."""
        return self._main.locator("a").filter(has_text=_beginning(words)).first

    def leave(self) -> None:
        """Close the window."""
        self.page.context.close()

    # What the office notices

    def arrived(self) -> "Person":
        """Take in the page: keep its words, and look at it closely when it is new."""
        self.read.append(self.page.content())
        # Without JavaScript axe cannot look, so a page seen that way is looked at again with it.
        state = (_pattern(self.path), self.page.title().startswith("Error: "), self.script)
        if state not in self.office.seen:
            self.office.seen.add(state)
            self._look(self.page.title().removesuffix(" – Oast"))
        return self

    @property
    def _main(self) -> Locator:
        return self.page.get_by_role("main")

    def _look(self, name: str) -> "Person":
        office = self.office
        office.pictures += 1
        stem = f"{office.pictures:03d}-{_slug(name)}{'' if self.script else '-without-script'}"
        self.page.screenshot(path=office.album / f"{stem}.png", full_page=True)
        if self.script:
            office.faults += [f"{self.path} ({stem}): {found}" for found in violations_of(self.page)]
        self._look_narrow(stem)
        return self

    def _look_narrow(self, stem: str) -> None:
        self.page.set_viewport_size(NARROW)  # type: ignore[arg-type]
        if self.script and not self.page.evaluate(FITS):
            self.office.faults.append(f"{self.path} ({stem}) is wider than a screen of 390 pixels")
        self.page.screenshot(path=self.office.album / f"{stem}-390.png", full_page=True)
        self.page.set_viewport_size(WIDE)  # type: ignore[arg-type]


def _beginning(words: str) -> re.Pattern[str]:
    return re.compile(rf"^\s*{re.escape(words)}")


def _pattern(path: str) -> str:
    return re.sub(r"/(r|invitation|reset)/[^/]+", r"/\1/…", re.sub(r"\d+", "N", path))


def _slug(words: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-")[:60]
