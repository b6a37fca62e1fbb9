//! Real servers: nginx, Redis, OpenSSH, MariaDB.

use std::{
    fs,
    net::SocketAddr,
    time::{Duration, Instant},
};

use hangup::probe::{Probe, ProbeEvent};

use crate::support::{Told, closed_port, probe, start};

fn nginx_conf(address: SocketAddr, extra: &str) -> String {
    format!(
        "daemon off; master_process off; worker_processes 1; pid nginx.pid; error_log stderr;
         events {{ worker_connections 64; }}
         http {{ access_log off; keepalive_timeout 5s;
           client_body_temp_path b; proxy_temp_path p; fastcgi_temp_path f; uwsgi_temp_path u; scgi_temp_path s;
           server {{ listen {address}; {extra} }} }}"
    )
}

/// Runs `only` against an nginx with `extra` in its server block. `None` where it is not installed.
async fn nginx(extra: &str, path: &str, only: &[Probe], max_idle: u64) -> Option<Told> {
    let folder = tempfile::tempdir().unwrap();
    let address = closed_port().await;
    fs::write(folder.path().join("nginx.conf"), nginx_conf(address, extra)).unwrap();
    let prefix = folder.path().to_str().unwrap().to_owned() + "/";
    let arguments = ["-p", &prefix, "-c", "nginx.conf", "-e", "stderr"];
    let _nginx = start("/usr/sbin/nginx", &arguments, folder.path(), address).await?;
    Some(probe(&format!("http://{address}{path}"), only, max_idle).await)
}

const HELLO: &str = "location / { return 200 'hello'; }";

#[tokio::test]
async fn nginx_ends_a_quiet_connection_by_fin_after_its_five_seconds() {
    let began = Instant::now();
    let Some(told) = nginx(HELLO, "/", &[], 20).await else { return };
    assert_eq!(told.value("tcp.result").as_deref(), Some("connected"));
    assert_eq!(told.value("http.result").as_deref(), Some("ok"));
    assert_eq!(told.value("idle.end").as_deref(), Some("fin"));
    let cut = told.observation("seconds").expect("a cut-off");
    let seconds = cut.value.number().unwrap();
    assert!((4.7..=5.3).contains(&seconds), "{seconds}");
    let raw = cut.raw.as_deref().unwrap();
    assert!(
        raw.starts_with("FIN after ") && raw.ends_with("(server: nginx/1.22.1)")
            || raw.contains("(server: nginx"),
        "{raw}"
    );
    assert_eq!(told.components(), ["nginx"]);
    assert_eq!(told.value("idle.keepalive").as_deref(), Some("no"));
    assert!(
        told.is_hidden(Probe::Dns) && told.is_hidden(Probe::Tls) && told.is_hidden(Probe::Banner)
    );
    assert!(began.elapsed() < Duration::from_secs(15), "ended early: {:?}", began.elapsed());
    assert!(told.0.iter().any(|event| matches!(event, ProbeEvent::Progress { .. })));
}

#[tokio::test]
async fn a_silence_below_the_timer_leaves_the_connection_open() {
    let Some(told) = nginx(HELLO, "/", &[Probe::Idle], 2).await else { return };
    assert_eq!(told.value("idle.end").as_deref(), Some("open"));
    assert!(told.value("seconds").is_none());
}

#[tokio::test]
async fn nginx_s_own_failures_are_read_by_their_status() {
    let dead = closed_port().await;
    let proxy = format!("location / {{ proxy_pass http://{dead}; }}");
    let limited = "location / { return 429; }";
    for (extra, wanted) in [
        (proxy.as_str(), "bad_gateway"),
        (limited, "limited"),
        ("location / { return 403; }", "forbidden"),
        ("location / { return 503; }", "unavailable"),
        ("location / { return 504; }", "gateway_timeout"),
        ("location / { return 500; }", "server_error"),
        ("location / { return 444; }", "closed_empty"),
        ("location / { return 404; }", "ok"),
    ] {
        let Some(told) = nginx(extra, "/", &[Probe::Http], 1).await else { return };
        assert_eq!(told.value("http.result").as_deref(), Some(wanted), "{extra}");
    }
}

#[tokio::test]
async fn redirects_go_through_the_policy() {
    let inward = "location = / { return 302 /inside; } location = /inside { return 200 'x'; }";
    let Some(told) = nginx(inward, "/", &[Probe::Http], 1).await else { return };
    assert_eq!(told.value("http.result").as_deref(), Some("ok"));
    for to in [
        "http://169.254.169.254/latest/",
        "http://10.0.0.1/",
        "file:///etc/passwd",
        "//user@127.0.0.1/",
    ] {
        let extra = format!("location / {{ return 302 {to}; }}");
        let told = nginx(&extra, "/", &[Probe::Http], 1).await.unwrap();
        let stopped = told.0.iter().any(|event| {
            matches!(event, ProbeEvent::Finding { finding, .. }
            if finding.text.en.starts_with("a redirect was not followed"))
        });
        assert!(stopped, "{to}");
    }
    let told = nginx("location / { return 302 /; }", "/", &[Probe::Http], 1).await.unwrap();
    let followed =
        told.0.iter().filter(|event| matches!(event, ProbeEvent::Finding { .. })).count();
    assert_eq!(followed, 6, "five redirects are followed");
}

#[tokio::test]
async fn a_server_that_closes_after_each_answer_has_no_idle_time() {
    let extra = "keepalive_timeout 0; location / { return 200 'x'; }";
    let Some(told) = nginx(extra, "/", &[Probe::Idle], 5).await else { return };
    assert!(told.is_hidden(Probe::Idle));
    assert!(told.value("seconds").is_none());
}

#[tokio::test]
async fn redis_is_recognised_with_and_without_a_password_and_when_full() {
    for (extra, wanted) in [
        (["--appendonly", "no"], "greeting"),
        (["--requirepass", "x"], "greeting"),
        (["--maxclients", "1"], "limit"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let address = closed_port().await;
        let port = address.port().to_string();
        let mut arguments = vec!["--bind", "127.0.0.1", "--port", &port, "--save", ""];
        arguments.extend(extra);
        let Some(_redis) = start("/usr/bin/redis-server", &arguments, folder.path(), address).await
        else {
            return;
        };
        let _held = match wanted {
            "limit" => {
                tokio::time::sleep(Duration::from_millis(300)).await;
                Some(tokio::net::TcpStream::connect(address).await.unwrap())
            }
            _ => None,
        };
        let told = probe(&address.to_string(), &[Probe::Banner, Probe::Http], 1).await;
        assert_eq!(told.value("banner.result").as_deref(), Some(wanted), "{extra:?} {:?}", told.0);
        assert_eq!(told.components(), ["redis"]);
        assert!(told.is_hidden(Probe::Http));
    }
}

#[tokio::test]
async fn sshd_greets_and_its_login_timer_is_measured() {
    let folder = tempfile::tempdir().unwrap();
    let address = closed_port().await;
    let key = folder.path().join("key");
    let made = std::process::Command::new("/usr/bin/ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-f", key.to_str().unwrap()])
        .status();
    if !made.is_ok_and(|status| status.success()) {
        println!("skipped: ssh-keygen is not installed");
        assert!(std::env::var_os("CI").is_none());
        return;
    }
    let config = format!(
        "ListenAddress {address}\nHostKey {}\nPidFile none\nUsePAM no\nUseDNS no\nLoginGraceTime 3\n",
        key.display()
    );
    fs::write(folder.path().join("sshd_config"), config).unwrap();
    fs::create_dir_all("/run/sshd").ok();
    let path = folder.path().join("sshd_config");
    let arguments = ["-D", "-e", "-f", path.to_str().unwrap()];
    let Some(_sshd) = start("/usr/sbin/sshd", &arguments, folder.path(), address).await else {
        return;
    };
    let told = probe(&address.to_string(), &[Probe::Banner, Probe::Idle], 8).await;
    assert_eq!(told.value("banner.result").as_deref(), Some("greeting"));
    assert_eq!(told.components(), ["ssh"]);
    assert_eq!(told.value("idle.end").as_deref(), Some("fin"), "{:?}", told.0);
    let seconds = told.observation("seconds").unwrap().value.number().unwrap();
    assert!((2.5..=3.5).contains(&seconds), "{seconds}");
}

#[tokio::test]
async fn mariadb_greets_and_says_when_it_is_full() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let installed = std::process::Command::new("/usr/bin/mariadb-install-db")
        .args(["--no-defaults", "--user=root", "--auth-root-authentication-method=normal"])
        .arg(format!("--datadir={}", data.display()))
        .output();
    if !installed.is_ok_and(|output| output.status.success()) {
        println!("skipped: mariadbd is not installed, or its data folder cannot be made");
        assert!(std::env::var_os("CI").is_none());
        return;
    }
    let address = closed_port().await;
    let port = format!("--port={}", address.port());
    let datadir = format!("--datadir={}", data.display());
    let socket = format!("--socket={}", folder.path().join("sock").display());
    let arguments = [
        "--no-defaults",
        "--user=root",
        "--bind-address=127.0.0.1",
        "--skip-name-resolve",
        "--connect-timeout=2",
        &port,
        &datadir,
        &socket,
    ];
    let Some(_mariadb) = start("/usr/sbin/mariadbd", &arguments, folder.path(), address).await
    else {
        return;
    };
    let told = probe(&address.to_string(), &[Probe::Banner, Probe::Idle], 4).await;
    assert_eq!(told.value("banner.result").as_deref(), Some("greeting"), "{:?}", told.0);
    assert_eq!(told.components(), ["mariadb"]);
    let seconds = told.observation("seconds").expect("connect_timeout").value.number().unwrap();
    assert!((1.5..=2.8).contains(&seconds), "{seconds}");
}
