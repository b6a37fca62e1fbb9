//! `hangup diagnose --explain`: every number of a diagnosis, and the line of knowledge it stands on.

use std::path::Path;

use crate::{
    knowledge::{Places, load},
    report::{Account, Case, Diagnostician, Explained, Term},
};

use super::{Failure, layers};

/// How many causes are accounted for.
const CAUSES: usize = 3;

/// Prints the accounts of the leading causes, as text or as one line of JSON.
pub(super) fn print(
    diagnostician: &Diagnostician,
    case: &Case,
    overlay: Option<&Path>,
    json: bool,
) -> Result<(), Failure> {
    let explained = diagnostician.explain(case, CAUSES);
    let places = load(&layers(overlay)?).places;
    if json {
        println!("{}", as_json(&explained, &places)?);
    } else {
        print!("{}", as_text(&explained, &places));
    }
    Ok(())
}

/// File and line of a term's word.
fn place(term: &Term, places: &Places) -> Option<(String, usize)> {
    let origin = term.origin.as_ref()?;
    let path: Vec<&str> = origin.path.iter().map(String::as_str).collect();
    Some(places.locate(origin.kind, &origin.id, &path))
}

fn as_json(explained: &Explained, places: &Places) -> Result<serde_json::Value, Failure> {
    let failed = |error: serde_json::Error| Failure::short(error.to_string());
    let mut json = serde_json::to_value(explained).map_err(failed)?;
    for (at, account) in explained.accounts.iter().enumerate() {
        for (number, term) in account.terms.iter().enumerate() {
            let Some((file, line)) = place(term, places) else { continue };
            if let Some(shown) = json.pointer_mut(&format!("/accounts/{at}/terms/{number}")) {
                shown["file"] = file.into();
                shown["line"] = line.into();
            }
        }
    }
    Ok(json)
}

fn as_text(explained: &Explained, places: &Places) -> String {
    let scale = &explained.scale;
    let mut out = format!(
        "bits = factor × log2(believed × P / background + 1 − believed); factor = {} × what repetition leaves.\n\
         believed: text {}, answer {}, measurement {}; a known error text 1. Numbers behind words: docs/knowledge-format.md.\n\
         probability = {} × 2^(sum − all) + {} × 2^(sum / 2 − all halved): the second part is the model's doubt of itself.\n\n",
        scale.temper,
        scale.text,
        scale.answer,
        scale.measured,
        1.0 - scale.doubt,
        scale.doubt
    );
    for account in &explained.accounts {
        tell(account, explained, places, &mut out);
    }
    out
}

fn tell(account: &Account, explained: &Explained, places: &Places, out: &mut String) {
    let mut line = |text: &str| {
        out.extend(text.chars().filter(|c| !c.is_control()));
        out.push('\n');
    };
    line(&format!("{:.1} %  {}", account.probability * 100.0, account.cause));
    let word = account.prior_word.map_or_else(|| "fixed".to_owned(), word_of);
    let (file, at) = places.locate("causes", &account.cause, &["prior"]);
    line(&format!("  {:+8.3}  prior {word}{}", account.prior_bits, shown_place(&file, at)));
    for term in &account.terms {
        let word = term.word.map_or_else(|| "-".to_owned(), word_of);
        let place = place(term, places).map_or_else(String::new, |(f, l)| shown_place(&f, l));
        line(&format!(
            "  {:+8.3}  {} = {}  [{}, {word}]  P {:.4}, background {:.4}, believed {}, factor {:.3}{place}",
            term.bits,
            term.observation,
            term.value,
            term.source.as_str(),
            term.given,
            term.background,
            term.reliability,
            term.factor,
        ));
    }
    line(&format!(
        "  {:+8.3}  sum; {} × 2^({:.3}) + {} × 2^({:.3}) = {:.4}",
        account.sum_bits,
        1.0 - explained.scale.doubt,
        account.sum_bits - explained.total_bits,
        explained.scale.doubt,
        account.sum_bits / 2.0 - explained.half_total_bits,
        account.probability
    ));
    line("");
}

fn shown_place(file: &str, line: usize) -> String {
    if file.is_empty() { String::new() } else { format!("  {file}:{line}") }
}

/// The word as it stands in the knowledge files.
fn word_of(word: impl serde::Serialize) -> String {
    serde_json::to_value(word)
        .ok()
        .and_then(|value| value.as_str().map(str::to_owned))
        .unwrap_or_default()
}
