"""DNS, TCP, TLS and HTTP against a server behind added delay: our probes beside `curl -w`, in one run.

    cargo build
    sudo python3 benches/curl/compare.py target/debug/hangup [ROUNDS]

A client and a server in network namespaces of their own, joined by two TUN devices with a program in
between (this one) that holds every packet for half of the delay, handshakes included: the kernel's netem
is not everywhere. The server is nginx with TLS; dnsmasq beside it answers the name. Rounds alternate, so
that a busy machine is busy for both. Prints the medians and the ratio of our wall time, process start
included, to curl's `time_total`, which leaves curl's own start out. Exit code 1 where it is above 1.1.
Linux, root, Python 3.9; nginx, dnsmasq, curl and openssl are needed.
"""

import fcntl
import heapq
import json
import os
import select
import statistics
import struct
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

DELAY = 0.100  # seconds of round trip, half of it each way
LIMIT = 1.1
CLIENT, SERVER = "198.20.0.2", "198.20.1.1"  # public to the policy, and reachable nowhere else
NAME = "app.example.com"


def tun(name):
    """Opens a TUN device of that name in this namespace (linux/if_tun.h: TUNSETIFF, IFF_TUN | IFF_NO_PI)."""
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(device, 0x400454CA, struct.pack("16sH22x", name.encode(), 0x1001))
    return device


def relay(near, far):
    """Carries packets both ways, each after half of the delay, in their order."""
    waiting, number = [], 0
    other = {near: far, far: near}
    while True:
        pause = max(0, waiting[0][0] - time.monotonic()) if waiting else None
        for device in select.select([near, far], [], [], pause)[0]:
            packet = os.read(device, 65536)
            number += 1
            heapq.heappush(waiting, (time.monotonic() + DELAY / 2, number, other[device], packet))
        while waiting and waiting[0][0] <= time.monotonic():
            _, _, device, packet = heapq.heappop(waiting)
            try:
                os.write(device, packet)
            except OSError:
                pass  # An interface that is not up yet takes nothing.


def run(*command):
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def start_server(folder):
    """Starts nginx and dnsmasq in a namespace of their own; gives the processes, its holder first."""
    run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
        "-days", "2", "-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}",
        "-keyout", f"{folder}/key.pem", "-out", f"{folder}/cert.pem")
    (folder / "nginx.conf").write_text(f"""
        daemon off; master_process off; pid {folder}/pid; error_log {folder}/log;
        events {{ worker_connections 64; }}
        http {{ access_log off; client_body_temp_path {folder}/b; proxy_temp_path {folder}/p;
          fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
          server {{ listen {SERVER}:443 ssl; ssl_certificate cert.pem; ssl_certificate_key key.pem;
            ssl_protocols TLSv1.2 TLSv1.3;
            location / {{ return 200 'hello'; }} }} }}""")
    holder = subprocess.Popen(["unshare", "--net", "sleep", "infinity"])
    time.sleep(0.5)
    inside = ["nsenter", "--target", str(holder.pid), "--net"]
    run("ip", "link", "set", "far", "netns", str(holder.pid))
    run(*inside, "sh", "-ec", f"ip link set lo up; ip addr add {SERVER}/32 dev far; ip link set far up; "
        "ip route add default dev far")
    nginx = subprocess.Popen([*inside, "nginx", "-p", f"{folder}/", "-c", "nginx.conf"])
    dns = subprocess.Popen([*inside, "dnsmasq", "--no-daemon", "--conf-file=/dev/null", "--no-resolv",
                            "--no-hosts", f"--address=/{NAME}/{SERVER}", f"--local=/{NAME}/", f"--listen-address={SERVER}",
                            "--bind-interfaces", f"--pid-file={folder}/dns"], stderr=subprocess.DEVNULL)
    time.sleep(0.7)
    return [nginx, dns, holder]


def by_curl():
    said = subprocess.run(
        ["curl", "-sk", "-o", "/dev/null", "-w", "%{json}", f"https://{NAME}/"],
        check=True, capture_output=True, text=True).stdout
    said = json.loads(said)
    assert said["http_code"] == 200, said
    return said["time_total"]


def by_hangup(program):
    start = time.perf_counter()
    said = subprocess.run([program, "probe", f"https://{NAME}/", "--only", "dns,tcp,tls,http", "--json"],
                          capture_output=True, text=True).stdout
    took = time.perf_counter() - start
    events = [json.loads(line) for line in said.splitlines()]
    ended = {event["probe"]: event["outcome"] for event in events if event["event"] == "finished"}
    assert set(ended) == {"dns", "tcp", "tls", "http"} and ended["http"] == "ok", said
    return took


def measure(program, rounds):
    times = {"curl": [], "hangup": []}
    for _ in range(rounds):
        times["curl"].append(by_curl())
        times["hangup"].append(by_hangup(program))
    for who, taken in times.items():
        print(f"{who:<7} median {statistics.median(taken) * 1000:.0f} ms, "
              f"{min(taken) * 1000:.0f} to {max(taken) * 1000:.0f} ms over {rounds} rounds")
    ratio = statistics.median(times["hangup"]) / statistics.median(times["curl"])
    print(f"ratio   {ratio:.3f} (at most {LIMIT}), {DELAY * 1000:.0f} ms of added delay")
    return 0 if ratio <= LIMIT else 1


def main():
    program = str(Path(sys.argv[1]).resolve())
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 15
    if os.environ.get("HANGUP_NAMESPACES") is None:
        os.environ["HANGUP_NAMESPACES"] = "1"
        os.execvp("unshare", ["unshare", "--net", "--mount", sys.executable, __file__, program, str(rounds)])
    os.nice(-20)  # Whatever else the machine does is not measured.
    servers = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        try:
            near, far = tun("near"), tun("far")
            servers = start_server(folder)
            run("sh", "-ec", f"ip link set lo up; ip addr add {CLIENT}/32 dev near; ip link set near up; "
                "ip route add default dev near")
            (folder / "resolv.conf").write_text(f"nameserver {SERVER}\n")
            run("mount", "--bind", f"{folder}/resolv.conf", "/etc/resolv.conf")
            threading.Thread(target=relay, args=(near, far), daemon=True).start()
            return measure(program, rounds)
        finally:
            for server in servers:
                server.kill()
            subprocess.run(["umount", "/etc/resolv.conf"], stderr=subprocess.DEVNULL)


if __name__ == "__main__":
    sys.exit(main())
