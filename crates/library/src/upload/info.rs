//! What lies in an upload's folder beside its bytes: what it is to become, whose it is, and how it ended.

use std::{
    fs,
    io::{self, Write as _},
    path::Path,
};

use domain::{clock::Time, slug::Slug, stream::Visibility, user::UserId};
use serde::{Deserialize, Serialize};

use super::{Ended, Kind, State, Wanted, entry::Entry, store::DATA};

const INFO: &str = "info";

const INFO_NEW: &str = "info.new";

/// Longest `info` that is read: far more than one has; a file that somebody put there must not fill the memory.
const INFO_BYTES_MAX: u64 = 64 * 1024;

/// What `info` holds.
#[derive(Serialize, Deserialize)]
pub(super) struct Info {
    owner: String,
    length: u64,
    created_ms: i64,
    filename: String,
    kind: Option<String>,
    slug: Option<String>,
    title: Option<String>,
    visibility: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    metadata: String,
    #[serde(default)]
    ended: Option<EndedInfo>,
}

#[derive(Serialize, Deserialize)]
enum EndedInfo {
    Item { kind: String, slug: String },
    Refused(String),
}

impl Info {
    /// What is written of an upload.
    pub(super) fn of(entry: &Entry) -> Self {
        let ended = match &entry.state {
            State::Ended(Ended::Item { kind, slug }) => Some(EndedInfo::Item {
                kind: kind.word().to_owned(),
                slug: slug.to_string(),
            }),
            State::Ended(Ended::Refused(reason)) => Some(EndedInfo::Refused(reason.clone())),
            State::Receiving | State::HandingOver => None,
        };
        Self {
            owner: entry.owner.to_string(),
            length: entry.length,
            created_ms: entry.created.ms(),
            filename: entry.wanted.filename.clone(),
            kind: entry.wanted.kind.map(|kind| kind.word().to_owned()),
            slug: entry.wanted.slug.as_ref().map(ToString::to_string),
            title: entry.wanted.title.clone(),
            visibility: entry.wanted.visibility.word().to_owned(),
            metadata: entry.metadata.clone(),
            ended,
        }
    }

    fn wanted(&self) -> Option<Wanted> {
        Some(Wanted {
            filename: self.filename.clone(),
            kind: match &self.kind {
                Some(word) => Some(Kind::find(word)?),
                None => None,
            },
            slug: match &self.slug {
                Some(slug) => Some(Slug::parse(slug).ok()?),
                None => None,
            },
            title: self.title.clone(),
            visibility: Visibility::find(&self.visibility)?,
        })
    }
}

impl EndedInfo {
    fn ended(self) -> Option<Ended> {
        Some(match self {
            Self::Item { kind, slug } => Ended::Item {
                kind: Kind::find(&kind)?,
                slug: Slug::parse(&slug).ok()?,
            },
            Self::Refused(reason) => Ended::Refused(reason),
        })
    }
}

/// An upload as its folder tells it; `None` where it never was one, or has been taken away.
pub(super) fn read(folder: &Path) -> io::Result<Option<Entry>> {
    let path = folder.join(INFO);
    let length = match fs::metadata(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        other => other?.len(),
    };
    if length > INFO_BYTES_MAX {
        return Err(io::Error::other("its description is too long"));
    }
    let info: Info = serde_json::from_slice(&fs::read(&path)?)?;
    let bad = || io::Error::other("its description cannot be read");
    let owner: UserId = info.owner.parse().map_err(|_| bad())?;
    let wanted = info.wanted().ok_or_else(bad)?;
    let metadata = info.metadata;
    let (length, created) = (info.length, Time::from_ms(info.created_ms));
    let (offset, heard, state) = match info.ended {
        Some(ended) => {
            let heard = modified(&fs::metadata(&path)?).unwrap_or(created);
            let state = State::Ended(ended.ended().ok_or_else(bad)?);
            (length, heard, state)
        }
        None => {
            let file = match fs::OpenOptions::new().write(true).open(folder.join(DATA)) {
                // Taken by whoever made something of it, just before the end.
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
                other => other?,
            };
            let told = file.metadata()?;
            if told.len() > length {
                file.set_len(length)?;
            }
            // What a killed process wrote is acknowledged from now on.
            file.sync_data()?;
            let heard = modified(&told).unwrap_or(created);
            (told.len().min(length), heard, State::Receiving)
        }
    };
    Ok(Some(Entry {
        owner,
        length,
        wanted,
        metadata,
        created,
        heard,
        offset,
        state,
        setback: None,
        is_single: false,
        running: None,
    }))
}

fn modified(told: &fs::Metadata) -> Option<Time> {
    let age = told.modified().ok()?.duration_since(std::time::UNIX_EPOCH);
    let ms = i64::try_from(age.ok()?.as_millis()).ok()?;
    Some(Time::from_ms(ms))
}

/// Whole or not at all, whenever the machine stops.
pub(super) fn write_info(folder: &Path, info: &Info) -> io::Result<()> {
    let new = folder.join(INFO_NEW);
    let mut file = fs::File::create(&new)?;
    file.write_all(&serde_json::to_vec(info)?)?;
    file.sync_all()?;
    fs::rename(new, folder.join(INFO))?;
    fs::File::open(folder)?.sync_all()
}

/// Removes it; what cannot be removed is logged, and tried again at the next start.
pub(super) fn remove_folder(folder: &Path) {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            tracing::warn!(folder = %folder.display(), %error, "an upload could not be removed");
        }
        _ => {}
    }
}
