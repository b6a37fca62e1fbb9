//! What to do about it: fixes with commands, risk, way back and proof.

use leptos::prelude::*;

use crate::{
    report::{Blank, Fitted, ReportFix},
    ui::{
        components::{Command, Icon, constants::Source, prose},
        i18n::Texts,
    },
};

/// How many fixes stand open where none is for the reader's own stack. judgement.
const SHOWN: usize = 2;

/// Fixes for the named stack first and open, the others folded.
#[component]
pub fn Fixes(
    /// The texts in the reader's language.
    texts: Texts,
    /// The fixes, in the engine's order.
    fixes: Vec<ReportFix>,
    /// Whether no cause stands out; then no fix does, and all are folded.
    unsure: bool,
    /// Whether each but the first is folded below its title: for a page that has other work to do.
    folded: bool,
) -> impl IntoView {
    if unsure && fixes.is_empty() {
        return ().into_any();
    }
    let named = fixes.iter().filter(|fix| fix.for_named_stack).count();
    let open = match named {
        _ if unsure => 0,
        0 => SHOWN,
        named => named.min(3),
    };
    let (first, rest) = fixes.split_at(open.min(fixes.len()));
    let (first, rest) = (first.to_vec(), rest.to_vec());
    let more = rest.len();
    let fixes_empty = first.is_empty() && !unsure;
    view! {
        <section id="fixes" aria-labelledby="fixes-title">
            <h2 id="fixes-title">{texts.t(if unsure { "fixes-unsure" } else { "fixes-title" })}</h2>
            {fixes_empty
                .then(|| view! { <p class="muted">{texts.t("no-fixes")}</p> })}
            {first
                .into_iter()
                .enumerate()
                .map(|(at, fix)| view! { <FixCard texts fix folded={folded && at > 0} /> })
                .collect_view()}
            {(more > 0)
                .then(|| {
                    view! {
                        <details class="more">
                            <summary>{texts.with(if unsure { "fixes-suspects" } else { "more-fixes" }, &[("n", more.into())])}</summary>
                            {rest.into_iter().map(|fix| view! { <FixCard texts fix folded /> }).collect_view()}
                        </details>
                    }
                })}
        </section>
    }
    .into_any()
}

#[component]
fn FixCard(texts: Texts, fix: ReportFix, folded: bool) -> impl IntoView {
    let who: Vec<String> = fix.who.iter().map(|who| texts.word("who", who)).collect();
    let comma = texts.t("list-comma");
    let id = format!("fix-{}", fix.id);
    view! {
        <article class="card fix" id=id>
            <header>
                <h3>{fix.title.clone()}</h3>
                <ul class="facts">
                    {(fix.stack != "any").then(|| view! { <li class="tag stack">{fix.stack.clone()}</li> })}
                    {fix.for_named_stack.then(|| view! { <li class="tag">{texts.t("your-stack")}</li> })}
                    <li class=format!("tag risk-{}", fix.risk)>{texts.word("risk", &fix.risk)}</li>
                    <li class="tag">
                        <Icon name="clock" />
                        {texts.with("minutes", &[("n", fix.minutes.into())])}
                    </li>
                    <li class="tag">{who.join(&comma)}</li>
                </ul>
            </header>
            {if folded {
                view! {
                    <details class="fix-steps">
                        <summary>{texts.t("fix-steps")}</summary>
                        <Doing texts fix />
                    </details>
                }
                    .into_any()
            } else {
                view! { <Doing texts fix /> }.into_any()
            }}
        </article>
    }
}

/// Steps, commands, proof and way back.
#[component]
fn Doing(texts: Texts, fix: ReportFix) -> impl IntoView {
    view! {
            <ol class="steps">
                {fix.steps.into_iter().map(|step| view! { <li>{prose(&step)}</li> }).collect_view()}
            </ol>
            {fix
                .commands
                .into_iter()
                .map(|command| view! { <Command texts command /> })
                .collect_view()}
            <Values texts fitted=fix.fitted blanks=fix.blanks />
            <dl class="proof">
                <dt>{texts.t("verify")}</dt>
                <dd>{prose(&fix.verify)}</dd>
                <dt>{texts.t("rollback")}</dt>
                <dd>{prose(&fix.rollback)}</dd>
            </dl>
            <p class="sources">
                {fix.sources.into_iter().map(|url| view! { <Source texts url /> " " }).collect_view()}
            </p>
    }
}

/// Why the values in the commands are what they are, and what the reader has to put in.
#[component]
fn Values(texts: Texts, fitted: Vec<Fitted>, blanks: Vec<Blank>) -> impl IntoView {
    let own = |fitted: Fitted| {
        let class = if fitted.from_case { "from-case" } else { "usual" };
        view! {
            <div class=class>
                <dt><bdi>{fitted.value}</bdi></dt>
                <dd>{fitted.reason}</dd>
            </div>
        }
    };
    let blank = |blank: Blank| {
        view! {
            <div class="blank">
                <dt>{blank.name}</dt>
                <dd>{blank.put}</dd>
            </div>
        }
    };
    view! {
        {(!fitted.is_empty()).then(|| view! {
            <div class="values">
                <h4>{texts.t("fits-title")}</h4>
                <dl>{fitted.into_iter().map(own).collect_view()}</dl>
            </div>
        })}
        {(!blanks.is_empty()).then(|| view! {
            <div class="values">
                <h4>{texts.t("blanks-title")}</h4>
                <dl>{blanks.into_iter().map(blank).collect_view()}</dl>
            </div>
        })}
    }
}
