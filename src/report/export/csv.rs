//! The ledger as CSV (RFC 4180), for spreadsheets.

use super::super::{Report, inert};

/// Spreadsheets take a file for UTF-8 by this alone.
const MARK: &str = "\u{feff}";
const HEAD: [&str; 8] =
    ["cause", "name", "probability", "observation", "value", "source", "bits", "label"];

impl Report {
    /// Every line of every ledger, one a row, under a head in English: programs read it too.
    pub fn csv(&self) -> String {
        let mut out = String::from(MARK);
        row(&HEAD.map(str::to_owned), &mut out);
        for cause in &self.causes {
            for item in &cause.evidence {
                let cells = [
                    cell(&cause.id),
                    cell(&cause.name),
                    cause.probability.to_string(),
                    cell(&item.observation),
                    cell(&item.value),
                    cell(item.source.as_str()),
                    item.bits.to_string(),
                    cell(&item.label),
                ];
                row(&cells, &mut out);
            }
        }
        out
    }
}

/// A text as a spreadsheet may have it: on one line, and never the beginning of a formula. The
/// apostrophe is the sign for "this is text" (<https://owasp.org/www-community/attacks/CSV_Injection>).
fn cell(text: &str) -> String {
    let line = inert::one_line(text);
    let acts = ['=', '+', '-', '@', '|', '%', '＝', '＋', '－', '＠'];
    if line.starts_with(acts) { format!("'{line}") } else { line }
}

fn row(cells: &[String], out: &mut String) {
    for (at, cell) in cells.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        // Semicolons too: some languages' spreadsheets split at them.
        if cell.contains(['"', ',', ';']) {
            out.push('"');
            out.push_str(&cell.replace('"', "\"\""));
            out.push('"');
        } else {
            out.push_str(cell);
        }
    }
    out.push_str("\r\n");
}
