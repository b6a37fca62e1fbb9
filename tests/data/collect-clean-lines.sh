#!/bin/bash
# Collects 300 ordinary log lines of the packages installed here into tests/data/ordinary-lines.txt:
# the machine's own logs, and what common servers write while they start, answer a few requests on
# loopback and stop. None of them is about a broken connection. Root on Debian; ends by itself.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$work"' EXIT
chmod 755 "$work"
cd "$work"
mkdir logs www
echo hello > www/index.html

# take NAME COUNT: so many lines of standard input, spread evenly, no shape of line more than five times.
take() {
  awk 'length > 20 && length < 400 { shape = $0; gsub(/[0-9]+/, "#", shape); if (seen[shape]++ < 5) print }' |
    awk -v want="$2" '{ line[NR] = $0 } END { step = NR > want ? NR / want : 1; for (at = 1; at <= NR; at += step) print line[int(at)] }' > "logs/$1"
}
wait_for() { for _ in $(seq 100); do (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null && return 0; sleep 0.1; done; echo "port $1 stays shut" >&2; return 1; }

cat /var/log/dpkg.log* | take dpkg 60
cat /var/log/alternatives.log* | take alternatives 30
cat /var/log/apt/history.log | take apt-history 15
tr '\r' '\n' < /var/log/apt/term.log | take apt-term 50
dmesg 2>/dev/null | awk '{ at = $0; sub(/^\[ */, "", at); if (at + 0 < 100) print }' | take kernel 70 || true

cat > nginx.conf <<N
error_log $work/nginx.error info; pid $work/nginx.pid; events {}
http { access_log $work/nginx.access; server { listen 127.0.0.1:18081; root $work/www; }
  server { listen 127.0.0.1:18084; location / { proxy_pass http://127.0.0.1:18081; } } }
N
nginx -c "$work/nginx.conf"
wait_for 18081
for at in $(seq 25); do curl -s -o /dev/null -A "check/$at" "http://127.0.0.1:1808$((at % 2 * 3 + 1))/?page=$at"; done
nginx -c "$work/nginx.conf" -s quit; sleep 1
cat nginx.access | take nginx-access 25
# A server that is told to stop does end connections; those lines are left out everywhere.
stops='shutting down\|shutdown\|signal [0-9]* (SIG\|Received SIG'
grep -v "$stops" nginx.error | take nginx-error 20

redis-server --port 18082 --save '' --dir "$work" > redis.log 2>&1 & redis=$!
wait_for 18082; redis-cli -p 18082 set greeting hello > /dev/null; kill $redis; wait $redis || true
grep -v "$stops" redis.log | take redis 20

printf 'global\n  log stderr local0\ndefaults\n  mode http\n  log global\n  option httplog\n  timeout connect 5s\n  timeout client 30s\n  timeout server 30s\nfrontend in\n  bind 127.0.0.1:18083\n  http-request return status 200 content-type text/plain string hello\n' > haproxy.cfg
haproxy -f haproxy.cfg 2> haproxy.log & proxy=$!
wait_for 18083; for at in $(seq 20); do curl -s -o /dev/null "http://127.0.0.1:18083/item/$at"; done
kill -USR1 $proxy || true; wait $proxy || true
# The first connection is ours that asks whether the port is open.
grep -v 'BADREQ\|NOSRV' haproxy.log | take haproxy 15

mkdir maria; chown mysql maria 2>/dev/null || true
mariadb-install-db --no-defaults --datadir="$work/maria" --user=mysql > maria.install 2>&1 || true
mariadbd --no-defaults --user=mysql --datadir="$work/maria" --socket="$work/maria/sock" --skip-networking > maria.log 2>&1 & maria=$!
for _ in $(seq 100); do [ -S maria/sock ] && break; sleep 0.1; done; sleep 2; kill $maria 2>/dev/null || true; wait $maria || true
grep -vi "$stops" maria.log | take mariadb 25

mkdir sshd && ssh-keygen -q -t ed25519 -N '' -f sshd/key && mkdir -p /run/sshd
/usr/sbin/sshd -D -e -p 18085 -h "$work/sshd/key" -o ListenAddress=127.0.0.1 2> sshd.log & ssh=$!
sleep 1; kill $ssh 2>/dev/null || true; wait $ssh || true
take sshd 5 < sshd.log

dnsmasq -d -q -C /dev/null -p 18086 --listen-address=127.0.0.1 --bind-interfaces --no-resolv --no-hosts --address=/hello.test/127.0.0.1 2> dnsmasq.log & dns=$!
sleep 1
python3 - <<'P'
import socket
def ask(name):
    query = b"\x12\x34\x01\0\0\x01\0\0\0\0\0\0" + b"".join(bytes([len(p)]) + p.encode() for p in name.split(".")) + b"\0\0\x01\0\x01"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(1); s.sendto(query, ("127.0.0.1", 18086)); s.recv(512)
for at in range(8): ask(f"www{at}.hello.test")
P
kill $dns 2>/dev/null || true; wait $dns || true
take dnsmasq 15 < dnsmasq.log

python3 - <<'P' > python.log 2>&1
import logging, sqlite3, threading, urllib.request
logging.basicConfig(level=logging.DEBUG, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
log = logging.getLogger("shop.orders")
base = sqlite3.connect(":memory:"); base.set_trace_callback(lambda s: logging.getLogger("sqlite3").debug(s))
base.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY, item TEXT)")
for at in range(6):
    base.execute("INSERT INTO orders (item) VALUES (?)", (f"item {at}",)); log.info("order %d stored, %d in all", at, at + 1)
P
take python 12 < python.log

# The same names for every machine, and one order for every run.
name=$(hostname)
cat logs/* | sed -e "s#$work#/srv/app#g" -e "s/\b$name\b/web-1/g" -e 's/\x1b\[[0-9;]*m//g' | tr -cd '\11\12\40-\176' |
  grep -v '^[[:space:]]*$' | awk '!seen[$0]++' | shuf -n 300 --random-source=<(yes) > ordinary.txt
wc -l < ordinary.txt
cp ordinary.txt "$here/ordinary-lines.txt"
