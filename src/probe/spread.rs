//! What the shots of the `burst` probe mean. Pure.

use std::{collections::BTreeMap, time::Duration};

use super::{
    burst::{Fate, Shot},
    event::{Finding, Reading, seconds},
    talk::Cut,
};

/// Answers this much later than the fastest come in turn, not together.
const IN_TURN: Duration = Duration::from_millis(500);

impl Fate {
    /// The kind of fate, as it is counted; both languages.
    fn kind(&self) -> (&'static str, &'static str) {
        match self {
            Self::Answered(_) => ("answered", "有响应"),
            Self::Greeted => ("greeted", "有问候"),
            Self::Open => ("left open", "保持打开"),
            Self::Limited(_) => ("told that a limit is reached", "被告知已达上限"),
            Self::Refused => ("refused", "被拒绝"),
            Self::Cut(Cut::Rst) => ("connected and reset", "连上后被重置"),
            Self::Cut(_) => ("connected and closed without a word", "连上后一声不吭被关闭"),
            Self::NoConnect => ("not let in (no answer to the SYN)", "连不进去（SYN 没有回应）"),
            Self::Silent(true) => {
                ("connected and never answered (acknowledged)", "连上后没有响应（数据已送达）")
            }
            Self::Silent(false) => {
                ("connected and never answered (not acknowledged)", "连上后没有响应（数据未送达）")
            }
            Self::Failed(_) => ("not counted", "不计入"),
        }
    }

    fn is_served(&self) -> bool {
        matches!(self, Self::Answered(_) | Self::Greeted | Self::Open)
    }
}

/// Reads meaning into the shots.
pub(super) fn interpret(shots: &[Shot]) -> Reading {
    let counted: Vec<&Shot> =
        shots.iter().filter(|shot| !matches!(shot.fate, Fate::Failed(_))).collect();
    if counted.len() < 2 {
        let mut reading =
            Reading::not_visible("no burst could be sent from here", "从这里发不出并发连接");
        if let Some(Shot { fate: Fate::Failed(why), .. }) = shots.first() {
            let finding = Finding::new("a connection of the burst failed", "并发中的一条连接失败");
            reading.findings.push(finding.raw(why));
        }
        return reading;
    }
    let count =
        |fits: &dyn Fn(&Fate) -> bool| counted.iter().filter(|shot| fits(&shot.fate)).count();
    let all = counted.len();
    let served = count(&Fate::is_served);
    let late = counted.iter().filter(|shot| shot.retransmits > 0).count();
    // What says most comes first: words, then refusals, then what only takes long.
    let value = if count(&|fate| matches!(fate, Fate::Limited(_))) > 0 {
        "limit_said"
    } else if count(&|fate| matches!(fate, Fate::Refused)) > 0 {
        "some_refused"
    } else if count(&|fate| matches!(fate, Fate::Cut(_))) > 0 {
        "some_cut"
    } else if count(&|fate| matches!(fate, Fate::NoConnect)) > 0 || late > 1 {
        "some_not_let_in"
    } else if count(&|fate| matches!(fate, Fate::Silent(_))) > 0 {
        "some_unanswered"
    } else {
        "all_served"
    };
    let raw = raw(&counted);
    let mut reading = Reading::default();
    let mut kinds: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for shot in &counted {
        *kinds.entry(shot.fate.kind()).or_default() += 1;
    }
    for ((en, zh), number) in &kinds {
        let finding =
            Finding::new(format!("{number} of {all}: {en}"), format!("{all} 条中 {number} 条{zh}"));
        reading.findings.push(finding);
    }
    // What happens to all ten alike happens to one alone too: no limit of number.
    if served == 0 && kinds.len() == 1 && value != "limit_said" {
        let finding = Finding::new(
            "none was served, so the number is not what matters",
            "一条都没有成功，所以与并发数无关",
        );
        reading.findings.push(finding.raw(raw));
        "none_served".clone_into(&mut reading.outcome);
        return reading;
    }
    spread(&counted, &mut reading);
    if let Some(Fate::Limited(words)) =
        counted.iter().map(|shot| &shot.fate).find(|fate| matches!(fate, Fate::Limited(_)))
    {
        let finding = Finding::new(
            "the server says itself that a limit is reached",
            "服务端自己说已达到上限",
        );
        reading.findings.push(finding.raw(words));
    }
    reading.observe("burst.result", value, &raw);
    value.clone_into(&mut reading.outcome);
    reading
}

/// Least, middle and most of the times, and whether answers came in turn.
fn spread(counted: &[&Shot], reading: &mut Reading) {
    let sorted = |time: fn(&Shot) -> Duration| {
        let served = counted.iter().filter(|shot| shot.fate.is_served());
        let mut times: Vec<Duration> = served.map(|shot| time(shot)).collect();
        times.sort();
        times
    };
    let (connects, answers) = (sorted(|shot| shot.connect), sorted(|shot| shot.answer));
    let three = |times: &[Duration]| {
        let at = |place: usize| times.get(place).copied().unwrap_or_default();
        let last = times.len().saturating_sub(1);
        (at(0), at(last / 2), at(last))
    };
    let (connect, answer) = (three(&connects), three(&answers));
    let shown = |(least, middle, most): (Duration, Duration, Duration)| {
        format!("{} / {} / {}", seconds(least), seconds(middle), seconds(most))
    };
    let raw =
        format!("least / middle / most: connect {} s, answer {} s", shown(connect), shown(answer));
    let (en, zh) = if answer.2.saturating_sub(answer.0) > IN_TURN {
        (
            "the answers came in turn, as from too few workers",
            "响应是一个接一个来的，像是处理进程太少",
        )
    } else {
        ("how long those that were served had to wait", "成功的连接各等了多久")
    };
    reading.findings.push(Finding::new(en, zh).raw(raw));
}

fn raw(counted: &[&Shot]) -> String {
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for shot in counted {
        *kinds.entry(shot.fate.kind().0).or_default() += 1;
    }
    let kinds: Vec<String> =
        kinds.into_iter().map(|(kind, number)| format!("{number} {kind}")).collect();
    let late = counted.iter().filter(|shot| shot.retransmits > 0).count();
    format!("{} at once: {}; {late} needed a second SYN", counted.len(), kinds.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shots(fates: &[(Fate, usize)]) -> Vec<Shot> {
        let shot = |fate: &Fate| Shot {
            fate: fate.clone(),
            connect: Duration::from_millis(1),
            retransmits: 0,
            answer: Duration::from_millis(2),
        };
        fates.iter().flat_map(|(fate, number)| vec![shot(fate); *number]).collect()
    }

    #[test]
    fn what_says_most_names_the_burst() {
        let ok = || Fate::Answered(200);
        for (rest, wanted) in [
            (Fate::Limited("429".into()), "limit_said"),
            (Fate::Refused, "some_refused"),
            (Fate::Cut(Cut::Rst), "some_cut"),
            (Fate::NoConnect, "some_not_let_in"),
            (Fate::Silent(true), "some_unanswered"),
            (Fate::Greeted, "all_served"),
        ] {
            let reading = interpret(&shots(&[(ok(), 6), (rest, 4)]));
            assert_eq!(reading.outcome, wanted);
            assert_eq!(reading.observations[0].value.word(), Some(wanted));
        }
    }

    #[test]
    fn what_serves_none_has_no_limit_of_number() {
        let reading = interpret(&shots(&[(Fate::Cut(Cut::Fin), 10)]));
        assert!(reading.observations.is_empty());
        assert_eq!(reading.outcome, "none_served");
        let failed = interpret(&shots(&[(Fate::Failed("EMFILE".into()), 10)]));
        assert!(failed.not_visible.is_some());
        assert!(interpret(&[]).not_visible.is_some());
    }

    #[test]
    fn second_syns_and_turns_show() {
        let mut late = shots(&[(Fate::Answered(200), 10)]);
        late[0].retransmits = 1;
        late[1].retransmits = 2;
        late[2].answer = Duration::from_secs(2);
        let reading = interpret(&late);
        assert_eq!(reading.outcome, "some_not_let_in");
        assert!(reading.findings.iter().any(|finding| finding.text.en.contains("in turn")));
    }
}
