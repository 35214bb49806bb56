"""What a newcomer meets before the service runs: the set-up, `make`, the settings and their documents."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import assets
import pytest

from app.config import SETTINGS

ROOT = Path(__file__).resolve().parent.parent.parent


def test_the_style_sheet_keeps_our_images_and_loses_other_hosts_fonts() -> None:
    css = (
        "a{background:url(/assets/images/x.svg)}"
        '@font-face{font-family:F;src:url(https://elsewhere.example/f.woff2) format("woff2")}'
        "@font-face{font-family:G;src:url(g.woff2)}b{color:red}"
    )
    kept = "a{background:url(/assets/images/x.svg)}@font-face{font-family:G;src:url(g.woff2)}b{color:red}"
    assert assets.without_third_parties(css) == kept


def test_another_host_anywhere_else_in_the_style_sheet_stops_the_set_up() -> None:
    with pytest.raises(RuntimeError, match="another host"):
        assets.without_third_parties("a{background:url(//elsewhere.example/x.svg)}")


def test_no_served_file_of_ours_names_another_host() -> None:
    css = (assets.VENDOR / "nhsuk" / "nhsuk-frontend.min.css").read_text()
    assert "url(http" not in css
    for image in re.findall(r"url\(/assets/([^)]+)\)", css):
        assert (assets.VENDOR / "nhsuk" / "assets" / image).is_file()


def test_the_first_file_of_the_set_up_parses_on_old_pythons_and_says_what_to_do(tmp_path: Path) -> None:
    source = (ROOT / "bin" / "setup").read_text()
    ast.parse(source, feature_version=(3, 4))
    assert not re.search(r"\bf[\"']", source)
    pretend_old = source.replace("(3, 11)", "(99, 0)").replace('"python3.', '"no-python3.')
    (tmp_path / "setup").write_text(pretend_old)
    said = subprocess.run([sys.executable, tmp_path / "setup"], capture_output=True, text=True, check=False)
    assert said.returncode == 1
    assert said.stderr.startswith("Oast needs Python 3.11 or newer")
    assert "apt-get install" in said.stderr
    assert said.stderr.count("\n") == 1


def test_the_locks_name_every_package_by_version_and_hash_and_no_address() -> None:
    for lock in (ROOT / "requirements").glob("*.txt"):
        text = lock.read_text()
        assert "://" not in text
        for package in re.split(r"\n(?=\S)", text.strip()):
            assert re.match(r"[\w.-]+==\S+", package)
            assert "--hash=sha256:" in package
    assert "resolved" not in (ROOT / "package-lock.json").read_text()


def test_make_help_lists_every_target_that_people_call() -> None:
    said = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    listed = set(re.findall(r"make (\w+)", said))
    assert listed == {"run", "reset", "test", "journey", "bench", "lint", "format", "assets", "lock", "help"}


def test_every_setting_is_documented_and_every_documented_setting_exists() -> None:
    table = re.findall(r"^\| (`[A-Z_`, ]+`) \|", (ROOT / "docs" / "running.md").read_text(), re.MULTILINE)
    documented = {name for cell in table for name in re.findall(r"[A-Z_]+", cell)}
    gunicorn = set(re.findall(r"environ\.get\([\"']([A-Z_]+)", (ROOT / "gunicorn.conf.py").read_text()))
    assert documented == set(SETTINGS) | gunicorn


def test_each_container_process_gets_no_role_but_its_own() -> None:
    compose = (ROOT / "compose.yaml").read_text()
    services = dict(re.findall(r"^  (\w+):\n((?:    .*\n|\n)+)", compose, re.MULTILINE))
    assert [name for name, body in services.items() if "OWNER_DATABASE_URL" in body] == ["migrate"]
    assert [name for name, body in services.items() if "RELAY_DATABASE_URL" in body] == ["relay"]
