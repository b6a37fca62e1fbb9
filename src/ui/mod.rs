//! What a person sees: pages, their pieces, the islands that make them livelier, and their texts.
//!
//! Pages are rendered on the server and work without script; `islands` and `state` alone are
//! compiled for the browser too. Texts live on the server; an island gets its own as properties.

pub mod figures;
pub mod islands;
pub mod state;

#[cfg(feature = "ssr")]
pub mod arrive;
#[cfg(feature = "ssr")]
pub mod components;
#[cfg(feature = "ssr")]
mod discreet;
#[cfg(feature = "ssr")]
pub mod evidence;
#[cfg(feature = "ssr")]
pub mod forms;
#[cfg(feature = "ssr")]
pub mod forms_link;
#[cfg(feature = "ssr")]
pub mod i18n;
#[cfg(feature = "ssr")]
pub mod pages;
#[cfg(feature = "ssr")]
pub mod ticket;
