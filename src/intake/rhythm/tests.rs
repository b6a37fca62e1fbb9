//! Logs with a rhythm and without one.

use proptest::prelude::*;

use super::*;

/// A log of `times`, seconds after ten o'clock, with `line` at each.
fn log(times: &[u32], line: &str) -> String {
    let at = |t: &u32| {
        format!("2026-11-28 {:02}:{:02}:{:02} {line}\n", 10 + t / 3600, t / 60 % 60, t % 60)
    };
    times.iter().map(at).collect()
}

fn said(text: &str) -> Vec<(String, String)> {
    rhythm(text).into_iter().map(|o| (o.variable.clone(), o.value.to_string())).collect()
}

fn pair(variable: &str, value: &str) -> Vec<(String, String)> {
    vec![(variable.to_owned(), value.to_owned())]
}

#[test]
fn a_timer_drifts_and_gives_its_seconds() {
    let text = log(&[7, 68, 130, 191, 252, 313], "ERROR conn 4711 reset by peer 10.0.0.1:51514");
    assert_eq!(said(&text), pair("seconds", "61"));
}

#[test]
fn a_minute_that_began_on_the_minute_is_a_timer_and_a_retry_is_none() {
    let minutes = [0, 60, 120, 181, 240, 300];
    assert_eq!(said(&log(&minutes, "ws closed (1006)")), pair("seconds", "60"));
    assert!(said(&log(&minutes, "connection refused, retrying in 60 s")).is_empty());
    assert!(said(&log(&[1, 6, 11, 16, 21, 26], "connection reset by peer")).is_empty());
}

#[test]
fn the_pulse_is_shown_with_its_spread() {
    let text = log(&[7, 68, 130, 191, 252, 313], "conn reset by peer");
    let raw = rhythm(&text).first().and_then(|o| o.raw.clone()).unwrap();
    assert!(raw.starts_with("6 × 61 s ± 0 s: 2026-11-28 10:00:07 conn"), "{raw}");
}

#[test]
fn a_clock_stays_on_the_minute() {
    let text = log(&[0, 300, 601, 900, 1200, 1500], "connection lost (id 1)");
    assert_eq!(said(&text), pair("schedule", "every_n"));
}

#[test]
fn the_same_time_every_day_is_daily() {
    let line = |day: u32| format!("Nov 0{day} 03:00:0{day} db app[1]: connection reset by peer");
    let text = [1, 2, 3, 4, 5].map(line).join("\n");
    assert_eq!(said(&text), pair("schedule", "daily"));
}

#[test]
fn a_count_is_told_from_a_clock() {
    let mut text = String::new();
    let mut second = 0;
    for request in 0..500_u32 {
        second += (1 + request * request % 29) * (1 + request / 100);
        text += &log(
            &[second],
            if request % 100 == 99 { "recv() failed: reset" } else { "GET /a 200" },
        );
    }
    assert_eq!(said(&text), pair("request_n", "fixed_count"));
}

#[test]
fn each_life_as_long_as_the_other_is_a_timer() {
    let mut text = String::new();
    for (begun, ended) in [(3, 123), (200, 320), (411, 531), (900, 1021)] {
        text += &log(&[begun], "ws connected");
        text += &log(&[ended], if ended % 2 == 0 { "ws closed (1006)" } else { "ws disconnected" });
    }
    assert_eq!(said(&text), pair("seconds", "120"));
}

#[test]
fn without_trouble_or_without_rhythm_nothing_is_said() {
    assert!(said(&log(&[0, 60, 120, 180, 240], "GET /healthz 200")).is_empty());
    assert!(said(&log(&[3, 71, 95, 300, 342, 1200], "connection reset")).is_empty());
    assert!(said(&log(&[0, 60, 120], "connection reset")).is_empty());
    assert!(
        said("connection reset\nconnection reset\nconnection reset\nconnection reset").is_empty()
    );
}

#[test]
fn a_night_between_two_times_is_no_step_back() {
    let text = "23:58:10 lost\n23:59:11 lost\n00:00:12 lost\n00:01:13 lost\n00:02:14 lost\n";
    assert_eq!(said(text), pair("seconds", "61"));
}

proptest! {
    #[test]
    fn any_text_is_read(text in "(\\PC{0,40}\n|Nov 28 1[0-9]:[0-5][0-9]:[0-5][0-9] (reset|connected|x)\n){0,30}") {
        for observation in rhythm(&text) {
            prop_assert!(observation.value.number().is_none_or(|seconds| seconds.is_finite() && seconds > 0.0));
        }
    }
}
