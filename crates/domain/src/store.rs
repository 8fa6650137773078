//! The port Store: what lasts. The catalogue reads all of it once, at start, and writes units of work.
//!
//! Units are carried out one after another, each decided at its turn, so that what is decided holds when it is saved:
//! there is no gap between a check and a write. A unit that was handed in is carried through though nobody waits for
//! it any more (a client that hung up must not leave memory and disk apart).

use std::error::Error;
use std::sync::Arc;

use crate::BoxFuture;
use crate::access_code::{Code, Used};
use crate::api_key::ApiKey;
use crate::audit;
use crate::clock::{Date, Time};
use crate::id::{ApiKeyId, CodeId, KeyId, LoginId, StoredId, StreamId, UserId};
use crate::login::Login;
use crate::setting::Setting;
use crate::stored::Stored;
use crate::stream::{Key, Stream};
use crate::user::{Link, User};

/// Keeps what must last.
pub trait Store: Send + Sync {
    /// All that is needed to decide on rights.
    fn load(&self) -> BoxFuture<'_, Result<Snapshot, StoreError>>;

    /// Carries out one unit, after all that were handed in before: asks it for its work, saves all of it or nothing,
    /// tells it, and then answers. It is handed in by the call, and carried through though the future is dropped.
    fn write(&self, unit: Box<dyn Unit>) -> BoxFuture<'static, Result<(), StoreError>>;

    /// What was written down of changes, the newest first: at most `limit` entries, older than the one with this number.
    fn audit(
        &self,
        before: Option<u64>,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<audit::Numbered>, StoreError>>;

    /// How a code was used on the days that are kept, from this one on and in their order; days on which it was not are left out.
    fn code_days(&self, code: CodeId, from: Date) -> BoxFuture<'_, Result<Vec<Used>, StoreError>>;

    /// Whether it can be read and written now.
    fn check(&self) -> BoxFuture<'_, Result<(), StoreError>>;
}

/// Something to write, decided when its turn comes.
pub trait Unit: Send {
    /// What to save; `None` when it decided that there is nothing to do. Called once, and must not block.
    fn decide(&mut self) -> Option<Work>;

    /// All of the work has been saved and will outlast a power cut. Called once, before the next unit decides.
    fn saved(&mut self, work: Work);
}

/// Changes that are saved together or not at all.
#[derive(Debug, Clone, Default)]
pub struct Work {
    /// The changes, in order.
    pub changes: Vec<Change>,
}

impl Work {
    /// Adds a change.
    pub fn push(&mut self, change: Change) {
        self.changes.push(change);
    }
}

/// One change of what is stored. Adding what has the id or the unique name of another is [`StoreError::Taken`];
/// changing or deleting what is not there does nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A new user. Ids and names are unique.
    AddUser(UserRow),
    /// Another password.
    SetPassword {
        /// Whose.
        user: UserId,
        /// The new hash, in PHC string format.
        password_hash: String,
    },
    /// A link to set a password; it takes the place of the one that its user had. Hashes are unique.
    SetLink(Link),
    /// The user's link to set a password is void.
    DropLink(UserId),
    /// A user is switched off, or on again.
    SetDisabled {
        /// Who.
        user: UserId,
        /// Since when; `None`: on.
        disabled: Option<Time>,
    },
    /// A new login. Ids and hashes are unique.
    AddLogin(Login),
    /// A login has ended.
    DeleteLogin(LoginId),
    /// When a login was last used.
    SeenLogin(LoginId, Time),
    /// A new stream. Ids and slugs are unique.
    AddStream(Stream),
    /// The stream with this id becomes this; its slug, owner and creation stay.
    SetStream(Stream),
    /// The stream and its keys go.
    DeleteStream(StreamId),
    /// A new stream key. Ids and hashes are unique.
    AddKey(Key),
    /// A stream key is revoked.
    RevokeKey(KeyId, Time),
    /// A stream key that was revoked is forgotten.
    DeleteKey(KeyId),
    /// When a stream key was last used.
    UsedKey(KeyId, Time),
    /// A new API key. Ids and hashes are unique.
    AddApiKey(ApiKey),
    /// An API key is revoked.
    RevokeApiKey(ApiKeyId, Time),
    /// An API key that was revoked or has ended is forgotten.
    DeleteApiKey(ApiKeyId),
    /// When an API key was last used.
    UsedApiKey(ApiKeyId, Time),
    /// The key under which grants are signed; replaces an older one.
    SetGrantKey(GrantKey),
    /// A new stored item. Ids are unique, and slugs among items of its kind.
    AddStored(Box<Stored>),
    /// The stored item with this id becomes this; its kind, slug, owner, place and creation stay.
    SetStored(Box<Stored>),
    /// The stored item goes, and codes open it no more.
    DeleteStored(StoredId),
    /// A new access code. Ids and hashes are unique.
    AddCode(Box<Code>),
    /// The access code with this id becomes this; its text, owner, creation and uses stay.
    SetCode(Box<Code>),
    /// The access code goes.
    DeleteCode(CodeId),
    /// An access code was used. What is known of days before the last [`DAYS_KEPT`](crate::access_code::DAYS_KEPT) is forgotten.
    UsedCode {
        /// Which.
        code: CodeId,
        /// How, since that was last saved.
        used: Used,
        /// When something was last opened with it, where something was.
        last: Option<Time>,
    },
    /// Something is written down of a change in the same unit.
    AddAudit(audit::Entry),
    /// What was written down before this is forgotten.
    DropAudit(Time),
    /// When a user last logged in.
    LoggedIn(UserId, Time),
    /// A setting has this value from now on; `None`: it is not kept any more.
    SetSetting {
        /// Its name; unique.
        name: String,
        /// Its value.
        value: Option<String>,
    },
}

/// A user with the hash of the password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserRow {
    /// The user.
    pub user: User,
    /// The password's hash, in PHC string format; `None` for somebody who has set none yet, and cannot log in.
    pub password_hash: Option<String>,
}

/// The key under which grants are signed: 256 random bits; its `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct GrantKey(pub [u8; 32]);

impl std::fmt::Debug for GrantKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("GrantKey(…)")
    }
}

/// All that is stored, as far as rights need it; in the order of ids.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// All users.
    pub users: Vec<UserRow>,
    /// All links to set a password; in the order of their users.
    pub links: Vec<Link>,
    /// All logins.
    pub logins: Vec<Login>,
    /// All streams.
    pub streams: Vec<Stream>,
    /// All stream keys, revoked ones too.
    pub keys: Vec<Key>,
    /// All API keys, revoked ones too.
    pub api_keys: Vec<ApiKey>,
    /// All stored items.
    pub stored: Vec<Arc<Stored>>,
    /// All access codes.
    pub codes: Vec<Code>,
    /// The key for grants; `None` before the first start.
    pub grant_key: Option<GrantKey>,
    /// Settings that were changed, in the order of their names.
    pub settings: Vec<Setting>,
}

/// Why the store did not do it; nothing of the unit was saved.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Something unique, such as a name, is there already: choose another.
    #[error("it is there already")]
    Taken,
    /// Too many writes wait: try again in a second.
    #[error("too many writes are waiting; try again in a second")]
    Busy,
    /// It has been closed: the server is stopping.
    #[error("the store has been closed")]
    Closed,
    /// What is stored cannot be read: restore a backup.
    #[error("what is stored in {table} cannot be read: {what}")]
    Corrupt {
        /// In which table.
        table: &'static str,
        /// What is wrong.
        what: &'static str,
    },
    /// The disk or the database failed; the log of the operator tells more.
    #[error("the database failed")]
    Failed(#[source] Box<dyn Error + Send + Sync>),
}
