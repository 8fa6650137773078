//! A copy of a folder in an item's.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use super::{Adopted, Refused, look_beneath};
use crate::video::{
    Facts,
    package::{self, missing_bytes, sync_folder, write_refused},
    place::Folder,
};

/// Name of a copied folder in an item's.
pub(in crate::video) const COPY: &str = "hls";
const COPY_PART: &str = "hls.part";

/// Copies what the playlists of a folder name, and nothing else, into the folder `into` as `hls/`; all or nothing. Blocks.
///
/// # Errors
/// [`Refused`]; nothing is left behind then.
pub fn copy(from: &Path, into: &Path) -> Result<Facts, Refused> {
    let folder = Folder::open(from).map_err(Refused::Read)?;
    let adopted = look_beneath(&folder)?;
    let bytes = adopted.facts.bytes;
    let write = |error| Refused::Write(write_refused(error, into, bytes));
    if !into.is_dir() {
        fs::create_dir_all(into).map_err(write)?;
        if let Some(parent) = into.parent() {
            sync_folder(parent).map_err(write)?;
        }
    }
    let _alone = package::alone_in(into).map_err(Refused::Write)?;
    let needed = missing_bytes(into, bytes).map_err(write)?;
    if needed > 0 {
        return Err(Refused::Write(package::Refused::DiskFull { needed }));
    }
    let part = into.join(COPY_PART);
    let copied = copy_all(&folder, &adopted, &part).and_then(|()| {
        let whole = into.join(COPY);
        if whole.is_dir() {
            fs::remove_dir_all(&whole)?;
        }
        fs::rename(&part, &whole)?;
        sync_folder(into)
    });
    copied.map_err(|error| {
        // What cannot be taken away is overwritten the next time.
        let _ = fs::remove_dir_all(&part);
        write(error)
    })?;
    Ok(adopted.facts)
}

fn copy_all(folder: &Folder, adopted: &Adopted, part: &Path) -> io::Result<()> {
    if part.is_dir() {
        fs::remove_dir_all(part)?;
    }
    fs::create_dir(part)?;
    let mut folders = BTreeSet::from([part.to_owned()]);
    let mut make = |path: &str| -> io::Result<PathBuf> {
        let path = part.join(path);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
            let above = parent.ancestors().take_while(|above| *above != part);
            folders.extend(above.map(Path::to_owned));
        }
        Ok(path)
    };
    let texts = adopted.playlists.iter();
    let texts = texts.map(|(path, text)| (path.as_str(), text));
    for (path, text) in texts.chain([(adopted.entry, &adopted.text)]) {
        let mut file = File::create(make(path)?)?;
        io::Write::write_all(&mut file, text)?;
        file.sync_all()?;
    }
    for path in adopted.files.keys() {
        let mut source = folder.file(path)?;
        let mut file = File::create(make(path)?)?;
        io::copy(&mut source, &mut file)?;
        file.sync_all()?;
    }
    // The innermost first.
    folders
        .iter()
        .rev()
        .try_for_each(|folder| sync_folder(folder))
}
