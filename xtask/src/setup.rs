//! What the machine lacks, fetched by the machine's own means.

use std::{fs, os::unix::fs::PermissionsExt, path::Path, process::Command};

use anyhow::{Context, Result, bail};

use crate::command::{run, succeeds};

const WASM: &str = "wasm32-unknown-unknown";

/// Debian packages of the whole test run, each with the files of which one shows it is there.
///
/// Without the fonts Chinese is boxes on the screenshots; the servers are what the probes are
/// tested on.
const PACKAGES: [(&str, &[&str]); 9] = [
    ("chromium", &["/usr/bin/chromium"]),
    ("fonts-noto-cjk", &["/usr/share/fonts/opentype/noto"]),
    ("nginx-light", &["/usr/sbin/nginx"]),
    ("redis-server", &["/usr/bin/redis-server"]),
    ("mariadb-server", &["/usr/bin/my_print_defaults"]),
    ("openssh-server", &["/usr/sbin/sshd"]),
    ("postgresql", &["/usr/lib/postgresql", "/usr/local/bin/postgres"]),
    ("iproute2", &["/usr/sbin/ip"]),
    ("nftables", &["/usr/sbin/nft"]),
];

/// While this exists and says 101, Debian's packages start no daemon when they are installed.
const POLICY: &str = "/usr/sbin/policy-rc.d";

/// The compiler's half for the browser, by rustup where it is missing.
pub fn wasm_target() -> Result<()> {
    let output =
        Command::new("rustc").args(["--print", "target-libdir", "--target", WASM]).output();
    let output = output.context("cannot run rustc; install Rust by https://rustup.rs")?;
    if Path::new(String::from_utf8(output.stdout)?.trim()).is_dir() {
        return Ok(());
    }
    if !succeeds("rustup", &["--version"]) {
        bail!(
            "this Rust has no {WASM} and there is no rustup to add it; install the target by the package manager Rust came from"
        );
    }
    run(Command::new("rustup").args(["target", "add", WASM]))
}

/// A browser, Chinese fonts and servers to probe, by apt where they are missing.
pub fn system_packages() -> Result<()> {
    let own_browser = std::env::var_os("CHROMIUM").is_some();
    let is_missing = |(package, files): &&(&str, &[&str])| {
        !(files.iter().any(|file| Path::new(file).exists())
            || own_browser && *package == "chromium")
    };
    let missing: Vec<&str> =
        PACKAGES.iter().filter(is_missing).map(|(package, _)| *package).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let packages = missing.join(" ");
    if !succeeds("apt-get", &["--version"]) {
        bail!(
            "please install {packages} (these are Debian's names) and, for another browser, set CHROMIUM to its path"
        );
    }
    if !is_root()? {
        bail!(
            "please run: sudo apt-get update && sudo apt-get install -y --no-install-recommends {packages}"
        );
    }
    // A bare Debian image has no package lists.
    run(Command::new("apt-get").arg("update"))?;
    let is_ours = !Path::new(POLICY).exists();
    if is_ours {
        keep_daemons_off()?;
    }
    let installed = run(Command::new("apt-get")
        .args(["install", "-y", "--no-install-recommends"])
        .args(missing)
        .env("DEBIAN_FRONTEND", "noninteractive"));
    if is_ours {
        fs::remove_file(POLICY).with_context(|| format!("cannot remove {POLICY}"))?;
    }
    installed
}

/// The tests start the servers they want; none should run because its program was installed.
fn keep_daemons_off() -> Result<()> {
    fs::write(POLICY, "#!/bin/sh\nexit 101\n")
        .and_then(|()| fs::set_permissions(POLICY, fs::Permissions::from_mode(0o755)))
        .with_context(|| format!("cannot write {POLICY}"))
}

fn is_root() -> Result<bool> {
    let status =
        fs::read_to_string("/proc/self/status").context("cannot read /proc/self/status")?;
    // `Uid:` real, effective, saved, file system.
    let line = status.lines().find_map(|line| line.strip_prefix("Uid:"));
    Ok(line.and_then(|line| line.split_whitespace().nth(1)) == Some("0"))
}

/// The packages of the browser's tests, by npm where they are missing or others are wanted now.
pub fn node_modules() -> Result<()> {
    if !succeeds("npm", &["--version"]) {
        bail!(
            "the browser's tests need Node.js with npm; install them, on Debian by: apt-get install -y nodejs npm"
        );
    }
    let wanted =
        fs::read("end2end/package-lock.json").context("cannot read end2end/package-lock.json")?;
    // A copy of the lock file that was installed; npm's own note has no bytes to compare.
    let stamp = Path::new("end2end/node_modules/.installed-lock.json");
    if fs::read(stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    run(Command::new("npm").current_dir("end2end").args(["ci", "--no-audit", "--no-fund"]))?;
    fs::write(stamp, wanted)?;
    Ok(())
}
