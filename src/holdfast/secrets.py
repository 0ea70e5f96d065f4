"""Secrets in addresses: remembered when settings are read, and removed from all output."""

import re
from urllib.parse import unquote

USER = re.compile(r"(?<=://)(?!/)[^\s'\"<>]*@")  # up to the last @: a password may hold / and @
OPTION = re.compile(
    r"(?i)([?&;](?:[\w.-]*(?:token|passw|pwd|secret|key|credential|signature|auth)[\w.-]*|sig|user)=)[^&;\s'\"<>]+"
)
HIDDEN = "***"
SHORTEST = 4  # shorter values would hit ordinary words

_known: set[str] = set()  # the secrets of this process


def remember(address: str) -> None:
    """Remember the passwords in an address, so that they are removed even from messages that quote parts."""
    found = [part for user in USER.findall(address) for part in user.removesuffix("@").split(":", 1)[1:]]
    found += [match.group(0).split("=", 1)[1] for match in OPTION.finditer(address)]
    _known.update(text for part in found for text in (part, unquote(part)) if len(text) >= SHORTEST)


def redact(text: str) -> str:
    """A text without the users and passwords of addresses, secret options and all remembered secrets."""
    if "://" in text or "=" in text:
        text = OPTION.sub(rf"\1{HIDDEN}", USER.sub("", text))
    for secret in sorted(_known, key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    return text
