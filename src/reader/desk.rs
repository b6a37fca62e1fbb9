//! What the worker holds between two messages.

use std::{cell::OnceCell, collections::BTreeSet, sync::Arc};

use crate::{
    ladder::{hops_in, sketch_in},
    redact::redact_with,
    report::Diagnostician,
};

use super::{
    marks::marks,
    protocol::{Ask, Field, Ranked, Say},
};

/// Reads texts. Masking and timers need no knowledge of causes; what a text says does.
#[cfg_attr(feature = "reader", wasm_bindgen::prelude::wasm_bindgen)]
pub struct TextDesk {
    /// The base as JSON, until it is first needed: masks need not wait for it to be made ready.
    knowledge: String,
    doctor: OnceCell<Option<Diagnostician>>,
}

#[cfg_attr(feature = "reader", wasm_bindgen::prelude::wasm_bindgen)]
impl TextDesk {
    /// A desk that knows what stands in `knowledge`, the base as JSON; one that masks and no more where
    /// that does not read or a pattern does not compile.
    #[cfg_attr(feature = "reader", wasm_bindgen(constructor))]
    pub fn new(knowledge: String) -> Self {
        Self { knowledge, doctor: OnceCell::new() }
    }

    /// Answers an [`Ask`] with a [`Say`], both as JSON.
    pub fn ask(&self, ask: &str) -> String {
        let say = serde_json::from_str(ask).map_or(Say::Failed, |ask| self.answer(ask));
        // Strings, numbers and lists of them: nothing here can fail to become JSON.
        serde_json::to_string(&say).unwrap_or_default()
    }
}

impl TextDesk {
    fn doctor(&self) -> Option<&Diagnostician> {
        let make = || {
            let base = serde_json::from_str(&self.knowledge).ok()?;
            Diagnostician::new(Arc::new(base)).ok()
        };
        self.doctor.get_or_init(make).as_ref()
    }

    /// What is said to `ask`.
    pub fn answer(&self, ask: Ask) -> Say {
        match ask {
            Ask::Read { text, lang } => {
                let Some(doctor) = self.doctor() else { return Say::Failed };
                Say::Read { reading: doctor.reading(&text, lang), hops: hops_in(&text) }
            }
            Ask::Mark { text, hidden, after } => Say::Marks(marks(&text, hidden, &after)),
            Ask::Mask { fields } => self.mask(&fields),
            Ask::Timers { text } => Say::Timers(sketch_in(&text)),
            Ask::Rank { case, skipped, lang, most } => {
                let Some(doctor) = self.doctor() else { return Say::Failed };
                let causes = doctor.diagnose_after(&case, &skipped, lang).causes.into_iter();
                let causes = causes.take(most).map(|cause| Ranked {
                    name: cause.name,
                    family: cause.family,
                    probability: cause.probability,
                });
                Say::Ranked { causes: causes.collect() }
            }
        }
    }

    fn mask(&self, fields: &[Field]) -> Say {
        let (mut texts, mut beside) = (Vec::new(), BTreeSet::new());
        for Field { text, choices, after, beside: tell } in fields {
            let masked = redact_with(text, choices, after).text;
            if *tell && masked != *text {
                beside.extend(
                    self.doctor().map(|doctor| doctor.beside(text, &masked)).unwrap_or_default(),
                );
            }
            texts.push(masked);
        }
        Say::Masked { texts, beside }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        knowledge::{Base, Lang, built_in, load},
        redact::Choices,
        report::Case,
    };

    fn base() -> Base {
        load(&[built_in()]).base
    }

    fn desk() -> TextDesk {
        TextDesk::new(serde_json::to_string(&base()).unwrap())
    }

    fn field(text: &str) -> Field {
        Field { text: text.to_owned(), beside: true, ..Field::default() }
    }

    #[test]
    fn without_knowledge_it_masks_and_finds_timers_and_says_that_it_cannot_read() {
        let desk = TextDesk::new(String::new());
        let fields = vec![field("password=Hunter42xyz"), field("")];
        let Say::Masked { texts, beside } = desk.answer(Ask::Mask { fields }) else { panic!() };
        assert_eq!(texts, ["password=<password-1>", ""]);
        assert!(beside.is_empty());
        let text = "server { location / { proxy_pass http://app; proxy_read_timeout 90s; } }";
        let Say::Timers(found) = desk.answer(Ask::Timers { text: text.to_owned() }) else {
            panic!()
        };
        assert!(found.hops.iter().any(|hop| hop.component == "nginx"), "{found:?}");
        let ask = Ask::Read { text: text.to_owned(), lang: Lang::En };
        assert_eq!(desk.answer(ask), Say::Failed);
        assert_eq!(desk.ask("{}"), r#"{"say":"failed"}"#);
    }

    #[test]
    fn it_says_by_message_what_the_engine_says() {
        let desk = desk();
        let text = "java.net.SocketException: Connection reset".to_owned();
        let ask = Ask::Read { text: text.clone(), lang: Lang::Zh };
        let said = desk.ask(&serde_json::to_string(&ask).unwrap());
        let Say::Read { reading, .. } = serde_json::from_str(&said).unwrap() else {
            panic!("{said}")
        };
        let doctor = Diagnostician::new(Arc::new(base())).unwrap();
        assert_eq!(reading, doctor.reading(&text, Lang::Zh));
        let case = Case { text: Some(text), ..Case::default() };
        let report = doctor.diagnose_after(&case, &BTreeSet::new(), Lang::En);
        let (skipped, lang, case) = (BTreeSet::new(), Lang::En, Box::new(case));
        let Say::Ranked { causes } = desk.answer(Ask::Rank { case, skipped, lang, most: 3 }) else {
            panic!()
        };
        let names = |names: &mut dyn Iterator<Item = &String>| names.cloned().collect::<Vec<_>>();
        assert_eq!(
            names(&mut causes.iter().map(|cause| &cause.name)),
            names(&mut report.causes.iter().take(3).map(|cause| &cause.name))
        );
    }

    #[test]
    fn what_a_person_chose_travels_with_the_field() {
        let choices = Choices { hidden: vec!["Moonshine".to_owned()], ..Choices::default() };
        let ask = Ask::Mask { fields: vec![Field { choices, ..field("project Moonshine") }] };
        let said = TextDesk::new(String::new()).ask(&serde_json::to_string(&ask).unwrap());
        assert!(said.contains("project <hidden-1>"), "{said}");
    }
}
