//! The site: script, wasm, style and public files, in `target/site`, under a hashed name.
//!
//! Invariant: nothing in `target/site` is touched while its sources are the same, since the
//! release build embeds the files and cargo rebuilds the server when one of them is newer.

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use md5::{Digest, Md5};

use crate::build::{Mode, NAME};

const SITE: &str = "target/site";

/// Holds the stamp of the sources that `target/site` was made from.
const STAMP: &str = "target/site.stamp";

/// Kinds of file that gain from compression.
const COMPRESSIBLE: [&str; 8] = ["js", "wasm", "css", "svg", "txt", "json", "html", "webmanifest"];

/// The parts of the workers that are not wasm, and their names in the site.
const SHELLS: [(&str, &str); 2] =
    [("src/worker/shell.js", "capture-worker.js"), ("src/reader/shell.js", "reader-worker.js")];

/// Makes the site where its sources changed; gives the stamp of the sources.
///
/// `programs` are the names and the wasm of what runs in the browser.
pub fn update(programs: &[(&str, PathBuf)], mode: Mode) -> Result<String> {
    let wanted = stamp_of(programs, mode)?;
    if Path::new(SITE).is_dir() && fs::read_to_string(STAMP).is_ok_and(|made| made == wanted) {
        return Ok(wanted);
    }
    eprintln!("making the site");
    let new = Path::new("target/site.new");
    let _not_there = fs::remove_dir_all(new);
    let package = new.join("pkg/new");
    fs::create_dir_all(&package)?;
    for (name, wasm) in programs {
        bind(wasm, name, mode, &package)?;
    }
    for (shell, name) in SHELLS {
        fs::copy(shell, package.join(name))?;
    }
    fs::write(package.join(format!("{NAME}.css")), style()?)?;
    // The content's hash in the folder's name lets browsers keep the files for ever.
    let mut hash = Md5::new();
    for file in files_of(&package)? {
        hash.update(fs::read(file)?);
    }
    fs::rename(&package, new.join("pkg").join(hex(hash)))?;
    copy(Path::new("public"), new)?;
    if mode == Mode::Release {
        for file in files_of(new)? {
            compress(&file)?;
        }
    }
    let _not_there = fs::remove_dir_all(SITE);
    fs::rename(new, SITE)?;
    fs::write(STAMP, &wanted)?;
    Ok(wanted)
}

/// Writes `name.js` and `name_bg.wasm` into `package`.
fn bind(wasm: &Path, name: &str, mode: Mode, package: &Path) -> Result<()> {
    wasm_bindgen_cli_support::Bindgen::new()
        .input_path(wasm)
        .web(true)?
        .typescript(false)
        .remove_name_section(mode == Mode::Release)
        .remove_producers_section(true)
        .out_name(name)
        .generate(package)
}

/// A hash of everything the site is made from, and of how. The version of wasm-bindgen, which
/// decides on the script, is written in the wasm itself.
fn stamp_of(programs: &[(&str, PathBuf)], mode: Mode) -> Result<String> {
    let mut hash = Md5::new();
    hash.update(format!("{mode:?}, programs packed"));
    let shells = SHELLS.map(|(shell, _)| PathBuf::from(shell));
    for source in programs.iter().map(|(_, wasm)| wasm).chain(&shells) {
        hash.update(
            fs::read(source).with_context(|| format!("cannot read `{}`", source.display()))?,
        );
    }
    for folder in ["style", "public"] {
        for file in files_of(Path::new(folder))? {
            hash.update(file.to_string_lossy().as_bytes());
            hash.update(fs::read(file)?);
        }
    }
    Ok(hex(hash))
}

/// Every file of `style/` that ends in `.css`, in the order of their names, as one.
fn style() -> Result<Vec<u8>> {
    let mut style = Vec::new();
    for file in files_of(Path::new("style"))? {
        if file.extension().is_some_and(|ending| ending == "css") {
            style.extend(fs::read(file)?);
        }
    }
    Ok(style)
}

/// Every file in `folder` and below, by name; none where there is no such folder.
fn files_of(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    if !folder.is_dir() {
        return Ok(files);
    }
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(files_of(&path)?);
        } else {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    for file in files_of(from)? {
        let target = to.join(file.strip_prefix(from)?);
        fs::create_dir_all(target.parent().context("a file lies in no folder")?)?;
        fs::copy(file, target)?;
    }
    Ok(())
}

/// Puts `file.br` and `file.gz` beside a file that gains from it. A program's own file goes: hardly anybody
/// asks for it as it is, and the server unpacks it for those.
fn compress(file: &Path) -> Result<()> {
    let ending = file.extension().and_then(|ending| ending.to_str()).unwrap_or("").to_owned();
    if !COMPRESSIBLE.contains(&ending.as_str()) {
        return Ok(());
    }
    let data = fs::read(file)?;
    let parameters = brotli::enc::BrotliEncoderParams {
        quality: 11,
        lgwin: 22,
        size_hint: data.len(),
        ..Default::default()
    };
    let mut small = Vec::new();
    brotli::BrotliCompress(&mut &data[..], &mut small, &parameters)?;
    fs::write(file.with_extension(format!("{ending}.br")), small)?;
    let mut small = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    small.write_all(&data)?;
    fs::write(file.with_extension(format!("{ending}.gz")), small.finish()?)?;
    if ending == "wasm" {
        fs::remove_file(file)?;
    }
    Ok(())
}

/// The first 16 hexadecimal digits of a hash.
fn hex(hash: Md5) -> String {
    hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}
