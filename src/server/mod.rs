//! The web server: configuration, routes, limits, headers, API, metrics, and the accept loop.
//!
//! In go connections; out come pages, reports and event streams. Everything of the product that
//! is not the web lives elsewhere; this module joins it.

mod admin;
mod assets;
mod bodies;
mod client;
mod config;
mod config_load;
mod config_values;
mod connection;
mod contribution;
mod diagnoses;
mod extract;
mod fix_check;
mod guesses;
mod headers;
mod instance_key;
mod json;
mod language;
mod learner;
mod limits;
mod link_api;
mod link_events;
mod live;
mod lock;
mod metrics;
mod notices;
mod open_files;
mod openapi;
mod openapi_link;
mod openapi_schemas;
mod origin;
mod places;
mod probes;
mod problem;
mod router;
mod runs;
mod serve;
mod state;
mod telemetry;
mod ticket;
mod webhooks;
mod windows;

pub use admin::{Admin, NoEntry, SESSION as ADMIN_SESSION};
pub use assets::Site;
pub(crate) use assets::install;
pub use bodies::cut_off;
pub use client::client_address;
pub use config::{
    AdminConfig, Config, ConfigError, LearningConfig, Limits, LogConfig, ProbeConfig, ProxyConfig,
    ServeArgs, ShareConfig, StoreConfig,
};
pub use config_values::{AllowRule, BaseUrl, LogFormat};
pub use contribution::{COMMENT_CHARS, NAME_CHARS, comment, name};
pub use diagnoses::origin_of;
pub use extract::{Form, Path};
pub use instance_key::InstanceKey;
pub(crate) use json::bad_field;
pub use language::negotiate;
pub use learner::Learner;
pub use limits::check_paste;
pub use link_api::{KEY_COOKIE, cookie};
pub use live::{policy as probe_policy, starter};
pub use lock::{KEY_LIVES, LONGEST as LONGEST_PASSWORD, Locks};
pub use metrics::{Counter, Metrics};
pub use notices::{Notice, Notices, What};
pub use probes::{ProbeRequest, ProbeStarter};
pub use problem::Problem;
pub use router::router;
pub use runs::Runs;
pub use serve::{listen, serve, stop_signal};
pub use state::{AppState, Diagnose};
pub use telemetry::start as start_telemetry;
pub use ticket::{Caller, Door, Links};
pub use webhooks::{
    Announcement, Delivery, DeliveryState, Occasion, ReceiverKind, Secret, Webhook, Webhooks,
};
pub use windows::{Windows, too_often};
