"""Makes what `make run` and `make test` need: .venv, the browser files, and Debian's packages where it may.

Standard library only: this is what installs everything else. A step whose result is there is skipped, so a
second run takes a fraction of a second.
"""

import argparse
import ctypes
import fcntl
import hashlib
import importlib.util
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from assets import MODULES, ROOT, VENDOR, copy_assets

VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LOCK = ROOT / "requirements" / "development.txt"
NODE_LOCK = ROOT / "requirements" / "node.txt"

PANGO_LIBRARIES = ("libpango-1.0.so.0", "libpangoft2-1.0.so.0", "libharfbuzz-subset.so.0")
PANGO_PACKAGES = ("libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0")
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


class SetupError(Exception):
    """Something that only the reader can put right; the message says how."""


def main() -> int:
    """`bin/setup [--browser]`: prepare this checkout; return the exit status."""
    parser = argparse.ArgumentParser(prog="bin/setup", description=__doc__)
    parser.add_argument("--browser", action="store_true", help="also Chromium, for the browser tests")
    wanted = parser.parse_args()
    try:
        with _lock_file().open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            _prepare(browser=wanted.browser)
    except SetupError as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


def _lock_file() -> Path:
    (ROOT / "var").mkdir(exist_ok=True)
    return ROOT / "var" / "setup.lock"


def _prepare(*, browser: bool) -> None:
    make_venv()
    make_assets()
    install_pango()
    if browser:
        install_browser()


def make_venv() -> None:
    """Make .venv hold exactly what the lock names, checked by hash, unless it does already."""
    stamp, wanted = VENV / "locked", _digest([LOCK])
    if not _venv_works():
        _say("Making .venv")
        _make_empty_venv()
    if _reads(stamp, wanted):
        return
    _say("Installing what requirements/development.txt names")
    _pip(LOCK)
    stamp.write_text(wanted)


def _venv_works() -> bool:
    """Return whether .venv is whole and of the running Python, which an upgrade can change."""
    config = VENV / "pyvenv.cfg"
    if not (PYTHON.exists() and (VENV / "bin" / "pip").exists() and config.exists()):
        return False
    return f"version = {sys.version_info.major}.{sys.version_info.minor}." in config.read_text()


def _make_empty_venv() -> None:
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    if importlib.util.find_spec("ensurepip") is None and not _apt_get([f"{version}-venv"]):
        raise SetupError(
            f"Python's venv module is missing: run `sudo apt-get install {version}-venv`, then again."
        )
    shutil.rmtree(VENV, ignore_errors=True)
    _run([sys.executable, "-m", "venv", VENV], "Making .venv failed; the reason is above.")


def _pip(lock: Path) -> None:
    """Install a lock file's packages, each only if its hash is the locked one."""
    command: list[str | Path] = [PYTHON, "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
    _run(
        [*command, "--require-hashes", "--requirement", lock],
        f"Installing {lock.relative_to(ROOT)} failed; the reason is above. Once mended, run the same again.",
    )


def make_assets() -> None:
    """Fetch the npm packages that package-lock.json names and copy the browser files, unless done already."""
    here = Path(__file__).resolve().parent
    stamp, wanted = VENDOR / "locked", _digest([ROOT / "package-lock.json", here / "assets.py"])
    if _reads(stamp, wanted) and (ROOT / "var" / "axe").exists():
        return
    _fetch_modules()
    copy_assets()
    stamp.write_text(wanted)


def _fetch_modules() -> None:
    stamp, wanted = MODULES / "locked", _digest([ROOT / "package-lock.json"])
    if _reads(stamp, wanted):
        return
    _say("Fetching the browser files that package-lock.json names")
    _run(
        [*_npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
        "Fetching the npm packages failed; the reason is above. Once mended, run the same again.",
    )
    stamp.write_text(wanted)


def _npm() -> list[str]:
    """Return the command that is npm: the system's, else one that pip brings into .venv."""
    system = shutil.which("npm")
    if system is not None:
        return [system]
    if not (VENV / "bin" / "npm").exists():
        _say("No npm here: installing one into .venv")
        _pip(NODE_LOCK)
    return [str(VENV / "bin" / "npm")]


def install_pango() -> None:
    """Make sure of Pango, which draws letters and plans. Raises SetupError with the command to run."""
    if platform.system() == "Darwin":
        if not any(
            Path(home, "lib", "libpango-1.0.dylib").exists() for home in ("/opt/homebrew", "/usr/local")
        ):
            raise SetupError("Pango, which makes the PDFs, is missing: run `brew install pango`, then again.")
    elif not _loads(PANGO_LIBRARIES) and not _apt_get(PANGO_PACKAGES):
        command = f"sudo apt-get install {' '.join(PANGO_PACKAGES)}"
        raise SetupError(f"Pango, which makes the PDFs, is missing: run `{command}`, then again.")


def _loads(libraries: Sequence[str]) -> bool:
    try:
        for library in libraries:
            ctypes.CDLL(library)
    except OSError:
        return False
    return True


def install_browser() -> None:
    """Make sure of Chromium where we may; where not, say so, and under CI raise SetupError."""
    if any(shutil.which(name) for name in BROWSERS) or _apt_get(["chromium"]):
        return
    sentence = "Chromium is missing, so browser tests will not run: `sudo apt-get install chromium` mends it."
    if os.environ.get("CI"):
        raise SetupError(sentence)
    _say(sentence)


def _apt_get(packages: Sequence[str]) -> bool:
    """Install Debian packages; return whether that was possible and worked."""
    become_root = _way_to_root()
    if shutil.which("apt-get") is None or become_root is None:
        return False
    _say(f"Installing {' '.join(packages)}")
    apt_get = [
        *become_root,
        "env",
        "DEBIAN_FRONTEND=noninteractive",
        "apt-get",
        "-qq",
        "-o",
        "DPkg::Lock::Timeout=300",
    ]
    steps = (["update"], ["install", "--yes", "--no-install-recommends", *packages])
    return all(subprocess.run([*apt_get, *step], stdout=subprocess.DEVNULL).returncode == 0 for step in steps)


def _way_to_root() -> list[str] | None:
    """Return what to put before a command for root to run it: nothing, `sudo`, or None when we may not."""
    if os.geteuid() == 0:
        return []
    sudo = shutil.which("sudo")
    if sudo is None or subprocess.run([sudo, "-n", "true"], stderr=subprocess.DEVNULL).returncode != 0:
        return None
    return [sudo, "-n"]


def _digest(files: Sequence[Path]) -> str:
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()


def _reads(stamp: Path, wanted: str) -> bool:
    return stamp.exists() and stamp.read_text() == wanted


def _run(command: Sequence[str | Path], sentence: str) -> None:
    """Run a command in the checkout. Raises SetupError with `sentence` when it fails."""
    if subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL).returncode != 0:
        raise SetupError(sentence)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
