//! Who writes a line, in Chinese.
//!
//! The knowledge base names programs by their own names, which stay; the common words around them
//! ("any server", "error log") are put into the reader's language here, once for all signatures.

/// Common words and what they are called in Chinese; longer ones before the words they hold.
const WORDS: [(&str, &str); 77] = [
    ("programs with Chinese texts", "中文程序"),
    ("apps with Chinese texts", "中文应用"),
    ("Chinese applications", "中文应用"),
    ("Chinese texts", "中文报错"),
    ("and other ZooKeeper clients", "等 ZooKeeper 客户端"),
    ("databases and gateways", "数据库和网关"),
    ("in browsers and servers", "（浏览器和服务器）"),
    ("and its relatives", "及同类程序"),
    ("traffic log", "流量日志"),
    ("execution log", "执行日志"),
    ("response details", "响应详情"),
    ("reset cause", "重置原因"),
    ("error category and number", "错误类别和编号"),
    ("error number", "错误编号"),
    ("error pages", "错误页"),
    ("jump hosts", "跳板机"),
    ("WeChat mini program", "微信小程序"),
    ("and other DDoS protection", "等防护服务"),
    ("and other managed services", "等托管服务"),
    ("and other forward proxies", "等正向代理"),
    ("and other clients", "等客户端"),
    ("and others", "等"),
    ("or other gateway", "或其他网关"),
    ("server or gateway", "服务器或网关"),
    ("servers and clients", "服务器和客户端"),
    ("brokers and clients", "服务端和客户端"),
    ("and mail clients", "和邮件客户端"),
    ("mail and FTP servers", "邮件和 FTP 服务器"),
    ("database and cache clients", "数据库和缓存客户端"),
    ("access/error log", "访问/错误日志"),
    ("error log", "错误日志"),
    ("access log", "访问日志"),
    ("audit log", "审计日志"),
    ("firewall log", "防火墙日志"),
    ("kernel log", "内核日志"),
    ("driver log", "驱动日志"),
    ("System log", "系统日志"),
    ("journal", "日志"),
    ("log", "日志"),
    ("logs", "日志"),
    ("error page", "错误页"),
    ("target health", "目标健康检查"),
    ("load balancer", "负载均衡"),
    ("LBs", "负载均衡"),
    ("access networks", "接入网络"),
    ("language runtimes", "各语言运行时"),
    ("web servers", "Web 服务器"),
    ("websocket server", "WebSocket 服务器"),
    ("libraries", "库"),
    ("library", "库"),
    ("clients", "客户端"),
    ("client", "客户端"),
    ("servers", "服务器"),
    ("server", "服务器"),
    ("services", "服务"),
    ("service", "服务"),
    ("gateways", "网关"),
    ("gateway", "网关"),
    ("drivers", "驱动"),
    ("driver", "驱动"),
    ("events", "事件"),
    ("edge", "边缘节点"),
    ("router", "路由"),
    ("runtime", "运行时"),
    ("browsers", "浏览器"),
    ("browser", "浏览器"),
    ("stacks", "协议栈"),
    ("resolver", "解析器"),
    ("kernels", "各系统内核"),
    ("switches", "交换机"),
    ("tunnels", "隧道"),
    ("programs", "程序"),
    ("program", "程序"),
    ("others", "其他"),
    ("any", "任意"),
    ("and", "和"),
    ("or", "或"),
];

/// `written` (as `emitted_by` of a signature) with its common words in Chinese.
pub(super) fn in_chinese(written: &str) -> String {
    if written == "any" {
        return "任意程序".to_owned();
    }
    let mut text = written.to_owned();
    for (english, chinese) in WORDS {
        text = replaced(&text, english, chinese);
    }
    let text = text.replace(", ", "、").replace("、其他", "等");
    // Chinese words stand without a space between them.
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let joins = |c: Option<char>| c.is_some_and(|c| !c.is_ascii());
        let between = c == ' ' && joins(out.chars().next_back()) && joins(rest.peek().copied());
        if !between {
            out.push(c);
        }
    }
    out
}

/// Replaces `word` where it stands alone: neither part of a name (`error.log`, `go-sql-driver`) nor of
/// another word.
fn replaced(text: &str, word: &str, with: &str) -> String {
    let joins = |c: Option<char>| {
        c.is_some_and(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':'))
    };
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(at) = rest.find(word) {
        let (before, found) = rest.split_at(at);
        let after = found.strip_prefix(word).unwrap_or_default();
        out.push_str(before);
        let alone = !joins(out.chars().next_back()) && !joins(after.chars().next());
        out.push_str(if alone { with } else { word });
        rest = after;
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::{built_in, load};

    #[test]
    fn names_stay_and_common_words_do_not() {
        for (written, said) in [
            ("nginx error.log", "nginx error.log"),
            ("MySQL server error log", "MySQL 服务器错误日志"),
            ("Linux/BSD libc, any program", "Linux/BSD libc、任意程序"),
            ("any server or gateway", "任意服务器或网关"),
            ("websockets (Python), uvicorn, others", "websockets (Python)、uvicorn等"),
            ("any", "任意程序"),
            ("go-sql-driver", "go-sql-driver"),
            ("OpenSSL and others", "OpenSSL 等"),
        ] {
            assert_eq!(in_chinese(written), said);
        }
    }

    #[test]
    fn no_signature_is_introduced_by_an_english_sentence() {
        let common = [
            "any", "and", "or", "other", "others", "log", "server", "servers", "client", "clients",
        ];
        for signature in load(&[built_in()]).base.signatures.values() {
            let said = in_chinese(&signature.emitted_by);
            let words = said.split(|c: char| !(c.is_ascii_alphanumeric() || ".-_:".contains(c)));
            let left: Vec<&str> = words.filter(|word| common.contains(word)).collect();
            assert!(left.is_empty(), "{}: {said}", signature.id);
        }
    }
}
