"""Upload a finished folder to Nav's data marketplace.

The marketplace takes the files of a data story as multipart form data:
`PUT https://HOST/quarto/update/ID` with a bearer token. The field name of a file is its path
in the folder.
"""

import json
import logging
import os
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from urllib.parse import urlsplit

import requests
from requests.auth import AuthBase

from naveval.project import store
from naveval.project.errors import ParameterError
from naveval.publishing.request import PublishError, approved, files_of, fingerprint

TOKEN_VARIABLE = "NAVEVAL_PUBLISH_TOKEN"
MEGABYTE = 1_000_000
ALONE_ABOVE = 10 * MEGABYTE
REFUSED_ABOVE = 100 * MEGABYTE
BATCH = 10
ATTEMPTS = 5
TIMEOUT = (10, 300)
WHOLE = 1_800
"""Seconds to connect, between two signs of an answer, and for a batch with its answer."""
LOOPBACK = ("localhost", "127.0.0.1", "::1")
RECEIPT_FILE = ".published.json"
"""What a server has taken, so that nothing is sent twice after an upload that stopped."""
PAGE = "text/html"


@dataclass(frozen=True)
class Upload:
    """What an upload sent: files, bytes, requests with those tried again, files sent before."""

    files: int
    size: int
    requests: int
    before: int = 0


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
    again: bool = False,
) -> Upload:
    """Send every file of an approved folder, in batches, when it still passes the checks.

    A batch that the server has taken is noted in the folder; when an upload stops, the next one
    goes on from there.

    Parameters
    ----------
    folder
        A result folder or a site, requested and approved (`naveval.publishing.request`).
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
    again
        Whether to send what the server has taken before, too.

    Raises
    ------
    ParameterError
        For a missing folder or token, or a malformed host or identifier.
    PublishError
        When the folder is not approved or is not what was approved, fails the checks, or has a
        file that is too large; when the server refuses, answers nonsense or not at all, or the
        attempts are used up.
    """
    url = address(host, story)
    auth = _Bearer(read_token())
    every = files_of(folder)
    checksums = approved(folder)
    if faults := list(check(folder)):
        shown = "\n  ".join(faults[:20])
        raise PublishError(
            f"{folder}: not published, {len(faults)} fault(s) in disclosure control or "
            f"accessibility:\n  {shown}"
        )
    taken = {} if again else _taken(folder, url)
    named = {file: file.relative_to(folder).as_posix() for file in every}
    left = [file for file in every if taken.get(named[file]) != checksums[named[file]]]
    batches = plan(left)
    sent = tries = size = 0
    with _quiet(), requests.Session() as session:
        session.auth = auth
        for number, batch in enumerate(batches, 1):
            parts = {named[file]: _unchanged(file, checksums[named[file]]) for file in batch}
            tries += _send(session, url, parts, pause)
            taken |= {name: checksums[name] for name in parts}
            _note(folder, url, taken)
            sent += len(batch)
            size += sum(map(len, parts.values()))
            progress(f"{number}/{len(batches)}: {sent} files, {size / MEGABYTE:.1f} MB")
    return Upload(sent, size, tries, len(every) - len(left))


def _taken(folder: Path, url: str) -> dict[str, str]:
    """Path to checksum of what this address has taken from this folder before."""
    file = folder / RECEIPT_FILE
    try:
        content = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
        return {str(name): str(checksum) for name, checksum in content.get(url, {}).items()}
    except (ValueError, AttributeError):
        raise PublishError(
            f"{file}: cannot be read; remove it, and everything is sent again"
        ) from None


def _note(folder: Path, url: str, taken: Mapping[str, str]) -> None:
    file = folder / RECEIPT_FILE
    known = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    store.write_text(file, json.dumps(known | {url: dict(taken)}, indent=1) + "\n")


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


def _unchanged(file: Path, checksum: str) -> bytes:
    """Content of a file; PublishError when it is not what was approved."""
    content = file.read_bytes()
    if fingerprint(content) != checksum:
        raise PublishError(f"{file}: was changed after it was approved; ask again")
    return content


def _send(
    session: requests.Session,
    url: str,
    contents: Mapping[str, bytes],
    pause: Callable[[float], None],
) -> int:
    """PUT one batch; again after 1, 2, 4, 8 s on 5xx and lost connections. Gives attempts.

    A server that has everything and says nothing is not asked again: it may have taken it.
    """
    fault, first = "", next(iter(contents))
    # Nothing that is meant for this machine goes through a proxy.
    direct = {"no_proxy": host} if (host := urlsplit(url).hostname) in LOOPBACK else {}
    for attempt in range(1, ATTEMPTS + 1):
        if attempt > 1:
            pause(2.0 ** (attempt - 2))
        parts = [(name, (name, content)) for name, content in contents.items()]
        request = partial(
            session.put,
            url,
            files=parts,
            timeout=TIMEOUT,
            allow_redirects=False,
            proxies=direct,
            stream=True,
        )
        try:
            with _within(WHOLE, request) as answer:
                status, kind = answer.status_code, answer.headers.get("Content-Type", "")
        except requests.ReadTimeout:
            raise PublishError(
                f"{url}: no answer in {TIMEOUT[1]} s, or not a whole one in {WHOLE} s; stopped at "
                f"{first}, which may have arrived. Publish again to go on from there"
            ) from None
        except (requests.ConnectionError, requests.Timeout) as error:
            fault = type(error).__name__
            continue
        except Exception as error:  # whatever an answer breaks; its own words could be the token
            fault = f"an answer that is no HTTP ({type(error).__name__})"
            raise PublishError(f"{url}: {fault}; stopped at {first}") from None
        if 200 <= status < 300 and not kind.startswith(PAGE):
            return attempt
        fault = _status(status)
        if status < 200:
            raise PublishError(f"{url}: {fault}: no answer to an upload; stopped at {first}")
        if status < 300:
            raise PublishError(
                f"{url}: answered with a web page, such as one to log in; stopped at {first}. "
                "Is the host right?"
            )
        if status < 400:
            raise PublishError(f"{url}: {fault}: leads elsewhere, and is not followed; at {first}")
        if status < 500:
            raise PublishError(f"{url}: {fault}; stopped at {first}. " + HINTS.get(status, ""))
    raise PublishError(f"{url}: {fault} after {ATTEMPTS} attempts; stopped at {first}")


def _within(seconds: float, ask: Callable[[], requests.Response]) -> requests.Response:
    """What a server answers; ReadTimeout when it lets its answer drip for longer than this."""
    given: Queue[requests.Response | Exception] = Queue(1)

    def run() -> None:
        try:
            given.put(ask())
        except Exception as error:
            given.put(error)

    Thread(target=run, daemon=True).start()
    try:
        answer = given.get(timeout=seconds)
    except Empty:
        raise requests.ReadTimeout from None
    if isinstance(answer, Exception):
        raise answer
    return answer


@contextmanager
def _quiet() -> Iterator[None]:
    """Nothing is logged of answers: what a server sends could be the token."""
    names = [name for name in logging.root.manager.loggerDict if name.startswith("urllib3")]
    loud = [log for log in map(logging.getLogger, names) if not log.disabled]
    for log in loud:
        log.disabled = True
    try:
        yield
    finally:
        for log in loud:
            log.disabled = False


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
