//! How small files of an item come to lie in its folder: whole, or not at all.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::Path,
};

/// Writes files of these names into a folder, which is made where it is missing. Where one cannot be written, those of this call
/// are removed again.
pub fn put(folder: &Path, files: &[(&str, &[u8])]) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    for (place, (name, bytes)) in files.iter().enumerate() {
        if let Err(error) = put_one(folder, name, bytes) {
            for (name, _) in files.iter().take(place) {
                let _ = fs::remove_file(folder.join(name));
            }
            return Err(error);
        }
    }
    // The names are on disk when the folder is.
    File::open(folder)?.sync_all()
}

/// Writes beside the place and renames, so that nobody ever reads half a file under the name.
fn put_one(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    let part = folder.join(format!(".{name}.part"));
    // One that a crash left behind. The new one is made, never opened, so that a link in its place leads nowhere.
    match fs::remove_file(&part) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let written = File::options()
        .write(true)
        .create_new(true)
        .open(&part)
        .and_then(|mut file| {
            file.write_all(bytes)?;
            file.sync_all()
        })
        .and_then(|()| fs::rename(&part, folder.join(name)));
    if written.is_err() {
        let _ = fs::remove_file(&part);
    }
    written
}
