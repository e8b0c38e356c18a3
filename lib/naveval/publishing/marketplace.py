"""Upload a finished folder to Nav's data marketplace.

The marketplace takes the files of a data story as multipart form data:
`PUT https://HOST/quarto/update/ID` with a bearer token. The field name of a file is its path
in the folder.
"""

import hashlib
import os
import re
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit

import requests
from requests.auth import AuthBase

from naveval.project.errors import NavevalError, ParameterError

TOKEN_VARIABLE = "NAVEVAL_PUBLISH_TOKEN"
MEGABYTE = 1_000_000
ALONE_ABOVE = 10 * MEGABYTE
REFUSED_ABOVE = 100 * MEGABYTE
BATCH = 10
ATTEMPTS = 5
TIMEOUT = (10, 300)
LOOPBACK = ("localhost", "127.0.0.1", "::1")


class PublishError(NavevalError):
    """The upload was refused or could not be completed."""


@dataclass(frozen=True)
class Upload:
    """What an upload sent: files, bytes, and requests including those tried again."""

    files: int
    size: int
    requests: int


class _Bearer(AuthBase):
    """Sets the token last, so that a .netrc file cannot replace it; never shown."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request

    def __repr__(self) -> str:
        return "Bearer ***"


def publish(
    folder: Path,
    *,
    host: str,
    story: str,
    check: Callable[[Path], Iterable[str]],
    progress: Callable[[str], None] = lambda _: None,
    pause: Callable[[float], None] = time.sleep,
) -> Upload:
    """Send every file of a folder, in batches, when the folder passes the checks.

    Parameters
    ----------
    folder
        A result folder or a site.
    host
        Host name of the marketplace; `http://` is accepted for this machine only.
    story
        Identifier of the data story.
    check
        Gives the reasons why the folder may not be published, none when it may.
    progress
        Called with one line per batch.
    pause
        Waits that many seconds between attempts.

    Raises
    ------
    ParameterError
        For a missing folder or token, or a malformed host or identifier.
    PublishError
        When the folder fails the checks, a file is too large or was changed after the checks,
        the server answers 4xx, or the attempts are used up.
    """
    url = address(host, story)
    auth = _Bearer(read_token())
    batches = plan(files_of(folder))
    checked = {file: _fingerprint(file.read_bytes()) for batch in batches for file in batch}
    faults = list(check(folder))
    if faults:
        shown = "\n  ".join(faults[:20])
        raise PublishError(
            f"{folder}: not published, {len(faults)} fault(s) in disclosure control or "
            f"accessibility:\n  {shown}"
        )
    sent = tries = size = 0
    with requests.Session() as session:
        session.auth = auth
        for number, batch in enumerate(batches, 1):
            contents = _unchanged(batch, checked)
            parts = {file.relative_to(folder).as_posix(): contents[file] for file in batch}
            tries += _send(session, url, parts, pause)
            sent += len(batch)
            size += sum(map(len, contents.values()))
            progress(f"{number}/{len(batches)}: {sent} files, {size / MEGABYTE:.1f} MB")
    return Upload(sent, size, tries)


def address(host: str, story: str) -> str:
    """The address of the data story; ParameterError when host or identifier is malformed."""
    scheme, sign, rest = host.partition("://")
    scheme, name = (scheme, rest) if sign else ("https", host)
    bare = re.sub(r":\d+$", "", name)
    if not re.fullmatch(r"(\[::1\]|[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?)", bare):
        raise ParameterError(f"--host {host}: expected a host name, such as data.example.no")
    if scheme != "https" and (scheme != "http" or bare.strip("[]") not in LOOPBACK):
        raise ParameterError(f"--host {host}: only https; http is for this machine alone")
    if not re.fullmatch(r"[A-Za-z0-9_-]+", story):
        raise ParameterError(f"--id {story}: expected letters, digits, hyphens")
    return f"{scheme}://{name}/quarto/update/{story}"


def read_token() -> str:
    """The token from the environment; ParameterError (without its value) when unusable."""
    token = os.environ.get(TOKEN_VARIABLE, "").strip()
    if not token:
        raise ParameterError(f"no token: set the environment variable {TOKEN_VARIABLE}")
    if not re.fullmatch(r"[\x21-\x7e]+", token):
        raise ParameterError(f"{TOKEN_VARIABLE}: contains spaces or other characters not allowed")
    return token


def files_of(folder: Path) -> list[Path]:
    """Every file of a folder but hidden ones; links that lead out of it are refused."""
    if not folder.is_dir():
        raise ParameterError(f"{folder}: no such folder")
    root = folder.resolve()
    found = []
    for file in sorted(folder.rglob("*")):
        if any(part.startswith(".") for part in file.relative_to(folder).parts):
            continue
        if not file.resolve().is_relative_to(root):
            raise PublishError(f"{file}: a link that leads out of the folder is not published")
        if file.is_file():
            found.append(file)
    if not found:
        raise PublishError(f"{folder}: holds no files")
    return found


def plan(files: list[Path]) -> list[list[Path]]:
    """Batches of at most ten files; a file over 10 MB goes alone, over 100 MB is refused."""
    too_large = [file for file in files if file.stat().st_size > REFUSED_ABOVE]
    if too_large:
        named = ", ".join(f"{f} ({f.stat().st_size / MEGABYTE:.0f} MB)" for f in too_large)
        raise PublishError(f"not published, over 100 MB: {named}; nothing was sent")
    large = [file for file in files if file.stat().st_size > ALONE_ABOVE]
    small = [file for file in files if file.stat().st_size <= ALONE_ABOVE]
    together = [small[start : start + BATCH] for start in range(0, len(small), BATCH)]
    return together + [[file] for file in large]


def _fingerprint(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _unchanged(batch: list[Path], checked: Mapping[Path, str]) -> dict[Path, bytes]:
    """Contents of files; PublishError for one that is not what was checked."""
    found = {}
    for file in batch:
        found[file] = file.read_bytes()
        if _fingerprint(found[file]) != checked[file]:
            raise PublishError(f"{file}: was changed after the checks; publish again")
    return found


def _send(
    session: requests.Session,
    url: str,
    contents: Mapping[str, bytes],
    pause: Callable[[float], None],
) -> int:
    """PUT one batch; again after 1, 2, 4, 8 s on 5xx and lost connections. Gives attempts."""
    fault, first = "", next(iter(contents))
    # Nothing that is meant for this machine goes through a proxy.
    direct = {"no_proxy": host} if (host := urlsplit(url).hostname) in LOOPBACK else {}
    for attempt in range(1, ATTEMPTS + 1):
        if attempt > 1:
            pause(2.0 ** (attempt - 2))
        parts = [(name, (name, content)) for name, content in contents.items()]
        try:
            answer = session.put(
                url, files=parts, timeout=TIMEOUT, allow_redirects=False, proxies=direct
            )
        except (requests.ConnectionError, requests.Timeout) as error:
            fault = type(error).__name__
            continue
        if answer.ok and not answer.is_redirect:
            return attempt
        fault = _status(answer.status_code)
        if answer.status_code < 500:
            raise PublishError(
                f"{url}: {fault}; stopped at {first}. " + HINTS.get(answer.status_code, "")
            )
    raise PublishError(f"{url}: {fault} after {ATTEMPTS} attempts; stopped at {first}")


def _status(code: int) -> str:
    """A status with its usual phrase; the server's own could repeat the token."""
    known = code in {status.value for status in HTTPStatus}
    return f"{code} {HTTPStatus(code).phrase}" if known else str(code)


HINTS = {
    401: f"Is the token in {TOKEN_VARIABLE} right and still valid?",
    403: "The token may not write to this data story.",
    404: "Is the identifier right?",
    413: "The server finds the files too large.",
}
