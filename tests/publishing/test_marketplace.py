"""Upload against a server on this machine: method, token, files, retries, refusals."""

import signal
import socket
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner

from naveval import cli
from naveval.project.errors import ParameterError
from naveval.publishing import marketplace
from naveval.publishing import request as release

TOKEN = "hemmelig-abc123"


@dataclass
class Marketplace:
    """A server that records requests and answers with the given status codes, then 200."""

    host: str = ""
    answers: list[int] = field(default_factory=list)
    seen: list[tuple[str, str, str]] = field(default_factory=list)
    batches: list[dict[str, bytes]] = field(default_factory=list)
    drop: int = 0
    reason: str | None = None
    page: bool = False


@pytest.fixture
def market(monkeypatch: pytest.MonkeyPatch) -> Iterator[Marketplace]:
    state = Marketplace()

    class Handler(BaseHTTPRequestHandler):
        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            state.seen.append((self.command, self.path, self.headers.get("Authorization", "")))
            if state.drop:
                state.drop -= 1
                self.connection.close()
                return
            status = state.answers.pop(0) if state.answers else 200
            if status == 200:
                state.batches.append(parts(self.headers["Content-Type"], body))
            self.send_response(status, state.reason)
            if status == 302:
                self.send_header("Location", "http://127.0.0.1:1/elsewhere")
            if state.page:
                self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_PUT = do_POST = do_GET = handle_any  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    state.host = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setenv(marketplace.TOKEN_VARIABLE, TOKEN)
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    yield state
    server.shutdown()


def parts(kind: str, body: bytes) -> dict[str, bytes]:
    message = message_from_bytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + body)
    found = {}
    for part in message.get_payload():
        assert part.get_param("name", header="content-disposition") == part.get_filename()
        found[str(part.get_filename())] = part.get_payload(decode=True)
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "resultat"
    (made / "tables").mkdir(parents=True)
    (made / ".hidden").mkdir()
    (made / ".hidden/x.txt").write_text("x")
    for number in range(23):
        (made / "tables" / f"tbl-{number}.csv").write_text(f"a\n{number}\n")
    (made / "report.html").write_bytes(b"<html></html>")
    sign(made)
    return made


def sign(folder: Path) -> None:
    """Request and approve a folder."""
    release.request(folder, by="Kari", check=lambda _: [])
    release.approve(folder, by="Ola", reviewed=["*"])


def send(folder: Path, market: Marketplace, **options: object) -> marketplace.Upload:
    settings = {"check": lambda _: [], "pause": lambda _: None, **options}
    return marketplace.publish(folder, host=market.host, story="abc-1", **settings)


def test_all_files_arrive_by_put_with_token_in_batches_of_ten(
    folder: Path, market: Marketplace
) -> None:
    done = send(folder, market)
    assert {entry[:2] for entry in market.seen} == {("PUT", "/quarto/update/abc-1")}
    assert {entry[2] for entry in market.seen} == {f"Bearer {TOKEN}"}
    assert [len(batch) for batch in market.batches] == [10, 10, 4]
    got = {name: body for batch in market.batches for name, body in batch.items()}
    expected = {
        file.relative_to(folder).as_posix(): file.read_bytes()
        for file in folder.rglob("*")
        if file.is_file() and not any(p.startswith(".") for p in file.relative_to(folder).parts)
    }
    assert got == expected
    assert done == marketplace.Upload(24, sum(map(len, expected.values())), 3)


def test_large_files_go_alone_and_larger_ones_stop_everything(
    folder: Path, market: Marketplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(marketplace, "ALONE_ABOVE", 1000)
    (folder / "big.pdf").write_bytes(b"x" * 1001)
    sign(folder)
    send(folder, market)
    assert [len(batch) for batch in market.batches] == [10, 10, 4, 1]
    assert list(market.batches[-1]) == ["big.pdf"]
    monkeypatch.setattr(marketplace, "REFUSED_ABOVE", 1000)
    before = len(market.seen)
    with pytest.raises(
        marketplace.PublishError, match=r"over 100 MB: .*big\.pdf.*nothing was sent"
    ):
        send(folder, market, again=True)
    assert len(market.seen) == before


def test_limits_are_those_of_the_marketplace() -> None:
    assert (marketplace.BATCH, marketplace.ALONE_ABOVE, marketplace.REFUSED_ABOVE) == (
        10,
        10_000_000,
        100_000_000,
    )


def test_server_errors_and_lost_connections_are_tried_again(
    folder: Path, market: Marketplace
) -> None:
    waits: list[float] = []
    market.answers = [503, 500]
    market.drop = 1
    done = send(folder, market, pause=waits.append)
    assert waits == [1.0, 2.0, 4.0]
    assert done.requests == 6
    assert sum(map(len, market.batches)) == 24


def test_gives_up_after_the_last_attempt(folder: Path, market: Marketplace) -> None:
    market.answers = [500] * 20
    with pytest.raises(marketplace.PublishError, match=r"500 .* after 5 attempts"):
        send(folder, market)
    assert len(market.seen) == 5


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 302])
def test_client_errors_stop_at_once(folder: Path, market: Marketplace, status: int) -> None:
    market.answers = [status]
    with pytest.raises(marketplace.PublishError, match=str(status)) as caught:
        send(folder, market)
    assert len(market.seen) == 1
    assert TOKEN not in str(caught.value)


def test_failed_checks_stop_before_anything_is_sent(folder: Path, market: Marketplace) -> None:
    with pytest.raises(marketplace.PublishError, match=r"not published, 1 fault.*\n.*alt text"):
        send(folder, market, check=lambda _: ["report.html: picture without alt text"])
    assert not market.seen


def test_netrc_does_not_replace_the_token(
    folder: Path, market: Marketplace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login a password b\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    send(folder, market)
    assert {entry[2] for entry in market.seen} == {f"Bearer {TOKEN}"}


def test_a_token_the_server_echoes_is_not_repeated(folder: Path, market: Marketplace) -> None:
    market.reason = f"no {TOKEN}"
    for answers, message in (([401], r"401 Unauthorized; .*"), ([503] * 5, "503 Service")):
        market.answers = answers
        with pytest.raises(marketplace.PublishError, match=message) as caught:
            send(folder, market)
        assert TOKEN not in str(caught.value)


@pytest.mark.parametrize("name", ["http_proxy", "ALL_PROXY"])
def test_nothing_for_this_machine_goes_through_a_proxy(
    folder: Path, market: Marketplace, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert send(folder, market).files == 24


def test_a_file_changed_after_the_checks_is_not_sent(folder: Path, market: Marketplace) -> None:
    def change(checked: Path) -> list[str]:
        (checked / "report.html").write_bytes(b"<html>4 personer</html>")
        return []

    with pytest.raises(marketplace.PublishError, match=r"report\.html: was changed after"):
        send(folder, market, check=change)
    assert not any(b"4 personer" in body for b in market.batches for body in b.values())


def test_link_out_of_the_folder_is_refused(folder: Path, market: Marketplace) -> None:
    (folder / "passwd.txt").symlink_to("/etc/passwd")
    with pytest.raises(marketplace.PublishError, match="leads out of the folder"):
        send(folder, market)
    assert not market.seen


@pytest.mark.parametrize(
    ("host", "story", "message"),
    [
        ("http://data.example.no", "a", "only https"),
        ("ftp://data.example.no", "a", "only https"),
        ("data.example.no/path", "a", "expected a host name"),
        ("user@data.example.no", "a", "expected a host name"),
        ("http://localhost@evil.example", "a", "expected a host name"),
        ("data.example.no", "../a", "expected letters"),
    ],
)
def test_malformed_addresses_are_refused(host: str, story: str, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        marketplace.address(host, story)


def test_address_is_https() -> None:
    assert (
        marketplace.address("data.example.no", "a1") == "https://data.example.no/quarto/update/a1"
    )


@pytest.mark.parametrize("value", ["", "  ", "to ord", "a\nb", "nøkkel"])
def test_unusable_token_is_told_without_its_value(
    value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(marketplace.TOKEN_VARIABLE, value)
    with pytest.raises(ParameterError) as caught:
        marketplace.read_token()
    assert marketplace.TOKEN_VARIABLE in str(caught.value)
    assert not value.strip() or value not in str(caught.value)


def test_command_never_shows_or_writes_the_token(
    folder: Path, market: Marketplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("naveval.publishing.audit.folder.faults_of_release", lambda _, told: [])
    arguments = ["publish", str(folder), "--host", market.host, "--id", "abc"]
    result = CliRunner().invoke(cli.main, arguments)
    assert result.exit_code == 0, result.output
    market.answers = [401]
    again = CliRunner().invoke(cli.main, [*arguments, "--again"])
    assert again.exit_code == 1
    assert "401" in again.stderr
    assert TOKEN not in result.output + again.output
    assert not any(TOKEN in f.read_text() for f in folder.rglob("*") if f.is_file())


def test_an_upload_that_stopped_goes_on_and_sends_nothing_twice(
    folder: Path, market: Marketplace
) -> None:
    market.answers = [200, 200, 403]
    with pytest.raises(marketplace.PublishError, match="403"):
        send(folder, market)
    assert [len(batch) for batch in market.batches] == [10, 10]
    done = send(folder, market)
    assert (done.files, done.before) == (4, 20)
    names = [name for batch in market.batches for name in batch]
    assert len(names) == len(set(names)) == 24
    assert send(folder, market).files == 0
    assert send(folder, market, again=True).files == 24
    # Another address has taken nothing.
    assert marketplace.publish(folder, host=market.host, story="b", check=lambda _: []).files == 24


def test_a_damaged_receipt_is_named(folder: Path, market: Marketplace) -> None:
    (folder / marketplace.RECEIPT_FILE).write_text("{")
    with pytest.raises(marketplace.PublishError, match=r"\.published\.json: cannot be read"):
        send(folder, market)
    assert not market.seen


def test_a_web_page_is_no_receipt(folder: Path, market: Marketplace) -> None:
    market.page = True
    with pytest.raises(marketplace.PublishError, match="answered with a web page"):
        send(folder, market)
    assert len(market.seen) == 1
    market.page = False
    assert send(folder, market).files == 24


@pytest.fixture
def odd(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[bytes | None], Marketplace]]:
    """A server that reads a request and answers with the given bytes, or not at all."""
    monkeypatch.setenv(marketplace.TOKEN_VARIABLE, TOKEN)
    servers: list[socket.socket] = []

    def start(answer: bytes | None) -> Marketplace:
        server = socket.create_server(("127.0.0.1", 0))
        servers.append(server)
        state = Marketplace(host=f"http://127.0.0.1:{server.getsockname()[1]}")

        def serve() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    state.seen.append(("", "", ""))
                    connection.recv(65536)
                    if answer is not None:
                        connection.sendall(answer)
                        connection.close()

        threading.Thread(target=serve, daemon=True).start()
        return state

    yield start
    for server in servers:
        server.close()


@pytest.mark.parametrize(
    ("answer", "message", "times"),
    [
        (b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n", "302 Found: leads elsewhere", 1),
        (b"HTTP/1.1 304 Not Modified\r\n\r\n", "304 Not Modified: leads elsewhere", 1),
        (b"\x00\xff nonsense\r\n\r\n", "ConnectionError after 5 attempts", 5),
        (f"HTTP/1.1 {TOKEN} {TOKEN}\r\n\r\n".encode(), "ConnectionError after 5", 5),
        (f"HTTP/1.1 401 {TOKEN}\r\n{TOKEN}\r\n\r\n".encode(), "401 Unauthorized", 1),
        (f"HTTP/1.1 301 x\r\nLocation: h\xff://{TOKEN}\r\n\r\n".encode("latin-1"), "no HTTP", 1),
        (b"HTTP/1.1 200 x\r\nContent-Length: 1, 2\r\n\r\n", "no HTTP", 1),
        (b"HTTP/1.1 101 x\r\n\r\n", "101 Switching Protocols: no answer to an upload", 1),
        (b"HTTP/1.1 999 odd\r\nContent-Length: 0\r\n\r\n", "999 after 5 attempts", 5),
        (None, "no answer in 0.3 s, .* stopped at report.html, which may have arrived", 1),
    ],
)
def test_odd_answers_are_named_and_nothing_is_noted_as_sent(
    folder: Path,
    odd: Callable[[bytes | None], Marketplace],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    answer: bytes | None,
    message: str,
    times: int,
) -> None:
    caplog.set_level("DEBUG")
    monkeypatch.setattr(marketplace, "TIMEOUT", (1, 0.3))
    state = odd(answer)
    with pytest.raises(marketplace.PublishError, match=message) as caught:
        send(folder, state)
    assert len(state.seen) == times
    shown = capfd.readouterr()
    assert TOKEN not in str(caught.value) + shown.out + shown.err + caplog.text
    assert not (folder / marketplace.RECEIPT_FILE).exists()


def test_an_answer_that_drips_is_not_waited_for(
    folder: Path, odd: Callable[[bytes | None], Marketplace], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(marketplace, "WHOLE", 0.3)
    with pytest.raises(marketplace.PublishError, match=r"not a whole one in 0\.3 s"):
        send(folder, odd(None))


def test_a_killed_upload_goes_on_from_the_last_receipt(
    folder: Path, market: Marketplace, tmp_path: Path
) -> None:
    """A kill between answer and receipt sends at most one batch again; nothing is lost."""
    script = tmp_path / "send.py"
    script.write_text(
        "import os, sys, pathlib\n"
        "from naveval.publishing import marketplace as m\n"
        "note = m._note\n"
        "def dying(folder, url, taken):\n"
        "    if len(taken) > 10: os.kill(os.getpid(), 9)\n"
        "    note(folder, url, taken)\n"
        "m._note = dying\n"
        "path = pathlib.Path(sys.argv[1])\n"
        "m.publish(path, host=sys.argv[2], story='abc-1', check=lambda _: [])\n"
    )
    made = subprocess.run([sys.executable, str(script), str(folder), market.host], check=False)
    assert made.returncode == -signal.SIGKILL
    assert not list(folder.glob("**/*.tmp*")), "no half receipt"
    upload = send(folder, market)
    assert (upload.before, upload.files) == (10, 14)
    arrived = Counter(name for batch in market.batches for name in batch)
    assert len(arrived) == 24
    assert sum(arrived.values()) == 34, "only the batch whose receipt was not written came twice"
