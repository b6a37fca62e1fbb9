//! What page and worker say to each other, as JSON. Texts in it are unmasked: it stays in the browser.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{
    knowledge::Lang,
    ladder::{Sketch, SketchHop},
    redact::{Choices, Kind},
    report::{Case, Reading},
};

/// What the page asks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case")]
pub enum Ask {
    /// What a text says. Answered with [`Say::Read`].
    Read {
        /// The whole text.
        text: String,
        /// Language of what is told.
        lang: Lang,
    },
    /// What would be masked in a text. Answered with [`Say::Marks`].
    Mark {
        /// The whole text.
        text: String,
        /// Words that are hidden besides.
        hidden: Vec<String>,
        /// The placeholders of the text that this one is added to.
        after: String,
    },
    /// Texts without their secrets. Answered with [`Say::Masked`].
    Mask {
        /// The fields of a form.
        fields: Vec<Field>,
    },
    /// The timers in a text. Answered with [`Say::Timers`].
    Timers {
        /// The whole text.
        text: String,
    },
    /// The leading causes of a case. Answered with [`Say::Ranked`].
    Rank {
        /// The case.
        case: Box<Case>,
        /// Questions that were passed over.
        skipped: BTreeSet<String>,
        /// Language of the names.
        lang: Lang,
        /// Most causes that are told.
        most: usize,
    },
}

/// A field of a form whose text is to be masked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// What stands in it.
    pub text: String,
    /// What a person chose for it.
    pub choices: Choices,
    /// The placeholders of the text that this one is added to.
    pub after: String,
    /// Whether what the masks cover is told besides.
    pub beside: bool,
}

/// What the worker says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "say", rename_all = "snake_case")]
pub enum Say {
    /// What a text says.
    Read {
        /// Known texts, command output, rhythm.
        reading: Reading,
        /// Components that it configures.
        hops: Vec<SketchHop>,
    },
    /// What would be masked.
    Marks(Marks),
    /// The fields without their secrets.
    Masked {
        /// One text a field, in their order.
        texts: Vec<String>,
        /// What the fields said and the masks cover, as [`crate::report::Diagnostician::beside`] words it.
        beside: BTreeSet<String>,
    },
    /// The timers of a text.
    Timers(Sketch),
    /// The leading causes, the most probable first.
    Ranked {
        /// At most as many as were asked for.
        causes: Vec<Ranked>,
    },
    /// It cannot be done: what was asked is not understood, or needs knowledge that is not there.
    Failed,
}

/// A cause as a ranking shows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ranked {
    /// Its plain name.
    pub name: String,
    /// The id of its family.
    pub family: String,
    /// Its probability, 0 to 1.
    pub probability: f64,
}

/// The secrets of a text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Marks {
    /// How often each kind stands in it, by kind.
    pub kinds: Vec<KindCount>,
    /// The first secrets, each once.
    pub rows: Vec<Mark>,
    /// How many there are.
    pub all: usize,
}

/// How often a kind of secret stands in a text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KindCount {
    /// The kind.
    pub kind: Kind,
    /// Places.
    pub count: usize,
    /// Whether all of them are beyond choice.
    pub fixed: bool,
}

/// One secret with the places it stands in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// What it is.
    pub kind: Kind,
    /// The secret whole.
    pub secret: String,
    /// What stands in its place.
    pub placeholder: String,
    /// Line of the first place, from 1.
    pub line: usize,
    /// Places.
    pub count: usize,
    /// What stands before it in the line, shortened.
    pub before: String,
    /// What is covered, shortened.
    pub shown: String,
    /// What stands after it in the line, shortened.
    pub after: String,
    /// Whether it is beyond choice.
    pub fixed: bool,
}
