//! The few signs of the product, drawn by hand. They always stand beside a word.

use leptos::prelude::*;

/// A handset whose line is broken.
#[component]
pub fn Logo() -> impl IntoView {
    view! {
        <svg class="logo" viewBox="0 0 32 32" width="32" height="32" aria-hidden="true">
            <path
                class="logo-handset"
                d="M5.2 12.1c5.9-6.1 15.7-6.1 21.6 0 .9.9 1.1 2.2.6 3.3l-.9 2c-.5 1.1-1.8 1.7-3 1.3l-2.6-.9c-1-.3-1.7-1.2-1.7-2.3v-1.7a10 10 0 0 0-6.4 0v1.7c0 1.1-.7 2-1.7 2.3l-2.6.9c-1.2.4-2.5-.2-3-1.3l-.9-2c-.5-1.1-.3-2.4.6-3.3z"
            />
            <path class="logo-line" d="M5.5 25h7.5M19 25h7.5M14.3 28.2l3.4-6.4" />
        </svg>
    }
}

/// The picture of the first page: five hops, and a line that breaks between two of them.
#[component]
pub fn BrokenLine() -> impl IntoView {
    view! {
        <svg class="hero-line" viewBox="0 0 480 40" width="480" height="40" aria-hidden="true">
            <path d="M19 20h93M128 20h93M359 20h93" />
            <path class="gap" d="M237 20h38M305 20h38M284 12l12 16M296 12l-12 16" />
            <circle cx="11" cy="20" r="8" />
            <circle cx="120" cy="20" r="8" />
            <circle cx="229" cy="20" r="8" />
            <circle cx="351" cy="20" r="8" />
            <circle cx="460" cy="20" r="8" />
        </svg>
    }
}

/// A sign by name; unknown names draw nothing.
#[component]
pub fn Icon(
    /// `ok`, `broken`, `suspect`, `unseen`, `likely`, `possible`, `copy`, `arrow`, `clock`,
    /// `shield`, `link`, `search` or `question`.
    name: &'static str,
) -> impl IntoView {
    let d = match name {
        "ok" | "likely" => "M4 10.5l4 4 8-9",
        "broken" => "M5 5l10 10M15 5L5 15",
        "suspect" | "possible" => "M10 3.5l7.5 13h-15zM10 8.5v4M10 14.3v.4",
        "unseen" => {
            "M3 3l14 14M8.2 8.2a2.6 2.6 0 0 0 3.6 3.6M6 6C3.8 7.3 2.5 10 2.5 10s2.7 5 7.5 5c1.3 0 2.4-.3 3.4-.8M9 5.1c.3 0 .7-.1 1-.1 4.8 0 7.5 5 7.5 5s-.6 1.2-1.8 2.5"
        }
        "copy" => "M7 7h9v9H7zM4 13V4h9",
        "arrow" => "M4 10h12M11 5l5 5-5 5",
        "clock" => "M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM10 6v4l3 2",
        "shield" => "M10 2.5l6 2.5v4.5c0 4-2.6 6.8-6 8-3.4-1.2-6-4-6-8V5z",
        "link" => "M8.5 11.5l3-3M7 9l-2 2a2.8 2.8 0 0 0 4 4l2-2M13 11l2-2a2.8 2.8 0 0 0-4-4L9 7",
        "search" => "M9 3.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11zM13 13l4 4",
        "question" => "M7 7.5a3 3 0 1 1 4.2 2.7c-.8.4-1.2.9-1.2 1.8v.5M10 15.3v.4",
        _ => "",
    };
    view! {
        <svg class=format!("icon icon-{name}") viewBox="0 0 20 20" width="20" height="20" aria-hidden="true">
            <path d=d />
        </svg>
    }
}
