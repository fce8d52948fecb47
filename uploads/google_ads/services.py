"""The SDK's two upload services on one account's credentials, and the one place where a request is made."""

from __future__ import annotations

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
from google.ads.googleads.v26.services.services.conversion_adjustment_upload_service import (
    ConversionAdjustmentUploadServiceClient,
)
from google.ads.googleads.v26.services.services.conversion_upload_service import ConversionUploadServiceClient
from google.auth.transport.requests import Request

from config.destinations import GoogleAdsSettings
from config.types import is_loopback
from uploads import limiting
from uploads.errors import Action, PlatformError, Policy
from uploads.google_ads.failures import platform_error
from uploads.google_credentials import KeyFileError, load_credentials, project_of
from uploads.retrying import Sleep
from uploads.sessions import guard

VERSION = "v26"
SCOPE = "https://www.googleapis.com/auth/adwords"

_sdk_log = logging.getLogger("google.ads.googleads.client")

_CLIENTS: dict[str, Any] = {
    "ConversionUploadService": ConversionUploadServiceClient,
    "ConversionAdjustmentUploadService": ConversionAdjustmentUploadServiceClient,
}


class Services:
    """The upload services of one account.

    Raises:
        PlatformError: the key file cannot be used.
    """

    def __init__(self, settings: GoogleAdsSettings, *, sleep: Sleep) -> None:
        # At INFO the SDK logs every refused request, hashes included, and at WARNING what Google says of it.
        _sdk_log.setLevel(logging.ERROR)
        endpoint = urlsplit(settings.endpoint)
        loopback = is_loopback(endpoint.hostname or "")
        try:
            self._credentials: Any = load_credentials(
                settings.credentials, loopback_endpoint=loopback, scope=SCOPE
            )
        except KeyFileError as error:
            raise PlatformError("credentials", Policy(Action.HOLD, str(error))) from None
        client = (_LoopbackClient if loopback and endpoint.scheme == "http" else GoogleAdsClient)(
            credentials=self._credentials,
            developer_token=settings.developer_token and settings.developer_token.get_secret_value(),
            endpoint=endpoint.netloc,
            login_customer_id=settings.login_customer_id,
            version=VERSION,
        )
        self._conversions = client.get_service("ConversionUploadService")
        self._adjustments = client.get_service("ConversionAdjustmentUploadService")
        session = requests.Session()
        guard(session, settings.endpoint)
        self._token_request = Request(session)
        self._timeout = settings.timeout_seconds
        self._sleep = sleep
        # Each endpoint has quotas of its own.
        project = f"{settings.endpoint} {project_of(self._credentials)}"
        self._limiter = limiting.shared("google_ads", project, settings.customer_id)

    def upload(self, request: Any) -> Any:
        """The answer to an ``UploadClickConversionsRequest``.

        Raises:
            PlatformError: there is none.
        """
        return self._call(self._conversions.upload_click_conversions, request)

    def adjust(self, request: Any) -> Any:
        """The answer to an ``UploadConversionAdjustmentsRequest``.

        Raises:
            PlatformError: there is none.
        """
        return self._call(self._adjustments.upload_conversion_adjustments, request)

    def _call(self, method: Callable[..., Any], request: Any) -> Any:
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
        client = _CLIENTS[name]
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
