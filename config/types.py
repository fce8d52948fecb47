"""Value types that several settings share: zones, countries, currencies, endpoints, files, secrets.

A description here is read three times: in an editor (JSON Schema), in a message ("expected …"), and by
whoever reads the code. So each is a noun phrase that says what to write, with an example where one helps.
"""

from __future__ import annotations

import glob
import ipaddress
import re
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationInfo,
    WithJsonSchema,
)

from config.columns import EXTRA_PREFIX, FILLED_COLUMNS, MAPPABLE_COLUMNS, is_stage_entry_column
from config.countries import COUNTRIES, MISTAKEN
from config.problems import closest
from config.redaction import register_secret

CHECK_FILES = "check_files"
"""Key of the validation context: true where files that settings name must be there and readable."""


class Settings(BaseModel):
    """Base of every settings model: unknown keys are mistakes, and loaded settings do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Written(str):
    """A text as a file has it, knowing that file's folder: shared defaults may lie in another one."""

    __slots__ = ("folder",)
    folder: Path

    @classmethod
    def within(cls, folder: Path, text: str) -> Written:
        """``text`` as written in a file of ``folder``."""
        written = cls(text)
        written.folder = folder
        return written


def is_loopback(host: str) -> bool:
    """Whether ``host`` can only be this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_loopback_url(url: str) -> bool:
    """Whether ``url`` leads to this machine."""
    return is_loopback(urlsplit(url).hostname or "")


def _endpoint(value: str) -> str:
    try:
        parts = urlsplit(value)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        raise ValueError("an https:// address with a valid host and port") from None
    if parts.username is not None or parts.query or parts.fragment or re.search(r"\s", value):
        raise ValueError("an address without user name, query, fragment or spaces")
    if host and (parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))):
        return value.rstrip("/")
    raise ValueError("an https:// address (plain http:// is accepted for loopback only)")


def _timezone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        likely = closest(value, available_timezones()) or "Europe/Paris"
        raise ValueError(f"an IANA time zone such as {likely}") from None
    return value


def _country(value: str) -> str:
    if value not in COUNTRIES:
        likely = MISTAKEN.get(value, "FR")
        raise ValueError(f"a country in two capitals (ISO 3166-1 alpha-2), such as {likely}")
    return value


def stage_entry_column(value: str) -> str:
    """``value``, where it names a column that a client's file may fill.

    Raises:
        ValueError: it does not; the text says what was expected.
    """
    if not is_stage_entry_column(value):
        raise ValueError(f"a stage-entry column, or {EXTRA_PREFIX}<name> for a custom field")
    if value in FILLED_COLUMNS:
        raise ValueError(f"a column other than {', '.join(FILLED_COLUMNS)}, which follow from the record")
    return value


def number_if_it_reads_as_one(value: Any) -> Any:
    """``value``, as a number where it is the text of one: a file's scalars come as text."""
    if not isinstance(value, str):
        return value
    try:
        return float(value)
    except ValueError:
        return value


def _beside(value: Any) -> Any:
    """Paths in a client's file are relative to the file that has them, wherever the command is run."""
    if not isinstance(value, Written):
        return value
    return value.folder / (Path(value).expanduser() if value.startswith("~/") else value)


def remote_scheme(path: str) -> str | None:
    """The scheme of an address such as ``s3://bucket/pos/*.csv``; ``None`` for a path of this machine."""
    scheme, mark, _ = path.partition("://")
    return scheme if mark and scheme.isalnum() else None


def _files(value: Any) -> Any:
    """A glob of this machine as a path, an address elsewhere as text."""
    if not isinstance(value, str):
        return value
    if remote_scheme(value) is None:
        return _glob_beside(value)
    match = _REMOTE_FILES.fullmatch(value)
    if match is None:
        raise ValueError("a path, or s3://bucket/…, gs://bucket/…, sftp://user@host/…")
    if match["password"] is not None:
        register_secret(match["password"])
        raise ValueError("an address without a password: it belongs in storage_options.password, as ${NAME}")
    # A plain str: what the address was written beside has no bearing on it.
    return str(value)


def _glob_beside(value: str) -> Path:
    """Like :func:`_beside`, for a glob: only what the file says is one, not the names of the folders around it."""
    if not isinstance(value, Written):
        return Path(value)
    folder = Path.home() if value.startswith("~/") else value.folder
    return Path(glob.escape(str(folder))) / value.removeprefix("~/")


def _readable(value: Path, info: ValidationInfo) -> Path:
    # The path itself is not repeated: an environment variable that should name a key file may hold the key.
    if not (info.context or {}).get(CHECK_FILES):
        return value
    try:
        with value.open("rb") as file:
            file.read(1)
    except FileNotFoundError:
        raise ValueError(
            "a file that exists; a relative path starts at the folder of the file that has it"
        ) from None
    except IsADirectoryError:
        raise ValueError("a file, not a folder") from None
    except PermissionError:
        raise ValueError("a file that this user may read") from None
    except (OSError, ValueError):
        raise ValueError("the path of a readable file, not its contents") from None
    return value


# memory:// is fsspec's own: what a program puts there can be read like any other place.
_REMOTE_FILES = re.compile(
    r"(?:s3|gs|memory)://[^/@\s]+/\S.*|sftp://(?:[^/@:\s]+(?::(?P<password>[^/\s]*))?@)?[^/@\s]+/\S.*"
)
_GOOGLE_ACCOUNT = r"^(?:[0-9]{10}|[0-9]{3}-[0-9]{3}-[0-9]{4})$"


def _known_to_redaction(value: SecretStr) -> SecretStr:
    # An SDK's error may repeat a token: whatever becomes a secret setting is kept out of every text from here on.
    register_secret(value.get_secret_value())
    return value


def _google_account(value: str) -> str:
    if not re.fullmatch(_GOOGLE_ACCOUNT, value):
        raise ValueError("a Google Ads customer id of ten digits, such as 123-456-7890")
    return value.replace("-", "")


# The domain becomes part of the address that receives the credentials: anything looser
# than a My Domain name would let a typo send them to somebody else's server.
_SALESFORCE_DOMAIN = (
    r"^(?:login|test|[a-z][a-z0-9-]{0,62}(?:\.(?:sandbox|develop|scratch|demo|patch|trailblaze|free))?\.my)$"
)


def _salesforce_domain(value: str) -> str:
    if not re.fullmatch(_SALESFORCE_DOMAIN, value):
        raise ValueError("a Salesforce My Domain such as acme.my or acme--test.sandbox.my, or login or test")
    return value


def _shown_as(pattern: str) -> WithJsonSchema:
    """What an editor checks while typing, for a rule whose message should be plainer than a pattern's."""
    return WithJsonSchema({"type": "string", "pattern": pattern})


Endpoint = Annotated[
    str,
    AfterValidator(_endpoint),
    _shown_as(r"^https?://[^\s/?#@]+"),
    Field(description="an https:// address; plain http:// is accepted for loopback only"),
]
TimeZone = Annotated[
    str, Field(description="an IANA time zone such as Europe/Paris", min_length=1), AfterValidator(_timezone)
]
Country = Annotated[
    str,
    Field(pattern=r"^[A-Z]{2}$", description="a country in two capitals (ISO 3166-1 alpha-2), such as FR"),
    AfterValidator(_country),
]
Currency = Annotated[
    str, Field(pattern=r"^[A-Z]{3}$", description="a currency in three capitals (ISO 4217), such as EUR")
]
Text = Annotated[str, Field(min_length=1)]
Secret = Annotated[SecretStr, Field(min_length=1), AfterValidator(_known_to_redaction)]
Slug = Annotated[
    str,
    Field(
        pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$",
        description="a short name in lower-case letters, digits, - and _, such as acme-solar",
    ),
]
StageName = Annotated[
    str,
    Field(
        pattern=r"^[a-z][a-z0-9_]*$",
        description="a funnel stage in lower-case letters, digits and _, such as qualified",
    ),
]
Column = Annotated[
    str,
    AfterValidator(stage_entry_column),
    # Without "type", pydantic leaves the names out of the schema of a mapping.
    WithJsonSchema(
        {
            "type": "string",
            "anyOf": [{"enum": list(MAPPABLE_COLUMNS)}, {"pattern": rf"^{re.escape(EXTRA_PREFIX)}."}],
        }
    ),
]
FilePath = Annotated[
    Path | str,
    BeforeValidator(_files),
    WithJsonSchema({"type": "string"}),
]
KeyFile = Annotated[
    Path,
    BeforeValidator(_beside),
    AfterValidator(_readable),
    Field(description="the path of a readable file, relative to the file that has it"),
]
GoogleAccount = Annotated[
    str,
    AfterValidator(_google_account),
    _shown_as(_GOOGLE_ACCOUNT),
    Field(description="a Google Ads customer id of ten digits, such as 123-456-7890"),
]
SalesforceDomain = Annotated[
    str,
    AfterValidator(_salesforce_domain),
    _shown_as(_SALESFORCE_DOMAIN),
    Field(description="a Salesforce My Domain such as acme.my or acme--test.sandbox.my, or login or test"),
]
