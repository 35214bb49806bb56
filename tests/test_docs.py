"""What the documentation says exists: commands, settings, files and links."""

import re
from pathlib import Path

import pytest
from flask import Flask

from app.config import SETTINGS

ROOT = Path(__file__).resolve().parents[1]
DOCS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)")
TARGET = re.compile(r"`?make ([a-z-]+)")
COMMAND = re.compile(r"flask ([a-z-]+)(?: ([a-z-]+))?")
SETTING = re.compile(r"^\| (`[A-Z_`, ]+`) \|", re.M)
PATH = re.compile(r"`((?:app|tenants|templates|tests|bin|bench|docs)/[\w./-]+)`")
LISTED = {"HOST", "PORT", "WEB_CONCURRENCY", "WEB_THREADS", "LOG_LEVEL"}  # read by gunicorn.conf.py


@pytest.mark.parametrize("page", DOCS, ids=lambda page: page.name)
def test_every_link_and_path_leads_to_a_file(page: Path) -> None:
    text = page.read_text()
    for link in LINK.findall(text):
        assert (page.parent / link).exists(), link
    for path in PATH.findall(text):
        assert (ROOT / path).exists(), path


@pytest.mark.parametrize("page", DOCS, ids=lambda page: page.name)
def test_every_documented_command_exists(page: Path, session_app: Flask) -> None:
    text = page.read_text()
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))
    spans = " ".join(re.findall(r"`[^`\n]+`|```.*?```", text, re.S))
    assert set(TARGET.findall(spans)) <= targets
    for group, command in COMMAND.findall(spans):
        found = session_app.cli.get_command(None, group)  # type: ignore[arg-type]
        assert found is not None, f"flask {group}"
        below = getattr(found, "commands", {})
        assert not below or not command or command in below, f"flask {group} {command}"


def test_the_settings_page_lists_exactly_the_settings() -> None:
    text = (ROOT / "docs" / "running.md").read_text()
    named = {name for cell in SETTING.findall(text) for name in re.findall(r"[A-Z_]{4,}", cell)}
    assert named - LISTED == set(SETTINGS)


def test_every_make_target_has_a_line_of_help() -> None:
    text = (ROOT / "Makefile").read_text()
    public = set(re.findall(r"^([a-z]+):.*## ", text, re.M))
    assert {"run", "test", "journey", "bench", "lint", "reset", "help"} <= public


def test_lock_files_hold_versions_and_hashes_and_no_address() -> None:
    for lock in [*(ROOT / "requirements").glob("*.txt"), ROOT / "package-lock.json"]:
        text = lock.read_text()
        assert "://" not in text, lock.name
        assert "sha256:" in text or "sha512-" in text, lock.name
