//! `hangup capture`: the TCP conversations of a packet capture.

use std::{
    fs::File,
    io::{self, Write},
    net::SocketAddr,
    process::ExitCode,
};

use clap::Args;

use super::{Failure, ahead::Chunks, diagnose::parse_lang, input};
use crate::{
    capture::{
        Close, Closer, Conversation, Difference, Gap, Handshake, Limits, Reader, Seen, compare,
        difference, observations, sentence, size, warning,
    },
    evidence::Observation,
    knowledge::Lang,
};

/// Arguments of `hangup capture`.
#[derive(Args)]
pub(super) struct Arguments {
    /// A pcap or pcapng file, gzipped or not; `-` reads standard input
    #[arg(value_name = "FILE|-")]
    file: String,
    /// A capture of the same connections from the other end: say what was sent here and never seen
    /// there, and the other way round
    #[arg(long, value_name = "FILE")]
    other: Option<String>,
    /// Print one JSON object a conversation, each as soon as it is over
    #[arg(long)]
    json: bool,
    /// The most conversations that are followed at the same time; bounds the memory
    #[arg(long, value_name = "N", default_value_t = Limits::default().conversations,
          value_parser = at_least_one)]
    max_conversations: usize,
    /// How many conversations the table shows, the worst first
    #[arg(long, value_name = "N", default_value_t = 50, conflicts_with = "json")]
    top: usize,
    /// Language of the sentences
    #[arg(long, value_parser = parse_lang, default_value = "en", value_name = "en|zh-CN")]
    lang: Lang,
}

fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Err("at least 1".to_owned()),
        Ok(number) => Ok(number),
        Err(_) => Err("not a whole number".to_owned()),
    }
}

/// Exit code 0: what could be read was read; warnings stand on standard error.
pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    let limits = Limits { conversations: arguments.max_conversations };
    let done = if let Some(other) = &arguments.other {
        compare_with(arguments, other, limits, &mut out)?
    } else {
        let mut sink = Sink::new(arguments);
        let taken =
            read(&arguments.file, limits, arguments.lang, &mut |one| sink.take(one, &mut out))?;
        taken.and_then(|()| sink.end(&mut out))
    };
    match done.and_then(|()| out.flush()) {
        // The reader went away; that is no mistake of ours.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::short(format!("cannot write: {error}")))
        }
        _ => Ok(ExitCode::SUCCESS),
    }
}

/// Reads a file and hands over its conversations as they are over; warnings go to standard error. The
/// inner result is that of taking them.
fn read(
    file: &str,
    limits: Limits,
    lang: Lang,
    take: &mut impl FnMut(Conversation) -> io::Result<()>,
) -> Result<io::Result<()>, Failure> {
    let name = input::shown(file);
    let unreadable = |error: io::Error| Failure::usage(format!("cannot read {name}: {error}"));
    let mut chunks = match file {
        "-" => Chunks::of_stream(Box::new(io::stdin().lock())),
        path => File::open(path).and_then(Chunks::of_file).map_err(unreadable)?,
    };
    let mut reader = Reader::new(limits);
    while let Some(chunk) = chunks.next().map_err(unreadable)? {
        reader.push(chunk);
        for conversation in reader.take_finished() {
            if let Err(error) = take(conversation) {
                return Ok(Err(error));
            }
        }
        if reader.is_done() {
            break;
        }
    }
    let mut taken = Ok(());
    let warnings = reader
        .finish_with(&mut |conversation| {
            if taken.is_ok() {
                taken = take(conversation);
            }
        })
        .map_err(|error| Failure::usage(format!("{name} is no packet capture: {error}")))?;
    for found in &warnings {
        eprintln!("hangup: {name}: {}", warning(found, lang));
    }
    Ok(taken)
}

/// What the worst conversation of a capture is evidence of; which one it is goes to standard error.
pub(super) fn evidence(file: &str, lang: Lang) -> Result<Vec<Observation>, Failure> {
    let mut worst: Option<Conversation> = None;
    // Taking into memory cannot fail.
    let _ = read(file, Limits::default(), lang, &mut |conversation| {
        if worst.as_ref().is_none_or(|before| conversation.rank() < before.rank()) {
            worst = Some(conversation);
        }
        Ok(())
    })?;
    let name = input::shown(file);
    let worst = worst.ok_or_else(|| Failure::short(format!("{name}: no TCP conversation")))?;
    let (src, dst) = (worst.source(), worst.destination());
    eprintln!("hangup: {name}: {src} → {dst}: {}", sentence(&worst, lang));
    Ok(observations(&worst))
}

/// Two captures of both ends, compared.
fn compare_with(
    arguments: &Arguments,
    other: &str,
    limits: Limits,
    out: &mut impl Write,
) -> Result<io::Result<()>, Failure> {
    let mut both = [Vec::new(), Vec::new()];
    for (file, all) in [arguments.file.as_str(), other].into_iter().zip(&mut both) {
        // Taking into memory cannot fail.
        let _ = read(file, limits, arguments.lang, &mut |conversation| {
            all.push(conversation);
            Ok(())
        })?;
    }
    let [first, second] = &both;
    Ok(print_differences(arguments, &compare(first, second), out))
}

fn print_differences(
    arguments: &Arguments,
    all: &[Difference],
    out: &mut impl Write,
) -> io::Result<()> {
    let lang = arguments.lang;
    if arguments.json {
        return all.iter().try_for_each(|one| writeln!(out, "{}", serde_json::to_string(one)?));
    }
    let differ: Vec<_> = all
        .iter()
        .filter(|one| one.seen != Seen::Both || one.gaps.iter().any(|gap| *gap != Gap::Translated))
        .collect();
    let (total, differing) = (all.len(), differ.len());
    let head = match lang {
        Lang::En => {
            format!("TCP conversations: {total}; the captures differ in {differing}.")
        }
        Lang::Zh => format!("TCP 会话 {total} 个；两份抓包在其中 {differing} 个上不一致。"),
    };
    writeln!(out, "{head}")?;
    for one in differ.into_iter().take(arguments.top) {
        let (src, dst) = (SocketAddr::new(one.src, one.sport), SocketAddr::new(one.dst, one.dport));
        writeln!(out, "\n{src} → {dst}\n    {}", difference(one, lang))?;
    }
    Ok(())
}

/// Where conversations go: straight out as JSON, or to the table, which keeps the worst.
struct Sink<'a> {
    arguments: &'a Arguments,
    worst: Vec<Conversation>,
    all: usize,
    failed: usize,
}

impl<'a> Sink<'a> {
    fn new(arguments: &'a Arguments) -> Self {
        Self { arguments, worst: Vec::new(), all: 0, failed: 0 }
    }

    fn take(&mut self, conversation: Conversation, out: &mut impl Write) -> io::Result<()> {
        if self.arguments.json {
            return writeln!(out, "{}", serde_json::to_string(&conversation)?);
        }
        self.all += 1;
        self.failed += usize::from(conversation.failed());
        self.worst.push(conversation);
        if self.worst.len() >= self.arguments.top.saturating_mul(2).max(1024) {
            self.keep_worst();
        }
        Ok(())
    }

    fn keep_worst(&mut self) {
        self.worst.sort_by(|a, b| a.rank().cmp(&b.rank()).then(a.first_ts.total_cmp(&b.first_ts)));
        self.worst.truncate(self.arguments.top);
    }

    /// The table, worst first.
    fn end(&mut self, out: &mut impl Write) -> io::Result<()> {
        if self.arguments.json {
            return Ok(());
        }
        self.keep_worst();
        let (all, failed, lang) = (self.all, self.failed, self.arguments.lang);
        let head = match (all, lang) {
            (0, Lang::En) => "No TCP conversation in this capture.".to_owned(),
            (0, Lang::Zh) => "抓包里没有 TCP 会话。".to_owned(),
            (_, Lang::En) => {
                format!("TCP conversations: {all}, of which something is wrong with {failed}.")
            }
            (_, Lang::Zh) => format!("TCP 会话 {all} 个，其中 {failed} 个有问题。"),
        };
        writeln!(out, "{head}")?;
        for conversation in &self.worst {
            row(conversation, lang, out)?;
        }
        let left = all - self.worst.len();
        match (left, lang) {
            (0, _) => Ok(()),
            (_, Lang::En) => writeln!(out, "\n… and {left} more (--top N shows more, --json all)"),
            (_, Lang::Zh) => {
                writeln!(out, "\n……还有 {left} 个（--top N 显示更多，--json 显示全部）")
            }
        }
    }
}

/// Two lines, and a third with the ids of what stands out.
fn row(conversation: &Conversation, lang: Lang, out: &mut impl Write) -> io::Result<()> {
    let (src, dst) = (conversation.source().to_string(), conversation.destination().to_string());
    let (sent, got) = (size(conversation.bytes_src), size(conversation.bytes_dst));
    let close = close(conversation, lang);
    let duration = conversation.duration;
    writeln!(out, "\n{src:<24} → {dst:<24} {close:<14} {duration:>9.3} s  ↑{sent} ↓{got}")?;
    writeln!(out, "    {}", sentence(conversation, lang))?;
    if !conversation.findings.is_empty() {
        let ids: Vec<String> = conversation.findings.iter().map(|finding| finding.id()).collect();
        writeln!(out, "    [{}]", ids.join(" "))?;
    }
    Ok(())
}

fn close(conversation: &Conversation, lang: Lang) -> String {
    let kind = match conversation.close {
        Close::Fin => "FIN",
        Close::Rst => "RST",
        Close::None => return "-".to_owned(),
    };
    let midstream = conversation.handshake == Handshake::Midstream;
    let who = match (conversation.closer, lang) {
        (Closer::Src, _) if midstream => "←",
        (_, _) if midstream => "→",
        (Closer::Src, Lang::En) => "client",
        (Closer::Src, Lang::Zh) => "客户端",
        (_, Lang::En) => "server",
        (_, Lang::Zh) => "服务端",
    };
    format!("{kind} {who}")
}
