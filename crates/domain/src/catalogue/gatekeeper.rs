//! The port Gatekeeper, answered from memory.

use crate::api_key::Scope;
use crate::caller::{Caller, Subject};
use crate::clock::Time;
use crate::gate::{Gatekeeper, Leave};
use crate::grant::{self, Granted};
use crate::id::StreamId;
use crate::limit::block;
use crate::publish::{Admitted, Attempt, Credential, Refused};
use crate::secret::{Hash, Kind};
use crate::slug::{self, Slug};
use crate::stream::{OWN_KEY_CHARS_MAX, Stream, Visibility};
use crate::view;

use super::rights::{Rights, is_good};
use super::{Catalogue, Used};

/// The application of RTMP, and the stream of whoever names none.
const LIVE: &str = "live";

impl Gatekeeper for Catalogue {
    fn admit_publish(&self, attempt: &Attempt<'_>) -> Result<Admitted, Refused> {
        let now = self.now();
        let token = attempt.token.filter(|token| !token.is_empty());
        let landing = match (token, attempt.path.split_last()) {
            (Some(token), _) => Landing {
                secret: token,
                path: attempt.path,
                is_in_path: false,
            },
            (None, Some((last, before))) => Landing {
                secret: last,
                path: before,
                is_in_path: true,
            },
            (None, None) => return Err(Refused::NoKey),
        };
        let from = block(attempt.address);
        let limit = &self.inner.limits.publish;
        // Only a key that an owner chose can be guessed. One that we made is heard at any time, so that strangers behind
        // the same address cannot keep its holder out.
        let empty = limit
            .look(from, now)
            .err()
            .filter(|_| !is_generated(landing.secret));
        if let Some(empty) = empty {
            return Err(Refused::TooManyTries {
                retry_after_s: empty.retry_after_s,
            });
        }
        let hash = Hash::of(bounded(landing.secret));
        let verdict = self.judge(&landing, hash, now);
        if matches!(verdict, Err(Refused::UnknownKey | Refused::Revoked { .. })) {
            if let Err(empty) = limit.look(from, now) {
                return Err(Refused::TooManyTries {
                    retry_after_s: empty.retry_after_s,
                });
            }
            limit.failed(from, hash.bytes(), now);
        }
        verdict
    }

    fn admit_view(&self, caller: &Caller, slug: &Slug) -> Result<Leave, view::Refused> {
        let now = self.now();
        let rights = self.rights();
        let standing = rights.standing(caller, now);
        let found = rights
            .stream_at(slug.as_str())
            .filter(|stream| standing.may_watch(stream));
        let refused = if standing.user.is_none() {
            view::Refused::LogIn
        } else {
            view::Refused::NotFound
        };
        let stream = found.ok_or(refused)?;
        let subject = match (stream.visibility, caller.subject) {
            (Visibility::Public | Visibility::Unlisted, _) => grant::Subject::Nobody,
            (_, Subject::Login { login, .. }) => grant::Subject::Login(login),
            (_, Subject::ApiKey { key, .. }) => grant::Subject::ApiKey(key),
            // The command line watches nothing.
            (_, Subject::Nobody | Subject::Operator) => return Err(view::Refused::NotFound),
        };
        let granted = Granted {
            stream: stream.id,
            subject,
        };
        let ends = grant::end(subject, now);
        let generation = stream.generation;
        drop(rights);
        Ok(Leave {
            token: self.inner.mint.mint(granted, generation, ends),
            ends,
            granted,
        })
    }

    fn check(&self, slug: &str, token: &str) -> Result<Granted, view::Refused> {
        let now = self.now();
        let grant = self
            .inner
            .mint
            .verify(token)
            .ok_or(view::Refused::NotFound)?;
        let rights = self.rights();
        let holds = grant.ends > now
            && rights.stream(grant.granted.stream).is_some_and(|stream| {
                stream.generation == grant.generation
                    && stream.slug.as_str().eq_ignore_ascii_case(slug)
                    && rights
                        .subject_standing(grant.granted.subject, now)
                        .may_watch(stream)
            });
        if holds {
            Ok(grant.granted)
        } else {
            Err(view::Refused::NotFound)
        }
    }

    fn stream_about(&self, attempt: &Attempt<'_>) -> Option<Slug> {
        let rights = self.rights();
        let token = attempt.token.filter(|token| !token.is_empty());
        let secret = token.or_else(|| attempt.path.last().map(String::as_str));
        let of_key = secret
            .and_then(|secret| rights.key_by(Hash::of(bounded(secret))))
            .and_then(|key| rights.stream(key.stream));
        let named = |part: &String| {
            let slug = Slug::parse(part).ok()?;
            rights.stream_at(slug.as_str())
        };
        let named = attempt.path.iter().rev().find_map(named);
        let stream = match (of_key, named) {
            // `live` is what everybody calls the application; another name was chosen. Who owns both may read of it there; else
            // the name of one owner's stream would be told to the other.
            (Some(of_key), Some(named))
                if named.slug.as_str() == LIVE || named.owner != of_key.owner =>
            {
                of_key
            }
            (of_key, named) => named.or(of_key)?,
        };
        Some(stream.slug.clone())
    }

    fn stream_named(&self, slug: &Slug) -> Option<StreamId> {
        self.rights()
            .stream_at(slug.as_str())
            .map(|stream| stream.id)
    }
}

/// Where the secret of an attempt landed, and what else was sent.
struct Landing<'a> {
    secret: &'a str,
    /// The path; without its last part where that is the secret.
    path: &'a [String],
    is_in_path: bool,
}

impl Catalogue {
    /// The verdict on a secret, apart from limits. Everything that is no key here gets the same answer on the same way.
    fn judge(&self, landing: &Landing<'_>, hash: Hash, now: Time) -> Result<Admitted, Refused> {
        let rights = self.rights();
        let key = rights.key_by(hash);
        let api_key = rights.api_key_by(hash);
        if let Some(key) = key {
            if let Some(at) = key.revoked {
                return Err(Refused::Revoked {
                    name: key.name.clone(),
                    at,
                });
            }
            let stream = rights.stream(key.stream).ok_or(Refused::UnknownKey)?;
            check_path(landing, stream)?;
            check_owner(&rights, stream)?;
            self.note_use(Used::Key(key.id), key.last_used, now);
            return Ok(admitted(stream, Credential::Key(key.id)));
        }
        if let Some(api_key) = api_key.filter(|_| !landing.is_in_path) {
            if let Some(at) = api_key.revoked {
                return Err(Refused::Revoked {
                    name: api_key.name.clone(),
                    at,
                });
            }
            let user = rights
                .enabled(api_key.user)
                .filter(|_| is_good(api_key, now))
                .ok_or(Refused::UnknownKey)?;
            let slug = landing.path.last().map_or(LIVE, String::as_str);
            let stream = Slug::parse(slug)
                .ok()
                .and_then(|slug| rights.stream_at(slug.as_str()));
            let administers = api_key.scopes.contains(Scope::Admin)
                && user.user.role == crate::user::Role::Administrator;
            let stream = stream
                .filter(|stream| administers || stream.owner == Some(user.user.id))
                .filter(|_| api_key.scopes.contains(Scope::Publish))
                .ok_or(Refused::UnknownKey)?;
            check_path(landing, stream)?;
            check_owner(&rights, stream)?;
            self.note_use(Used::ApiKey(api_key.id), api_key.last_used, now);
            return Ok(admitted(stream, Credential::ApiKey(api_key.id)));
        }
        if let Some((id, stream)) = self.lent(&rights, hash, now) {
            let stream = rights.stream(stream).ok_or(Refused::UnknownKey)?;
            check_path(landing, stream)?;
            check_owner(&rights, stream)?;
            return Ok(admitted(stream, Credential::Key(id)));
        }
        if landing.is_in_path && is_open_name(&rights, landing.secret) {
            return Err(Refused::NoKey);
        }
        Err(Refused::UnknownKey)
    }
}

fn admitted(stream: &Stream, credential: Credential) -> Admitted {
    Admitted {
        stream: stream.id,
        slug: stream.slug.clone(),
        owner: stream.owner,
        credential,
    }
}

/// Whether the path agrees with the stream of the key: it ends with the stream (where the key is apart from it), and
/// before that stands nothing, `live`, or the stream.
fn check_path(landing: &Landing<'_>, stream: &Stream) -> Result<(), Refused> {
    let names_stream = |part: &str| part.eq_ignore_ascii_case(stream.slug.as_str());
    let before = if landing.is_in_path {
        landing.path
    } else {
        let Some((last, before)) = landing.path.split_last() else {
            return Ok(());
        };
        if !names_stream(last) {
            return Err(Refused::OtherStream {
                asked: shown(last),
                of: stream.slug.clone(),
            });
        }
        before
    };
    match before
        .iter()
        .find(|part| !names_stream(part) && !part.eq_ignore_ascii_case(LIVE))
    {
        Some(other) => Err(Refused::OtherApplication {
            asked: shown(other),
        }),
        None => Ok(()),
    }
}

fn check_owner(rights: &Rights, stream: &Stream) -> Result<(), Refused> {
    match stream.owner {
        Some(owner) if rights.enabled(owner).is_none() => Err(Refused::Disabled),
        Some(_) | None => Ok(()),
    }
}

/// Whether the text is the name of a stream that anyone can know of; then it is clear that no key was sent. Streams that
/// are not listed for everyone are not told from wrong keys, since what exists is private.
fn is_open_name(rights: &Rights, text: &str) -> bool {
    Slug::parse(text).is_ok_and(|slug| {
        slug.as_str() == LIVE
            || rights
                .stream_at(slug.as_str())
                .is_some_and(|stream| stream.visibility == Visibility::Public)
    })
}

/// Whether the text has the form of a key that we made.
fn is_generated(text: &str) -> bool {
    let made = |kind: Kind, len: usize| {
        text.strip_prefix(kind.prefix())
            .is_some_and(|rest| rest.len() == len)
    };
    made(Kind::StreamKey, 32) || made(Kind::ApiKey, 43)
}

/// As much of the text as a key can have and one byte more, so that a megabyte is not hashed and still is no key.
fn bounded(text: &str) -> &str {
    text.get(..=OWN_KEY_CHARS_MAX)
        .unwrap_or(if text.len() > OWN_KEY_CHARS_MAX {
            ""
        } else {
            text
        })
}

/// The text as it may be shown to the sender and in lists: as long as a slug, plain.
fn shown(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_control())
        .take(slug::CHARS_MAX)
        .collect()
}
