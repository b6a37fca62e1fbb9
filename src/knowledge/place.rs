//! Where in the files an entry stands, so that every message can name file and line.

use std::{collections::BTreeMap, ops::Range};

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

/// The line, from 1, on which byte `offset` of `text` lies.
pub(super) fn line_of(text: &str, offset: usize) -> usize {
    1 + text.bytes().take(offset).filter(|byte| *byte == b'\n').count()
}

/// Where one entry stands.
#[derive(Clone, Debug)]
pub struct Place {
    /// Which layer it came from, 0 for the built-in knowledge.
    pub layer: usize,
    /// Path of the file.
    pub file: String,
    /// Line of its id, from 1.
    pub line: usize,
    /// Position in the file's array of tables.
    index: usize,
    /// Key of that array; none for a cause file.
    array: Option<&'static str>,
}

/// The places of all entries, and the texts they stand in.
#[derive(Clone, Debug, Default)]
pub struct Places {
    entries: BTreeMap<(&'static str, String), Place>,
    texts: BTreeMap<(usize, String), String>,
}

impl Places {
    /// The place of the entry of this kind (`causes`, `signatures`, …) and id.
    pub fn get(&self, kind: &'static str, id: &str) -> Option<&Place> {
        self.entries.get(&(kind, id.to_owned()))
    }

    pub(super) fn insert(&mut self, kind: &'static str, id: &str, place: Place) {
        self.entries.insert((kind, id.to_owned()), place);
    }

    pub(super) fn describe(
        &mut self,
        layer: usize,
        kind: &'static str,
        file: &str,
        text: &str,
        index: usize,
    ) -> Place {
        self.texts.entry((layer, file.to_owned())).or_insert_with(|| text.to_owned());
        let array = match kind {
            "variables" => Some("variable"),
            "questions" => Some("question"),
            "checks" => Some("check"),
            "components" => Some("component"),
            "signatures" => Some("signature"),
            "phrases" => Some("phrase"),
            "timeouts" => Some("timeout"),
            "clients" => Some("client"),
            "fixes" => Some("fix"),
            _ => None,
        };
        let mut place = Place { layer, file: file.to_owned(), line: 1, index, array };
        // Parsing the file once an entry would be quadratic: count the headers instead.
        place.line = match array {
            Some(key) => nth_header(text, &format!("[[{key}]]"), index),
            None => text.lines().position(|line| line.starts_with("id")).map_or(1, |line| line + 1),
        };
        place
    }

    /// The file and the line of the value at `path` inside an entry; the entry's own line where the
    /// path is not found.
    pub fn locate(&self, kind: &'static str, id: &str, path: &[&str]) -> (String, usize) {
        let Some(place) = self.get(kind, id) else { return (String::new(), 1) };
        let line = self
            .texts
            .get(&(place.layer, place.file.clone()))
            .and_then(|text| Some(line_of(text, offset_in(text, place, path)?)))
            .unwrap_or(place.line);
        (place.file.clone(), line)
    }
}

fn nth_header(text: &str, header: &str, index: usize) -> usize {
    text.lines()
        .enumerate()
        .filter(|(_, line)| line.trim_start().starts_with(header))
        .nth(index)
        .map_or(1, |(line, _)| line + 1)
}

fn offset_in(text: &str, place: &Place, path: &[&str]) -> Option<usize> {
    let document = DeTable::parse(text).ok()?;
    let table = match place.array {
        None => document.get_ref(),
        Some(key) => match document.get_ref().get(key)?.get_ref() {
            DeValue::Array(entries) => match entries.get(place.index)?.get_ref() {
                DeValue::Table(table) => table,
                _ => return None,
            },
            _ => return None,
        },
    };
    walk(table, path).map(|span| span.start)
}

fn walk(table: &DeTable<'_>, path: &[&str]) -> Option<Range<usize>> {
    let (first, rest) = path.split_first()?;
    let (key, value) = table.iter().find(|(key, _)| key.get_ref().as_ref() == *first)?;
    if rest.is_empty() {
        Some(key.span())
    } else {
        descend(value, rest).or_else(|| Some(key.span()))
    }
}

fn descend(value: &Spanned<DeValue<'_>>, path: &[&str]) -> Option<Range<usize>> {
    match value.get_ref() {
        DeValue::Table(table) => walk(table, path),
        DeValue::Array(items) => {
            let (first, rest) = path.split_first()?;
            let item = items.get(first.parse::<usize>().ok()?)?;
            if rest.is_empty() { Some(item.span()) } else { descend(item, rest) }
        }
        _ => None,
    }
}
