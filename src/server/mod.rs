//! The web server: configuration, routes, limits, headers, API, metrics, and the accept loop.
//!
//! In go connections; out come pages, reports and event streams. Everything of the product that
//! is not the web lives elsewhere; this module joins it.

mod config;
mod config_load;
mod config_values;

pub use config::{
    Config, ConfigError, Limits, LogConfig, ProbeConfig, ProxyConfig, ServeArgs, ShareConfig,
    StoreConfig,
};
pub use config_values::{AllowRule, BaseUrl, LogFormat};
