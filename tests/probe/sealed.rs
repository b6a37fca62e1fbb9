//! A network without a way out: a namespace in which every forbidden block is routed to a wire of its
//! own, and a counter stands before it. What the policy forbids must never move the counter.
//!
//! The list of blocks is written here once more, by hand from the IANA registries, so that a slip in
//! the policy's own table shows. Every other address is local: its ports refuse at once, and what
//! the tests serve can be reached at any of them.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream},
    process::Command,
    time::Duration,
};

use crate::support::{in_namespaces, is_inside};

/// What must not be reached: IPv4 special-purpose blocks, multicast, and Azure's platform address.
pub(crate) const V4: [&str; 17] = [
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "168.63.129.16/32",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.88.99.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/4",
    "240.0.0.0/5",
    "248.0.0.0/5",
];

/// The same of IPv6: all that is not global unicast, and the special blocks inside it.
pub(crate) const V6: [&str; 7] =
    ["::/3", "4000::/2", "8000::/1", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"];

/// Where the name server of the namespace listens: an address that is allowed.
pub(crate) const NAME_SERVER: SocketAddr =
    SocketAddr::new(IpAddr::V4(Ipv4Addr::new(198, 20, 0, 53)), 53);

/// The ports that the default policy opens; a packet to another one is counted apart.
const PORTS: &str = "80, 443, 8080, 8443";

/// Runs the test `name` inside such a namespace.
pub(crate) fn sealed(name: &str, inside: impl Future<Output = ()>) {
    if is_inside(inside) {
        return;
    }
    // Destinations below 127/8 and our own addresses stay on `lo`, whatever the route says; the
    // counter stands before that choice.
    let routes = |family: &str, blocks: &[&str]| {
        let add =
            |block: &&str| format!("ip {family} route add {block} dev out 2>/dev/null || :\n");
        blocks.iter().map(add).collect::<String>()
    };
    let script = format!(
        r#"
set -e
ip link set lo up
ip link add out type veth peer name sink
ip link set sink up
ip link set out arp off up
ip addr add 198.21.255.1/32 dev out
ip -6 addr add 2a00:2::1/128 dev out nodad
ip route add local 0.0.0.0/0 dev lo
ip -6 route add local ::/0 dev lo
{v4_routes}{v6_routes}
nft -f - <<'RULES'
table inet guard {{
  counter forbidden {{}}
  counter strange_port {{}}
  counter allowed {{}}
  set v4 {{ type ipv4_addr; flags interval; elements = {{ {v4} }} }}
  set v6 {{ type ipv6_addr; flags interval; elements = {{ {v6} }} }}
  chain output {{
    type filter hook output priority 0; policy accept;
    meta l4proto != {{ tcp, udp }} accept
    ip daddr @v4 counter name forbidden accept
    ip6 daddr @v6 counter name forbidden accept
    ip6 daddr & ::fcff:ffff:0:0 == ::5efe:0:0 counter name forbidden accept
    tcp flags & (syn | ack) == syn tcp dport {{ {PORTS} }} counter name allowed accept
    tcp flags & (syn | ack) == syn counter name strange_port accept
    ip daddr {name_server} udp dport 53 accept
    ip saddr {name_server} udp sport 53 accept
    meta l4proto udp counter name strange_port
  }}
}}
RULES
"$HANGUP_TEST" --exact {name} --nocapture
"#,
        v4_routes = routes("", &V4),
        v6_routes = routes("-6", &V6),
        v4 = V4.join(", "),
        v6 = V6.join(", "),
        name_server = NAME_SERVER.ip(),
    );
    in_namespaces(&script, &[]);
}

/// What the counters of the namespace say: SYNs and datagrams to forbidden blocks, to ports that are
/// not open, and SYNs that are allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Counted {
    pub(crate) forbidden: u64,
    pub(crate) strange_port: u64,
    pub(crate) allowed: u64,
}

pub(crate) fn counted() -> Counted {
    let output = Command::new("nft").args(["list", "counters"]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let of = |name: &str| {
        let after = text.split(&format!("counter {name} ")).nth(1).expect("the counter is there");
        let number = after.split_whitespace().skip_while(|word| *word != "packets").nth(1);
        number.unwrap().parse().unwrap()
    };
    Counted { forbidden: of("forbidden"), strange_port: of("strange_port"), allowed: of("allowed") }
}

/// Sends one packet into every forbidden block and shows that each one is counted; sets the counters
/// back to nothing.
pub(crate) fn prove_the_counter() {
    let mut random = Random(7);
    let blocks = V4.into_iter().chain(V6);
    let sent_before = sent_by_the_wire();
    for block in blocks {
        let before = counted().forbidden;
        let address = SocketAddr::new(random.within(block), 443);
        let _ = TcpStream::connect_timeout(&address, Duration::from_millis(20));
        let socket =
            std::net::UdpSocket::bind(if address.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" });
        // Broadcasts and the like are refused by the kernel itself, with either protocol.
        let sent = socket.unwrap().send_to(b"x", address).is_ok();
        let after = counted().forbidden;
        assert!(after > before || !sent, "a packet to {address} in {block} was not counted");
        assert!(
            sent || block == "240.0.0.0/5" || block == "248.0.0.0/5",
            "{block} takes no packet"
        );
    }
    let isatap = "[2a00:1::5efe:a00:1]:443".parse().unwrap();
    let before = counted().forbidden;
    let _ = TcpStream::connect_timeout(&isatap, Duration::from_millis(20));
    assert!(counted().forbidden > before, "ISATAP was not counted");
    assert!(sent_by_the_wire() > sent_before, "nothing left by the wire");
    let reset = Command::new("nft").args(["reset", "counters"]).output().unwrap();
    assert!(reset.status.success());
    assert_eq!(counted(), Counted { forbidden: 0, strange_port: 0, allowed: 0 });
}

/// Packets that left by the wire that the forbidden blocks are routed to.
fn sent_by_the_wire() -> u64 {
    let text = std::fs::read_to_string("/proc/self/net/dev").unwrap();
    let line = text.lines().find_map(|line| line.trim().strip_prefix("out:")).unwrap();
    // Eight columns of what was received come first.
    line.split_whitespace().nth(9).unwrap().parse().unwrap()
}

/// SplitMix64 (Steele and others, 2014): numbers that are the same in every run.
#[derive(Clone, Debug)]
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).unwrap()
    }

    pub(crate) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    pub(crate) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// An address within `block`.
    pub(crate) fn within(&mut self, block: &str) -> IpAddr {
        let (net, length) = block.split_once('/').unwrap();
        let length: u32 = length.parse().unwrap();
        match net.parse().unwrap() {
            IpAddr::V4(v4) => {
                let host = u32::try_from(self.next() >> 32).unwrap();
                let host = host & u32::MAX.checked_shr(length).unwrap_or(0);
                Ipv4Addr::from_bits(v4.to_bits() | host).into()
            }
            IpAddr::V6(v6) => {
                let host = (u128::from(self.next()) << 64) | u128::from(self.next());
                let host = host & u128::MAX.checked_shr(length).unwrap_or(0);
                Ipv6Addr::from_bits(v6.to_bits() | host).into()
            }
        }
    }

    pub(crate) fn forbidden(&mut self, v6: bool) -> IpAddr {
        let block = if v6 { self.pick(&V6) } else { self.pick(&V4) };
        self.within(block)
    }

    pub(crate) fn public(&mut self, v6: bool) -> IpAddr {
        self.within(if v6 { "2a00:1::/64" } else { "198.20.0.0/16" })
    }

    /// What a name may answer with in one family: nothing, or up to four addresses, some of them
    /// forbidden.
    pub(crate) fn answer(&mut self, v6: bool) -> Vec<IpAddr> {
        let number = if v6 && self.chance(50) { 0 } else { 1 + self.below(4) };
        let kind = self.below(3);
        (0..number)
            .map(|_| match kind {
                0 => self.public(v6),
                1 => self.forbidden(v6),
                _ if self.chance(50) => self.public(v6),
                _ => self.forbidden(v6),
            })
            .collect()
    }
}
