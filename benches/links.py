#!/usr/bin/env python3
"""Whether links that were never given, have expired and were revoked can be told apart by time.

    cargo build --release
    python3 benches/links.py [REQUESTS]        # 1000 of each kind and way unless said

Starts a server of its own on loopback with an empty data directory; saves reports with long texts, lets
half of them expire (by setting their end back in the database), revokes the others. Asks for the three
kinds in turn, so that whatever else the machine does meets them alike, each request from one of many
addresses of 127.0.0.0/8, since a client may miss a few times a minute only. Compares status, headers
and body to the byte, but for the date, the request's id and the nonce of scripts. Prints for page, API and the manage page the
median and the quarters of the time from the request to the last byte, in microseconds, and the
difference of the medians to *never given*; beside them what two halves of *never given* differ by: that
is noise. The last column is the chance that of two requests, one of each kind, that one is slower: 50 %
where time tells nothing.
"""
import itertools, json, os, re, socket, sqlite3, statistics, subprocess, sys, tempfile, time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
HANGUP = os.environ.get("HANGUP", f"{ROOT}/target/release/hangup")
KINDS = ["never given", "expired", "revoked"]
WAYS = {"page": "/d/{view}", "api": "/api/v1/diagnoses/{view}", "manage": "/manage/{manage}"}
# Reports of each kind: enough that no single row decides, few enough to be saved within the limits.
SAVED = 20
# A text of a case as it is pasted, 48 KiB.
TEXT = "2026/11/22 10:41:07 [error] 31#31: *8812 upstream prematurely closed connection\n" * 600


def addresses():
    """Clients in turn, of whom none misses more than the limit allows."""
    for n in itertools.count():
        yield f"127.{1 + n // 65536 % 200}.{n // 256 % 256}.{1 + n % 250}"


def ask(port, client, path, accept="text/html", method="GET", body=b""):
    """The whole answer, and the seconds from the request to its last byte."""
    with socket.socket() as s:
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        s.bind((client, 0))
        s.connect(("127.0.0.1", port))
        head = (f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept: {accept}\r\nConnection: close\r\n"
                f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n").encode()
        start = time.perf_counter()
        s.sendall(head + body)
        answer = b""
        while piece := s.recv(65536):
            answer += piece
        return answer, time.perf_counter() - start


def plain(answer):
    """The answer without what differs between any two requests, and without the path it repeats."""
    head, _, body = answer.partition(b"\r\n\r\n")
    for nonce in set(re.findall(rb'nonce="([^"]+)"', body)):
        body = body.replace(nonce, b"NONCE")
    skip = (b"date:", b"x-request-id:", b"content-security-policy:")
    lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(skip)]
    return b"\r\n".join(lines), body


def start(folder):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    env = {**os.environ, "HANGUP_LISTEN": f"127.0.0.1:{port}", "HANGUP_DATA_DIR": folder}
    server = subprocess.Popen([HANGUP, "serve"], env=env, stderr=subprocess.DEVNULL)
    for _ in range(300):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return server, port
        except OSError:
            time.sleep(0.1)
    sys.exit("the server did not start")


def save(port, client):
    order = {"save": True, "text": TEXT, "facts": {"phase": "reuse_keepalive", "stack": ["nginx", "node"]}}
    answer, _ = ask(port, client, "/api/v1/diagnoses", "application/json", "POST", json.dumps(order).encode())
    share = json.loads(answer.partition(b"\r\n\r\n")[2])["share"]
    return {"view": share["view_token"], "manage": share["manage_token"]}


def slower(times, base):
    """The chance that one of `times` is longer than one of `base`."""
    ordered = sorted([(t, 0) for t in base] + [(t, 1) for t in times])
    below = wins = 0
    for _, mine in ordered:
        wins += below if mine else 0
        below += not mine
    return wins / (len(times) * len(base))


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    clients = addresses()
    folder = tempfile.TemporaryDirectory(prefix="hangup-links-")
    server, port = start(folder.name)
    try:
        saved = {kind: [save(port, next(clients)) for _ in range(SAVED)] for kind in KINDS[1:]}
        # The same alphabet and length: 160 bits as base64url.
        given = itertools.cycle(saved["expired"])
        unknown = [{name: token[:-6] + "AAAAA" + token[-1] for name, token in next(given).items()}
                   for _ in range(SAVED)]
        for link in saved["revoked"]:
            answer, _ = ask(port, next(clients), f"/api/v1/diagnoses/{link['manage']}", method="DELETE")
            assert b" 204 " in answer[:20], answer[:200]
        with sqlite3.connect(os.path.join(folder.name, "hangup.sqlite"), timeout=10) as db:
            ended = db.execute("UPDATE report SET expires_at = 1000").rowcount
        assert ended == SAVED, ended
        links = {"never given": unknown, **saved}
        same = True
        print(f"{count} requests of each kind and way; microseconds\n")
        print("| way | kind | quarter | median | three quarters | median against *never given* | slower than it |")
        print("|---|---|---:|---:|---:|---:|---:|")
        for way, path in WAYS.items():
            accept = "application/json" if way == "api" else "text/html"
            times = {kind: [] for kind in KINDS}
            answers = {}
            for n in range(count):
                for kind in KINDS:
                    link = links[kind][n % SAVED]
                    answer, took = ask(port, next(clients), path.format(**link), accept)
                    assert b" 404 " in answer[:20], answer[:200]
                    times[kind].append(took * 1e6)
                    said = plain(answer)
                    for token in link.values():
                        said = tuple(part.replace(token.encode(), b"TOKEN") for part in said)
                    answers.setdefault(kind, said)
            same &= len({answers[kind] for kind in KINDS}) == 1
            base = times["never given"]
            halves = [("never given, halves", base[::2], base[1::2])]
            for name, mine, other in halves + [(kind, times[kind], base) for kind in KINDS[1:]]:
                low, middle, high = statistics.quantiles(mine, n=4)
                apart = middle / statistics.median(other) - 1
                print(f"| {way} | {name} | {low:.0f} | {middle:.0f} | {high:.0f} | {apart:+.1%} | "
                      f"{slower(mine, other):.0%} |")
        print(f"\nstatus, headers and body are {'the same' if same else 'NOT the same'}")
        return 0 if same else 1
    finally:
        server.terminate()
        server.wait()
        folder.cleanup()


sys.exit(main())
