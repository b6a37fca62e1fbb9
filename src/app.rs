//! Shell and route table, all routes on one screen.

use leptos::prelude::*;
use leptos_meta::{HashedStylesheet, MetaTags, Title, provide_meta_context};
use leptos_router::{
    StaticSegment,
    components::{Route, Router, Routes},
};

use crate::knowledge::Lang;

/// The document around every page.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    let lang = use_context::<Lang>().unwrap_or_default();
    view! {
        <!DOCTYPE html>
        <html lang=lang.tag()>
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <HashedStylesheet options=options.clone() id="leptos" />
                <HydrationScripts options islands=true />
                <MetaTags />
            </head>
            <body><App /></body>
        </html>
    }
}

/// The route table.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    view! {
        <Title text="Hangup" />
        <Router>
            <main>
                <Routes fallback=|| view! { <h1>"404"</h1> }>
                    <Route path=StaticSegment("") view=|| view! { <h1>"Hangup"</h1> } />
                </Routes>
            </main>
        </Router>
    }
}
