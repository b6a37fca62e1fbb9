//! The conversations of one capture: kept, ordered, filtered, and put into rows.

use std::cmp::Ordering;

use crate::{
    capture::{Conversation, closing, finding, handshake, seconds, sentence, size},
    knowledge::Lang,
};

use super::protocol::{Page, Query, Row, Sort};

/// Rows of one page. judgement: two screens.
pub(super) const PAGE: usize = 50;
/// Conversations that are kept of one capture, about 600 bytes each; beyond them the worst.
const KEPT: usize = 200_000;

/// The conversations of one capture.
#[derive(Debug, Default)]
pub(super) struct Shelf {
    pub(super) kept: Vec<Conversation>,
    pub(super) all: u64,
    pub(super) failed: u64,
    /// The query that `order` answers, its page aside.
    asked: Option<Query>,
    order: Vec<u32>,
}

impl Shelf {
    /// Takes conversations in.
    pub(super) fn take(&mut self, found: Conversation) {
        self.all += 1;
        self.failed += u64::from(found.failed());
        self.kept.push(found);
        if self.kept.len() > KEPT + KEPT / 4 {
            self.settle();
        }
    }

    /// Keeps the worst, and puts them in the order they began.
    pub(super) fn settle(&mut self) {
        if self.kept.len() > KEPT {
            self.kept.sort_by(|a, b| a.rank().cmp(&b.rank()).then(begun(a, b)));
            self.kept.truncate(KEPT);
        }
        self.kept.sort_by(begun);
        self.asked = None;
    }

    /// The conversation of this number.
    pub(super) fn get(&self, id: u32) -> Option<&Conversation> {
        self.kept.get(id as usize)
    }

    /// The page of the table that `query` asks for; the last one where there are fewer.
    pub(super) fn page(&mut self, query: &Query, lang: Lang) -> Page {
        let whole = Query { page: 0, ..query.clone() };
        if self.asked.as_ref() != Some(&whole) {
            self.order = self.ordered(&whole);
            self.asked = Some(whole);
        }
        let (page, from) = place(query.page, self.order.len());
        let ids = self.order.iter().skip(from).take(PAGE);
        let rows = ids.filter_map(|id| Some(row(*id, self.get(*id)?, lang))).collect();
        let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let (matching, all) = (count(self.order.len()), count(self.kept.len()));
        Page { rows, page, from: count(from), matching, all }
    }

    fn ordered(&self, query: &Query) -> Vec<u32> {
        let text = query.text.trim().to_lowercase();
        let fits = |one: &Conversation| {
            query.closer.is_none_or(|closer| one.closer == closer)
                && query.close.is_none_or(|close| one.close == close)
                && query.handshake.is_none_or(|handshake| one.handshake == handshake)
                && (!query.findings_only || !one.findings.is_empty())
                && (text.is_empty() || has_end(one, &text))
        };
        let mut found: Vec<(u32, &Conversation)> =
            (0..).zip(&self.kept).filter(|(_, one)| fits(one)).collect();
        found.sort_by(|(_, a), (_, b)| {
            let order = compare(query.sort, a, b);
            if query.descending { order.reverse() } else { order }
        });
        found.into_iter().map(|(id, _)| id).collect()
    }
}

/// The page that exists for `page`, and where its rows begin, of `count`.
pub(super) fn place(page: u32, count: usize) -> (u32, usize) {
    let last = count.saturating_sub(1) / PAGE;
    let page = (page as usize).min(last);
    (u32::try_from(page).unwrap_or(u32::MAX), page * PAGE)
}

/// A port is meant whole: 80 is not 8080. Anything else may be part of an address.
fn has_end(one: &Conversation, text: &str) -> bool {
    let port = text.trim_start_matches(':').parse::<u16>().ok();
    let is_port = port.is_some_and(|port| one.sport == port || one.dport == port);
    let in_address = |end: String| end.contains(text);
    is_port
        || port.is_none()
            && (in_address(one.source().to_string()) || in_address(one.destination().to_string()))
}

fn begun(a: &Conversation, b: &Conversation) -> Ordering {
    a.first_ts.total_cmp(&b.first_ts)
}

fn compare(sort: Sort, a: &Conversation, b: &Conversation) -> Ordering {
    let ends = |one: &Conversation| (one.dst, one.dport, one.src, one.sport);
    let bytes = |one: &Conversation| one.bytes_src + one.bytes_dst;
    match sort {
        Sort::Worst => a.rank().cmp(&b.rank()),
        Sort::Ends => ends(a).cmp(&ends(b)),
        Sort::Start => Ordering::Equal,
        Sort::Handshake => a.handshake.cmp(&b.handshake),
        Sort::Closing => (a.close, a.closer).cmp(&(b.close, b.closer)).reverse(),
        Sort::Duration => a.duration.total_cmp(&b.duration),
        Sort::Bytes => bytes(a).cmp(&bytes(b)),
    }
    .then_with(|| begun(a, b))
}

/// A conversation as the table shows it.
pub(super) fn row(id: u32, one: &Conversation, lang: Lang) -> Row {
    Row {
        id,
        src: one.source().to_string(),
        dst: one.destination().to_string(),
        handshake: handshake(one.handshake, lang).to_owned(),
        closing: closing(one, lang),
        duration: seconds(one.duration, lang),
        sent: [size(one.bytes_src), size(one.bytes_dst)],
        sentence: sentence(one, lang),
        findings: one.findings.iter().map(|found| finding(*found, lang).to_owned()).collect(),
        failed: one.failed(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_beyond_the_last_are_the_last() {
        assert_eq!(place(0, 0), (0, 0));
        assert_eq!(place(9, 51), (1, 50));
        assert_eq!(place(1, 50), (0, 0));
    }
}
