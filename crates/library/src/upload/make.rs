//! A new upload: whether there is room for it, and its folder.

use std::{fs, io};

use domain::user::UserId;

use super::{
    Id, Receiving, Refused, State, Status, Uploads, Wanted,
    entry::Entry,
    info::{Info, remove_folder, write_info},
    store::{DATA, blocking},
};

/// What a new upload is made from.
#[derive(Clone, Debug)]
pub struct New {
    /// Whose it is.
    pub owner: UserId,
    /// How many bytes it will have.
    pub length: u64,
    /// What it is to become.
    pub wanted: Wanted,
    /// `Upload-Metadata` as it came, to be told again as tus wants it; may be empty.
    pub metadata: String,
}

/// When the bytes of a new upload come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Brings {
    /// With other requests.
    Later,
    /// With the one that makes it; how many, is known or not.
    Now { is_known: bool },
}

impl Uploads {
    /// Makes an upload that bytes can be appended to.
    ///
    /// # Errors
    /// [`Refused`] says what to change.
    pub async fn create(&self, new: New) -> Result<Status, Refused> {
        if new.length == 0 {
            return Err(Refused::Empty);
        }
        self.make(new, Brings::Later).await
    }

    /// Makes one whose bytes come with this request and no other, and opens it. `most`: bytes that it can have, where that is known; else
    /// the disk's room is looked at as they come.
    ///
    /// # Errors
    /// [`Refused`] says what to change.
    pub async fn receive(&self, owner: UserId, most: Option<u64>) -> Result<Receiving, Refused> {
        let new = New {
            owner,
            length: most.unwrap_or(self.inner.limits.length_max).max(1),
            wanted: Wanted::default(),
            metadata: String::new(),
        };
        let brings = Brings::Now {
            is_known: most.is_some(),
        };
        let made = self.make(new, brings).await?;
        let appending = self.append(made.id, owner, 0).await;
        Receiving::begin(self.clone(), made.id, appending, most)
    }

    async fn make(&self, new: New, brings: Brings) -> Result<Status, Refused> {
        let uploads = self.clone();
        // In one piece, whatever becomes of the request: no entry without its folder.
        blocking(move || uploads.make_blocking(new, brings)).await?
    }

    fn make_blocking(&self, new: New, brings: Brings) -> Result<Status, Refused> {
        let limits = &self.inner.limits;
        if new.length > limits.length_max {
            return Err(Refused::TooLong {
                max: limits.length_max,
            });
        }
        // Of a length that nobody knows nothing is set aside.
        let announced = match brings {
            Brings::Now { is_known: false } => 0,
            _ => new.length,
        };
        let now = self.now();
        let id = Id::new(&*self.inner.ports.random);
        let entry = Entry {
            owner: new.owner,
            length: new.length,
            wanted: new.wanted,
            metadata: new.metadata,
            created: now,
            heard: now,
            offset: 0,
            state: State::Receiving,
            setback: None,
            is_single: brings != Brings::Later,
            running: None,
        };
        let free = (self.inner.ports.free_bytes)(&self.inner.folder)?;
        {
            let mut entries = self.entries();
            let open = |entry: &&Entry| entry.is_open();
            let own = || {
                let own = entries.values().filter(open);
                own.filter(|entry| entry.owner == new.owner)
            };
            if own().count() >= limits.open_per_user {
                return Err(Refused::TooMany {
                    max: limits.open_per_user,
                });
            }
            let together = own().fold(announced, |sum, entry| sum.saturating_add(entry.length));
            if together > limits.bytes_per_user {
                return Err(Refused::TooManyBytes {
                    max: limits.bytes_per_user,
                });
            }
            // What is being written now will take its room; what is abandoned must not keep others out.
            let coming = entries.values().filter(|entry| entry.running.is_some());
            let coming = coming.fold(0u64, |sum, entry| {
                sum.saturating_add(entry.length.saturating_sub(entry.offset))
            });
            let needed = [announced, coming, limits.reserve_bytes]
                .into_iter()
                .fold(0u64, u64::saturating_add);
            if needed > free {
                return Err(Refused::Full {
                    missing: needed - free,
                });
            }
            entries.insert(id, entry);
        }
        let made = self.make_folder(id);
        let mut entries = self.entries();
        match (made, entries.get(&id)) {
            (Ok(()), Some(entry)) => Ok(self.status_of(id, entry)),
            (made, _) => {
                entries.remove(&id);
                drop(entries);
                remove_folder(&self.folder(id));
                made.map_err(|error| self.refusal(error, 0))?;
                Err(Refused::NotFound)
            }
        }
    }

    fn make_folder(&self, id: Id) -> io::Result<()> {
        let folder = self.folder(id);
        fs::create_dir(&folder)?;
        fs::File::create_new(folder.join(DATA))?.sync_all()?;
        let info = self
            .entries()
            .get(&id)
            .filter(|entry| !entry.is_single)
            .map(Info::of);
        if let Some(info) = info {
            write_info(&folder, &info)?;
            fs::File::open(&self.inner.folder)?.sync_all()?;
        }
        Ok(())
    }
}
