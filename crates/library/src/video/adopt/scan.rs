//! Folders that somebody put into the storage.

use std::{
    io,
    path::{Path, PathBuf},
};

use crate::video::place::{Folder, Place, Visibility};

/// A folder that somebody put into the storage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Who is to see it, by where it lies.
    pub visibility: Visibility,
    /// The folder's name, as it is; whether it is a slug is for the caller to judge.
    pub slug_text: String,
    /// Where it is served from.
    pub place: Place,
    /// For [`look`].
    pub folder: PathBuf,
}

/// The folders in `storage/public/` and `storage/private/`, in order. Links and names that begin with a dot are left out, and so are names
/// that are not UTF-8. Blocks.
///
/// # Errors
/// What the system says; folders that are not there are empty.
pub fn scan(storage: &Path) -> io::Result<Vec<Found>> {
    let root = Folder::open(storage)?;
    let mut all = Vec::new();
    for (name, visibility) in [
        ("public", Visibility::Public),
        ("private", Visibility::Private),
    ] {
        let folder = match root.folder(name) {
            Ok(folder) => folder,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        all.extend(folder.folders()?.into_iter().map(|slug_text| Found {
            visibility,
            place: Place::Adopted {
                visibility,
                slug: slug_text.as_str().into(),
            },
            folder: storage.join(name).join(&slug_text),
            slug_text,
        }));
    }
    Ok(all)
}
