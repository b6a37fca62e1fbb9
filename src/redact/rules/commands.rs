//! What its place in a command gives away: command lines, statements, protocol commands.

use super::{
    Rule, as_is,
    places::{distinct, medium},
};
use crate::redact::kind::{Confidence, Kind};

/// A value on a command line: quoted, or up to a space.
macro_rules! argument {
    ($before:literal) => {
        concat!($before, r#"(?P<s>"[^"]+"|'[^']+'|\\"[^"\\]+\\"|[^\s"'\\,;)\]}]+)"#)
    };
}

pub(super) const RULES: &[Rule] = &[
    medium(
        Kind::CommandPassword,
        &["rabbitmqctl", "htpasswd"],
        r"\b(?:rabbitmqctl\s{1,3}(?:add_user|change_password)\s{1,3}\S{1,64}|htpasswd\s{1,3}-[A-Za-z]{0,6}b[A-Za-z]{0,6}\s{1,3}\S{1,256}\s{1,3}\S{1,64})\s{1,3}(?P<s>\S{1,256})",
    ),
    medium(
        Kind::Password,
        &["...."],
        r"(?i)(?:password|secret|token|passphrase)\.{3,60}(?P<s>[^\s.]\S{0,255})",
    ),
    // Command lines.
    medium(
        Kind::CommandPassword,
        &["mysql", "mariadb", "mycli"],
        r#"\b(?:mysql|mysqldump|mysqladmin|mariadb|mariadb-dump|mycli|mysqlsh)\b[^|;&]{0,400}?\s-p(?P<s>"[^"]{1,256}"|'[^']{1,256}'|[^\s"'\\-][^\s"'\\]{0,255})"#,
    ),
    medium(Kind::CommandPassword, &["sshpass"], argument!(r"\bsshpass\s{1,3}-p\s{0,3}")),
    medium(
        Kind::CommandPassword,
        &["curl", "wget", "http"],
        r#"\b(?:curl|wget|https?)\b[^|]{0,400}?\s(?:-u|-U|--user|--proxy-user|-a|--auth)[ =]{0,2}["']?[^\s:"']{1,128}:(?P<s>[^\s"']{1,256})"#,
    ),
    medium(
        Kind::CommandPassword,
        &["redis-cli"],
        argument!(r"\bredis-cli\b[^|;]{0,300}?\s-a\s{1,3}"),
    ),
    medium(
        Kind::CommandPassword,
        &["--", "-p", "-token", "/p:", "-p:"],
        argument!(
            r"(?i)(?:\s|^|[\[,(]|\x22|')(?:--|-|/)[a-z0-9-]{0,30}?(?:password|passwd|passphrase|pass|pwd|token|secret|api-?key|access-?key|secret-?key|(?:account|auth|private|license|encryption|shared|storage)-?key|credentials?)\x22?'?(?:[=:]|\s{1,3}|,\s{0,2})"
        ),
    ),
    medium(
        Kind::CommandPassword,
        &["rdp", "rdesktop"],
        r#"\b(?:xfreerdp3?|wlfreerdp|sdl-freerdp|rdesktop)\b.{0,300}?\s(?:/p:|-p\s{1,3})(?P<s>"[^"]{1,256}"|'[^']{1,256}'|[^\s"']{2,256})"#,
    ),
    medium(Kind::CommandPassword, &["pass:"], r#"(?:^|[\s"'=])pass:(?P<s>[^\s"':]{3,256})"#),
    medium(
        Kind::CommandPassword,
        &["ldap"],
        argument!(r"\bldap(?:search|modify|add|whoami|passwd|delete)\b[^|;]{0,300}?\s-w\s{0,3}"),
    ),
    medium(
        Kind::CommandPassword,
        &["login", "docker", "az ", "helm"],
        argument!(r"\b(?:login)\b[^|;]{0,300}?\s-p\s{1,3}"),
    ),
    // Statements and protocol commands.
    medium(
        Kind::Password,
        &["identified", "password"],
        r#"(?i)\b(?:IDENTIFIED\s{1,3}(?:WITH\s{1,3}["'`\w]{1,40}\s{1,3})?(?:BY|AS)(?:\s{1,3}PASSWORD)?\s{1,3}|(?:ENCRYPTED\s{1,3})?PASSWORD(?:\s{1,3}TO)?\s{1,3}|PASSWORD\s{0,2}\(\s{0,3})(?P<s>'[^']{1,256}'|"[^"]{1,256}")"#,
    ),
    medium(
        Kind::Password,
        &["auth"],
        r#"(?:^|[\s"\]>])"?AUTH"?\s{1,3}(?:"[^"\s]{1,64}"\s{1,3})?(?P<s>"[^"]{1,256}")"#,
    ),
    medium(
        Kind::Password,
        &["requirepass", "masterauth"],
        r#"(?i)\b(?:requirepass|masterauth)"?\s{1,3}(?P<s>"[^"]{1,256}"|[^\s"]{1,256})"#,
    ),
    Rule {
        kind: Kind::Password,
        confidence: Confidence::Medium,
        needs: &["auth plain", "auth login", "authenticate plain", "auth xoauth2"],
        pattern: r"(?i)\bAUTH(?:ENTICATE)?\s{1,3}(?:PLAIN|LOGIN|XOAUTH2|CRAM-MD5)\s{1,3}(?P<s>[A-Za-z0-9+/]{8,1024}={0,2})",
        check: as_is,
    },
    medium(
        Kind::Password,
        &["pass "],
        r#"(?:^|[>\]"]\s{0,3}|(?:FTP|POP3|command|COMMAND)[ :]{1,3}|[CS]:\s{1,3})PASS\s(?P<s>[^\s"]{2,256})"#,
    ),
    medium(
        Kind::Password,
        &["login "],
        r#"(?:^|\s)[A-Za-z]{0,4}[0-9]{1,5}\sLOGIN\s{1,2}"?[^\s"]{1,128}"?\s{1,2}(?P<s>"[^"]{1,256}"|[^\s"]{1,256})"#,
    ),
    medium(
        Kind::Password,
        &["password"],
        r"(?i)\blogin\s{1,3}\S{1,128}\s{1,3}password\s{1,3}(?P<s>\S{1,256})",
    ),
    Rule {
        kind: Kind::Password,
        confidence: Confidence::Medium,
        needs: &[":"],
        pattern: r"^[\w.*-]{1,128}:(?:[0-9]{3,5}|\*):[\w*-]{1,64}:[\w*-]{1,64}:(?P<s>\S{4,256})$",
        check: distinct,
    },
    medium(
        Kind::Password,
        &["enable ", "username ", "neighbor "],
        r"^\s{0,8}(?:enable\s{1,3}(?:secret|password)|username\s\S{1,64}\s(?:privilege\s[0-9]{1,2}\s)?(?:secret|password)|neighbor\s\S{1,64}\spassword)\s{1,3}(?:[0-9]\s)?(?P<s>\S{3,256})$",
    ),
    medium(
        Kind::SnmpCommunity,
        &["snmp", "community"],
        r#"(?i)\b(?:snmp-server\s{1,3}community\s{1,3}|snmp(?:walk|get|bulkwalk|set)\b[^|;]{0,200}?\s-c\s{0,3}|(?:ro|rw)community6?\s{1,3}|community\s{0,2}[=:]\s{0,2}["']?)(?P<s>[^\s"',;]{3,128})"#,
    ),
    medium(
        Kind::WifiKey,
        &["psk", "wpa"],
        r#"(?i)\b(?:wpa[_-]?passphrase|wpa[_-]?psk|psk|wifi[_-]?password)\\?["']?\s{0,2}[=:]\s{0,2}(?P<s>"[^"]{8,64}"|[^\s"',;]{8,64})"#,
    ),
    medium(
        Kind::VpnKey,
        &[
            "privatekey",
            "presharedkey",
            "private key",
            "preshared key",
            "preshared-key",
            "private-key",
        ],
        r#"(?i)\b(?:private|preshared)[_ -]?key\\?["']?\s{0,3}[=:]?\s{0,3}(?P<s>[A-Za-z0-9+/]{42,43}=)"#,
    ),
    medium(
        Kind::VpnKey,
        &["psk "],
        r#":\s{0,3}PSK\s{1,3}(?P<s>"[^"]{4,256}"|0[sx][\w+/=]{8,256})"#,
    ),
];
