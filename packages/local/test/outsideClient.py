"""Drives a MIOSA API with Python's standard library alone: what the API's contract says, and nothing that this project knows.

Usage: outsideClient.py BASE_URL API_KEY. Prints each thing it saw, and exits with 1 at the first that is otherwise.
"""

import base64
import gzip
import http.client
import io
import json
import os
import socket
import struct
import sys
import tarfile
import threading
import time
import urllib.parse

base = urllib.parse.urlparse(sys.argv[1])
api_key = sys.argv[2]
patience_sec = 30


def request(method, path, body=None, key=api_key, headers=None, raw=None):
    """Sends one request and reads the whole answer: status, headers by lower-case name, bytes."""
    connection = http.client.HTTPConnection(base.hostname, base.port, timeout=patience_sec)
    sent = {"accept": "application/json", **({"authorization": f"Bearer {key}"} if key else {}), **(headers or {})}
    if body is not None:
        raw = json.dumps(body).encode()
        sent["content-type"] = "application/json"
    try:
        connection.request(method, base.path + path, raw, sent)
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    finally:
        connection.close()


def call(method, path, body=None, expect=200, **more):
    """The same for JSON: the answer's value, without its `data` envelope. Fails at another status than `expect`."""
    status, _, text = request(method, path, body, **more)
    assert status == expect, f"{method} {path} answered {status}: {text[:300]!r}"
    if not text:
        return None
    value = json.loads(text)
    if isinstance(value, dict) and value.get("data") is not None:
        beside = {name: each for name, each in value.items() if name != "data"}
        return {**beside, **value["data"]} if isinstance(value["data"], dict) else value["data"]
    return value


def events(path, method="GET", body=None, key=api_key, last_event_id=None):
    """Yields the events of a stream as (name, data, id) until it ends or is left."""
    connection = http.client.HTTPConnection(base.hostname, base.port, timeout=patience_sec)
    headers = {"accept": "text/event-stream", **({"authorization": f"Bearer {key}"} if key else {})}
    if last_event_id:
        headers["last-event-id"] = last_event_id
    if body is not None:
        headers["content-type"] = "application/json"
    connection.request(method, base.path + path, json.dumps(body).encode() if body is not None else None, headers)
    answer = connection.getresponse()
    try:
        assert answer.status == 200, f"{path} answered {answer.status}"
        assert answer.getheader("content-type").startswith("text/event-stream")
        name, data, event_id = "message", [], None
        for line in iter(answer.readline, b""):
            text = line.decode().rstrip("\r\n")
            field, _, value = text.partition(":")
            value = value[1:] if value.startswith(" ") else value
            if text == "":
                if data:
                    yield name, json.loads("\n".join(data)), event_id
                name, data = "message", []
            elif field == "event":
                name = value
            elif field == "data":
                data.append(value)
            elif field == "id":
                event_id = value
    finally:
        answer.close()
        connection.close()


class Socket:
    """A WebSocket by hand: RFC 6455 without extensions."""

    def __init__(self, path, protocol=None):
        self.connection = socket.create_connection((base.hostname, base.port), timeout=patience_sec)
        lines = [
            f"GET {base.path}{path} HTTP/1.1",
            f"host: {base.netloc}",
            "connection: Upgrade",
            "upgrade: websocket",
            "sec-websocket-version: 13",
            f"sec-websocket-key: {base64.b64encode(os.urandom(16)).decode()}",
            f"authorization: Bearer {api_key}",
        ]
        if protocol:
            lines.append(f"sec-websocket-protocol: {protocol}")
        self.connection.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        self.bytes = self.connection.makefile("rb")
        status = self.bytes.readline().decode()
        assert " 101 " in status, f"{path} answered {status}"
        while self.bytes.readline() not in (b"\r\n", b""):
            pass

    def send(self, payload, opcode=2):
        mask = os.urandom(4)
        head = bytes([0x80 | opcode]) + (bytes([0x80 | len(payload)]) if len(payload) < 126 else b"\xfe" + struct.pack(">H", len(payload)))
        self.connection.sendall(head + mask + bytes(each ^ mask[at % 4] for at, each in enumerate(payload)))

    def messages(self):
        """Yields (opcode, payload) up to and with the close frame."""
        while True:
            head = self.bytes.read(2)
            if len(head) < 2:
                return
            opcode, size = head[0] & 15, head[1] & 127
            if size == 126:
                (size,) = struct.unpack(">H", self.bytes.read(2))
            elif size == 127:
                (size,) = struct.unpack(">Q", self.bytes.read(8))
            yield opcode, self.bytes.read(size)
            if opcode == 8:
                return

    def close(self):
        self.bytes.close()
        self.connection.close()


def seen(what):
    print("seen:", what, flush=True)


def until_ready(sandbox_id):
    name, data, _ = next(events(f"/sandboxes/{sandbox_id}/readiness/stream"))
    assert name == "ready" and "ready_at" in data, (name, data)
    state = call("GET", f"/sandboxes/{sandbox_id}/readiness")
    assert state["ready"] is True and state["status"] == "ready", state


def spec_life_cycle():
    made = call("POST", "/computers", {"name": "outside", "template_type": "miosa-sandbox", "external_user_id": "u-1"}, expect=201)
    until_ready(made["id"])
    call("POST", f"/computers/{made['id']}/start")
    result = call("POST", f"/computers/{made['id']}/exec", {"command": "echo hi; exit 3"})
    assert (result["output"], result["exit_code"]) == ("hi\n", 3), result
    assert made["id"] in [row["id"] for row in call("GET", "/computers") if row["template_type"] == "miosa-sandbox"]
    assert call("DELETE", f"/computers/{made['id']}")["ok"] is True
    call("GET", f"/computers/{made['id']}", expect=404)
    seen("create, wait, start, exec, list and delete as the spec has them")


def streams(sandbox_id):
    told = list(events(f"/sandboxes/{sandbox_id}/exec/stream", "POST", {"command": "echo one; echo two >&2; exit 4"}))
    assert sorted((name, data.get("line")) for name, data, _ in told[:-1]) == [("stderr", "two"), ("stdout", "one")], told
    assert told[-1][0] == "exit" and told[-1][1]["exit_code"] == 4, told
    ticket = call("POST", f"/computers/{sandbox_id}/exec/stream", {"command": "echo by ticket"}, expect=202)
    path = urllib.parse.urlparse(ticket["stream_url"])
    told = list(events(f"{path.path[len(base.path):]}?{path.query}", key=None))
    assert [name for name, _, _ in told] == ["output", "exit"] and told[0][1]["line"] == "by ticket", told
    seen("output of commands, line by line, by key and by ticket")


def sockets(sandbox_id):
    command = urllib.parse.quote("read line; echo got $line; echo no >&2; exit 7")
    shell = Socket(f"/computers/{sandbox_id}/exec/stream?command={command}", "miosa-exec-v1")
    shell.send(b"\x00hello\n")
    frames = [payload for opcode, payload in shell.messages() if opcode == 2]
    shell.close()
    of = lambda kind: b"".join(frame[1:] for frame in frames if frame[0] == kind)
    assert (of(1), of(2), of(3)) == (b"got hello\n", b"no\n", struct.pack(">I", 7)), frames
    elixir = Socket(f"/computers/{sandbox_id}/exec/ws?command={command}")
    elixir.send(b"hello\n", opcode=1)
    *output, (opcode, closing) = list(elixir.messages())
    elixir.close()
    assert opcode == 8 and struct.unpack(">H", closing[:2]) == (1007,), closing
    assert b"got hello\n" in b"".join(payload for _, payload in output), output
    terminal = Socket(f"/sandboxes/{sandbox_id}/terminal/stream?rows=30&cols=99", "miosa-pty-v1")
    terminal.send(json.dumps({"type": "input", "data": "stty size; exit\n"}).encode(), opcode=1)
    text = b"".join(payload for opcode, payload in terminal.messages() if opcode in (1, 2))
    terminal.close()
    assert b"30 99" in text, text
    seen("commands and a terminal over WebSockets made by hand")


def files(sandbox_id):
    content = bytes(range(256)) * 64
    call("POST", f"/sandboxes/{sandbox_id}/files", {"path": "/workspace/a b/ü.bin", "content": base64.b64encode(content).decode()}, expect=201)
    path = urllib.parse.quote("workspace/a b/ü.bin")
    assert request("GET", f"/sandboxes/{sandbox_id}/files/{path}")[2] == content
    boundary = "outside-client"
    parts = [('name="file"; filename="up.bin"', content), ('name="path"', b"/workspace/up/")]
    form = b"".join(f'--{boundary}\r\ncontent-disposition: form-data; {head}\r\n\r\n'.encode() + body + b"\r\n" for head, body in parts) + f"--{boundary}--\r\n".encode()
    headers = {"content-type": f"multipart/form-data; boundary={boundary}"}
    uploaded = call("POST", f"/computers/{sandbox_id}/files/upload", raw=form, headers=headers, expect=201)
    assert uploaded["file"]["path"] == "/workspace/up/up.bin", uploaded
    assert request("GET", f"/computers/{sandbox_id}/files/download?path=/workspace/up/up.bin")[2] == content
    exported = call("POST", f"/sandboxes/{sandbox_id}/exports", {"paths": ["/workspace/up", "/workspace/a b"]}, expect=201)
    link = urllib.parse.urlparse(exported["archive_download_url"])
    archive = request("GET", f"{link.path[len(base.path):]}?{link.query}", key=None)[2]
    names = tarfile.open(fileobj=io.BytesIO(gzip.decompress(archive))).getnames()
    assert any(name.endswith("up/up.bin") for name in names), names
    watch = events(f"/sandboxes/{sandbox_id}/files/watch?path=/workspace&recursive=true")
    call("POST", f"/computers/{sandbox_id}/exec", {"command": "(sleep 1; echo x > watched) >/dev/null 2>&1 &"})
    assert any(data["path"] == "/workspace/watched" for _, data, _ in watch), "the watch told nothing"
    watch.close()
    request_status, _, _ = request("GET", f"/computers/{sandbox_id}/files/download?path=/etc/shadow")
    assert request_status == 403, request_status
    seen("files written, uploaded, read, exported as one archive and watched")


def snapshots(sandbox_id):
    call("POST", f"/computers/{sandbox_id}/exec", {"command": "echo one > state"})
    snapshot = call("POST", f"/sandboxes/{sandbox_id}/snapshots", {"comment": "first"}, expect=201)
    call("POST", f"/computers/{sandbox_id}/exec", {"command": "echo two > state"})
    copies = {
        "two\n": call("POST", f"/sandboxes/{sandbox_id}/fork", {}, expect=201),
        "one\n": call("POST", f"/sandboxes/{sandbox_id}/restore/{snapshot['id']}", {}, expect=201),
    }
    for text, copy in copies.items():
        until_ready(copy["id"])
        assert call("POST", f"/sandboxes/{copy['id']}/exec", {"command": "cat state"})["stdout"] == text
        call("DELETE", f"/sandboxes/{copy['id']}", expect=204)
    assert [row["id"] for row in call("GET", f"/sandboxes/{sandbox_id}/snapshots")] == [snapshot["id"]]
    seen("a fork with the files of now, and a restore with those of before")


def processes(sandbox_id):
    process = call("POST", f"/sandboxes/{sandbox_id}/processes", {"command": "read line; echo got $line; exit 5"}, expect=201)
    path = f"/sandboxes/{sandbox_id}/processes/{process['pid']}"
    call("POST", f"{path}/stdin", {"data": "hello\n"})
    told = list(events(f"{path}/stream"))
    assert told[0][1]["line"] == "got hello" and told[-1][1]["exit_code"] == 5, told
    assert call("GET", path)["status"] != "running"
    seen("a process in the background")


def previews(sandbox_id):
    call("POST", f"/sandboxes/{sandbox_id}/processes", {"command": "echo shown > index.html; exec python3 -m http.server 8099 --bind 127.0.0.1"}, expect=201)
    preview = call("POST", f"/sandboxes/{sandbox_id}/previews", {"port": 8099, "visibility": "private"}, expect=201)

    def visit(url):
        place = urllib.parse.urlparse(url)
        connection = http.client.HTTPConnection(place.hostname, place.port, timeout=patience_sec)
        connection.request("GET", f"{place.path or '/'}?{place.query}")
        answer = connection.getresponse()
        result = answer.status, answer.read()
        connection.close()
        return result

    shared = call("POST", f"/sandboxes/{sandbox_id}/previews/{preview['id']}/share", {"expires_in_sec": 60})
    deadline = time.monotonic() + patience_sec
    while visit(shared["share_url"])[0] == 502 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert visit(preview["url"])[0] == 401, visit(preview["url"])
    assert visit(shared["share_url"]) == (200, b"shown\n"), visit(shared["share_url"])
    call("DELETE", f"/sandboxes/{sandbox_id}/previews/{preview['id']}/share")
    assert visit(shared["share_url"])[0] == 403
    seen("a private preview that only a shared address opens")


def tokens(sandbox_id):
    minted = call("POST", "/tokens/scoped", {"user_id": "u", "workspace_id": "w", "expires_in_seconds": 60, "scopes": ["sandboxes:read"]})
    call("GET", f"/computers/{sandbox_id}", key=minted["token"])
    call("POST", f"/computers/{sandbox_id}/exec", {"command": "true"}, key=minted["token"], expect=403)
    ticket = call("POST", "/auth/sse-ticket", {}, key=minted["token"])
    feed = events(f"/events/stream?types=sandbox.*&ticket={ticket['ticket']}", key=None)
    # A generator opens its connection when it is first asked, so the event is made meanwhile.
    made = []
    maker = threading.Timer(0.5, lambda: made.append(call("POST", "/sandboxes", {}, expect=201)["id"]))
    maker.start()
    name, data, event_id = next(feed)
    maker.join()
    feed.close()
    assert name == "sandbox.created" and data["id"] == made[0], (name, data)
    resumed = events("/events/stream?types=sandbox.*", last_event_id=event_id)
    assert next(resumed)[1]["id"] == made[0]
    resumed.close()
    call("GET", f"/events/stream?ticket={ticket['ticket']}", key=None, expect=401)
    call("DELETE", f"/sandboxes/{made[0]}", expect=204)
    seen("a scoped token, a ticket that opens one stream, and a stream that resumes")


def accounts():
    call("PUT", "/quotas/external/u-9", {"max_sandboxes": 1})
    first = call("POST", "/sandboxes", {"external_user_id": "u-9"}, expect=201)
    call("POST", "/sandboxes", {"external_user_id": "u-9"}, expect=403)
    until_ready(first["id"])
    call("DELETE", f"/sandboxes/{first['id']}", expect=204)
    call("DELETE", "/quotas/external/u-9")
    rows = call("GET", "/usage?group_by=external_user_id&period=7d")["results"]
    assert any(row["external_user_id"] == "u-9" and row["sandbox_seconds"] > 0 for row in rows), rows
    again = {"idempotency-key": "outside-1"}
    ids = {call("POST", "/computers", {"name": "once"}, headers=again, expect=201)["id"] for _ in range(2)}
    assert len(ids) == 1, ids
    call("POST", "/computers", {"name": "other"}, headers=again, expect=409)
    call("DELETE", f"/computers/{ids.pop()}?force=true")
    seen("a quota, usage by user, and a create that is repeated once only")


spec_life_cycle()
sandbox = call("POST", "/sandboxes", {"template_id": "miosa-sandbox", "name": "outside native"}, expect=201)["id"]
until_ready(sandbox)
assert call("GET", "/sandboxes/by-name/outside%20native")["id"] == sandbox
for part in (streams, sockets, files, snapshots, processes, previews, tokens):
    part(sandbox)
accounts()
call("DELETE", f"/sandboxes/{sandbox}", expect=204)
print("all of it", flush=True)
