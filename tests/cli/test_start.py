"""The command line starts fast and says what it can do."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import version

from closedwon.cli import verbosity_first

HEAVY = (
    "pandas",
    "polars",
    "pyarrow",
    "facebook_business",
    "simple_salesforce",
    "google.ads",
    "hubspot",
    "sqlalchemy",
)


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from closedwon.cli import main; main()", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_help_names_every_command() -> None:
    result = run("--help")
    assert result.returncode == 0
    for command in ("demo", "sync", "status", "explain", "hash", "check", "sandbox", "schema"):
        assert command in result.stdout


def test_help_imports_nothing_heavy() -> None:
    script = (
        "import sys\n"
        "from closedwon.cli import main\n"
        "sys.argv = ['closedwon', '--help']\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        f"heavy = [name for name in {HEAVY!r} if name in sys.modules]\n"
        "assert not heavy, heavy\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=60
    )
    assert result.returncode == 0, result.stderr


def test_the_version_is_the_distributions() -> None:
    assert run("--version").stdout.strip() == f"closedwon {version('closedwon')}"


def test_verbosity_may_be_asked_for_after_the_command() -> None:
    assert verbosity_first(["sync", "acme", "-vv", "--all"]) == ["-vv", "sync", "acme", "--all"]
    result = run("schema", "-v")
    assert result.returncode == 0, result.stderr


def test_an_unknown_command_is_wrong_usage() -> None:
    assert run("synk").returncode == 2


def test_sync_without_a_client_says_what_to_do() -> None:
    result = run("sync")
    assert result.returncode == 2
    assert "--all" in result.stderr
