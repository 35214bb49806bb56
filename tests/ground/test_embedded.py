"""The PostgreSQL and Redis that come along: they start, are joined, survive, and stop."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import redis
from sqlalchemy import create_engine, text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.pool import NullPool

from app import embedded


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder whose sockets' paths are too long and whose name has a space and a quote."""
    long = tmp_path_factory.mktemp("it's") / "a long name for a folder" / ("x" * 60)
    yield long
    embedded.stop(long)


def ask(url: str, question: str) -> object:
    """The single answer to one question, on a connection of its own."""
    with create_engine(url, poolclass=NullPool).begin() as connection:
        return connection.execute(text(question)).scalar_one()


def do(url: str, statement: str) -> None:
    """Carry out one statement and commit it."""
    with create_engine(url, poolclass=NullPool).begin() as connection:
        connection.execute(text(statement))


def test_each_role_is_bound_by_policies_and_may_do_what_it_is_for(folder: Path) -> None:
    servers = embedded.start(folder, durable=False)
    unbound = "SELECT rolsuper OR rolbypassrls OR rolcreatedb FROM pg_roles WHERE rolname = current_user"
    for url in (servers.owner_url, servers.app_url, servers.relay_url):
        assert ask(url, unbound) is False
        assert ask(url, "SHOW timezone") == "UTC"
    temporary = "SELECT has_database_privilege(current_database(), 'TEMPORARY')"
    assert (ask(servers.app_url, temporary), ask(servers.relay_url, temporary)) == (True, False)
    with pytest.raises(ProgrammingError, match="permission denied"):
        do(servers.app_url, "CREATE TABLE public.mine AS SELECT 1")


def test_a_second_start_joins_the_same_server(folder: Path) -> None:
    servers = embedded.start(folder, durable=False)
    began = ask(servers.app_url, "SELECT pg_postmaster_start_time()::text")
    assert embedded.start(folder) == servers
    assert ask(servers.app_url, "SELECT pg_postmaster_start_time()::text") == began


def test_a_copy_of_a_database_has_the_rows_and_the_rights_of_its_template(folder: Path) -> None:
    servers = embedded.start(folder, durable=False)
    do(servers.owner_url, "CREATE TABLE app.kept AS SELECT 1 AS one")
    embedded.create_database(folder, "copy", template="oast")
    copy = embedded.urls(folder, "copy")
    assert ask(copy.owner_url, "SELECT one FROM app.kept") == 1
    assert ask(copy.app_url, "SHOW timezone") == "UTC"
    embedded.drop_database(folder, "copy")
    embedded.drop_database(folder, "copy")


def test_servers_killed_outright_come_back_with_the_data(folder: Path) -> None:
    embedded.stop(folder)  # so that the start is a durable one
    servers = embedded.start(folder)
    do(servers.owner_url, "CREATE TABLE app.survivor AS SELECT 7 AS seven")
    postmaster = int((folder / "postgres" / "postmaster.pid").read_text().split()[0])
    for pid in (postmaster, int((folder / "redis" / "redis.pid").read_text())):
        process = psutil.Process(pid)
        os.kill(pid, signal.SIGKILL)
        process.wait(60)
    assert embedded.start(folder) == servers
    assert ask(servers.owner_url, "SELECT seven FROM app.survivor") == 7
    with redis.Redis.from_url(servers.redis_url) as client:
        assert client.ping()


def test_a_stale_pid_file_that_names_another_process_is_no_obstacle(folder: Path) -> None:
    embedded.start(folder)
    embedded.stop(folder)
    (folder / "postgres" / "postmaster.pid").write_text(f"{os.getpid()}\n")
    servers = embedded.start(folder)
    assert ask(servers.app_url, "SELECT 1") == 1


def test_stopping_leaves_no_process_and_may_be_said_twice(folder: Path) -> None:
    embedded.start(folder)
    embedded.stop(folder)
    embedded.stop(folder)
    running = [process for process in psutil.process_iter(["cmdline"]) if process.info["cmdline"]]
    assert not [process for process in running if str(folder) in " ".join(process.info["cmdline"])]
