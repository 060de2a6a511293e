"""Requests to addresses that a tenant has typed in. What lies inside the house is not theirs to reach."""

import ipaddress
import socket
from urllib.parse import urlsplit

import httpx2
from django.conf import settings

SECONDS = 10
LONGEST_ANSWER = 65_536  # characters


class Unreachable(ConnectionError):
    """It was not delivered. The message says why."""


def send(method: str, address: str, body: bytes, headers: dict[str, str]) -> tuple[int, str]:
    """Status and text of the answer; redirections are not followed. Raises Unreachable."""
    check(address)
    try:
        answer = httpx2.request(method, address, content=body, headers=headers, timeout=SECONDS)
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        raise Unreachable(f"{urlsplit(address).hostname} does not answer: {error}.") from error
    return answer.status_code, answer.text[:LONGEST_ANSWER]


def check(address: str) -> None:
    """Raises Unreachable when the address is none of the public net, https only. PRIVATE_ADDRESSES lifts both."""
    parts = urlsplit(address)
    if settings.PRIVATE_ADDRESSES and parts.scheme in ("http", "https") and parts.hostname:
        return
    if parts.scheme != "https" or not parts.hostname:
        raise Unreachable("The address must begin with https://.")
    try:
        found = socket.getaddrinfo(parts.hostname, parts.port or 443, type=socket.SOCK_STREAM)
    except (OSError, ValueError) as error:
        raise Unreachable(f"{parts.hostname} is not known: {error}.") from error
    if not all(ipaddress.ip_address(each[4][0]).is_global for each in found):
        raise Unreachable(f"{parts.hostname} lies inside the house.")
