//! Real servers: nginx, Redis, OpenSSH, MariaDB.

use std::{
    fs,
    net::SocketAddr,
    time::{Duration, Instant},
};

use hangup::probe::{Probe, ProbeEvent};

use crate::support::{Told, closed_port, own_loopback, probe, serve_at, start};

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

/// PostgreSQL refuses to run as root, so it is started as nobody there.
#[tokio::test]
async fn postgresql_talks_to_us_or_says_that_our_address_is_not_allowed() {
    let Some(bin) =
        ["/usr/local/bin", "/usr/lib/postgresql/15/bin", "/usr/lib/postgresql/17/bin", "/usr/bin"]
            .into_iter()
            .find(|folder| std::path::Path::new(folder).join("postgres").exists())
    else {
        println!("skipped: postgres is not installed");
        assert!(std::env::var_os("CI").is_none(), "postgres is needed on CI");
        return;
    };
    for (rule, wanted) in [("trust", "greeting"), ("reject", "blocked")] {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        fs::create_dir(&data).unwrap();
        let nobody = ["--reuid=65534", "--regid=65534", "--clear-groups"];
        for path in [folder.path(), &data] {
            std::os::unix::fs::chown(path, Some(65534), Some(65534)).unwrap();
        }
        let made = std::process::Command::new("setpriv")
            .args(nobody)
            .arg(format!("{bin}/initdb"))
            .args(["--auth=trust", "--username=owner", "-N", "-D", data.to_str().unwrap()])
            .output();
        if !made.as_ref().is_ok_and(|made| made.status.success()) {
            println!("skipped: initdb does not run here: {made:?}");
            return;
        }
        fs::write(data.join("pg_hba.conf"), format!("host all all 127.0.0.0/8 {rule}\n")).unwrap();
        // Its usual port, by which it is known, on an address of loopback that is ours alone.
        let address = SocketAddr::from((own_loopback(), 5432));
        let host = address.ip().to_string();
        let server = format!("{bin}/postgres");
        let mut arguments = nobody.to_vec();
        arguments.extend([&server, "-D", data.to_str().unwrap(), "-h", &host]);
        arguments.extend(["-k", folder.path().to_str().unwrap()]);
        let Some(_postgres) = start("/usr/bin/setpriv", &arguments, folder.path(), address).await
        else {
            return;
        };
        let mut told = probe(&address.to_string(), &[Probe::Banner], 1).await;
        for _ in 0..50 {
            // It accepts a moment before it is ready, and says so: 57P03.
            let raw = told.observation("banner.result").and_then(|seen| seen.raw.clone());
            if !raw.is_some_and(|raw| raw.contains("C57P03")) {
                break;
            }
            assert_eq!(told.value("banner.result").as_deref(), Some("error"));
            tokio::time::sleep(Duration::from_millis(100)).await;
            told = probe(&address.to_string(), &[Probe::Banner], 1).await;
        }
        assert_eq!(told.value("banner.result").as_deref(), Some(wanted), "{rule}: {:?}", told.0);
        assert_eq!(told.components(), ["postgresql"]);
    }
}

/// Brokers and stores of which no program is at hand: what is sent must be what they read.
#[tokio::test]
async fn brokers_and_stores_are_asked_in_their_own_words() {
    let amqp = b"\x01\0\0\0\0\x01\xf0\0\x0a\0\x0a\0\x09product: RabbitMQ";
    let kafka = b"\0\0\0\x0a\0\0\0\x07\0\0\0\0\0\0";
    let mongodb =
        b"\x40\0\0\0\x01\0\0\0\x07\0\0\0\xdd\x07\0\0\0\0\0\0\0\x08isWritablePrimary\0\x01";
    let cases: [(u16, &[u8], &[u8], &str); 4] = [
        (5672, b"AMQP\0\0\x09\x01", amqp, "rabbitmq"),
        (9092, b"\0\0\0\x10\0\x12\0\0", kafka, "kafka"),
        (27017, b"\x34\0\0\0", mongodb, "mongodb"),
        (11211, b"version\r\n", b"VERSION 1.6.18\r\n", "memcached"),
    ];
    for (port, asked, answer, component) in cases {
        let address = SocketAddr::from((own_loopback(), port));
        let (asked, answer) = (asked.to_vec(), answer.to_vec());
        serve_at(address, move |mut stream| {
            let (asked, answer) = (asked.clone(), answer.clone());
            async move {
                use tokio::io::{AsyncReadExt, AsyncWriteExt};
                let mut buffer = [0; 256];
                let read = stream.read(&mut buffer).await.unwrap_or_default();
                if buffer[..read].starts_with(&asked) {
                    let _ = stream.write_all(&answer).await;
                    let _ = stream.read(&mut buffer).await;
                }
            }
        })
        .await;
        let told = probe(&address.to_string(), &[Probe::Banner], 1).await;
        assert_eq!(told.value("banner.result").as_deref(), Some("greeting"), "{:?}", told.0);
        assert_eq!(told.components(), [component]);
    }
}
