//! The port Gatekeeper, answered from memory.

use crate::access_code::{Code, Status};
use crate::api_key::Scope;
use crate::caller::Subject;
use crate::clock::Time;
use crate::gate::{Gatekeeper, Leave};
use crate::grant::{self, Granted};
use crate::id::StreamId;
use crate::item::{Guarded, Item, Space};
use crate::limit::block;
use crate::publish::{Admitted, Attempt, Credential, Refused};
use crate::secret::{Hash, Kind};
use crate::slug::{self, Slug};
use crate::stream::{OWN_KEY_CHARS_MAX, Stream, Visibility};
use crate::view::{self, Asking, Purpose, Unopened};

use super::rights::{Rights, Seen, is_good};
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

    fn admit_view(
        &self,
        asking: &Asking<'_>,
        space: Space,
        slug: &Slug,
    ) -> Result<Leave, view::Refused> {
        let now = self.now();
        let caller = asking.caller;
        let (seen, standing) = {
            let rights = self.rights();
            (rights.guarded_in(space, slug), rights.standing(caller, now))
        };
        if let Some(seen) = seen.as_ref().filter(|seen| standing.may_watch(*seen)) {
            let subject = match (seen.visibility.is_open(), caller.subject) {
                (true, _) => grant::Subject::Nobody,
                (_, Subject::Login { login, .. }) => grant::Subject::Login(login),
                (_, Subject::ApiKey { key, .. }) => grant::Subject::ApiKey(key),
                // The command line watches nothing.
                (_, Subject::Nobody | Subject::Operator) => return Err(view::Refused::NotFound),
            };
            return Ok(self.leave(seen, subject, now));
        }
        let Some(text) = asking.code.filter(|text| !text.trim().is_empty()) else {
            return Err(if standing.user.is_none() {
                view::Refused::LogIn
            } else {
                view::Refused::NotFound
            });
        };
        // The code is looked for whether or not there is such an item, so that both take as long.
        let id = self.recognise(text, caller.address, now)?;
        let seen = seen.ok_or(view::Refused::Code(Unopened::Unknown))?;
        let places = {
            let rights = self.rights();
            let code = rights
                .code(id)
                .ok_or(view::Refused::Code(Unopened::Unknown))?;
            rights
                .opens(code, seen.item, now)
                .map_err(|status| view::Refused::Code(unopened(code, status)))?;
            code.viewers_max
        };
        let seat = match asking.purpose {
            Purpose::Look | Purpose::Open => 0,
            Purpose::Play => {
                let seat = self.seat(asking.seat);
                if !self.inner.seats.take(id, seat, places, now) {
                    let places = places.unwrap_or_default();
                    return Err(view::Refused::Code(Unopened::Full { places }));
                }
                seat
            }
        };
        // A player that says who it is belongs to a page that was counted when it was opened.
        if asking.purpose == Purpose::Open
            || (asking.purpose == Purpose::Play && asking.seat.is_none())
        {
            self.note_code(id, now);
        }
        Ok(self.leave(&seen, grant::Subject::Code { code: id, seat }, now))
    }

    fn check(
        &self,
        space: Space,
        slug: &str,
        token: &str,
        purpose: Purpose,
    ) -> Result<Granted, view::Refused> {
        let now = self.now();
        let grant = self
            .inner
            .mint
            .verify(token)
            .ok_or(view::Refused::NotFound)?;
        let granted = grant.granted;
        let places = {
            let rights = self.rights();
            let holds = |item: &dyn Guarded| {
                item.generation() == grant.generation
                    && item.item().kind().space() == space
                    && item.slug().as_str().eq_ignore_ascii_case(slug)
                    && rights.granted_standing(granted, now).may_watch(item)
            };
            let holds = grant.ends > now
                && match granted.item {
                    Item::Stream(id) => rights.stream(id).is_some_and(|stream| holds(stream)),
                    Item::Video(id) | Item::Image(id) => {
                        rights.stored(id).is_some_and(|stored| holds(&**stored))
                    }
                };
            if !holds {
                return Err(view::Refused::NotFound);
            }
            match granted.subject {
                grant::Subject::Code { code, .. } => {
                    rights.code(code).and_then(|code| code.viewers_max)
                }
                _ => return Ok(granted),
            }
        };
        let grant::Subject::Code { code, seat } = granted.subject else {
            return Ok(granted);
        };
        match (purpose, seat, places) {
            (Purpose::Look | Purpose::Open, _, _) | (Purpose::Play, 0, None) => Ok(granted),
            // The leave of a page shows what can be played, and plays nothing where places are counted.
            (Purpose::Play, 0, Some(places)) => Err(view::Refused::Code(Unopened::Full { places })),
            (Purpose::Play, seat, places) => {
                if self.inner.seats.take(code, seat, places, now) {
                    Ok(granted)
                } else {
                    let places = places.unwrap_or_default();
                    Err(view::Refused::Code(Unopened::Full { places }))
                }
            }
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
    /// Leave to see an item, for this subject.
    fn leave(&self, seen: &Seen, subject: grant::Subject, now: Time) -> Leave {
        let granted = Granted {
            item: seen.item,
            subject,
        };
        let ends = grant::end(subject, now);
        Leave {
            token: self.inner.mint.mint(granted, seen.generation, ends),
            ends,
            granted,
        }
    }

    /// The number of a viewer among those with the same code, never 0: of what they say, or a new one.
    fn seat(&self, said: Option<&str>) -> u32 {
        let number = match said {
            Some(said) => {
                let hash = Hash::of(bounded(said));
                let [a, b, c, d, ..] = *hash.bytes();
                u32::from_be_bytes([a, b, c, d])
            }
            None => {
                let mut bytes = [0; 4];
                self.inner.ports.random.fill(&mut bytes);
                u32::from_be_bytes(bytes)
            }
        };
        number.max(1)
    }

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

/// Why the code does not open the item, by how it stands.
fn unopened(code: &Code, status: Option<Status>) -> Unopened {
    match (status, code.expires, code.starts) {
        (Some(Status::Expired), Some(at), _) => Unopened::Ended(at),
        (Some(Status::NotYet), _, Some(at)) => Unopened::NotYet(at),
        (Some(Status::Paused), _, _) => Unopened::Paused,
        _ => Unopened::Unknown,
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
