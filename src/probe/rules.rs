//! Every reason the target policy can give, as a stable id and one sentence in each language.
//!
//! The ids are part of `hangup target --json` and are never reused for another meaning.

use crate::knowledge::Lang;

/// Why a target is allowed, refused or unreadable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Rule {
    /// Stable id, lower case with underscores.
    pub id: &'static str,
    en: &'static str,
    zh: &'static str,
}

impl Rule {
    /// The sentence in `lang`.
    pub fn sentence(&self, lang: Lang) -> &'static str {
        match lang {
            Lang::En => self.en,
            Lang::Zh => self.zh,
        }
    }

    /// The sentence in both languages.
    pub fn text(&self) -> crate::knowledge::Text {
        crate::knowledge::Text { en: self.en.to_owned(), zh: self.zh.to_owned() }
    }
}

macro_rules! rules {
    ($($(#[$doc:meta])* $name:ident = $id:literal, $en:literal, $zh:literal;)*) => {
        $($(#[$doc])* pub const $name: Rule = Rule { id: $id, en: $en, zh: $zh };)*
        /// All rules, in the order of this file.
        pub const ALL: &[Rule] = &[$($name),*];
    };
}

rules! {
    // What cannot be read.
    /// Nothing was typed.
    EMPTY = "empty", "There is no host here.", "没有填写主机。";
    /// Longer than any sensible target.
    TOO_LONG = "too_long", "This is longer than 2048 bytes, so it is not a host and port.", "超过 2048 字节，不像主机和端口。";
    /// A control character, tab or line break.
    CONTROL = "control_character", "It holds a control character, tab or line break.", "含有控制字符、制表符或换行。";
    /// A character that is not shown, or that turns the writing direction.
    HIDDEN = "hidden_character", "It holds an invisible or direction-changing character.", "含有看不见或改变文字方向的字符。";
    /// A space inside.
    SPACE = "space", "It holds a space; write one host, such as example.com:443.", "中间有空格；请只写一个主机，例如 example.com:443。";
    /// A backslash, which programs read differently.
    BACKSLASH = "backslash", "It holds a backslash, which programs read in different ways.", "含有反斜杠，不同程序的理解不一样。";
    /// A scheme other than http and https.
    SCHEME = "scheme", "Only http:// and https:// addresses, or a bare host and port, can be looked at.", "只支持 http://、https:// 地址，或者直接写主机和端口。";
    /// A scheme without its two slashes, or slashes without a scheme.
    SLASHES = "slashes", "Write the scheme with two slashes (https://host), or only the host.", "协议后面要有两条斜杠（https://host），或者只写主机。";
    /// A user name or password before the host.
    USERINFO = "userinfo", "It holds an @ before the host; leave user name and password out.", "主机前面有 @；请去掉用户名和密码。";
    /// A percent escape in the host.
    PERCENT = "percent", "It holds a percent sign in the host.", "主机部分含有百分号。";
    /// An IPv6 zone, which means something on one machine only.
    ZONE = "zone_id", "It holds an IPv6 zone (%eth0), which means something on one machine only.", "含有 IPv6 区域标识 (%eth0)，只在某一台机器上有意义。";
    /// No host before the port or path.
    NO_HOST = "no_host", "The host is missing.", "缺少主机。";
    /// The port is no number from 1 to 65535.
    PORT = "port_invalid", "The port is not a number from 1 to 65535.", "端口不是 1 到 65535 的数字。";
    /// Brackets around something that is not an IPv6 address.
    BRACKETS = "brackets", "Square brackets go around an IPv6 address only, as in [2001:db8::1]:443.", "方括号里只能写 IPv6 地址，例如 [2001:db8::1]:443。";
    /// Colons, but no IPv6 address.
    IPV6 = "ipv6_invalid", "This is not a valid IPv6 address.", "不是有效的 IPv6 地址。";
    /// An IPv6 address in a URL without brackets.
    IPV6_BARE = "ipv6_without_brackets", "In a URL an IPv6 address needs square brackets.", "网址里的 IPv6 地址要加方括号。";
    /// A number that programs read as an IPv4 address, in another form than four plain decimals.
    NUMBER = "ambiguous_number", "Programs read this number as an address in different ways; write four decimal numbers, such as 192.0.2.10.", "这种数字写法各程序理解不同；请写成四段十进制，例如 192.0.2.10。";
    /// A network or a range instead of one host.
    RANGE = "range", "This is a range of addresses; write one host.", "这是一段地址；请只写一个主机。";
    /// Two dots in a row, or a dot at the front.
    EMPTY_LABEL = "empty_label", "A part of the name between two dots is empty.", "域名里两个点之间是空的。";
    /// A part of the name of more than 63 bytes.
    LABEL_TOO_LONG = "label_too_long", "A part of the name is longer than 63 bytes.", "域名的一段超过 63 字节。";
    /// A name of more than 253 bytes.
    NAME_TOO_LONG = "name_too_long", "The name is longer than 253 bytes.", "域名超过 253 字节。";
    /// A part of the name that starts or ends with a hyphen.
    HYPHEN = "hyphen", "A part of the name starts or ends with a hyphen.", "域名的一段以连字符开头或结尾。";
    /// A character that no host name has.
    CHARACTER = "character", "The host holds a character that host names do not have.", "主机里有域名不允许的字符。";
    /// The international name has no valid ASCII form.
    IDN = "idn_invalid", "This international name is not valid.", "这个国际化域名无效。";
    /// Two parsers read different hosts.
    PARSERS = "parsers_disagree", "Programs would read different hosts out of this.", "不同程序会从中读出不同的主机。";

    // What is allowed.
    /// A public host on an allowed port.
    PUBLIC = "public", "A public host on an allowed port.", "公网主机，端口在允许范围内。";
    /// Opened by the administrator.
    OPENED = "opened", "The administrator opened this network.", "管理员开放了这个网段。";
    /// Loopback, opened by its own switch.
    LOOPBACK_OPENED = "loopback_opened", "This machine itself, opened by the loopback switch.", "本机，已由回环开关开放。";

    // Names refused before any DNS query.
    /// localhost and its kind.
    LOOPBACK_NAME = "loopback_name", "This name means the machine itself.", "这个名字指的是机器自己。";
    /// No dot in it.
    SINGLE_LABEL = "single_label", "A name without a dot is not a public name.", "没有点的名字不是公网域名。";
    /// A suffix used inside private networks.
    PRIVATE_NAME = "private_name", "This ending is used inside private networks only.", "这个后缀只在内部网络使用。";
    /// A suffix that must never go to DNS.
    NOT_DNS_NAME = "not_a_dns_name", "Names with this ending are not looked up in DNS.", "这种后缀的名字不走 DNS。";
    /// A last part that no public name has.
    NO_PUBLIC_SUFFIX = "no_public_suffix", "No public name ends like this.", "公网上没有这样结尾的域名。";
    /// A cloud's metadata service.
    METADATA_NAME = "metadata_name", "This is the metadata service of a cloud.", "这是云平台的元数据服务。";
    /// A name that is known to answer with a forbidden address.
    WILDCARD_DNS = "wildcard_dns", "This name is made to answer with an address that is not public.", "这个域名专门解析到非公网地址。";
    /// This installation's own name.
    OWN_NAME = "own_name", "This is the address of this service itself.", "这是本服务自己的地址。";

    // Ports.
    /// Not on the list of ports.
    PORT_NOT_ALLOWED = "port_not_allowed", "This port is not on the list of allowed ports.", "这个端口不在允许的列表里。";
    /// An IPv6 address for the reader's browser.
    BROWSER_IPV6 = "browser_ipv6", "A page cannot be allowed to reach an IPv6 address; use the host's name.", "网页无法获准访问 IPv6 地址；请使用主机名。";
    /// A port that browsers refuse.
    BROWSER_PORT = "browser_port", "Browsers refuse to connect to this port.", "浏览器拒绝连接这个端口。";

    // Addresses.
    /// 0.0.0.0/8 and `::`.
    UNSPECIFIED = "unspecified", "This address means \"this host\"; it reaches the machine itself.", "这个地址表示“本主机”，会连到机器自己。";
    /// 127.0.0.0/8 and `::1`.
    LOOPBACK = "loopback", "This address is the machine itself.", "这个地址就是机器自己。";
    /// Link-local.
    LINK_LOCAL = "link_local", "This address is valid on one cable only (link-local).", "这是链路本地地址，只在同一段网络有效。";
    /// Metadata and platform addresses of clouds.
    METADATA = "metadata", "This is the metadata or platform service of a cloud.", "这是云平台的元数据或平台服务地址。";
    /// Multicast.
    MULTICAST = "multicast", "This is a group of machines (multicast), not one host.", "这是组播地址，不是单个主机。";
    /// The broadcast address.
    BROADCAST = "broadcast", "This is every machine on the cable (broadcast).", "这是广播地址。";
    /// RFC 1918 and unique local addresses.
    PRIVATE = "private", "This is an address of a private network.", "这是内部网络的地址。";
    /// Shared address space of carriers.
    CGNAT = "shared", "This is an address behind a carrier's NAT (100.64.0.0/10).", "这是运营商 NAT 后面的地址 (100.64.0.0/10)。";
    /// Documentation.
    DOCUMENTATION = "documentation", "This address is for documentation; nothing is there.", "这是文档示例地址，实际不存在。";
    /// Benchmarks.
    BENCHMARKING = "benchmarking", "This address is for benchmarks between devices.", "这是设备测试用的地址。";
    /// Other special-purpose blocks.
    SPECIAL = "special_purpose", "This address has a special purpose and is not a public host.", "这是特殊用途地址，不是公网主机。";
    /// 240.0.0.0/4 and the unallocated parts of IPv6.
    RESERVED = "reserved", "This address is reserved; it is not in public use.", "这是保留地址，公网没有使用。";
    /// An IPv4 address carried inside an IPv6 address.
    EMBEDDED = "embedded_ipv4", "This IPv6 address carries an IPv4 address (mapped, NAT64, 6to4, Teredo, ISATAP); write the IPv4 address itself.", "这个 IPv6 地址里藏着 IPv4 地址（映射、NAT64、6to4、Teredo、ISATAP）；请直接写 IPv4。";
    /// An IPv4 address of an inner network behind a prefix that a resolver names.
    TRANSLATED = "translated_inner", "A NAT64 whose prefix was only learnt from a resolver does not lead into inner networks.", "仅从解析器得知的 NAT64 前缀不能用来访问内部网络。";
    /// One of this machine's own addresses.
    OWN_ADDRESS = "own_address", "This is an address of this service itself.", "这是本服务自己的地址。";
    /// The owner asked not to be probed.
    OPTED_OUT = "opted_out", "The owner of this host asked not to be probed.", "该主机的主人要求不被探测。";

    // Answers.
    /// No address, so nothing to dial.
    NO_ADDRESS = "no_address", "The name has no address.", "这个域名没有地址。";
    /// Public and forbidden addresses side by side.
    MIXED_ANSWERS = "mixed_answers", "The name answers with public and non-public addresses at once.", "这个域名同时解析到公网和非公网地址。";

    // Redirects.
    /// More than five.
    REDIRECT_LIMIT = "redirect_limit", "More than five redirects.", "重定向超过五次。";
    /// It leads to something that is no target.
    REDIRECT_INVALID = "redirect_invalid", "The redirect leads to an address that cannot be read safely.", "重定向的地址无法安全解读。";

    // The run itself.
    /// More dials, bytes or seconds than one run may use.
    RUN_LIMIT = "run_limit", "This run has used up its limit of connections, bytes or time.", "本次探测的连接数、字节或时间已用完。";
    /// Too many runs by this client.
    CLIENT_BUSY = "client_limit", "You have started many probes; wait a little.", "你发起的探测太多，请稍等。";
    /// Too many runs against this target.
    TARGET_BUSY = "target_limit", "This target has been probed often; wait a little.", "这个目标被探测得太频繁，请稍等。";
    /// Too many runs at once on this instance.
    INSTANCE_BUSY = "instance_limit", "This server is running many probes; wait a little.", "服务器上的探测太多，请稍等。";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_has_its_own_id_and_both_languages() {
        let mut ids: Vec<_> = ALL.iter().map(|rule| rule.id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), ALL.len());
        assert!(ALL.iter().all(|rule| !rule.text().is_incomplete()));
    }
}
