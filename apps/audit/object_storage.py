"""PUT to an object storage that speaks S3, signed with AWS Signature Version 4 (the single-chunk form)."""

import hashlib
import hmac
from datetime import UTC, datetime
from typing import NamedTuple
from urllib.parse import quote, urlsplit

ALGORITHM = "AWS4-HMAC-SHA256"


class Credentials(NamedTuple):
    key: str
    secret: str
    region: str

    @classmethod
    def parse(cls, text: str) -> "Credentials":
        """From `key:secret:region`. Raises ValueError."""
        key, secret, region = text.split(":")
        return cls(key, secret, region)


def signed_headers(
    credentials: Credentials, url: str, body: bytes, headers: dict[str, str], at: datetime
) -> dict[str, str]:
    """The headers to PUT `body` at `url` with, `headers` among them. `at` is when, with its zone."""
    parts, moment = urlsplit(url), at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    digest = hashlib.sha256(body).hexdigest()
    sent = {name.lower(): value.strip() for name, value in headers.items()}
    sent |= {"host": parts.netloc, "x-amz-date": moment, "x-amz-content-sha256": digest}
    names = ";".join(sorted(sent))
    lines = "".join(f"{name}:{sent[name]}\n" for name in sorted(sent))
    request = f"PUT\n{quote(parts.path, safe='/-_.~%')}\n{parts.query}\n{lines}\n{names}\n{digest}"
    scope = f"{moment[:8]}/{credentials.region}/s3/aws4_request"
    text = f"{ALGORITHM}\n{moment}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
    key = f"AWS4{credentials.secret}".encode()
    for part in scope.split("/"):
        key = _hmac(key, part)
    authorization = f"{ALGORITHM} Credential={credentials.key}/{scope},SignedHeaders={names},Signature="
    return {**sent, "authorization": authorization + _hmac(key, text).hex()}


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), hashlib.sha256)
