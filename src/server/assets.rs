//! Serving the built site: script, wasm, style and public files.

use std::{fmt::Write as _, io::Read as _, sync::OnceLock};

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, StatusCode, Uri, header},
    response::Response,
};
use rust_embed::{EmbeddedFile, Filenames};

/// The built site, as `main.rs` embeds it: the library compiles without it, while the browser's
/// half is still being built.
#[derive(Clone, Copy, Debug)]
pub struct Site {
    /// The file at this path under the site's root, without a leading slash.
    pub get: fn(&str) -> Option<EmbeddedFile>,
    /// The paths of all files.
    pub files: fn() -> Filenames,
}

static SITE: OnceLock<Site> = OnceLock::new();

/// Makes `site` what this process serves. Without it there are pages, and no script nor style.
pub(crate) fn install(site: Site) {
    let _first_wins = SITE.set(site);
}

fn embedded(path: &str) -> Option<EmbeddedFile> {
    SITE.get().and_then(|site| (site.get)(path))
}

/// `pkg/<content hash>`: where this build's script, wasm and style lie.
pub(super) fn pkg_dir() -> String {
    let mut files = SITE.get().into_iter().flat_map(|site| (site.files)());
    let script = files.find_map(|file| file.strip_suffix("/hangup.js").map(str::to_owned));
    script.unwrap_or_else(|| "pkg/missing".to_owned())
}

/// The file of this address, if there is one, compressed as the browser likes it.
pub(super) fn file(uri: &Uri, request: &HeaderMap) -> Option<Response> {
    let path = uri.path().trim_start_matches('/');
    let ending = path.rsplit('.').next().unwrap_or("");
    if path.is_empty() || matches!(ending, "br" | "gz") {
        return None;
    }
    let Served { file, etag, encoding, is_packed } = best_encoding(path, request)?;
    let caching = if path.starts_with("pkg/") {
        "public, max-age=31536000, immutable"
    } else {
        "public, max-age=3600"
    };
    let fresh =
        request.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == etag.as_bytes());
    let body = match file.data {
        _ if fresh => Body::empty(),
        packed if is_packed => Body::from(unpacked(&packed)?),
        data => Body::from(data),
    };
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(header::ETAG, HeaderValue::from_str(&etag).ok()?);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(mime(ending)));
    if let Some(policy) = super::headers::script_policy(path) {
        headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    }
    if let Some(encoding) = encoding {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    if fresh {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    }
    Some(response)
}

/// A file as one browser gets it.
struct Served {
    file: EmbeddedFile,
    etag: String,
    encoding: Option<&'static str>,
    /// Whether it is to be unpacked first.
    is_packed: bool,
}

fn best_encoding(path: &str, request: &HeaderMap) -> Option<Served> {
    let accepted = request
        .get(header::ACCEPT_ENCODING)
        .and_then(|accepted| accepted.to_str().ok())
        .unwrap_or("");
    let accepts = |encoding: &str| {
        accepted.split(',').any(|part| part.trim().split(';').next() == Some(encoding))
    };
    for (encoding, ending) in [("br", "br"), ("gzip", "gz")] {
        if accepts(encoding)
            && let Some(file) = embedded(&format!("{path}.{ending}"))
        {
            let etag = etag(&file.metadata.sha256_hash(), "");
            return Some(Served { file, etag, encoding: Some(encoding), is_packed: false });
        }
    }
    if let Some(file) = embedded(path) {
        let etag = etag(&file.metadata.sha256_hash(), "");
        return Some(Served { file, etag, encoding: None, is_packed: false });
    }
    // Large programs are embedded packed alone.
    let file = embedded(&format!("{path}.gz"))?;
    let etag = etag(&file.metadata.sha256_hash(), "-unpacked");
    Some(Served { file, etag, encoding: None, is_packed: true })
}

/// What one of our own `.gz` files holds.
fn unpacked(packed: &[u8]) -> Option<Vec<u8>> {
    let mut data = Vec::new();
    flate2::read::GzDecoder::new(packed).read_to_end(&mut data).ok()?;
    Some(data)
}

/// Strong, so no two encodings of a file have the same (RFC 9110 §8.8.3).
fn etag(hash: &[u8], kind: &str) -> String {
    let mut etag = String::from("\"");
    for byte in hash.iter().take(8) {
        let _ = write!(etag, "{byte:02x}");
    }
    etag.push_str(kind);
    etag.push('"');
    etag
}

fn mime(ending: &str) -> &'static str {
    match ending {
        "js" => "text/javascript",
        "wasm" => "application/wasm",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}
