"""What is logged is ours, redacted; of anybody else's words only who spoke and where is told."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PERSONAL = (
    "Ada Invented-Person",
    "ada@courriel.example",
    "+33612345678",
    "EAAinventedtoken0123456789",
    "9b74c989" * 8,
)
SDKS = (
    "facebook_business.session",
    "google.auth.transport.requests",
    "google.ads.datamanager_v1.services",
    "google.ads.googleads.client",
    "grpc._channel",
    "simple_salesforce.api",
    "hubspot.rest",
    "urllib3.connectionpool",
    "requests_oauthlib",
    "sqlalchemy.engine.Engine",
    "psycopg.pool",
    "botocore.endpoint",
    "s3fs",
    "fsspec",
    "paramiko.transport",
    "asyncio",
    "py.warnings",
    "connectorsx.no_package_of_ours",
)


def said(script: str, verbosity: int = 2, **environment: str) -> str:
    """What a process says that logs as the command line does and then runs ``script``."""
    whole = (
        f"from closedwon.cli.logs import start_logging\nstart_logging({verbosity})\n{textwrap.dedent(script)}"
    )
    done = subprocess.run(
        [sys.executable, "-c", whole],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PERSONAL": "|".join(PERSONAL), **environment},
    )
    return done.stdout + done.stderr


def assert_nobody_is_in(text: str) -> None:
    assert [one for one in PERSONAL if one in text] == []


def test_no_word_of_an_sdk_is_repeated_at_any_level_however_its_logger_is_set() -> None:
    text = said(
        f"""
        import logging, os
        personal = os.environ["PERSONAL"]
        for name in {SDKS!r}:
            log = logging.getLogger(name)
            log.setLevel(1)
            for level in (5, 10, 20, 30, 40, 50):
                log.log(level, f"request {{personal}}")
                log.log(level, "request %s", personal)
            try:
                raise ValueError(personal)
            except ValueError:
                log.exception("failed for %s", personal, stack_info=True)
        """
    )
    assert_nobody_is_in(text)
    for name in SDKS:
        lines = [line for line in text.splitlines() if f" {name}: " in line]
        assert {line.split()[2] for line in lines} == {"WARNING", "ERROR", "CRITICAL"}, name
        assert all(re.search(r": said something at \S+:\d+$", line) for line in lines)


def test_warnings_and_errors_that_nobody_catches_are_told_by_their_place_alone() -> None:
    text = said(
        """
        import os, threading, warnings
        personal = os.environ["PERSONAL"]
        class Thrown:
            def __del__(self):
                raise ValueError(personal)
        def fail():
            raise ValueError(personal)
        warnings.warn(personal, UserWarning)
        Thrown()
        thread = threading.Thread(target=fail, name=personal)
        thread.start()
        thread.join()
        """
    )
    assert_nobody_is_in(text)
    assert "UserWarning at <string>:" in text
    assert "a thread ended in ValueError at <string>:" in text
    assert "an object that was thrown away ended in ValueError at <string>:" in text


def test_our_own_records_are_redacted_with_their_arguments() -> None:
    text = said(
        """
        import logging, os
        for name in ("closedwon", "connectors.hubspot", "uploads.meta", "matching", "config"):
            logging.getLogger(name).debug("%d", os.environ["PERSONAL"])
            logging.getLogger(name).debug("refused: %s", "ada@courriel.example +33612345678 " + "9b74c989" * 8)
        """
    )
    assert_nobody_is_in(text)
    assert text.count("refused: [e-mail] [phone] [hash]") == 5


@pytest.mark.parametrize(
    ("verbosity", "levels"), [(0, []), (1, ["INFO", "WARNING"]), (2, ["DEBUG", "INFO", "WARNING"])]
)
def test_what_was_asked_for_is_told(verbosity: int, levels: list[str]) -> None:
    text = said(
        """
        import logging
        for level in (10, 20, 30):
            logging.getLogger("uploads").log(level, "a word")
        """,
        verbosity,
    )
    assert [line.split()[2] for line in text.splitlines()] == levels


def test_no_variable_of_the_environment_makes_an_sdk_print_requests() -> None:
    text = said(
        """
        import logging, os
        from google.api_core import client_logging
        client_logging.initialize_logging()
        import s3fs
        for name in ("google", "google.auth", "s3fs"):
            assert logging.getLogger(name).handlers == [], name
            logging.getLogger(name).debug(os.environ["PERSONAL"])
        assert "GRPC_TRACE" not in os.environ
        """,
        GOOGLE_SDK_PYTHON_LOGGING_SCOPE="google",
        S3FS_LOGGING_LEVEL="DEBUG",
        GRPC_TRACE="all",
        GRPC_VERBOSITY="debug",
    )
    assert text == ""


def test_the_packages_that_are_ours_are_all_that_there_are() -> None:
    from closedwon.cli.logs import OURS

    assert set(OURS) == {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests", "benchmarks"}
