#![recursion_limit = "256"]
//! Arguments in, a command run; the commands live in `cli`. The built site is embedded here and not
//! in the library, so that the library compiles while the site is made.

use hangup::server::Site;
use rust_embed::RustEmbed;

/// Changes with the site's content, so that cargo embeds it anew; set by `cargo xtask`.
const _SITE_STAMP: Option<&str> = option_env!("HANGUP_SITE_STAMP");

/// Inside the program in release builds, read from `target/site` in debug builds.
#[derive(RustEmbed)]
#[folder = "target/site/"]
#[allow_missing = true]
struct Built;

fn main() -> std::process::ExitCode {
    hangup::cli::run(Site { get: Built::get, files: <Built as RustEmbed>::iter })
}
