"""The journey's stage: one service, one browser, and people who sign in. Without Chromium nothing runs."""

import datetime as dt
import os
import shutil
from collections.abc import Iterator, Mapping

import pytest
from playwright.sync_api import sync_playwright

from app import clock
from tests.journeys import browser
from tests.journeys.journey import Journey
from tests.journeys.serving import ROOT, served

ALBUM = ROOT / "var" / "journey"
BEGINS = dt.datetime(2026, 11, 2, 10, tzinfo=clock.LONDON)
NO_BROWSER = "browser tests not run: Chromium is not installed (`sudo apt-get install chromium` mends it)"


@pytest.fixture(scope="session", autouse=True)
def chromium() -> str:
    """Where Chromium is. Without it the tests are skipped with a plain line, and fail where CI=true."""
    found = browser.executable()
    if found is None and os.environ.get("CI") == "true":
        pytest.fail(NO_BROWSER)
    if found is None:
        pytest.skip(NO_BROWSER)
    return found


@pytest.fixture(scope="module")
def given() -> Mapping[str, str]:
    """Settings that a journey's service needs besides the usual: a journey says its own."""
    return {}


@pytest.fixture(scope="module")
def stage(
    chromium: str,
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    given: Mapping[str, str],
) -> Iterator[Journey]:
    """A fresh service on Monday 2 November 2026, an empty album of this journey's own, and a browser."""
    album = ALBUM / request.module.__name__.rpartition(".test_")[2]
    shutil.rmtree(album, ignore_errors=True)
    album.mkdir(parents=True)
    folder = tmp_path_factory.mktemp("journey")
    with served(folder, BEGINS, given) as service, sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=list(browser.ARGUMENTS))
        journey = Journey(service, browser.Office(started, service.url, album), BEGINS, folder)
        try:
            yield journey
        finally:
            journey.end()
            started.close()


@pytest.fixture
def journey(stage: Journey, request: pytest.FixtureRequest) -> Iterator[Journey]:
    """The journey as far as it has come; what follows a part that broke is not tried."""
    if stage.broke_at:
        pytest.skip(f"the journey broke at: {stage.broke_at}")
    stage.broke_at = request.node.name
    yield stage
    if request.node.stash.get(PASSED, False):
        stage.broke_at = ""


PASSED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Remember whether a part of the journey passed; picture what everybody sees where it did not."""
    report = yield
    if report.when == "call":
        item.stash[PASSED] = report.passed
        stage = getattr(item, "funcargs", {}).get("stage") or getattr(item, "funcargs", {}).get("journey")
        if report.failed and stage is not None:
            stage.picture_what_went_wrong()
    return report
