"""How a till's files are reached where they lie on another machine; what is left out, its client finds by itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import Field

from config.problems import Mistake
from config.types import Endpoint, KeyFile, Secret, Settings, Text, remote_scheme


class StorageOptions(Settings):
    """Access to files behind ``s3://``, ``gs://`` or ``sftp://``.

    Without them each client looks where it always does: the environment, its own configuration, the machine's role.
    """

    key: Annotated[Secret | None, Field(description="the id of an S3 access key")] = None
    secret: Annotated[Secret | None, Field(description="the secret of an S3 access key")] = None
    token: Annotated[Secret | None, Field(description="the session token of a temporary S3 access key")] = (
        None
    )
    profile: Annotated[Text | None, Field(description="a profile of the AWS configuration")] = None
    region: Annotated[Text | None, Field(description="an AWS region such as eu-west-3")] = None
    endpoint: Annotated[
        Endpoint | None,
        Field(description="the https:// address of a service that speaks S3 or Cloud Storage"),
    ] = None
    credentials: Annotated[
        KeyFile | None, Field(description="the path of a Google service account's key file")
    ] = None
    password: Annotated[Secret | None, Field(description="the password of an SFTP user")] = None
    private_key_file: Annotated[
        KeyFile | None, Field(description="the path of an SFTP user's private key")
    ] = None
    passphrase: Annotated[Secret | None, Field(description="what unlocks the private key")] = None
    known_hosts: Annotated[
        KeyFile | None,
        Field(
            description="the path of a known_hosts file, besides the user's own, that has the server's key"
        ),
    ] = None


_OF_SCHEME = {
    "s3": {"key", "secret", "token", "profile", "region", "endpoint"},
    "gs": {"credentials", "endpoint"},
    "sftp": {"password", "private_key_file", "passphrase", "known_hosts"},
}


def options_out_of_place(source: Mapping[str, Any]) -> Iterator[Mistake]:
    """Storage options that the place of the files has no use for, in a source as read from a file, valid or not."""
    options = source.get("storage_options")
    if not isinstance(options, Mapping) or not options:
        return
    customers = source.get("customers")
    paths = [source.get("path"), customers.get("path") if isinstance(customers, Mapping) else None]
    schemes = [scheme for path in paths if (scheme := remote_scheme(str(path))) in _OF_SCHEME]
    if not schemes:
        yield Mistake(("storage_options",), "a path that begins with s3://, gs:// or sftp:// beside it")
        return
    fitting = {name for scheme in schemes for name in _OF_SCHEME[scheme]}
    given = [name for name, value in options.items() if value is not None]
    for name in given:
        if name in StorageOptions.model_fields and name not in fitting:
            places = " and ".join(f"{scheme}://" for scheme in dict.fromkeys(schemes))
            yield Mistake(("storage_options", name), f"for {places} one of {', '.join(sorted(fitting))}")
