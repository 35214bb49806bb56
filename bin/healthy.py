"""The container's health check: exit status 0 when the web process in it answers."""

import os
import sys
import urllib.request


def main() -> int:
    """Ask /healthz by a host name that the service accepts; return the exit status."""
    host = os.environ.get("TRUSTED_HOSTS", "").split(",")[0] or "localhost"
    address = f"http://127.0.0.1:{os.environ.get('PORT', '8000')}/healthz"
    question = urllib.request.Request(address, headers={"Host": host})
    try:
        with urllib.request.urlopen(question, timeout=4):  # noqa: S310 - our own address
            return 0
    except OSError as problem:
        print(problem, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
