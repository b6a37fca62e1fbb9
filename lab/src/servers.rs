//! The servers of a scenario: real ones from Debian in a frame of configuration, and our small ones.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command},
    sync::Mutex,
    time::Duration,
};

use anyhow::{Context, Result, bail};

use crate::{
    place::{Place, finish, own_program, read},
    scenario::Server,
};

/// Data folders that take seconds to make are made once a run and copied.
static MADE: Mutex<()> = Mutex::new(());

impl Server {
    /// The name of its log.
    pub(crate) fn log_name(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.kind)
    }

    /// Starts it and waits until it is ready. `shared` is a folder of the whole run.
    pub(crate) fn start(&self, place: &Place, shared: &Path) -> Result<Child> {
        let words = self.words(place, shared)?;
        let (program, rest) = words.split_first().context("no program")?;
        let mut command = if self.limits.is_empty() {
            place.command(&self.place, program)
        } else {
            // Joined outside: inside the namespace the tree of the groups is not mounted.
            let mut command = place.command("host", &own_program().to_string_lossy());
            let group = format!("{}-{}", place.prefix, self.log_name());
            command.args(["confined", &group]).args(&self.limits).arg("--");
            command.args(["ip", "netns", "exec", &place.namespace(&self.place), program]);
            command
        };
        command.args(rest);
        let mut child = place.start(self.log_name(), command)?;
        if let Some(port) = self.port {
            place.await_port(&self.place, port, &mut child)?;
        }
        if let Some(text) = &self.ready {
            place.await_log(self.log_name(), text, &mut child)?;
        }
        if self.kind == "mariadb" {
            place.await_log(self.log_name(), "ready for connections", &mut child)?;
        }
        if self.kind == "postgresql" {
            place.await_log(self.log_name(), "database system is ready", &mut child)?;
        }
        Ok(child)
    }

    /// The command line.
    fn words(&self, place: &Place, shared: &Path) -> Result<Vec<String>> {
        let folder = place.folder.display().to_string();
        let conf = self.conf.replace("$WORK", &folder);
        let file = |text: String| -> Result<String> {
            let path = place.folder.join(format!("{}.conf", self.log_name()));
            fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
            Ok(path.display().to_string())
        };
        let name = self.log_name();
        let mut words: Vec<String> = match self.kind.as_str() {
            "nginx" => {
                let pid = format!("{folder}/{name}.pid");
                let path = file(format!(
                    "user root; daemon off; worker_processes 1; pid {pid}; error_log stderr warn;\n\
                     {NGINX_TEMP}\nserver_tokens on;\n{conf}\n}}\n",
                ))?;
                own(&["nginx", "-p", &folder, "-e", "stderr", "-c", &path])
            }
            "apache" => {
                let path = file(format!(
                    "ServerRoot {folder}\nPidFile {name}.pid\nServerName lab\nErrorLog /dev/stderr\n\
                     Define M /usr/lib/apache2/modules\nLoadModule authz_core_module ${{M}}/mod_authz_core.so\n\
                     LogLevel info\nDocumentRoot {folder}\nTimeout 60\n{conf}\n"
                ))?;
                own(&["apache2", "-DFOREGROUND", "-f", &path])
            }
            "haproxy" => {
                let path = file(format!("global\n  log stdout format raw local0 info\n{conf}\n"))?;
                own(&["haproxy", "-db", "-f", &path])
            }
            "redis" => own(&["redis-server", "--bind", "0.0.0.0", "--save", "", "--dir", &folder]),
            "sshd" => sshd(place, &file, &conf)?,
            "mariadb" => mariadb(place, shared, name)?,
            "postgresql" => postgresql(place, shared, &conf, name)?,
            "dns" => own(&[&own_program().to_string_lossy(), "serve-dns"]),
            "bad" => own(&[&own_program().to_string_lossy(), "serve-bad"]),
            "program" => own(&["sh", "-c", &format!("exec {}", self.conf)]),
            other => bail!("there is no server of the kind `{other}`"),
        };
        words.extend(self.args.iter().map(|word| word.replace("$WORK", &folder)));
        Ok(words)
    }
}

const NGINX_TEMP: &str = "events { worker_connections 256; }\nhttp {\naccess_log off;\n\
    client_body_temp_path b; proxy_temp_path p; fastcgi_temp_path f; uwsgi_temp_path u; scgi_temp_path s;";

fn own(words: &[&str]) -> Vec<String> {
    words.iter().map(|&word| word.to_owned()).collect()
}

fn sshd(place: &Place, file: &dyn Fn(String) -> Result<String>, conf: &str) -> Result<Vec<String>> {
    let key = place.folder.join("host_key").display().to_string();
    place.sh("host", &format!("ssh-keygen -q -t ed25519 -N '' -f {key}; mkdir -p /run/sshd"))?;
    let path = file(format!("HostKey {key}\nPidFile none\nUsePAM no\nUseDNS no\n{conf}\n"))?;
    Ok(own(&["/usr/sbin/sshd", "-D", "-e", "-f", &path]))
}

fn mariadb(place: &Place, shared: &Path, name: &str) -> Result<Vec<String>> {
    let data = data_folder(place, shared, name, |model| {
        let mut command = Command::new("mariadb-install-db");
        command
            .args(["--no-defaults", "--user=root", "--auth-root-authentication-method=normal"])
            .args(["--skip-test-db", "--innodb-log-file-size=8M"])
            .arg(format!("--datadir={}", model.display()));
        command
    })?;
    Ok(own(&[
        "mariadbd",
        "--no-defaults",
        "--user=root",
        "--bind-address=*",
        "--innodb-log-file-size=8M",
        "--innodb-buffer-pool-size=16M",
        "--log-warnings=4",
        &format!("--datadir={}", data.display()),
        &format!("--socket={}/{name}.sock", place.folder.display()),
    ]))
}

fn postgresql(place: &Place, shared: &Path, conf: &str, name: &str) -> Result<Vec<String>> {
    // Debian keeps the programs of each version in a folder of its own.
    let folders = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut bins: Vec<PathBuf> = folders.map(|entry| entry.path().join("bin")).collect();
    bins.push("/usr/local/bin".into());
    let bin = bins.into_iter().find(|bin| bin.join("postgres").exists());
    let bin = bin.context("postgres is not installed")?;
    let data = data_folder(place, shared, name, |model| {
        let mut command = Command::new("setpriv");
        command
            .args(["--reuid=65534", "--regid=65534", "--clear-groups"])
            .arg(bin.join("initdb"))
            .args(["--auth=trust", "--username=owner", "-N", "-D"])
            .arg(model);
        command
    })?;
    let rules = if conf.trim().is_empty() { "host all all all trust\n" } else { conf };
    fs::write(data.join("pg_hba.conf"), rules)?;
    let (server, data) = (bin.join("postgres"), data.display().to_string());
    // Its shared memory ends with its namespace, even if it is killed.
    let mut words = own(&["unshare", "--ipc", "setpriv", "--reuid=65534", "--regid=65534"]);
    words.extend(own(&["--clear-groups", &server.to_string_lossy(), "-D", &data, "-h", "*"]));
    words.extend(own(&["-k", &data]));
    Ok(words)
}

/// A fresh copy of a data folder, which `make` makes when it is needed for the first time.
fn data_folder(
    place: &Place,
    shared: &Path,
    name: &str,
    make: impl FnOnce(&Path) -> Command,
) -> Result<PathBuf> {
    let model = shared.join(name);
    {
        let _one_at_a_time = MADE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if !model.join("made").exists() {
            fs::create_dir_all(&model)?;
            std::os::unix::fs::chown(&model, Some(65534), Some(65534))?;
            let (done, said) = finish(&mut make(&model), Duration::from_secs(120))?;
            if !done {
                bail!("the data folder of {name} cannot be made: {}", said.trim());
            }
            fs::write(model.join("made"), "")?;
        }
    }
    let data = place.folder.join(format!("{name}-data"));
    place.sh("host", &format!("cp -a {} {}", model.display(), data.display()))?;
    Ok(data)
}

/// The last lines of a log, as a person would paste them.
pub(crate) fn tail(place: &Place, name: &str) -> String {
    let text = read(&place.log(name));
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(8)..].join("\n")
}
