"""One account's credentials in the SDK's services, and the one place where a request is made."""

from __future__ import annotations

import importlib
import logging
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import grpc  # type: ignore[import-untyped]
import requests
from google.ads.googleads.client import GoogleAdsClient
from google.ads.googleads.interceptors import (
    ExceptionInterceptor,
    Interceptor,
    LoggingInterceptor,
    MetadataInterceptor,
)
from google.ads.googleads.util import convert_upper_case_to_snake_case
from google.auth.transport.requests import Request

from config.destinations import GoogleAdsSettings, GoogleDataManagerSettings
from config.types import is_loopback
from uploads import limiting
from uploads.errors import Action, PlatformError, Policy
from uploads.google_ads.failures import platform_error
from uploads.google_credentials import KeyFileError, load_credentials, project_of
from uploads.retrying import Sleep
from uploads.sessions import guard

VERSION = "v26"
SCOPE = "https://www.googleapis.com/auth/adwords"

_SERVICES = f"google.ads.googleads.{VERSION}.services.services"

_sdk_log = logging.getLogger("google.ads.googleads.client")


class Session:
    """The Google Ads API for one account.

    Raises:
        PlatformError: the key file cannot be used.
    """

    def __init__(self, settings: GoogleAdsSettings | GoogleDataManagerSettings, *, sleep: Sleep) -> None:
        # At INFO the SDK logs every refused request, hashes included, and at WARNING what Google says of it.
        _sdk_log.setLevel(logging.ERROR)
        endpoint = urlsplit(settings.ads_endpoint)
        loopback = is_loopback(endpoint.hostname or "")
        try:
            self._credentials: Any = load_credentials(
                settings.credentials, loopback_endpoint=loopback, scope=SCOPE
            )
        except KeyFileError as error:
            raise PlatformError("credentials", Policy(Action.HOLD, str(error))) from None
        self._client = (_LoopbackClient if loopback and endpoint.scheme == "http" else GoogleAdsClient)(
            credentials=self._credentials,
            developer_token=settings.developer_token and settings.developer_token.get_secret_value(),
            endpoint=endpoint.netloc,
            login_customer_id=settings.login_customer_id,
            version=VERSION,
        )
        session = requests.Session()
        guard(session, settings.ads_endpoint)
        self._token_request = Request(session)
        self._timeout = settings.timeout_seconds
        self._sleep = sleep
        # Each endpoint has quotas of its own.
        project = f"{settings.ads_endpoint} {project_of(self._credentials)}"
        self._limiter = limiting.shared("google_ads", project, settings.customer_id)

    def service(self, name: str) -> Any:
        """The SDK's client of a service, such as ``ConversionUploadService``."""
        return self._client.get_service(name)

    def call(self, method: Callable[..., Any], request: Any) -> Any:
        """The answer of a service's ``method`` to ``request``.

        Raises:
            PlatformError: there is none.
        """
        with self._limiter.turn(self._sleep):
            try:
                self._have_token()
                return method(request=request, retry=None, timeout=self._timeout)
            except Exception as error:
                told = platform_error(error)
                if told.code == "OAUTH_TOKEN_EXPIRED":
                    # The two clocks disagree, and Google's counts: the next attempt must fetch a token.
                    self._credentials.token = None
                raise told from None

    def _have_token(self) -> None:
        """Fetch the token here, where redirects are refused: the channel by itself would follow them."""
        if not self._credentials.valid:
            self._credentials.refresh(self._token_request)


class _LoopbackClient(GoogleAdsClient):  # type: ignore[misc]
    """The SDK's client without TLS, for a server on this machine; the SDK itself knows no such channel."""

    def get_service(
        self, name: str, version: str = VERSION, interceptors: list[Any] | None = None, is_async: bool = False
    ) -> Any:
        """The service ``name`` of :data:`VERSION`, synchronous."""
        del version, is_async
        # A proxy of the environment cannot reach this machine's own loopback.
        plain = grpc.insecure_channel(self.endpoint, options=[("grpc.enable_http_proxy", 0)])
        channel = grpc.intercept_channel(
            plain,
            *(interceptors or ()),
            _Bearer(self.credentials),
            MetadataInterceptor(self.developer_token, self.login_customer_id),
            LoggingInterceptor(_sdk_log, VERSION, self.endpoint),
            ExceptionInterceptor(VERSION),
        )
        module = importlib.import_module(f"{_SERVICES}.{convert_upper_case_to_snake_case(name)}")
        client = getattr(module, f"{name}Client")
        return client(transport=client.get_transport_class("grpc")(channel=channel))


class _Bearer(Interceptor, grpc.UnaryUnaryClientInterceptor):  # type: ignore[misc]
    """Adds the access token to each call: gRPC's own way to do so is refused on a channel without TLS."""

    def __init__(self, credentials: Any) -> None:
        super().__init__(VERSION)
        self._credentials = credentials

    def intercept_unary_unary(self, continuation: Any, client_call_details: Any, request: Any) -> Any:
        """See :class:`grpc.UnaryUnaryClientInterceptor`."""
        bearer = ("authorization", f"Bearer {self._credentials.token}")
        details = self.get_client_call_details_instance(
            client_call_details.method,
            client_call_details.timeout,
            [*(client_call_details.metadata or ()), bearer],
            client_call_details.credentials,
        )
        return continuation(details, request)
