"""SOAP ``login()``: the retiring way to begin a session with a username, a password and a security token.

Pages: login() and the fault LoginFault of the SOAP API guide; Salesforce Help article 005132110 on its end:
absent from API 65.0 on, off by default in new orgs. The words for 65.0 and later are not documented.
"""

from __future__ import annotations

import hmac
import re
from xml.etree import ElementTree as Xml
from xml.sax.saxutils import escape

from closedwon.sandbox.salesforce.describe import FIRST_VERSION, LAST_VERSION
from closedwon.sandbox.world import SalesforceOrg

LAST_WITH_LOGIN = 64

_NAMESPACE = "{urn:partner.soap.sforce.com}"
_VERSION = re.compile(r"(\d+)\.0")
_SESSION_SECONDS = 7_200

_ENVELOPE = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" {namespaces}'
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body>{body}</soapenv:Body></soapenv:Envelope>'
)
_FAULT = (
    "<soapenv:Fault><faultcode>sf:{code}</faultcode><faultstring>{code}: {text}</faultstring><detail>"
    '<sf:LoginFault xsi:type="sf:LoginFault"><sf:exceptionCode>{code}</sf:exceptionCode>'
    "<sf:exceptionMessage>{text}</sf:exceptionMessage></sf:LoginFault></detail></soapenv:Fault>"
)
_RESULT = (
    "<loginResponse><result><metadataServerUrl>{host}/services/Soap/m/{version}/00D000000000001"
    "</metadataServerUrl><passwordExpired>false</passwordExpired><sandbox>false</sandbox>"
    "<serverUrl>{host}/services/Soap/u/{version}/00D000000000001</serverUrl><sessionId>{session}</sessionId>"
    "<userId>005000000000001AAA</userId><userInfo><sessionSecondsValid>{seconds}</sessionSecondsValid>"
    "<userName>{username}</userName></userInfo></result></loginResponse>"
)


class SoapError(Exception):
    """A login that is refused, with status 500 and a fault."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message

    def envelope(self) -> str:
        """The answer's body."""
        body = _FAULT.format(code=self.code, text=escape(self.message))
        return _ENVELOPE.format(namespaces='xmlns:sf="urn:fault.partner.soap.sforce.com" ', body=body)


def who_logs_in(body: bytes, version: str, orgs: list[SalesforceOrg]) -> SalesforceOrg:
    """The org of the user who may log in with this request.

    Raises:
        SoapError: nobody may, in Salesforce's words.
    """
    number = _VERSION.fullmatch(version)
    if number is None or not FIRST_VERSION <= int(number[1]) <= LAST_VERSION:
        raise SoapError("UNSUPPORTED_API_VERSION", "Invalid Api version specified on URL")
    if int(number[1]) > LAST_WITH_LOGIN:
        raise SoapError("INVALID_OPERATION", "SOAP API login() is not available in this API version.")
    username, password = _credentials(body)
    org = next((known for known in orgs if known.username == username), None)
    if org is not None and not org.soap_login:
        text = (
            "SOAP API login() is disabled by default in this org. Contact the org administrator to enable "
            "SOAP API login()."
        )
        raise SoapError("INVALID_OPERATION", text)
    expected = "" if org is None else org.password + org.security_token
    if org is None or not expected or not hmac.compare_digest(expected.encode(), password.encode()):
        raise SoapError("INVALID_LOGIN", "Invalid username, password, security token; or user locked out.")
    return org


def logged_in(org: SalesforceOrg, version: str, session: str) -> str:
    """The answer's body to a login."""
    body = _RESULT.format(
        host=f"https://{org.domain}.salesforce.com",
        version=version,
        session=escape(session),
        seconds=_SESSION_SECONDS,
        username=escape(org.username),
    )
    return _ENVELOPE.format(namespaces='xmlns="urn:partner.soap.sforce.com" ', body=body)


def _credentials(body: bytes) -> tuple[str, str]:
    try:
        envelope = Xml.fromstring(body)  # noqa: S314 (what a test of ours sent)
    except Xml.ParseError:
        raise SoapError("UNKNOWN_EXCEPTION", "The request is not an XML document") from None
    login = next(envelope.iter(f"{_NAMESPACE}login"), None)
    if login is None:
        raise SoapError("INVALID_SESSION_ID", "Invalid Session ID found in SessionHeader")
    username, password = (login.findtext(f"{_NAMESPACE}{name}") or "" for name in ("username", "password"))
    return username, password
