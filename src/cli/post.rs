//! Sends facts to a report's answer link: one request over http or https, to the address that somebody
//! typed, and to no other. Nothing is followed, nothing is sent twice.

use std::{
    io::{Read, Write},
    net::{TcpStream, ToSocketAddrs},
    path::Path,
    sync::Arc,
    time::Duration,
};

use rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use serde_json::Value;
use url::Url;

use super::Failure;

/// How long connecting, sending and each read may take. judgement: an hour-old proxy answers by then.
const PATIENCE: Duration = Duration::from_secs(20);
/// More than this is no answer of ours, bytes.
const MOST_ANSWERED: u64 = 256 * 1024;

/// A link that may be answered, taken apart.
#[derive(Debug)]
pub(super) struct Link {
    url: Url,
    host: String,
    port: u16,
    /// What stands before `/d/` where the server lives below a path of a proxy.
    base: String,
    token: String,
}

impl Link {
    /// Reads `http(s)://host/d/TOKEN`.
    pub(super) fn parse(typed: &str) -> Result<Self, Failure> {
        let wrong = |why: &str| Failure::usage(format!("--post: `{typed:.120}` {why}"));
        let url = Url::parse(typed).map_err(|error| wrong(&format!("is no address: {error}")))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(wrong("begins with neither http:// nor https://"));
        }
        let (Some(host), Some(port)) = (url.host_str(), url.port_or_known_default()) else {
            return Err(wrong("names no host"));
        };
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let (base, token) = url
            .path()
            .rsplit_once("/d/")
            .map(|(base, token)| (base.to_owned(), token.to_owned()))
            .ok_or_else(|| wrong("is no link to a report: those end in /d/ and 27 characters"))?;
        if token.len() != 27
            || !token.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
        {
            return Err(wrong("is no link to a report: those end in /d/ and 27 characters"));
        }
        Ok(Self { url, host, port, base, token })
    }

    /// Posts `body` to `what` of the report; `ca` is a file of certificates to trust besides Mozilla's.
    ///
    /// Fails with the server's own sentence where it refuses.
    pub(super) fn post(
        &self,
        what: &str,
        body: &Value,
        ca: Option<&Path>,
    ) -> Result<Value, Failure> {
        let short = |error: std::io::Error| {
            Failure::short(format!(
                "{} does not answer: {error}",
                self.url.host_str().unwrap_or("")
            ))
        };
        let addresses = (self.host.as_str(), self.port).to_socket_addrs().map_err(short)?;
        let mut reached = Err(std::io::Error::other("it has no address"));
        for address in addresses {
            reached = TcpStream::connect_timeout(&address, PATIENCE);
            if reached.is_ok() {
                break;
            }
        }
        let stream = reached.map_err(short)?;
        stream.set_read_timeout(Some(PATIENCE)).map_err(short)?;
        stream.set_write_timeout(Some(PATIENCE)).map_err(short)?;
        let request = self.request(what, &body.to_string());
        let answer = if self.url.scheme() == "https" {
            let name = ServerName::try_from(self.host.clone())
                .map_err(|error| Failure::usage(format!("--post: {error}")))?;
            let connection = ClientConnection::new(trusting(ca)?, name)
                .map_err(|error| Failure::short(error.to_string()))?;
            exchange(StreamOwned::new(connection, stream), &request)
        } else {
            exchange(stream, &request)
        };
        understood(&answer.map_err(short)?)
    }

    fn request(&self, what: &str, body: &str) -> String {
        let Self { base, token, .. } = self;
        let host = match (self.url.host_str(), self.url.port()) {
            (Some(host), Some(port)) => format!("{host}:{port}"),
            (host, _) => host.unwrap_or_default().to_owned(),
        };
        format!(
            "POST {base}/api/v1/diagnoses/{token}/{what} HTTP/1.0\r\nHost: {host}\r\n\
             Content-Type: application/json\r\nAccept: application/json\r\nConnection: close\r\n\
             User-Agent: hangup/{}\r\nContent-Length: {}\r\n\r\n{body}",
            env!("CARGO_PKG_VERSION"),
            body.len()
        )
    }
}

/// Mozilla's roots, and those in the file `ca`.
fn trusting(ca: Option<&Path>) -> Result<Arc<ClientConfig>, Failure> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    if let Some(file) = ca {
        let wrong = |why: String| Failure::usage(format!("--ca `{}`: {why}", file.display()));
        let found =
            CertificateDer::pem_file_iter(file).map_err(|error| wrong(error.to_string()))?;
        for certificate in found {
            let certificate = certificate.map_err(|error| wrong(error.to_string()))?;
            roots.add(certificate).map_err(|error| wrong(error.to_string()))?;
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Failure::short(error.to_string()))?;
    Ok(Arc::new(config.with_root_certificates(roots).with_no_client_auth()))
}

fn exchange(mut stream: impl Read + Write, request: &str) -> std::io::Result<String> {
    stream.write_all(request.as_bytes())?;
    stream.flush()?;
    let mut answer = Vec::new();
    let read = stream.take(MOST_ANSWERED).read_to_end(&mut answer);
    // A server that ends without a farewell has said everything that it had to say.
    if answer.is_empty() {
        read?;
    }
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

/// The JSON of an answer; a refusal is told in the server's words.
fn understood(answer: &str) -> Result<Value, Failure> {
    let status: Option<u16> =
        answer.strip_prefix("HTTP/1.").and_then(|rest| rest.get(2..5)?.parse().ok());
    let status = status.ok_or_else(|| Failure::short("the other side does not speak HTTP"))?;
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    let json: Value = serde_json::from_str(body).unwrap_or_default();
    if (200..300).contains(&status) {
        return Ok(json);
    }
    let detail = json.get("detail").and_then(Value::as_str).unwrap_or("it does not say why");
    // Somebody else's words on our terminal: without control characters.
    let detail: String = detail.chars().filter(|c| !c.is_control()).take(400).collect();
    Err(Failure::short(format!("the server answers {status}: {detail}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_taken_apart_and_everything_else_is_refused() {
        let token = "A".repeat(27);
        let link = Link::parse(&format!("https://example.com/tools/d/{token}")).unwrap();
        assert_eq!((link.port, link.base.as_str()), (443, "/tools"));
        assert!(link.request("comments", "{}").starts_with(&format!(
            "POST /tools/api/v1/diagnoses/{token}/comments HTTP/1.0\r\nHost: example.com\r\n"
        )));
        assert_eq!(Link::parse(&format!("http://[::1]:3000/d/{token}#x")).unwrap().host, "::1");
        for wrong in ["", "x", "ftp://h/d/x", "http://h/", "http://h/d/short", "http:///d/x"] {
            assert_eq!(Link::parse(wrong).unwrap_err().code, 2, "{wrong}");
        }
    }

    #[test]
    fn a_refusal_is_told_without_control_characters() {
        let said = "HTTP/1.1 404 Not Found\r\n\r\n{\"detail\": \"no \\u001b[31msuch\"}";
        let failure = understood(said).unwrap_err();
        assert_eq!(
            (failure.code, failure.message.as_str()),
            (1, "the server answers 404: no [31msuch")
        );
        assert!(understood("SSH-2.0-x").is_err());
    }
}
