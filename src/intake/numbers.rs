//! Durations that people write: "after 60 s", "every two minutes", "8 小时没请求".

use std::{ops::Range, sync::LazyLock};

use aho_corasick::AhoCorasick;
use regex::Regex;

/// A number and a unit of time, with the words that make it a moment of breaking and not the age of
/// a ticket.
static DURATION: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?i)(?P<lead>after|every|each|about|around|exactly|within|for|of|in|at|takes?|past|过了?|每隔?|等了?|超过|大约|约|满|正好|到)?\s*(?:about |around |exactly |almost |roughly |~|≈|just )?\s*(?P<number>\d{1,3}(?:,\d{3})+|\d+(?:\.\d+)?|(?:twenty|thirty|forty|fifty)[- ]five|one|two|three|four|five|six|seven|eight|nine|ten|twelve|fifteen|twenty|thirty|forty|fifty|sixty|ninety|half an?|an?|[一二三四五六七八九]?十[一二三四五六七八九]?|[一两二三四五六七八九半])\s*-?\s*(?P<unit>ms\b|milliseconds?\b|毫秒|seconds?\b|secs?\b|s\b|秒钟?|minutes?\b|mins?\b|m\b|分钟?|hours?\b|hrs?\b|h\b|个?小时|个?钟头)(?P<tail>\s*(?:of (?:idle|inactivity|silence)|idle|inactive|timeout|没|无|空闲|就断|断|后|以后|之后|左右|就))?",
    )
    .ok()
});

/// "Drops every minute", "每分钟断一次": one of a unit, and that something breaks, since a rate is written alike.
static EVERY: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?i)(?:\b(?:drop|disconnect|reconnect|clos|reset|fail|die|lost|lose|kick|cut|end|stop|error|time ?out)\w*\b[^.\n]{0,30}\b(?:every|each|once an?|once per|once every) (?P<unit>minute|hour)\b|每(?:隔?一?个?)?(?P<zh>分钟|小时|钟头)[^。\n，,]{0,4}(?:断|掉|重连|重置|报错|失败|超时))",
    )
    .ok()
});

/// Words of which a tied duration has at least one: its beginnings but for the weak ones, and its ends.
const TIES: &[&str] = &[
    "after",
    "every",
    "each",
    "once",
    "about",
    "around",
    "exactly",
    "take",
    "past",
    "过",
    "每",
    "等了",
    "大约",
    "约",
    "满",
    "正好",
    "到",
    "of idle",
    "of inactivity",
    "of silence",
    "idle",
    "inactive",
    "timeout",
    "没",
    "无",
    "就",
    "断",
    "后",
    "左右",
];

static TIE: LazyLock<Option<AhoCorasick>> =
    LazyLock::new(|| AhoCorasick::builder().ascii_case_insensitive(true).build(TIES).ok());

/// A word so near the end of a line may be tied to a number on the next, bytes.
const NEAR: usize = 32;

/// The stretches of whole lines, apart and in order, that can hold a tied duration: those with a tie,
/// and the line beside it where the tie stands near its end. Most of a log is not among them.
fn stretches(text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let bytes = text.as_bytes();
    let Some(ties) = TIE.as_ref() else { return found };
    let start_of = |at: usize| {
        let before = bytes.get(..at).unwrap_or_default();
        before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1)
    };
    let end_of = |at: usize| {
        let after = bytes.get(at..).unwrap_or_default();
        after.iter().position(|byte| *byte == b'\n').map_or(text.len(), |length| at + length)
    };
    for tie in ties.find_overlapping_iter(text) {
        // Behind the last stretch nothing more is to be found in it.
        if found.last().is_some_and(|last| tie.end() + NEAR < last.end) {
            continue;
        }
        let (mut start, mut end) = (start_of(tie.start()), end_of(tie.end()));
        if tie.start() - start < NEAR {
            start = start_of(start.saturating_sub(1));
        }
        if end - tie.end() < NEAR && end < text.len() {
            end = end_of(end + 1);
        }
        match found.last_mut() {
            Some(last) if start <= last.end + 1 => last.end = last.end.max(end),
            _ => found.push(start..end),
        }
    }
    found
}

/// The durations in `text` that its wording ties to the break, in seconds, in order of appearance.
///
/// A bare "5 minutes" with no such word around it is left out: it may be anything.
pub fn seconds_in(text: &str) -> Vec<f64> {
    let Some(duration) = DURATION.as_ref() else { return Vec::new() };
    stretches(text)
        .into_iter()
        .filter_map(|stretch| text.get(stretch))
        .flat_map(|stretch| tied(duration, stretch).chain(repeated(stretch)))
        .filter(|seconds| *seconds > 0.0)
        .collect()
}

/// Numbers with a unit, whose words tie them to the break.
fn tied<'a>(duration: &'a Regex, stretch: &'a str) -> impl Iterator<Item = f64> + 'a {
    duration
        .captures_iter(stretch)
        .filter(|found| {
            let lead = found.name("lead").map_or("", |lead| lead.as_str()).to_lowercase();
            let tied = !matches!(lead.as_str(), "" | "of" | "in" | "for" | "at" | "within");
            tied || found.name("tail").is_some()
        })
        .filter_map(|found| {
            let number = number(found.name("number")?.as_str())?;
            let unit = unit(found.name("unit")?.as_str())?;
            Some(number * unit)
        })
}

/// One of a unit, again and again.
fn repeated(stretch: &str) -> impl Iterator<Item = f64> + '_ {
    let found = EVERY.as_ref().into_iter().flat_map(|every| every.captures_iter(stretch));
    found.filter_map(|found| unit(found.name("unit").or_else(|| found.name("zh"))?.as_str()))
}

fn number(word: &str) -> Option<f64> {
    Some(match word.to_lowercase().as_str() {
        "a" | "an" | "one" => 1.0,
        "half a" | "half an" | "半" => 0.5,
        "two" => 2.0,
        "three" => 3.0,
        "four" => 4.0,
        "five" => 5.0,
        "six" => 6.0,
        "seven" => 7.0,
        "eight" => 8.0,
        "nine" => 9.0,
        "ten" => 10.0,
        "twelve" => 12.0,
        "fifteen" => 15.0,
        "twenty" => 20.0,
        "thirty" => 30.0,
        "forty" => 40.0,
        "fifty" => 50.0,
        "sixty" => 60.0,
        "ninety" => 90.0,
        word if word.ends_with("five") => number(word.split(['-', ' ']).next()?)? + 5.0,
        word if word.starts_with(|c: char| c.is_ascii_digit()) => {
            word.replace(',', "").parse().ok()?
        }
        word => chinese(word)?,
    })
}

/// 一 to 九十九.
fn chinese(word: &str) -> Option<f64> {
    let digit = |c: char| {
        if c == '两' {
            Some(2.0)
        } else {
            Some("一二三四五六七八九".chars().position(|d| d == c)? as f64 + 1.0)
        }
    };
    let part = |part: &str, absent: f64| part.chars().next().map_or(Some(absent), digit);
    match word.split_once('十') {
        Some((tens, ones)) => Some(part(tens, 1.0)? * 10.0 + part(ones, 0.0)?),
        None => part(word, 0.0),
    }
}

fn unit(word: &str) -> Option<f64> {
    let word = word.to_lowercase();
    Some(match word.trim_start_matches('个') {
        "ms" | "毫秒" => 0.001,
        word if word.starts_with("milli") => 0.001,
        word if word.starts_with('s') || word.starts_with('秒') => 1.0,
        word if word.starts_with('m') || word.starts_with('分') => 60.0,
        word if word.starts_with('h') || word.starts_with("小时") || word.starts_with("钟头") => {
            3600.0
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_durations_that_say_when_it_breaks() {
        assert_eq!(seconds_in("drops after exactly 60 seconds"), [60.0]);
        assert_eq!(seconds_in("every two minutes"), [120.0]);
        assert_eq!(seconds_in("每隔5分钟断一次"), [300.0]);
        assert_eq!(seconds_in("8 小时没请求"), [28800.0]);
        assert_eq!(seconds_in("半小时断一次网"), [1800.0]);
        assert_eq!(seconds_in("350 s idle"), [350.0]);
        assert_eq!(seconds_in("after forty-five seconds"), [45.0]);
        assert_eq!(seconds_in("after 1,800 seconds idle"), [1800.0]);
        assert_eq!(seconds_in("the socket drops every minute"), [60.0]);
        assert_eq!(seconds_in("it reconnects once an hour"), [3600.0]);
        assert_eq!(seconds_in("每分钟断一次"), [60.0]);
        assert_eq!(seconds_in("空闲四十五秒后断开，十五分钟后也断"), [45.0, 900.0]);
        assert_eq!(seconds_in("大约三十分钟，或者九分钟左右"), [1800.0, 540.0]);
    }

    #[test]
    fn a_duration_may_stand_on_two_lines() {
        assert_eq!(seconds_in("it drops after\n60 seconds, always"), [60.0]);
        assert_eq!(seconds_in("GET / 200\nit drops after 60\nseconds\nGET / 200"), [60.0]);
        assert_eq!(seconds_in("GET / 200\nalways 30 s\nidle, then gone\nGET /"), [30.0]);
        let among = format!("{0}every 2 minutes\n{0}", "GET /items/7 200 5 s\n".repeat(50));
        assert_eq!(seconds_in(&among), [120.0]);
    }

    #[test]
    fn every_tie_makes_a_stretch() {
        // Whatever the whole text yields is found in its stretches as well.
        let lines = [
            "exactly 5 s",
            "takes 3 minutes",
            "等了10秒",
            "10 秒没反应",
            "a 5 s timeout",
            "past 2h",
            "30 秒左右",
            "15分钟以后",
        ];
        for line in lines {
            assert_eq!(seconds_in(line).len(), 1, "{line}");
        }
    }

    #[test]
    fn leaves_other_numbers_alone() {
        assert_eq!(seconds_in("opened 3 hours ago, 5 minutes to read"), [0.0; 0]);
        assert_eq!(seconds_in("errno 104, port 8080"), [0.0; 0]);
        assert_eq!(seconds_in("1000 requests every minute; 每分钟请求一千次"), [0.0; 0]);
    }
}
