//! The report for elsewhere: Markdown, CSV, pictures. Each escapes what came from outside in its own
//! way; nothing in them runs, links or calculates but what we put there ourselves.

mod csv;
mod markdown;
mod picture;
#[cfg(test)]
mod tests;
