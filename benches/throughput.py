#!/usr/bin/env python3
"""How fast captures are read, beside tshark and a bare table, and what memory that takes.

    cargo build --release
    cargo build --release --no-default-features --example bare_table
    sudo python3 benches/throughput.py [FOLDER]        # FOLDER: 1.5 GB of room, /tmp unless said

Makes two captures of real TCP by tcpdump, on the loopback of a network namespace of its own: 500 MB or
more in packets of 1,500 bytes, 200 MB or more in packets with 16 bytes of payload, over many connections.
Runs each program three times over each and prints the best time, the ratios, and the peak memory; the
last two captures are a half of each, which shows whether memory grows with the length. Deletes them.
"""
import os, shutil, socket, subprocess, sys, tempfile, threading, time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
HANGUP = os.environ.get("HANGUP", f"{ROOT}/target/release/hangup")
BARE = os.environ.get("BARE", f"{ROOT}/target/release/examples/bare_table")
BIG, SMALL = 520_000_000, 210_000_000


def serve(listener, eat):
    while True:
        try:
            peer, _ = listener.accept()
        except OSError:
            return
        with peer:
            while peer.recv(eat):
                pass


def connections(port, count, rounds, piece):
    """`count` connections one after the other, `rounds` writes of `piece` bytes on each."""
    for _ in range(count):
        with socket.create_connection(("127.0.0.1", port)) as client:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for _ in range(rounds):
                client.sendall(piece)


def traffic():
    """Runs inside the namespace: traffic while tcpdump listens."""
    kind, path = sys.argv[2:4]
    subprocess.run("ip link set lo mtu 1500 gso_max_segs 1 up".split(), check=True)
    dump = subprocess.Popen(["tcpdump", "-i", "lo", "-B", "400000", "-s", "0", "-w", path, "tcp"],
                            stderr=subprocess.PIPE, text=True)
    while "listening" not in dump.stderr.readline():
        pass
    listener = socket.create_server(("127.0.0.1", 8080), backlog=512)
    for _ in range(4):
        threading.Thread(target=serve, args=(listener, 1 << 20), daemon=True).start()
    target = BIG if kind == "big" else SMALL
    until = time.time() + 300
    while os.path.getsize(path) < target and time.time() < until:
        if kind == "big":
            connections(8080, 10, 50, bytes(64 * 1024))
        else:
            connections(8080, 40, 200, b"sixteen bytes!!\n")
    time.sleep(2)
    dump.terminate()
    print(dump.communicate()[1].strip().replace("\n", ", "))


def run(arguments):
    """Wall and processor seconds of a program, each the best of three, and its peak memory, MiB."""
    wall = processor = float("inf")
    peak = 0
    for _ in range(3):
        start = time.time()
        child = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        # What `wait4` says of memory includes that of this script, from before the child's own start.
        while os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            peak = max(peak, high_water(child.pid))
            time.sleep(0.005)
        _, status, usage = os.wait4(child.pid, 0)
        if status != 0:
            sys.exit(f"{arguments[0]} failed: {status}")
        wall = min(wall, time.time() - start)
        processor = min(processor, usage.ru_utime + usage.ru_stime)
    return wall, processor, peak


def high_water(pid):
    try:
        with open(f"/proc/{pid}/status") as status:
            return next((int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM")), 0)
    except OSError:
        return 0


def measure(kind, path):
    size = os.path.getsize(path)
    with open(path, "rb") as file:  # Into the page cache, for whoever comes first.
        while file.read(1 << 20):
            pass
    with subprocess.Popen([HANGUP, "capture", "--json", path], stdout=subprocess.PIPE) as told:
        count = sum(1 for _ in told.stdout)
    results = {name: run(arguments) for name, arguments in {
        "hangup": [HANGUP, "capture", path],
        "hangup --json": [HANGUP, "capture", "--json", path],
        "tshark": ["tshark", "-q", "-z", "conv,tcp", "-r", path],
        "bare": [BARE, path],
    }.items()}
    print(f"{kind}: {size / 1e6:.0f} MB, {count} conversations")
    for name, (wall, processor, peak) in results.items():
        print(f"  {name:14} {wall:7.2f} s, processor {processor:7.2f} s: {size / 1e6 / processor:6.0f} MB/s   "
              f"peak {peak:6.1f} MiB")
    ours = results["hangup"]
    times = [results["tshark"][at] / ours[at] for at in (0, 1)]
    share = [100 * results["bare"][at] / ours[at] for at in (0, 1)]
    print(f"  by the wall and by the processor: {times[0]:.0f} and {times[1]:.0f} x tshark (30 promised), "
          f"{share[0]:.0f} and {share[1]:.0f} % of bare (40 promised); "
          f"memory promised {64 + 400 * count / 2**20:.0f} MiB")


def main():
    folder = tempfile.mkdtemp(prefix="hangup-throughput-", dir=sys.argv[1] if len(sys.argv) > 1 else None)
    os.chmod(folder, 0o777)  # tcpdump gives up root before it writes.
    try:
        for kind in ["big", "small"]:
            path, half = f"{folder}/{kind}.pcap", f"{folder}/half.pcap"
            subprocess.run(["unshare", "-n", sys.executable, __file__, "--traffic", kind, path], check=True)
            measure(kind, path)
            with open(path, "rb") as whole, open(half, "wb") as part:
                part.write(whole.read(os.path.getsize(path) // 2))
            _, _, peak = run([HANGUP, "capture", half])
            print(f"  half of it: peak {peak:.1f} MiB")
            os.remove(half)
            if not os.environ.get("KEEP"):
                os.remove(path)
    finally:
        if not os.environ.get("KEEP"):
            shutil.rmtree(folder)


if __name__ == "__main__":
    traffic() if sys.argv[1:2] == ["--traffic"] else main()
