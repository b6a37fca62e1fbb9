//! What a link does not open: every door tried with the wrong key.

use serde_json::{Value, json};

use crate::{
    serving::Server,
    ticket::{Saved, save},
};

/// Robots that look at links in chats, mail and search, by their own words.
const PREVIEWS: [&str; 15] = [
    "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
    "Slack-ImgProxy (+https://api.slack.com/robots)",
    "Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)",
    "TelegramBot (like TwitterBot)",
    "Twitterbot/1.0",
    "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
    "WhatsApp/2.23.20.0",
    "LinkedInBot/1.0 (compatible; Mozilla/5.0; Apache-HttpClient +http://www.linkedin.com)",
    "Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5",
    "Mozilla/5.0 (compatible; MSTeams; SkypeSpaces)",
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    "Mozilla/5.0 (compatible; Feishu; Lark URL Preview)",
    "Mozilla/5.0 (compatible; DingTalkBot-LinkService/1.0)",
    "Mozilla/5.0 (Linux; Android 11) MicroMessenger/8.0 WeChat preview",
];

fn page(server: &Server, path: &str, agent: &str) -> String {
    server.ask(&format!("GET {path} HTTP/1.1\r\nAccept: text/html\r\nUser-Agent: {agent}"), "")
}

fn form(server: &Server, path: &str, body: &str) -> String {
    let kind = "Content-Type: application/x-www-form-urlencoded\r\nAccept: text/html";
    server.ask(&format!("POST {path} HTTP/1.1\r\n{kind}"), body)
}

fn status(answer: &str) -> u16 {
    answer.get(9..12).and_then(|status| status.parse().ok()).unwrap()
}

/// Everything that a token can be sent to, with a body that would do something.
fn changes(token: &str) -> Vec<(String, &'static str, String)> {
    let api = |what: &str, body: Value| {
        (format!("/api/v1/diagnoses/{token}/{what}"), "application/json", body.to_string())
    };
    let form = |what: &str, body: &str| {
        (format!("/d/{token}/{what}"), "application/x-www-form-urlencoded", body.to_owned())
    };
    vec![
        api("answers", json!({ "answers": { "process": "running" } })),
        api("comments", json!({ "text": "x" })),
        api("observations", json!({ "text": "ESTAB 1 2\nListenOverflows 9" , "vantage": "m" })),
        api("checks", json!({ "fix": "x", "worked": true })),
        form("answers", "answer.process=running&comment=x"),
        form("observations", "text=connection+refused"),
        form("verify", "fix=x&worked=yes"),
        form("open", ""),
        (format!("/manage/{token}/delete"), "application/x-www-form-urlencoded", String::new()),
    ]
}

fn send(server: &Server, (path, kind, body): &(String, &str, String)) -> u16 {
    status(&server.ask(&format!("POST {path} HTTP/1.1\r\nContent-Type: {kind}"), body))
}

/// A form that cannot be taken says why and leads back to its report; a link that is none does not.
#[test]
fn a_form_that_is_refused_leads_back_to_its_report() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path());
    let Saved { view, answer, .. } = save(&server, &json!({}));
    let back = |token: &str| format!("href=\"/d/{token}#ticket\"");
    let empty = form(&server, &format!("/d/{answer}/answers"), "who=&comment=+");
    assert_eq!(status(&empty), 400);
    assert!(empty.contains("Nothing was sent: choose an answer") && empty.contains(&back(&answer)));
    let unknown = form(&server, &format!("/d/{answer}/verify"), "fix=none&worked=yes");
    assert!(status(&unknown) >= 400 && unknown.contains(&back(&answer)), "{unknown}");
    let refused = form(&server, &format!("/d/{view}/answers"), "comment=x");
    assert_eq!((status(&refused), refused.contains("href=\"/d/")), (404, false), "{refused}");
}

#[test]
fn a_view_token_changes_nothing_and_literal_templates_are_no_links() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path());
    let Saved { view, answer, manage } = save(&server, &json!({}));
    let before = server.get(&format!("/api/v1/diagnoses/{view}"));
    for change in changes(&view) {
        // A wrong value is named before the token is looked at; nothing is changed either way.
        let status = send(&server, &change);
        assert!(matches!(status, 400 | 404), "{} gives {status}", change.0);
    }
    assert_eq!(server.delete(&format!("/api/v1/diagnoses/{view}")).0, 404);
    assert_eq!(server.delete(&format!("/api/v1/diagnoses/{answer}")).0, 404);
    assert_eq!(status(&page(&server, &format!("/manage/{view}"), "x")), 404);
    assert_eq!(status(&page(&server, &format!("/manage/{answer}"), "x")), 404);
    assert_eq!(status(&page(&server, &format!("/d/{manage}"), "x")), 404);
    for method in ["PUT", "PATCH", "DELETE"] {
        let (status, _) = server.call(method, &format!("/d/{view}"), "");
        assert!(matches!(status, 404 | 405), "{method} gives {status}");
    }
    assert_eq!(server.get(&format!("/api/v1/diagnoses/{view}")), before, "a view token changed it");
    let seen = page(&server, &format!("/d/{view}"), "x");
    assert!(!seen.contains(&answer) && !seen.contains("name=\"comment\""), "it shows the means");
    let means = page(&server, &format!("/d/{answer}"), "x");
    assert!(means.contains("name=\"comment\""), "the answer link shows no means");
    for template in [":token", "{token}", "%7Btoken%7D", "*"] {
        for change in changes(template) {
            let status = send(&server, &change);
            assert!(matches!(status, 400 | 404), "{} gives {status}", change.0);
        }
        assert_eq!(server.get(&format!("/api/v1/diagnoses/{template}")).0, 404);
        assert_eq!(status(&page(&server, &format!("/d/{template}"), "x")), 404);
    }
}

#[test]
fn guessing_ends_in_429_and_a_right_link_is_no_exception() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path());
    let saved = save(&server, &json!({}));
    let mut said = Vec::new();
    for guess in 0..100 {
        let token = format!("{:A<27}", format!("guess{guess}"));
        said.push(server.get(&format!("/api/v1/diagnoses/{token}")).0);
    }
    let first = said.iter().position(|status| *status == 429).unwrap();
    assert!(said[..first].iter().all(|status| *status == 404), "{said:?}");
    assert!(said[first..].iter().all(|status| *status == 429), "{said:?}");
    let known = server.get(&format!("/api/v1/diagnoses/{}", saved.view));
    assert_eq!(known.0, 429, "a hit can be told from a miss");
    assert_eq!(server.get("/healthz").0, 200);
}

#[test]
fn a_revoked_link_is_gone_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path());
    let saved = save(&server, &json!({}));
    assert_eq!(status(&form(&server, &format!("/manage/{}/delete", saved.manage), "")), 303);
    for token in [&saved.view, &saved.answer] {
        assert_eq!(status(&page(&server, &format!("/d/{token}"), "x")), 404);
    }
}

#[test]
fn fifteen_preview_robots_burn_nothing_and_a_press_burns_once() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path());
    let saved = save(&server, &json!({ "burn": true }));
    assert!(saved.answer.is_empty());
    let link = format!("/d/{}", saved.view);
    for agent in PREVIEWS {
        let seen = page(&server, &link, agent);
        assert_eq!(status(&seen), 200, "{agent}");
        assert!(
            !seen.contains("prematurely") && !seen.contains("id=\"verdict\""),
            "{agent} saw it"
        );
        assert!(seen.contains("og:title") && seen.contains("noindex"), "{agent}");
        let head = server.ask(&format!("HEAD {link} HTTP/1.1\r\nUser-Agent: {agent}"), "");
        assert_eq!(status(&head), 200, "{agent}");
    }
    assert_eq!(server.get(&format!("/api/v1/diagnoses/{}", saved.view)).0, 403);
    let read = form(&server, &format!("{link}/open"), "");
    assert!(status(&read) == 200 && read.contains("prematurely"), "{read:.300}");
    assert_eq!(status(&form(&server, &format!("{link}/open"), "")), 404);
    assert_eq!(status(&page(&server, &link, "x")), 404);
}

#[test]
fn a_password_is_asked_for_everywhere_and_can_be_tried_a_few_times() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path());
    let saved = save(&server, &json!({ "password": "三只猫" }));
    for token in [&saved.view, &saved.answer] {
        let seen = page(&server, &format!("/d/{token}"), "x");
        assert!(status(&seen) == 200 && !seen.contains("prematurely"), "it is open");
        assert_eq!(server.get(&format!("/api/v1/diagnoses/{token}")).0, 403);
        assert_eq!(server.get(&format!("/api/v1/diagnoses/{token}/events")).0, 403);
    }
    for change in changes(&saved.answer) {
        let status = send(&server, &change);
        assert!(matches!(status, 400 | 403 | 404), "{} gives {status}", change.0);
    }
    let unlock = format!("/d/{}/unlock", saved.view);
    let opened = form(&server, &unlock, "password=%E4%B8%89%E5%8F%AA%E7%8C%AB");
    assert_eq!(status(&opened), 303, "{opened:.300}");
    let cookie = opened.split("set-cookie: key=").nth(1).unwrap().split(';').next().unwrap();
    let head = format!("GET /d/{} HTTP/1.1\r\nCookie: key={cookie}", saved.view);
    assert!(server.ask(&head, "").contains("prematurely"));
    let wrong: Vec<u16> =
        (0..12).map(|_| status(&form(&server, &unlock, "password=wrong"))).collect();
    assert!(wrong.contains(&403) && wrong.last() == Some(&429), "{wrong:?}");
    let bytes = std::fs::read(dir.path().join("hangup.sqlite-wal")).unwrap_or_default();
    let secret = "三只猫".as_bytes();
    assert!(!bytes.windows(secret.len()).any(|w| w == secret), "the password lies in the database");
}
