//! What the configuration accepts, and what it says of what it does not.

use super::*;

fn load_text(text: &str, environment: &[(&str, &str)]) -> Result<Config, String> {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("hangup.toml");
    std::fs::write(&file, text).unwrap();
    let args = ServeArgs { config: Some(file), ..ServeArgs::default() };
    let pairs = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let loaded = Config::load(&args, pairs).map(|(config, _)| config);
    // The folder's name changes from run to run.
    loaded.map_err(|error| error.to_string().replace(dir.path().to_str().unwrap(), ""))
}

#[test]
fn nothing_set_gives_loopback_and_the_folder_beside_us() {
    let (config, warnings) = Config::load(&ServeArgs::default(), std::iter::empty()).unwrap();
    assert_eq!(config.listen.to_string(), "127.0.0.1:3000");
    assert_eq!(config.data_dir, PathBuf::from("./data"));
    assert!(
        !config.probe.allow_loopback && config.probe.allow.is_empty() && config.hosts.is_empty()
    );
    assert!(warnings.is_empty());
}

#[test]
fn flags_beat_the_environment_and_it_beats_the_file() {
    let text = "listen = '127.0.0.1:1'\ndata_dir = 'file'\n[share]\ndefault_expiry = '1d'\n";
    let environment = [("HANGUP_DATA_DIR", "environment"), ("HANGUP_SHARE_MAX_EXPIRY", "2d")];
    let config = load_text(text, &environment).unwrap();
    assert_eq!(config.listen.port(), 1);
    assert_eq!(config.data_dir, PathBuf::from("environment"));
    assert_eq!(config.share.default_expiry.as_secs(), 86_400);
    assert_eq!(config.share.max_expiry.as_secs(), 2 * 86_400);
    let args = ServeArgs { data_dir: Some("flag".into()), ..ServeArgs::default() };
    let environment = [("HANGUP_DATA_DIR".to_owned(), "environment".to_owned())];
    let (config, _) = Config::load(&args, environment.into_iter()).unwrap();
    assert_eq!(config.data_dir, PathBuf::from("flag"));
}

#[test]
fn every_key_can_be_set_by_its_variable() {
    for (key, kind) in KEYS {
        let text = match (*key, kind) {
            ("listen" | "probe.resolvers", _) => "127.0.0.1:53",
            ("base_url", _) => "https://hangup.example.com",
            ("probe.allow", _) => "10.0.0.0/8:443,5432; fd00:1::/32",
            ("probe.nat64_prefixes", _) => "64:ff9b::/96 2a00:1::/32",
            ("probe.proxy", _) => "http://bob:secret@proxy.example.com:3128",
            ("probe.max_idle" | "share.default_expiry", _) => "90s",
            ("share.max_expiry", _) => "60d",
            ("proxy.trusted", _) => "10.0.0.0/8 fd00::/8",
            ("log.format", _) => "json",
            ("limits.body_bytes", _) => "9000000",
            (_, Kind::Number) => "1000",
            (_, Kind::Numbers) => "443 8443",
            (_, Kind::Switch) => "true",
            ("admin.token", _) => "a-token-of-twenty-four-ch",
            (_, Kind::Decimal) => "2.5",
            (_, Kind::Tables) => {
                "[{ name = \"ops\", kind = \"slack\", url = \"https://chat.example.com/x\" }]"
            }
            (_, Kind::Text | Kind::List) => "word",
        };
        // A prefix alone does nothing, and is refused.
        let file = if *key == "probe.nat64_prefixes" { "[probe]\ndns64 = true" } else { "" };
        let loaded = load_text(file, &[(&variable_of(key), text)]);
        assert!(loaded.is_ok(), "{key}: {loaded:?}");
    }
}

#[test]
fn a_slip_is_named_with_its_place_and_what_was_meant() {
    let cases = [
        (
            "listn = '127.0.0.1:1'",
            "/hangup.toml line 1: there is no key `listn`; did you mean `listen`?",
        ),
        (
            "\n[probe]\nalow_loopback = true",
            "/hangup.toml line 3: there is no key `probe.alow_loopback`; did you mean `probe.allow_loopback`?",
        ),
        (
            "max_idle = '5m'",
            "/hangup.toml line 1: there is no key `max_idle`; did you mean `probe.max_idle`?",
        ),
        (
            "[limits]\nrequests = 'many'",
            "/hangup.toml line 2: `limits.requests`: invalid type: string \"many\", expected usize",
        ),
        ("\nlisten = '3000'", "/hangup.toml line 2: `listen`: invalid socket address syntax"),
        (
            "[share]\ndefault_expiry = 7",
            "/hangup.toml line 2: `share.default_expiry`: invalid type: integer `7`, expected a string",
        ),
        (
            "[share]\ndefault_expiry = '90d'",
            "/hangup.toml line 2: `share.default_expiry`: is longer than `share.max_expiry`, which is 2592000 s",
        ),
        (
            "[probe]\nallow = ['10.0.0.0/8', 'ten']",
            "/hangup.toml line 2: `probe.allow[1]`: `ten` is no network such as `10.20.0.0/16`, `10.20.0.0/16:5432,6379` or `10.20.0.0/16:5432@192.168.7.0/24`",
        ),
    ];
    for (text, said) in cases {
        assert_eq!(load_text(text, &[]).unwrap_err(), said, "{text}");
    }
    let no_toml = load_text("listen: 3000", &[]).unwrap_err();
    assert!(no_toml.starts_with("/hangup.toml line 1: this is no TOML"), "{no_toml}");
    let variable = load_text("", &[("HANGUP_PROBE_ENABLED", "perhaps")]).unwrap_err();
    assert_eq!(
        variable,
        "environment variable HANGUP_PROBE_ENABLED: `probe.enabled`: `perhaps` is neither `true` nor `false`"
    );
}

#[test]
fn a_missing_file_is_named_and_a_strange_variable_is_a_warning() {
    let args = ServeArgs { config: Some("/nowhere/hangup.toml".into()), ..ServeArgs::default() };
    let error = Config::load(&args, std::iter::empty()).unwrap_err().to_string();
    assert!(error.starts_with("cannot read the configuration `/nowhere/hangup.toml`"), "{error}");
    let environment = [("HANGUP_SERVICE_HOST".to_owned(), "10.0.0.1".to_owned())];
    let (_, warnings) = Config::load(&ServeArgs::default(), environment.into_iter()).unwrap();
    assert_eq!(warnings, ["the environment variable HANGUP_SERVICE_HOST sets nothing"]);
}

#[test]
fn what_is_opened_on_a_server_that_others_reach_says_for_whom() {
    let open = |allow: &str| format!("listen = '0.0.0.0:80'\n[probe]\nallow = ['{allow}']\n");
    let error = load_text(&open("10.20.0.0/16"), &[]).unwrap_err();
    assert!(error.starts_with("/hangup.toml line 3: `probe.allow`: opens 10.20.0.0/16"), "{error}");
    assert!(load_text(&open("10.20.0.0/16:443@10.0.0.0/8"), &[]).is_ok());
    assert!(load_text(&open("10.20.0.0/16@0.0.0.0/0,::/0"), &[]).is_ok());
    assert!(load_text("[probe]\nallow = ['10.20.0.0/16']", &[]).is_ok());
    let loopback = "listen = '[::]:80'\n[probe]\nallow_loopback = true";
    assert!(load_text(loopback, &[]).unwrap_err().contains("line 3: `probe.allow_loopback`"));
    for in_front in [
        "base_url = 'https://hangup.example.com'",
        "hosts = ['hangup.example.com']",
        "proxy.trusted = ['127.0.0.1/32']",
    ] {
        let text = format!("{in_front}\nprobe.allow = ['10.0.0.0/8']");
        assert!(load_text(&text, &[]).unwrap_err().contains("line 2: `probe.allow`"), "{text}");
        let said = format!("{in_front}\nprobe.allow = ['10.0.0.0/8@10.0.0.0/8']");
        load_text(&said, &[]).unwrap();
    }
    load_text("base_url = 'http://127.0.0.1:3000'\nprobe.allow = ['10.0.0.0/8']", &[]).unwrap();
    let off = "listen = '[::]:80'\n[probe]\nallow_loopback = true\nenabled = false";
    assert!(load_text(off, &[]).is_ok());
}

#[test]
fn a_silence_that_no_probe_keeps_is_refused() {
    assert!(load_text("probe.max_idle = '5m'", &[]).is_ok());
    let error = load_text("probe.max_idle = '6m'", &[]).unwrap_err();
    assert!(error.contains("line 1: `probe.max_idle`: must be at most 300 s"), "{error}");
}

#[test]
fn who_opted_out_is_read_one_by_one() {
    let text = "[probe]\nopt_out = ['example.org', '192.0.2.0/24']\ncontact = 'noc@example.com'";
    let policy = crate::server::probe_policy(&load_text(text, &[]).unwrap());
    assert_eq!(policy.opted_out_names, ["example.org"]);
    assert_eq!(policy.opted_out_networks.len(), 1);
    let nat64 = "[probe]\ndns64 = true\nnat64_prefixes = ['64:ff9b::/96', 'fd00:64::/96']";
    let probe = load_text(nat64, &[]).unwrap().probe;
    assert!(probe.dns64 && probe.nat64_prefixes.len() == 2);
    let text = "[probe]\ndns64 = true\nnat64_prefixes = ['64:ff9b::/64']";
    let wrong = load_text(text, &[]).unwrap_err();
    assert!(
        wrong.contains("line 3: `probe.nat64_prefixes[0]`: `64:ff9b::/64` is no prefix"),
        "{wrong}"
    );
    let wrong = load_text("[probe]\nnat64_prefixes = ['64:ff9b::/96']", &[]).unwrap_err();
    assert!(wrong.contains("line 2: `probe.nat64_prefixes`: does nothing"), "{wrong}");
    let wrong = load_text("[probe]\nopt_out = ['example.org:443']", &[]).unwrap_err();
    assert!(wrong.contains("line 2: `probe.opt_out[0]`: `example.org:443` is no name"), "{wrong}");
    let proxy = load_text("probe.proxy = 'http://bob:hunter2@10.0.0.1:3128'", &[]).unwrap();
    assert!(!format!("{proxy:?}").contains("hunter2"));
    let wrong =
        load_text("[probe]\nproxy = 'socks5://bob:hunter2@10.0.0.1:1080'", &[]).unwrap_err();
    assert!(wrong.contains("line 2: `probe.proxy`: is no address of an HTTP proxy"), "{wrong}");
    assert!(!wrong.contains("hunter2"), "{wrong}");
    let list = [("HANGUP_PROBE_OPT_OUT", "example.org 2001:db8::/32\nexample.net")];
    assert_eq!(load_text("", &list).unwrap().probe.opt_out.len(), 3);
}
