"""The SDK's low-level client, one a portal, with what it leaves open closed.

The generated API classes know the numbered versions only and build a pool of connections at every access; the
``ApiClient`` below them takes any path and keeps its pool. Left alone it follows redirects with the token, tries
again by rules of its own, and knows no time-out and no proxy.
"""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

from hubspot.crm.objects import ApiClient, Configuration
from requests.utils import get_environ_proxies
from urllib3.util import make_headers

from config.types import is_loopback_url

PUBLIC_HOST = "https://api.hubapi.com"
_CONNECT_SECONDS = 10.0


def open_client(endpoint: str | None) -> ApiClient:
    """A client of ``endpoint``, HubSpot's own where there is none; the caller keeps it and sets its token."""
    host = endpoint or PUBLIC_HOST
    configuration = Configuration(host=host)
    # False: neither repeats nor redirects. What may be repeated is decided in one place, POST included, and a
    # redirected request would hand the token to another host.
    configuration.retries = False
    if proxy := _proxy_for(host):
        configuration.proxy = proxy
        configuration.proxy_headers = _proxy_authorization(proxy)
    return ApiClient(configuration)


def timeouts(seconds: float) -> tuple[float, float]:
    """Time-outs for connecting and for each read, as the SDK takes them."""
    return min(_CONNECT_SECONDS, seconds), seconds


def _proxy_for(host: str) -> str | None:
    """The environment's proxy; none for loopback, where a proxy would lead out to the real HubSpot."""
    if is_loopback_url(host):
        return None
    proxy = get_environ_proxies(host).get(urlsplit(host).scheme)
    return proxy or None


def _proxy_authorization(proxy: str) -> dict[str, str]:
    parts = urlsplit(proxy)
    if parts.username is None:
        return {}
    return make_headers(proxy_basic_auth=f"{unquote(parts.username)}:{unquote(parts.password or '')}")
