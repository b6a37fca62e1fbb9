//! Sentences of the knowledge base, in which backticks mark code.

use leptos::prelude::*;

/// `text` with what stands between two backticks as code; everything in it is shown as text only. A
/// backtick that has no twin stays what it is.
pub fn prose(text: &str) -> impl IntoView + use<> {
    let parts: Vec<String> = text.split('`').map(str::to_owned).collect();
    if parts.len().is_multiple_of(2) {
        return text.to_owned().into_any();
    }
    let part = |(at, part): (usize, String)| {
        if at % 2 == 1 { view! { <code>{part}</code> }.into_any() } else { part.into_any() }
    };
    let told = parts.into_iter().enumerate().filter(|(_, part)| !part.is_empty());
    told.map(part).collect_view().into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        let html = prose(text).into_view().to_html();
        // What marks the borders of texts for the browser is nothing to read.
        html.replace("<!>", "").replace("<!---->", "")
    }

    #[test]
    fn code_is_shown_as_code_and_never_as_markup() {
        assert_eq!(shown("`drop` above 0"), "<code>drop</code> above 0");
        assert_eq!(shown("plain"), "plain");
        assert_eq!(shown("one ` alone"), "one ` alone");
        assert_eq!(shown("`<b>` & <i>"), "<code>&lt;b&gt;</code> &amp; &lt;i&gt;");
    }
}
