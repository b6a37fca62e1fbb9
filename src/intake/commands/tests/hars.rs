//! HAR files as Chrome and Firefox save them.

use super::{read_output, rest, said, says};

/// A request with its end, in the shape of Chrome's developer tools.
fn request(url: &str, end: &str, timings: &str) -> String {
    format!(
        "{{\"startedDateTime\":\"2026-11-28T10:15:00.000Z\",\"time\":9.5,\"request\":{{\"method\":\"GET\",\"url\":\"{url}\",\"headers\":[]}},\"response\":{{{end}}},\"timings\":{{\"blocked\":1.2,\"send\":0.1,{timings}}},\"connection\":\"7\"}}"
    )
}

fn har(requests: &[String]) -> String {
    format!(
        "{{\n\"log\":{{\"version\":\"1.2\",\"creator\":{{\"name\":\"WebInspector\"}},\"entries\":[\n{}\n]}}}}\n",
        requests.join(",\n")
    )
}

const OK: &str = "\"status\":200,\"httpVersion\":\"http/1.1\",\"headers\":[{\"name\":\"Server\",\"value\":\"nginx\"}],\"content\":{\"text\":\"connect() failed (111: Connection refused)\"}";
const PLAIN: &str = "\"dns\":-1,\"connect\":-1,\"ssl\":-1,\"wait\":12.0,\"receive\":1";

fn failed(error: &str) -> String {
    format!("\"status\":0,\"statusText\":\"\",\"headers\":[],\"_error\":\"net::{error}\"")
}

#[test]
fn errors_of_the_browser_are_read_by_how_far_the_request_came() {
    let one = |error: &str, timings: &str| {
        har(&[request("https://a.example/x", &failed(error), timings)])
    };
    says(&one("ERR_NAME_NOT_RESOLVED", PLAIN), &["dns.result=nxdomain"]);
    says(&one("ERR_CONNECTION_REFUSED", PLAIN), &["tcp.result=refused"]);
    says(&one("ERR_CONNECTION_RESET", PLAIN), &["tls.result=cut"]);
    says(
        &one("ERR_CONNECTION_RESET", "\"connect\":30.0,\"ssl\":20.5,\"wait\":5012.0"),
        &["http.result=reset", "seconds=5"],
    );
    says(&one("ERR_CERT_DATE_INVALID", PLAIN), &["tls.result=cert_expired"]);
    // The person went on; a blocker blocked.
    says(&one("ERR_ABORTED", PLAIN), &[]);
    says(&one("ERR_BLOCKED_BY_CLIENT", PLAIN), &[]);
}

#[test]
fn what_is_left_are_the_names_of_errors_on_their_lines() {
    let text = har(&[
        request("https://a.example/x", OK, PLAIN),
        request("https://a.example/y", &failed("ERR_NETWORK_CHANGED"), PLAIN),
        request("https://a.example/z", &failed("ERR_ABORTED"), PLAIN),
    ]);
    let lines: Vec<String> = rest(&text).lines().map(|line| line.trim().to_owned()).collect();
    assert_eq!(lines, ["", "", "", "net::ERR_NETWORK_CHANGED", "", ""]);
}

#[test]
fn gateways_name_themselves_and_their_timer() {
    let end = "\"status\":504,\"headers\":[{\"name\":\"server\",\"value\":\"awselb/2.0\"}]";
    let slow = |wait: &str| {
        request("https://a.example/r?token=geheim", end, &format!("\"dns\":1,\"wait\":{wait}"))
    };
    let text = har(&[slow("60012.5"), slow("60031"), request("https://a.example/", OK, PLAIN)]);
    says(&text, &["http.result=gateway_timeout", "error_page_by=alb", "seconds=60"]);
    let shown = read_output(&text).observations.remove(0).raw.unwrap();
    assert_eq!(shown, "request 1: GET https://a.example/r: 504 after 60.0 s");
    let uneven = har(&[slow("60012.5"), slow("9000")]);
    assert!(!said(&uneven).iter().any(|own| own.starts_with("seconds")));
}

#[test]
fn a_connection_that_was_used_before_is_told_from_a_new_one() {
    let lost = |number: u8| {
        request("https://a.example/x", &failed("ERR_EMPTY_RESPONSE"), PLAIN)
            .replace("\"connection\":\"7\"", &format!("\"connection\":\"{number}\""))
    };
    let before = request("https://a.example/", OK, PLAIN);
    let kept = har(&[before.clone(), lost(7)]);
    says(&kept, &["http.result=closed_empty", "phase=reuse_keepalive"]);
    says(&har(&[before, lost(8)]), &["http.result=closed_empty"]);
    // Firefox writes the port there.
    says(&kept.replace("WebInspector", "Firefox"), &["http.result=closed_empty"]);
}

#[test]
fn one_path_or_all_of_it() {
    let fine: Vec<String> =
        (0..6).map(|at| request(&format!("https://a.example/{at}"), OK, PLAIN)).collect();
    says(&har(&fine), &["http.result=ok"]);
    let bad = request("https://a.example/bad", "\"status\":500", PLAIN);
    let mut some = fine;
    some.extend([bad.clone(), bad.clone(), bad]);
    says(&har(&some), &["http.result=server_error", "one_path=one_route"]);
}

#[test]
fn strange_files_say_nothing() {
    for text in [
        "{\"log\":{\"entries\":7}}",
        "{\"log\":{\"entries\":[{\"response\":{\"status\":\"x\",\"_error\":[]},\"timings\":{\"wait\":\"1\",\"ssl\":null}}]}}",
        "{\"log\":{\"entries\":[{}]}}",
        "{\"entries\":[]}",
        "{\"log\":{\"entries\":[",
    ] {
        assert_eq!(said(text), [""; 0], "{text}");
        assert_eq!(rest(text).lines().count(), 1);
    }
}
