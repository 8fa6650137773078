//! Grants: leave to watch one item until some time, carried as a token below which all pieces of the item lie.
//!
//! A token is base64url of a fixed 34 bytes (version, kinds, item, subject, seat, generation, end) and the first 128 bits of
//! their HMAC-SHA-256. Its length is checked, then the HMAC in constant time, and only then is anything read. A token
//! that was verified once is remembered, so that the hot path is a look-up. What it grants must still be judged by
//! whoever holds the rights: the end, the item's generation, and whether its subject still is there.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use hmac::{Hmac, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use crate::base64url;
use crate::clock::Time;
use crate::id::{ApiKeyId, CodeId, LoginId, StoredId, StreamId};
use crate::store::GrantKey;

pub use crate::item::Item;

/// A grant ends after this at most, whatever else happens.
pub const LIFE_MAX: Duration = Duration::from_secs(7 * 86_400);
/// Characters of every token.
pub const TOKEN_CHARS: usize = (TOKEN_BYTES * 8).div_ceil(6);

const BODY_BYTES: usize = 34;
const TAG_BYTES: usize = 16;
const TOKEN_BYTES: usize = BODY_BYTES + TAG_BYTES;
const VERSION: u8 = 2;
const ITEM_STREAM: u8 = 1;
const ITEM_VIDEO: u8 = 2;
const ITEM_IMAGE: u8 = 3;
/// Tokens remembered in each of two generations: about 12 MB when both are full.
const REMEMBERED_MAX: usize = 32_768;

/// With whom a grant ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Subject {
    /// With nobody: the item is open to everyone, and all share one token.
    Nobody,
    /// With a login.
    Login(LoginId),
    /// With an API key.
    ApiKey(ApiKeyId),
    /// With an access code.
    Code {
        /// The code.
        code: CodeId,
        /// Which of those who watch with it; 0 for nobody of them: a page that shows what can be watched.
        seat: u32,
    },
}

/// What a token that holds opens, and to whom it was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Granted {
    /// The item.
    pub item: Item,
    /// To whom.
    pub subject: Subject,
}

impl Granted {
    /// Whether everybody has the same token, so that shared caches may keep what lies below it.
    #[must_use]
    pub fn is_everybodys(&self) -> bool {
        self.subject == Subject::Nobody
    }
}

/// What a token says that was signed by us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grant {
    /// What and to whom.
    pub granted: Granted,
    /// The item's generation for which it holds.
    pub generation: u32,
    /// When it ends, in whole seconds.
    pub ends: Time,
}

/// When a grant that is given now ends. Rounded, so that one subject's requests share a token, and everybody's for an
/// open item: for a whole day those are the same, and shared caches may keep what lies below.
#[must_use]
pub fn end(subject: Subject, now: Time) -> Time {
    let step_s = match subject {
        Subject::Nobody => 86_400,
        Subject::Login(_) | Subject::ApiKey(_) | Subject::Code { .. } => 3_600,
    };
    let begun = now.seconds() - now.seconds().rem_euclid(step_s);
    Time::from_ms(begun.saturating_mul(1000)).plus(LIFE_MAX)
}

/// Makes tokens and verifies them.
pub struct Mint {
    mac: Hmac<Sha256>,
    remembered: RwLock<Remembered>,
}

/// Tokens that were verified, in two generations: when the younger is full, it becomes the older, and the older goes.
#[derive(Default)]
struct Remembered {
    young: HashMap<[u8; TOKEN_CHARS], Grant>,
    old: HashMap<[u8; TOKEN_CHARS], Grant>,
}

impl Remembered {
    fn put(&mut self, token: [u8; TOKEN_CHARS], grant: Grant) {
        if self.young.len() >= REMEMBERED_MAX {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(token, grant);
    }
}

impl std::fmt::Debug for Mint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Mint(…)")
    }
}

impl Mint {
    /// A mint that signs with this key.
    #[must_use]
    pub fn new(key: &GrantKey) -> Self {
        let mac = Hmac::new_from_slice(&key.0).expect("HMAC takes keys of any length");
        Self {
            mac,
            remembered: RwLock::default(),
        }
    }

    /// The token for a grant. The same grant has the same token.
    #[must_use]
    pub fn mint(&self, granted: Granted, generation: u32, ends: Time) -> Arc<str> {
        let body = write(&Grant {
            granted,
            generation,
            ends,
        });
        let tag = self.tag(&body);
        let mut bytes = [0; TOKEN_BYTES];
        bytes[..BODY_BYTES].copy_from_slice(&body);
        bytes[BODY_BYTES..].copy_from_slice(&tag);
        let mut token = String::with_capacity(TOKEN_CHARS);
        base64url::encode(&bytes, &mut token);
        token.into()
    }

    /// What the token says, if it was signed by us. Whether it still holds is not judged here.
    #[must_use]
    pub fn verify(&self, token: &str) -> Option<Grant> {
        let token: &[u8; TOKEN_CHARS] = token.as_bytes().try_into().ok()?;
        {
            let remembered = self
                .remembered
                .read()
                .unwrap_or_else(PoisonError::into_inner);
            if let Some(grant) = remembered.young.get(token) {
                return Some(*grant);
            }
        }
        if let Some(grant) = self.verified_before(token) {
            return Some(grant);
        }
        let mut bytes = [0; TOKEN_BYTES];
        if base64url::decode(token, &mut bytes)? != TOKEN_BYTES {
            return None;
        }
        let (body, tag) = bytes.split_at(BODY_BYTES);
        if !bool::from(self.tag(body).ct_eq(tag)) {
            return None;
        }
        let grant = read(body.try_into().ok()?)?;
        self.remember(*token, grant);
        Some(grant)
    }

    /// Forgets what was remembered about an item: its tokens are void, and only take room.
    pub fn forget(&self, item: Item) {
        let mut remembered = self
            .remembered
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        remembered
            .young
            .retain(|_, grant| grant.granted.item != item);
        remembered.old.retain(|_, grant| grant.granted.item != item);
    }

    /// What an older token said when it was verified; it is young again.
    fn verified_before(&self, token: &[u8; TOKEN_CHARS]) -> Option<Grant> {
        let is_old = self
            .remembered
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .old
            .contains_key(token);
        if !is_old {
            return None;
        }
        let mut remembered = self
            .remembered
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        let grant = remembered.old.remove(token)?;
        remembered.put(*token, grant);
        Some(grant)
    }

    fn remember(&self, token: [u8; TOKEN_CHARS], grant: Grant) {
        let mut remembered = self
            .remembered
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        remembered.put(token, grant);
    }

    fn tag(&self, body: &[u8]) -> [u8; TAG_BYTES] {
        let mut mac = self.mac.clone();
        mac.update(body);
        let whole = mac.finalize().into_bytes();
        let mut tag = [0; TAG_BYTES];
        tag.copy_from_slice(&whole[..TAG_BYTES]);
        tag
    }
}

fn write(grant: &Grant) -> [u8; BODY_BYTES] {
    let (item, id) = match grant.granted.item {
        Item::Stream(id) => (ITEM_STREAM, id.number()),
        Item::Video(id) => (ITEM_VIDEO, id.number()),
        Item::Image(id) => (ITEM_IMAGE, id.number()),
    };
    let (kind, subject, seat) = match grant.granted.subject {
        Subject::Nobody => (0, 0, 0),
        Subject::Login(id) => (1, id.number(), 0),
        Subject::ApiKey(id) => (2, id.number(), 0),
        Subject::Code { code, seat } => (3, code.number(), seat),
    };
    let mut body = [0; BODY_BYTES];
    body[0] = VERSION << 4 | item;
    body[1] = kind;
    body[2..10].copy_from_slice(&id.to_be_bytes());
    body[10..18].copy_from_slice(&subject.to_be_bytes());
    body[18..22].copy_from_slice(&seat.to_be_bytes());
    body[22..26].copy_from_slice(&grant.generation.to_be_bytes());
    body[26..34].copy_from_slice(&grant.ends.seconds().to_be_bytes());
    body
}

fn read(body: &[u8; BODY_BYTES]) -> Option<Grant> {
    let [head, kind, rest @ ..] = body;
    let (id, rest) = rest.split_first_chunk::<8>()?;
    let (subject, rest) = rest.split_first_chunk::<8>()?;
    let (seat, rest) = rest.split_first_chunk::<4>()?;
    let (generation, rest) = rest.split_first_chunk::<4>()?;
    let ends = rest.first_chunk::<8>()?;
    if head >> 4 != VERSION {
        return None;
    }
    let id = u64::from_be_bytes(*id);
    let item = match head & 0xf {
        ITEM_STREAM => Item::Stream(StreamId::from_number(id)),
        ITEM_VIDEO => Item::Video(StoredId::from_number(id)),
        ITEM_IMAGE => Item::Image(StoredId::from_number(id)),
        _ => return None,
    };
    let number = u64::from_be_bytes(*subject);
    let subject = match kind {
        0 => Subject::Nobody,
        1 => Subject::Login(LoginId::from_number(number)),
        2 => Subject::ApiKey(ApiKeyId::from_number(number)),
        3 => Subject::Code {
            code: CodeId::from_number(number),
            seat: u32::from_be_bytes(*seat),
        },
        _ => return None,
    };
    Some(Grant {
        granted: Granted { item, subject },
        generation: u32::from_be_bytes(*generation),
        ends: Time::from_ms(i64::from_be_bytes(*ends).saturating_mul(1000)),
    })
}
