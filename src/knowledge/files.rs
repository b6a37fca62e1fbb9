//! Where knowledge files come from: a folder on disk, or the copy inside the program.

use std::{collections::BTreeMap, io, path::Path};

/// The files of a knowledge folder: path relative to the folder, with `/`, to content.
pub type Files = BTreeMap<String, String>;

/// The largest knowledge file that is read, bytes; a slip such as a log in the folder is refused.
const MAX_FILE: u64 = 4 * 1024 * 1024;

/// The knowledge that travels inside the program.
#[cfg(not(target_arch = "wasm32"))]
pub fn built_in() -> Files {
    #[derive(rust_embed::Embed)]
    #[folder = "knowledge/"]
    struct BuiltIn;

    BuiltIn::iter()
        .filter(|path| path.ends_with(".toml"))
        .filter_map(|path| {
            let file = BuiltIn::get(&path)?;
            Some((path.into_owned(), String::from_utf8_lossy(&file.data).into_owned()))
        })
        .collect()
}

/// Reads every `.toml` file below `folder`.
///
/// Fails when the folder or a file in it cannot be read; the message names the path.
pub fn read_folder(folder: &Path) -> io::Result<Files> {
    let mut files = Files::new();
    collect(folder, "", &mut files)?;
    Ok(files)
}

fn collect(folder: &Path, prefix: &str, files: &mut Files) -> io::Result<()> {
    let named = |path: &Path, error: &io::Error| {
        io::Error::new(error.kind(), format!("cannot read {}: {error}", path.display()))
    };
    let entries = std::fs::read_dir(folder).map_err(|error| named(folder, &error))?;
    for entry in entries {
        let path = entry.map_err(|error| named(folder, &error))?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        let relative = format!("{prefix}{name}");
        let metadata = std::fs::metadata(&path).map_err(|error| named(&path, &error))?;
        if metadata.is_dir() {
            collect(&path, &format!("{relative}/"), files)?;
        } else if path.extension().is_some_and(|extension| extension == "toml") {
            if metadata.len() > MAX_FILE {
                let message = format!("{} is larger than 4 MiB", path.display());
                return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
            }
            let text = std::fs::read_to_string(&path).map_err(|error| named(&path, &error))?;
            files.insert(relative, text);
        }
    }
    Ok(())
}
