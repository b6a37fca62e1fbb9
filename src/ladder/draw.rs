//! The ladder as text: one bar a timer, all on one axis of time.

use std::fmt::Write;

use crate::knowledge::Lang;

use super::{
    Judgement,
    model::{Limit, Origin, Role, Timer},
    units::shown,
};

/// Width of the axis, characters.
const WIDTH: usize = 36;

/// The judgement for a terminal. Nothing in it is a control character but line breaks.
pub fn draw(judgement: &Judgement, lang: Lang) -> String {
    let mut out = String::new();
    let en = lang == Lang::En;
    let longest = judgement
        .hops
        .iter()
        .flat_map(|hop| &hop.timers)
        .filter_map(|timer| timer.limit.seconds())
        .fold(1.0, f64::max);
    for (at, hop) in judgement.hops.iter().enumerate() {
        let packets = match (hop.passes_packets, en) {
            (false, _) => "",
            (true, true) => " (passes packets on)",
            (true, false) => "（只转发数据包）",
        };
        line(&mut out, &format!("{}. {} [{}]{packets}", at + 1, hop.name, hop.component));
        for timer in &hop.timers {
            line(&mut out, &bar(timer, longest, en));
        }
        for note in &hop.notes {
            line(&mut out, &format!("     ! {note}"));
        }
    }
    line(&mut out, &axis(longest));
    if judgement.inversions.is_empty() {
        line(
            &mut out,
            if en {
                "No timer is in the wrong order."
            } else {
                "所有超时的次序都没有问题。"
            },
        );
    }
    for (number, inversion) in (1..).zip(&judgement.inversions) {
        line(&mut out, "");
        line(&mut out, &format!("{number}) {}", inversion.what.get(lang)));
        line(&mut out, &format!("   → {}", inversion.symptom.get(lang)));
    }
    if !judgement.settings.is_empty() {
        line(&mut out, "");
        line(
            &mut out,
            if en {
                "Settings after which nothing is in the wrong order:"
            } else {
                "改成下面这样，次序就都对了："
            },
        );
    }
    for setting in &judgement.settings {
        let name = judgement.hops.get(setting.hop).map_or("", |hop| hop.name.as_str());
        line(&mut out, &format!("   {name}: {}", setting.snippet));
        line(&mut out, &format!("      {}", setting.why.get(lang)));
    }
    if let Some(cut) = &judgement.cut_off {
        line(&mut out, "");
        line(&mut out, cut.says.get(lang));
    }
    out
}

fn line(out: &mut String, text: &str) {
    let safe: String = text.chars().filter(|c| !c.is_control()).collect();
    // Writing to a string does not fail.
    let _ = writeln!(out, "{}", safe.trim_end());
}

/// Length of a bar: times span from milliseconds to days, so the axis is logarithmic.
fn length(seconds: f64, longest: f64) -> usize {
    let share = libm::log2(1.0 + seconds) / libm::log2(1.0 + longest.max(1.0));
    let cells = (share.clamp(0.0, 1.0) * WIDTH as f64).round();
    (0..=WIDTH).rev().find(|n| (*n as f64) <= cells).unwrap_or(0).max(1)
}

fn bar(timer: &Timer, longest: f64, en: bool) -> String {
    let (drawn, value) = match timer.limit {
        Limit::Seconds(seconds) => {
            ("█".repeat(length(seconds, longest)), format!("{} s", shown(seconds)))
        }
        Limit::Never => ("─".repeat(WIDTH) + "▶", (if en { "never" } else { "不限" }).to_owned()),
        Limit::Off => (String::new(), (if en { "off" } else { "关闭" }).to_owned()),
        Limit::Count(count) => (String::new(), shown(count)),
    };
    let drawn = format!("{drawn:<width$}", width = WIDTH + 1);
    let from = match &timer.origin {
        Origin::Given => (if en { "given" } else { "已填写" }).to_owned(),
        Origin::Config { line } if en => format!("line {line}"),
        Origin::Config { line } => format!("第 {line} 行"),
        Origin::Default { date, unsure, .. } => {
            let unsure = if *unsure { "?" } else { "" };
            if en {
                format!("default{unsure}, {date}")
            } else {
                format!("默认值{unsure}，{date}")
            }
        }
        Origin::Calculated => (if en { "calculated" } else { "计算得出" }).to_owned(),
    };
    let roles: Vec<&str> =
        timer.roles.iter().filter(|role| **role != Role::Other).map(|role| role.as_str()).collect();
    let roles = if roles.is_empty() { String::new() } else { format!(" · {}", roles.join(", ")) };
    format!("   {drawn} {value:>9}  {}{roles} ({from})", timer.setting)
}

fn axis(longest: f64) -> String {
    let marks = [1.0, 10.0, 60.0, 350.0, 3600.0, 86_400.0];
    let mut cells: Vec<char> = vec!['·'; WIDTH + 12];
    for mark in marks.into_iter().filter(|mark| *mark <= longest) {
        let at = length(mark, longest);
        let label = match mark {
            m if m >= 86_400.0 => "1d".to_owned(),
            m if m >= 3600.0 => "1h".to_owned(),
            m => format!("{}s", shown(m)),
        };
        for (offset, c) in label.chars().enumerate() {
            if let Some(cell) = cells.get_mut(at + offset) {
                *cell = c;
            }
        }
    }
    format!("   {}", cells.into_iter().take(WIDTH + 4).collect::<String>())
}
