"""How gunicorn runs the web process, in production and under `make run`. `docs/running.md` explains each."""

import os
from pathlib import Path

wsgi_app = "app:create_app()"
bind = f"{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('PORT', '8000')}"

worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = int(os.environ.get("WEB_THREADS", "4"))

# One import for all processes: a faster start, and shared memory. The application connects only when asked.
preload_app = True

# An upload of 100 MB over a slow line is not a hang; a page that takes a minute is.
timeout = 60
graceful_timeout = 10
max_requests = 5000
max_requests_jitter = 500

# Heartbeat files belong in memory; a read-only root file system has nowhere else for them.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108
control_socket_disable = True
loglevel = os.environ.get("LOG_LEVEL", "warning")
