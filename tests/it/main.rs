//! The one integration binary: each file of this folder is a module here, linked once.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod architecture;
#[cfg(feature = "ssr")]
mod guesses;
#[cfg(feature = "ssr")]
mod holds;
#[cfg(feature = "ssr")]
mod learning;
#[cfg(feature = "ssr")]
mod operations;
#[cfg(feature = "ssr")]
mod serving;
#[cfg(feature = "ssr")]
mod store;
#[cfg(feature = "ssr")]
mod store_crash;
#[cfg(feature = "ssr")]
mod store_link;
#[cfg(feature = "ssr")]
mod target;
#[cfg(feature = "ssr")]
mod ticket;
#[cfg(feature = "ssr")]
mod ticket_check;
#[cfg(feature = "ssr")]
mod ticket_doors;
#[cfg(feature = "ssr")]
mod webhooks;
#[cfg(feature = "ssr")]
mod webhooks_crash;

/// A file that is not listed above would never run.
#[test]
fn every_file_of_this_folder_is_a_module() {
    let here = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it");
    let main = std::fs::read_to_string(here.join("main.rs")).unwrap();
    for entry in std::fs::read_dir(&here).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let module = name.trim_end_matches(".rs");
        let listed =
            module == "main" || main.lines().any(|line| line.ends_with(&format!("mod {module};")));
        assert!(listed, "tests/it/{name} is not a module of tests/it/main.rs");
    }
}
