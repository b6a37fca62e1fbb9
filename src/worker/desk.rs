//! What the worker holds between two messages.

use crate::{
    capture::{
        Conversation, Difference, Gap, Limits, NoCapture, Reader, Seen, Tracer, compare,
        difference, observations, warning,
    },
    knowledge::Lang,
};

use super::{
    diagram::picture,
    protocol::{Ask, Detail, DifferenceRow, Differences, Say, Summary},
    rows::{PAGE, Shelf, place, row},
};

/// One or two captures, and what was read of them.
#[cfg_attr(feature = "worker", wasm_bindgen::prelude::wasm_bindgen)]
#[derive(Debug)]
pub struct CaptureDesk {
    lang: Lang,
    /// The file that is being read, and for which slot.
    reading: Option<(u32, Box<Reader>, Shelf)>,
    shelves: [Shelf; 2],
    tracing: Option<(u32, Box<Tracer>)>,
    /// Conversations of both captures, and those in which they differ.
    compared: Option<(u32, Vec<Difference>)>,
}

#[cfg_attr(feature = "worker", wasm_bindgen::prelude::wasm_bindgen)]
impl CaptureDesk {
    /// An empty desk that speaks `lang`, a language tag.
    #[cfg_attr(feature = "worker", wasm_bindgen(constructor))]
    pub fn new(lang: &str) -> Self {
        Self {
            lang: Lang::parse(lang).unwrap_or_default(),
            reading: None,
            shelves: [Shelf::default(), Shelf::default()],
            tracing: None,
            compared: None,
        }
    }

    /// Begins to read a file: 0 for the capture, 1 for the one from the other end. What was read for
    /// that slot before is forgotten.
    pub fn open(&mut self, slot: u32) {
        self.compared = None;
        self.tracing = None;
        let [capture, other] = &mut self.shelves;
        if slot == 0 {
            *capture = Shelf::default();
        }
        // A new capture has no other end yet.
        *other = Shelf::default();
        self.reading = Some((slot, Box::new(Reader::new(Limits::default())), Shelf::default()));
    }

    /// Takes the next bytes of the file; whether more would change nothing.
    pub fn push(&mut self, chunk: &[u8]) -> bool {
        let Some((_, reader, shelf)) = &mut self.reading else { return true };
        reader.push(chunk);
        reader.take_finished().into_iter().for_each(|one| shelf.take(one));
        reader.is_done()
    }

    /// Packets so far of the file that is being read.
    pub fn packets(&self) -> f64 {
        self.reading.as_ref().map_or(0.0, |(_, reader, _)| reader.packets() as f64)
    }

    /// The end of the file, or of the patience with it: a [`Say`] as JSON.
    pub fn finish(&mut self) -> String {
        let Some((slot, reader, mut shelf)) = self.reading.take() else {
            return to_json(&Say::Failed { sentence: String::new() });
        };
        let packets = reader.packets();
        let mut summary = Summary { slot, packets, ..Summary::default() };
        match reader.finish_with(&mut |one| shelf.take(one)) {
            Err(why) => summary.refusal = Some(refusal(why, self.lang)),
            Ok(warnings) => {
                shelf.settle();
                summary.conversations = shelf.all;
                summary.failed = shelf.failed;
                summary.not_kept = shelf.all - shelf.kept.len() as u64;
                summary.warnings = warnings.iter().map(|found| warning(found, self.lang)).collect();
            }
        }
        if let Some(place) = self.shelves.get_mut(slot as usize) {
            *place = shelf;
        }
        to_json(&Say::Read(summary))
    }

    /// Answers an [`Ask`] with a [`Say`], both as JSON.
    pub fn ask(&mut self, ask: &str) -> String {
        let failed = Say::Failed { sentence: String::new() };
        let lang = self.lang;
        let [shelf, _] = &mut self.shelves;
        let say = match serde_json::from_str(ask) {
            Ok(Ask::Rows(query)) => Say::Rows(shelf.page(&query, lang)),
            Ok(Ask::One { id }) => shelf.get(id).map_or(failed, |one| {
                let row = row(id, one, lang);
                Say::One(Box::new(Detail { row, observations: observations(one) }))
            }),
            Ok(Ask::Differences { page }) => Say::Differences(self.differences(page)),
            Err(_) => failed,
        };
        to_json(&say)
    }

    /// Begins to read the capture again for the steps of conversation `id`; whether there is one.
    pub fn trace(&mut self, id: u32) -> bool {
        let [shelf, _] = &self.shelves;
        self.tracing = shelf.get(id).map(|one| (id, Box::new(Tracer::new(one))));
        self.tracing.is_some()
    }

    /// Takes the next bytes of the capture; whether more would change nothing.
    pub fn trace_push(&mut self, chunk: &[u8]) -> bool {
        let Some((_, tracer)) = &mut self.tracing else { return true };
        tracer.push(chunk);
        tracer.is_done()
    }

    /// The picture of what was traced: a [`Say`] as JSON.
    pub fn trace_finish(&mut self) -> String {
        let traced = self.tracing.take().and_then(|(id, tracer)| Some((id, tracer.finish().ok()?)));
        to_json(&match traced {
            Some((id, trace)) => Say::Picture(picture(id, &trace, self.lang)),
            None => Say::Failed { sentence: String::new() },
        })
    }
}

impl CaptureDesk {
    fn differences(&mut self, page: u32) -> Differences {
        let [here, there] = &self.shelves;
        let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let (all, differing) = self.compared.get_or_insert_with(|| {
            let mut found = compare(&here.kept, &there.kept);
            let all = count(found.len());
            found.retain(differs);
            (all, found)
        });
        let (page, from) = place(page, differing.len());
        let row = |one: &Difference| {
            let end = |address, port| core::net::SocketAddr::new(address, port).to_string();
            DifferenceRow {
                src: end(one.src, one.sport),
                dst: end(one.dst, one.dport),
                sentence: difference(one, self.lang),
            }
        };
        let rows = differing.iter().skip(from).take(PAGE).map(row).collect();
        Differences { rows, page, from: count(from), all: *all, differing: count(differing.len()) }
    }

    /// The conversations that are kept of the capture, in the order they began.
    pub fn conversations(&self) -> &[Conversation] {
        let [shelf, _] = &self.shelves;
        &shelf.kept
    }
}

/// A translation on the way is no difference in what arrived.
fn differs(one: &Difference) -> bool {
    one.seen != Seen::Both || one.gaps.iter().any(|gap| *gap != Gap::Translated)
}

fn refusal(why: NoCapture, lang: Lang) -> String {
    match (why, lang) {
        (why, Lang::En) => format!("This is no packet capture: {why}."),
        (NoCapture::Empty, Lang::Zh) => "这不是抓包文件：文件是空的。".to_owned(),
        (NoCapture::Format, Lang::Zh) => {
            "这不是抓包文件：第 0 字节既不是 pcap 也不是 pcapng 的开头。".to_owned()
        }
        (NoCapture::Text, Lang::Zh) => {
            "这不是抓包文件：第 0 字节起像是文本。日志和 HAR 文件请用“日志解读”页面或 `hangup decode`。"
                .to_owned()
        }
        (NoCapture::Packed, Lang::Zh) => {
            "这不是抓包文件：解压后的第 0 字节既不是 pcap 也不是 pcapng 的开头。".to_owned()
        }
        (NoCapture::Short(bytes), Lang::Zh) => {
            format!("这不是抓包文件：在第 {bytes} 字节处就结束了，文件头还不完整。")
        }
    }
}

fn to_json(say: &Say) -> String {
    // Strings, numbers and lists of them: nothing here can fail to become JSON.
    serde_json::to_string(say).unwrap_or_default()
}
