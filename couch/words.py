"""Why a central can't be prepared, in one sentence for a person, without a password in it."""

from __future__ import annotations

import http.client
import socket
import ssl
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from couch.wire import Elsewhere, Page

# OpenSSL's numbers for what is wrong with a certificate (X509_V_ERR_… of x509_vfy.h).
_NOT_YET, _EXPIRED = 9, 10
_UNKNOWN = (18, 19, 20, 21)
_OTHER_NAME = (62, 64)

#: The other side has ended the connection.
_ENDED = (http.client.HTTPException, ConnectionResetError, BrokenPipeError)


class CentralError(Exception):
    """The central can't be prepared; the message is for a person and holds no password."""


class Unreachable(CentralError):
    """No answer came: what was asked for may have been done."""


def shown(url: str) -> str:
    """The URL without name and password, as it may stand in a message."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "this"
    # ``admin:pass@host`` without http:// parses as a scheme and a path
    path = parts.path.rpartition("@")[2]
    return urlunsplit((parts.scheme if parts.netloc else "", parts.netloc.rpartition("@")[2], path, "", ""))


def trust(ca: Path | None) -> ssl.SSLContext:
    """Whose certificates are believed: the system's authorities, and those in the file `ca`. CentralError."""
    context = ssl.create_default_context()
    if ca is not None:
        try:
            context.load_verify_locations(ca)
        except ssl.SSLError:
            raise CentralError(
                f"{ca} holds no certificate: a file in PEM form does (-----BEGIN CERTIFICATE-----)."
            ) from None
        except OSError as error:
            raise CentralError(f"{ca}: {error.strerror}.") from None
    return context


def unreachable(where: str, error: Exception, seconds: float) -> str:
    """Why no answer came from `where`, an address without a password."""
    if isinstance(error, ssl.SSLError):
        return _tls(where, error)
    if isinstance(error, socket.gaierror):
        why = f"no machine is known by the name {urlsplit(where).hostname}"
    elif isinstance(error, ConnectionRefusedError):
        why = "the machine is there, but nothing listens on this port"
    elif isinstance(error, TimeoutError):
        why = f"no answer within {seconds:.0f} s" + (" (does it speak http://?)" if where.startswith("https") else "")
    elif isinstance(error, http.client.HTTPException | ConnectionResetError | BrokenPipeError) and where.startswith(
        "http:"
    ):
        why = "it ends the connection without an answer (does it want https://?)"
    else:
        why = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return f"{where} can't be reached: {why}."


def _tls(where: str, error: ssl.SSLError) -> str:
    host = urlsplit(where).hostname
    code = getattr(error, "verify_code", None)
    if code in _UNKNOWN:
        return (
            f"{where} shows a certificate of an authority that this machine does not know "
            f"({getattr(error, 'verify_message', 'unknown')}): name the authority's file with --ca FILE."
        )
    if code in _OTHER_NAME:
        return f"{where} shows a certificate that is made out to another name than {host}."
    if code == _EXPIRED:
        return f"{where} shows a certificate that has expired (or the clock here is wrong)."
    if code == _NOT_YET:
        return f"{where} shows a certificate that is not valid yet (or the clock here is wrong)."
    if code is not None:
        return f"{where} shows a certificate that can't be trusted: {getattr(error, 'verify_message', error)}."
    if error.reason in ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "HTTP_REQUEST", "PACKET_LENGTH_TOO_LONG"):
        return f"{where} does not speak TLS on this port: is it http://?"
    if error.reason in ("TLSV1_ALERT_INTERNAL_ERROR", "TLSV1_UNRECOGNIZED_NAME"):
        return f"{where} has no certificate for the name {host}: call it by the name that it has one for."
    return f"{where} can't be reached: TLS fails ({error.reason or error})."


def elsewhere(where: str, error: Elsewhere) -> str:
    return (
        f"{where} sends on to {shown(error.location) or 'another address'}: give the address where CouchDB itself is."
    )


def page(where: str, error: Page) -> str:
    """What it means that something else than JSON came."""
    if "HTTPS" in error.text.upper() and error.status == 400:
        return f"{where} speaks TLS on this port: it is https://."
    if error.status == 507:
        return full(where)
    what = "a web page" if error.is_html else "something that is no JSON"
    if error.status in (502, 503, 504):
        return f"{where} answers {error.status} with {what}: a proxy stands there, and no CouchDB answers behind it."
    return f"{where} answers {error.status} with {what}, not as a CouchDB does: is a proxy or a login page in between?"


def full(where: str) -> str:
    return f"The disk of {where} is full: make room there, then run this again."


def refused(where: str, status: int, error: str, reason: str) -> str:
    """What an error of a CouchDB means: its `error` and `reason` are CouchDB's words."""
    said = f"{error} {reason}".lower()
    if status == 507 or "insufficient_storage" in said or "enospc" in said or "disk is full" in said:
        return full(where)
    if status == 403 and "locked" in said:
        return f"{where} has locked this user for a while after wrong passwords: wait five minutes, then try again."
    if any(word in said for word in ("no_majority", "quorum", "nodedown", "no db shards", "rexi_down", "maintenance")):
        return minority(where, [])
    told = ", ".join(part for part in (error, reason) if part) or "without a reason"
    return f"{where} answers {status}: {told[:300]}."


def minority(where: str, silent: Sequence[str]) -> str:
    who = f" ({', '.join(silent)} {'does' if len(silent) == 1 else 'do'} not answer)" if silent else ""
    return f"The cluster at {where} has no quorum{who}: bring its nodes back, then run this again."
