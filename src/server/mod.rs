//! The web server: configuration, routes, limits, headers, API, metrics, and the accept loop.
//!
//! In go connections; out come pages, reports and event streams. Everything of the product that
//! is not the web lives elsewhere; this module joins it.

mod assets;
mod client;
mod config;
mod config_load;
mod config_values;
mod connection;
mod diagnoses;
mod headers;
mod json;
mod language;
mod limits;
mod live;
mod metrics;
mod open_files;
mod openapi;
mod openapi_schemas;
mod origin;
mod probes;
mod problem;
mod router;
mod runs;
mod serve;
mod state;
mod telemetry;

pub use assets::Site;
pub(crate) use assets::install;
pub use client::client_address;
pub use config::{
    Config, ConfigError, Limits, LogConfig, ProbeConfig, ProxyConfig, ServeArgs, ShareConfig,
    StoreConfig,
};
pub use config_values::{AllowRule, BaseUrl, LogFormat};
pub use diagnoses::origin_of;
pub use language::negotiate;
pub use limits::check_paste;
pub use live::{policy as probe_policy, starter};
pub use metrics::{Counter, Metrics};
pub use probes::{ProbeRequest, ProbeStarter};
pub use problem::Problem;
pub use router::router;
pub use runs::Runs;
pub use serve::{listen, serve, stop_signal};
pub use state::{AppState, Diagnose};
pub use telemetry::start as start_telemetry;
