//! The report as a ticket: what happened since it was saved, and the means to add to it.

use std::sync::Arc;

use leptos::prelude::*;

use crate::{
    api::Ticket,
    knowledge::{Base, HowTo, Question},
    report::{Report, StepKind},
    ui::{
        components::{Command, Icon, Jump, capture_variables, capture_words, prose, ranked_rows},
        i18n::Texts,
        islands::{AnswerCapture, LiveTicket, TicketTexts},
        ticket::moment,
    },
};

/// Questions that stand open on the page; the others are folded. judgement: three are answered.
const ASKED: usize = 3;
/// The texts that reading a capture needs here.
const CAPTURE_WORDS: [&str; 13] = [
    "cap-drop",
    "cap-choose",
    "cap-formats",
    "cap-reading",
    "cap-stop",
    "cap-found",
    "cap-found-none",
    "cap-lost",
    "cap-evidence-none",
    "ticket-capture-which",
    "ticket-capture-sends",
    "ticket-capture-send",
    "ticket-name",
];
/// Who of the vocabulary can answer from where ops sit.
const OPS: [&str; 3] = ["ops", "network", "cloud"];

/// What others added, how far it moved the ranking, and for whoever may answer the means to.
#[component]
pub fn TicketBoard(
    /// The texts in the reader's language.
    texts: Texts,
    /// The report as it is shown.
    report: Report,
    /// What happened to it.
    ticket: Ticket,
    /// The knowledge base, for questions and words.
    base: Arc<Base>,
    /// Address of the script that reads captures.
    worker: String,
) -> impl IntoView {
    if ticket.burned {
        return view! { <p class="notice card" role="status">{texts.t("ticket-burned")}</p> }
            .into_any();
    }
    let moments = ticket.events.iter().map(|event| moment(&base, texts, event)).collect();
    let older = ticket.older.map(|version| {
        let newest = format!("/d/{}", ticket.token);
        view! {
            <p class="notice">
                {texts.with("ticket-older", &[("n", version.into())])} " "
                <a href=newest>{texts.t("ticket-newest")}</a>
            </p>
        }
    });
    let means = ticket.power.clone().filter(|_| ticket.older.is_none()).map(|power| {
        let back = ticket.token.clone();
        let link = ticket.answer_link.clone().unwrap_or_default();
        let worker = worker.clone();
        view! { <Means texts report=report.clone() power link back worker base=Arc::clone(&base) /> }
    });
    view! {
        <section class="card ticket" aria-labelledby="ticket">
            <h2 id="ticket">
                <Icon name="link" />
                {texts.t("ticket-title")}
            </h2>
            {older}
            <LiveTicket
                token=ticket.token.clone()
                follow=ticket.older.is_none()
                moments
                rows=ranked_rows(&report, texts)
                lang=texts.0
                texts=live_texts(texts)
            />
            {means}
        </section>
    }
    .into_any()
}

fn live_texts(texts: Texts) -> TicketTexts {
    TicketTexts {
        ranking: texts.t("ranking-title"),
        history: texts.t("ticket-history"),
        nothing: texts.t("ticket-nothing"),
        arrived: texts.t("ticket-arrived"),
        reload: texts.t("ticket-reload"),
        version: texts.with("ticket-version", &[("n", "{n}".into())]),
        gone: texts.t("ticket-gone"),
        before: texts.t("ticket-before"),
        after: texts.t("ticket-after"),
    }
}

/// The questions that ops can answer and nobody has: those that move most first.
fn open_questions<'a>(report: &Report, base: &'a Base) -> Vec<&'a Question> {
    let open = |question: &&Question| {
        let for_ops = question.who.iter().any(|who| OPS.contains(&who.as_str()));
        for_ops && !question.opening && !report.case.answers.contains_key(&question.id)
    };
    let worth = report.next.iter().filter(|step| step.kind == StepKind::Question);
    let mut found: Vec<&Question> =
        worth.filter_map(|step| base.questions.get(&step.id)).filter(open).collect();
    // After them those that only ops can answer, the quickest first.
    let shared = |question: &Question| question.who.iter().any(|who| who == "user");
    let mut rest: Vec<&Question> = base.questions.values().filter(open).collect();
    rest.retain(|question| !shared(question) && !found.iter().any(|known| known.id == question.id));
    rest.sort_by(|a, b| a.cost_seconds.total_cmp(&b.cost_seconds));
    found.extend(rest);
    found
}

#[component]
fn Means(
    texts: Texts,
    report: Report,
    power: String,
    link: String,
    back: String,
    worker: String,
    base: Arc<Base>,
) -> impl IntoView {
    let fixes = !report.fixes.is_empty();
    let questions = open_questions(&report, &base);
    let (first, rest) = questions.split_at(ASKED.min(questions.len()));
    let ask = |question: &&Question| asked(texts, question, &base);
    let (first, rest): (Vec<_>, Vec<_>) =
        (first.iter().map(ask).collect(), rest.iter().map(ask).collect());
    let folded = (!rest.is_empty()).then(|| {
        let n = rest.len();
        view! {
            <details>
                <summary>{texts.with("ticket-more-questions", &[("n", n.into())])}</summary>
                <div class="asked-all">{rest}</div>
            </details>
        }
    });
    let command = format!("hangup collect --post {link} --name NAME");
    let (answers, facts) = (format!("/d/{power}/answers"), format!("/d/{power}/observations"));
    let capture = view! {
        <AnswerCapture
            worker
            lang=texts.0
            action=facts.clone()
            back=back.clone()
            variables=capture_variables(&base, texts)
            texts=capture_words(texts, &CAPTURE_WORDS)
        />
    };
    view! {
        <div class="means">
            <form method="post" action=answers class="say">
                <h3 id="answer">{texts.t("ticket-questions")}</h3>
                <p class="muted">{texts.t("ticket-questions-hint")}</p>
                <input type="hidden" name="back" value=back.clone() />
                <div class="asked-all">{first}</div>
                {folded}
                <label class="stacked">
                    {texts.t("ticket-comment")}
                    <textarea name="comment" rows="3" maxlength="2000"></textarea>
                </label>
                <Who texts />
                <button type="submit" class="primary">{texts.t("ticket-send")}</button>
            </form>
            <details>
                <summary>{texts.t("ticket-facts")}</summary>
                <p class="muted">{texts.t("ticket-facts-hint")}</p>
                <Command texts command />
                <form method="post" action=facts class="say">
                    <input type="hidden" name="back" value=back />
                    <label class="stacked">
                        {texts.t("ticket-paste")}
                        <textarea name="text" rows="5" required></textarea>
                    </label>
                    <Who texts />
                    <button type="submit" class="button">{texts.t("ticket-paste-send")}</button>
                </form>
            </details>
            <details class="answer-capture">
                <summary>{texts.t("ticket-capture")}</summary>
                <p class="muted">{texts.t("ticket-capture-hint")}</p>
                <noscript>
                    <p>{texts.t("capture-no-script")}</p>
                    <Command texts command="hangup capture FILE".to_owned() />
                </noscript>
                {capture}
            </details>
            <Jump texts fixes but="answer" />
        </div>
    }
}

/// The name that whoever adds something gives.
#[component]
pub(super) fn Who(
    /// The texts in the reader's language.
    texts: Texts,
) -> impl IntoView {
    view! {
        <label class="stacked who">
            {texts.t("ticket-name")}
            <input type="text" name="who" maxlength="80" autocomplete="nickname" />
        </label>
    }
}

fn asked(texts: Texts, question: &Question, base: &Base) -> impl IntoView + use<> {
    let options = base.variables.get(&question.variable).map(|v| v.options.clone());
    let field = format!("answer.{}", question.id);
    let options = options.unwrap_or_default().into_iter().map(|option| {
        view! {
            <label class="pill">
                <input type="radio" name=field.clone() value=option.id />
                <span>{option.label.get(texts.0).to_owned()}</span>
            </label>
        }
    });
    let how: Vec<HowTo> = question.how.clone();
    let fold = if how.is_empty() { "why-we-ask" } else { "how-to-find-out" };
    let how = {
        view! {
            <details>
                <summary>{texts.t(fold)}</summary>
                <p class="muted">{prose(question.why.get(texts.0))}</p>
                {how
                    .into_iter()
                    .map(|how| {
                        view! {
                            <p class="os">{texts.t(&format!("os-{}", how.os))}</p>
                            <Command texts command=how.command />
                            {how.note.map(|note| view! { <p class="muted">{prose(note.get(texts.0))}</p> })}
                        }
                    })
                    .collect_view()}
            </details>
        }
    };
    view! {
        <fieldset class="asked">
            <legend>{question.ask.get(texts.0).to_owned()}</legend>
            <div class="inline-choices">{options.collect_view()}</div>
            {how}
        </fieldset>
    }
}
