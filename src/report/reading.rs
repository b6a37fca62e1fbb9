//! What a text says, line by line and in words: for the page that shows it while it is pasted.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{
    evidence::{Observation, State, Value},
    intake::{read_output, rhythm},
    knowledge::{Base, Lang, Signature},
};

use super::{Decoded, Diagnostician, words::say, writer::in_chinese};

/// A known text and what it means.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadHit {
    /// The first line it stands on, from 1.
    pub line: usize,
    /// On how many lines it stands.
    pub count: usize,
    /// That line. Hostile text.
    pub text: String,
    /// Id of the signature.
    pub signature: String,
    /// 1 generic, 2 a product's message, 3 names one mechanism.
    pub specific: u8,
    /// What it means, in plain words.
    pub meaning: String,
    /// Whose words these are.
    pub dialect: String,
    /// The side of the connection that writes it; none where either may.
    pub side: Option<String>,
    /// The moment of the connection it speaks of; none where it does not tell.
    pub phase: Option<String>,
}

/// Where a fact of a text comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FactKind {
    /// The output of a command, counted and compared.
    Output,
    /// The times of repeated lines.
    Rhythm,
}

/// Something that a text says as a whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadFact {
    /// Where it comes from.
    pub kind: FactKind,
    /// What it is about.
    pub what: String,
    /// What is said of it.
    pub value: String,
    /// Whether the text says that it is not so.
    pub ruled_out: bool,
    /// The line or the count it rests on. Hostile text.
    pub raw: Option<String>,
}

/// Everything that a text says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// The known texts in it, in the order of their lines.
    pub hits: Vec<ReadHit>,
    /// What its command output and its rhythm come to.
    pub facts: Vec<ReadFact>,
}

impl Diagnostician {
    /// What `text` says, in `lang`. Never fails; a text that says nothing gives an empty reading.
    pub fn reading(&self, text: &str, lang: Lang) -> Reading {
        let base = self.base();
        let Decoded { hits, .. } = self.decode(text);
        let mut hits: Vec<ReadHit> = hits
            .into_iter()
            .filter_map(|hit| {
                let known = base.signatures.get(&hit.signature)?;
                Some(ReadHit {
                    line: hit.line,
                    count: hit.count,
                    text: hit.text,
                    specific: known.specific,
                    meaning: known.meaning.get(lang).to_owned(),
                    dialect: dialect(base, known, lang),
                    side: side(base, known, lang),
                    phase: phase(base, known, lang),
                    signature: hit.signature,
                })
            })
            .collect();
        hits.sort_by(|a, b| {
            (a.line, b.specific, &a.signature).cmp(&(b.line, a.specific, &b.signature))
        });
        let mut facts = Vec::new();
        let mut known = BTreeSet::new();
        let output = read_output(text).observations;
        let sources = [(FactKind::Output, output), (FactKind::Rhythm, rhythm(text))];
        for (kind, observations) in sources {
            for seen in observations {
                if let Some(fact) = fact(base, kind, &seen, lang)
                    && known.insert((fact.what.clone(), fact.value.clone()))
                {
                    facts.push(fact);
                }
            }
        }
        Reading { hits, facts }
    }
}

/// A product's name in the reader's language, else who writes it as the knowledge base says.
fn dialect(base: &Base, signature: &Signature, lang: Lang) -> String {
    let product = signature.components.first().and_then(|id| base.components.get(id));
    match product {
        Some(product) if lang == Lang::Zh => product.name.get(lang).to_owned(),
        _ if lang == Lang::Zh => in_chinese(&signature.emitted_by),
        _ => signature.emitted_by.clone(),
    }
}

fn side(base: &Base, signature: &Signature, lang: Lang) -> Option<String> {
    let product = signature.components.iter().find_map(|id| base.components.get(id));
    let hop = match (product, signature.implies.get("error_page_by").map(String::as_str)) {
        (Some(product), _) => product.hop.as_str(),
        (None, Some("browser")) => "you",
        (None, Some("cdn" | "nginx")) => "proxy",
        _ => return None,
    };
    Some(say(lang, &format!("hop-{hop}"), &[]))
}

fn phase(base: &Base, signature: &Signature, lang: Lang) -> Option<String> {
    option_label(base, "phase", signature.implies.get("phase")?, lang)
}

fn option_label(base: &Base, variable: &str, id: &str, lang: Lang) -> Option<String> {
    let options = &base.variables.get(variable)?.options;
    options.iter().find(|option| option.id == id).map(|option| option.label.get(lang).to_owned())
}

fn fact(base: &Base, kind: FactKind, seen: &Observation, lang: Lang) -> Option<ReadFact> {
    let what = base.variables.get(&seen.variable)?.label.get(lang).to_owned();
    let value = match &seen.value {
        Value::Number(number) => format!("{number} s"),
        Value::Word(word) if seen.variable == "component" => {
            base.components.get(word)?.name.get(lang).to_owned()
        }
        Value::Word(word) => option_label(base, &seen.variable, word, lang)?,
    };
    let ruled_out = seen.state == State::RuledOut;
    Some(ReadFact { kind, what, value, ruled_out, raw: seen.raw.clone() })
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, LazyLock};

    use super::*;
    use crate::knowledge::{built_in, load};

    static DOCTOR: LazyLock<Diagnostician> =
        LazyLock::new(|| Diagnostician::new(Arc::new(load(&[built_in()]).base)).unwrap());

    const MIXED: &str = "all is well\n\
        2026/11/28 10:15:00 [error] 31#31: *8 upstream prematurely closed connection while reading response header from upstream\n\
        read: 连接被对方重设\n\
        net.netfilter.nf_conntrack_count = 262140\n\
        net.netfilter.nf_conntrack_max = 262144\n";

    #[test]
    fn a_mixed_text_is_read_line_by_line_in_both_languages() {
        for (lang, side) in [(Lang::En, "Proxy"), (Lang::Zh, "代理")] {
            let reading = DOCTOR.reading(MIXED, lang);
            let nginx = reading.hits.iter().find(|hit| hit.line == 2).unwrap();
            assert!(nginx.side.as_deref().unwrap().contains(side), "{nginx:?}");
            assert!(nginx.dialect.to_lowercase().contains("nginx"), "{nginx:?}");
            assert!(nginx.phase.is_some() && !nginx.meaning.is_empty(), "{nginx:?}");
            assert!(reading.hits.iter().any(|hit| hit.line == 3), "{reading:?}");
            assert!(reading.hits.is_sorted_by_key(|hit| hit.line));
            assert!(reading.facts.iter().any(|fact| fact.kind == FactKind::Output), "{reading:?}");
        }
    }

    #[test]
    fn a_rhythm_is_told_with_its_spread() {
        let line = |n: u32| {
            let t = 7 + 61 * n;
            format!("2026-11-28 10:{:02}:{:02} ERROR conn reset by peer", t / 60, t % 60)
        };
        let text: Vec<String> = (0..6).map(line).collect();
        let facts = DOCTOR.reading(&text.join("\n"), Lang::En).facts;
        let [fact] = facts.as_slice() else { panic!("{facts:?}") };
        assert_eq!((fact.kind, fact.value.as_str()), (FactKind::Rhythm, "61 s"));
        assert!(fact.raw.as_deref().unwrap().starts_with("6 × 61 s ± 0 s"), "{fact:?}");
    }

    #[test]
    fn every_signature_has_a_meaning_and_words_in_both_languages() {
        for signature in DOCTOR.base().signatures.values() {
            for lang in [Lang::En, Lang::Zh] {
                let reading = DOCTOR.reading(&signature.example, lang);
                let hit = reading.hits.iter().find(|hit| hit.signature == signature.id);
                let hit = hit.unwrap_or_else(|| panic!("{} is not read", signature.id));
                assert!(!hit.meaning.is_empty() && !hit.dialect.is_empty(), "{hit:?}");
                let words = [&hit.side, &hit.phase];
                assert!(
                    words.into_iter().flatten().all(|word| !word.starts_with("hop-")),
                    "{hit:?}"
                );
            }
        }
    }
}
