//! `/manage/{token}` and `/deleted`: the end of a link, for whoever holds the power over it.

use leptos::prelude::*;
use leptos_meta::{Meta, Title};
use leptos_router::hooks::use_params_map;

use crate::{
    api::Desk,
    ui::{i18n::texts, pages::ProblemPage},
};

/// Shows what a manage link has power over, and ends it on request.
#[component]
pub fn ManagePage() -> impl IntoView {
    let texts = texts();
    let token = use_params_map().with_untracked(|params| params.get("token")).unwrap_or_default();
    let desk = expect_context::<Desk>();
    Suspend::new(async move {
        match desk.managed(&token).await {
            Err(trouble) => {
                view! { <ProblemPage status=trouble.status sentence=trouble.sentence.get(texts.0) /> }.into_any()
            }
            Ok(managed) => view! {
                <Title text=texts.t("manage-title") />
                <Meta name="robots" content="noindex, nofollow" />
                <div class="wrap prose">
                    <h1>{texts.t("manage-heading")}</h1>
                    <p class="lead">{managed.sentence.unwrap_or_else(|| texts.t("sealed-title"))}</p>
                    <p class="muted">{texts.with("share-ends", &[("when", managed.ends.into())])}</p>
                    <p>{texts.t("manage-why")}</p>
                    <form method="post" action=format!("/manage/{}/delete", managed.token)>
                        <button type="submit" class="danger">{texts.t("manage-delete")}</button>
                    </form>
                </div>
            }
            .into_any(),
        }
    })
}

/// Says that a report is gone.
#[component]
pub fn DeletedPage() -> impl IntoView {
    let texts = texts();
    view! {
        <Title text=texts.t("deleted-title") />
        <div class="wrap problem">
            <h1>{texts.t("deleted-title")}</h1>
            <p class="lead">{texts.t("deleted")}</p>
            <p>
                <a class="button primary" href="/">{texts.t("start-again")}</a>
            </p>
        </div>
    }
}
