//! The topology: client, two routers, server, in four namespaces without a way out.
//!
//! ```text
//! cli 10.77.1.2 ── rtr 10.77.1.1 | 10.77.2.1 ── r2 10.77.2.2 | 10.77.3.1 ── srv 10.77.3.2 … .9
//!     fd77:1::2        fd77:1::1   fd77:2::1       fd77:2::2   fd77:3::1        fd77:3::2
//! ```

use std::{fmt::Write, fs, process::Command};

use anyhow::{Context, Result, ensure};

use crate::place::{PLACES, Place};

/// Links between the namespaces: name, device, network and last octet at either end.
const LINKS: [(&str, &str, u8, &str, &str, u8, u8); 3] = [
    ("cli", "eth0", 2, "rtr", "c0", 1, 1),
    ("rtr", "s0", 1, "r2", "c0", 2, 2),
    ("r2", "s0", 1, "srv", "eth0", 2, 3),
];

impl Place {
    /// Makes the namespaces, links, addresses and routes, and the client's resolver.
    pub(crate) fn up(&self, resolver: &str) -> Result<()> {
        fs::create_dir_all(&self.folder)?;
        for place in PLACES {
            ip(&format!("netns add {}\n", self.namespace(place)))?;
        }
        // The resolver is bound over /etc/resolv.conf by `ip netns exec`.
        let etc = format!("/etc/netns/{}", self.namespace("cli"));
        fs::create_dir_all(&etc).with_context(|| format!("cannot make {etc}"))?;
        fs::write(format!("{etc}/resolv.conf"), format!("nameserver {resolver}\n"))?;
        for (left, left_device, left_end, right, right_device, right_end, net) in LINKS {
            let (there, here) = (self.namespace(right), self.namespace(left));
            self.ip(
                left,
                &format!(
                    "link add {left_device} type veth peer name {right_device} netns {there}\n"
                ),
            )?;
            for (place, device, end) in
                [(&here, left_device, left_end), (&there, right_device, right_end)]
            {
                let lines = format!(
                    "addr add 10.77.{net}.{end}/24 dev {device}\n\
                     -6 addr add fd77:{net}::{end}/64 dev {device} nodad\n\
                     link set {device} up\n\
                     link set lo up\n"
                );
                ip_batch(&["-n", place], &lines.replace("-6 addr", "addr"))?;
            }
            // Segments as on a real wire, and checksums that a capture can check.
            for (place, device) in [(left, left_device), (right, right_device)] {
                let quiet = "tso off gso off gro off tx off >/dev/null 2>&1 || true";
                self.sh(place, &format!("ethtool -K {device} {quiet}"))?;
            }
        }
        let mut more = String::new();
        for end in 3..=9 {
            let _ = writeln!(more, "addr add 10.77.3.{end}/24 dev eth0");
        }
        more.push_str(
            "route add 10.77.0.0/16 via 10.77.3.1\n-6 route add fd77::/16 via fd77:3::1\n",
        );
        self.ip("srv", &more.replace("-6 ", ""))?;
        self.ip(
            "cli",
            "route add 10.77.0.0/16 via 10.77.1.1\nroute add fd77::/16 via fd77:1::1\n",
        )?;
        self.ip(
            "rtr",
            "route add 10.77.3.0/24 via 10.77.2.2\nroute add fd77:3::/64 via fd77:2::2\n",
        )?;
        self.ip(
            "r2",
            "route add 10.77.1.0/24 via 10.77.2.1\nroute add fd77:1::/64 via fd77:2::1\n",
        )?;
        for router in ["rtr", "r2"] {
            self.sh(router, "sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0")?;
        }
        Ok(())
    }

    /// Puts the wire `w0` in place of the link between the routers.
    pub(crate) fn route_over_wire(&self) -> Result<()> {
        self.ip(
            "rtr",
            "route replace 10.77.3.0/24 via 10.77.4.2\nroute replace fd77:3::/64 via fd77:4::2\n",
        )?;
        self.ip(
            "r2",
            "route replace 10.77.1.0/24 via 10.77.4.1\nroute replace fd77:1::/64 via fd77:4::1\n",
        )
    }

    fn ip(&self, place: &str, lines: &str) -> Result<()> {
        ip_batch(&["-n", &self.namespace(place)], lines)
    }
}

fn ip(lines: &str) -> Result<()> {
    ip_batch(&[], lines)
}

/// Runs lines of `ip`, several in one process.
pub(crate) fn ip_batch(before: &[&str], lines: &str) -> Result<()> {
    for line in lines.lines().filter(|line| !line.trim().is_empty()) {
        let output = Command::new("ip").args(before).args(line.split_whitespace()).output();
        let output = output.context("cannot run ip")?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "`ip {line}` failed: {}", said.trim());
    }
    Ok(())
}
