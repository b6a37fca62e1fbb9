//! Numbers as people read them, the same on the server and in the browser.

pub use crate::report::percent;

/// Seconds with at most two decimals and no trailing zeros.
pub fn seconds(seconds: f64) -> String {
    let text = format!("{seconds:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::Lang;

    #[test]
    fn nothing_is_ever_certain() {
        assert_eq!(percent(0.0, Lang::En), "< 1 %");
        assert_eq!(percent(0.806, Lang::En), "81 %");
        assert_eq!(percent(0.999, Lang::En), "> 99 %");
        assert_eq!(percent(0.0, Lang::Zh), "<1%");
        assert_eq!(percent(0.806, Lang::Zh), "81%");
    }

    #[test]
    fn seconds_lose_what_says_nothing() {
        assert_eq!(seconds(5.0), "5");
        assert_eq!(seconds(5.004), "5");
        assert_eq!(seconds(350.5), "350.5");
        assert_eq!(seconds(600.0), "600");
    }
}
