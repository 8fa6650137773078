//! API keys: made, listed, recognised, revoked.

use std::net::IpAddr;

use crate::api_key::{ApiKey, New, Refused};
use crate::audit::By;
use crate::caller::{self, Caller, Subject};
use crate::id::ApiKeyId;
use crate::limit::block;
use crate::name::{self, NAME_CHARS_MAX};
use crate::secret::{Hash, Kind, Secret};
use crate::store::Change;

use super::rights::is_good;
use super::{Catalogue, Used};

/// API keys that a user can have, without revoked and ended ones.
const PER_USER_MAX: usize = 100;
/// Revoked and ended keys that are remembered for each user; the oldest makes room.
const DEAD_PER_USER_MAX: usize = 100;

impl Catalogue {
    /// Makes an API key; the secret is shown this once. Users make their own, administrators anybody's. An API key
    /// cannot make one: its scopes could grow that way.
    ///
    /// # Errors
    /// [`Refused`] says what to change.
    pub async fn add_api_key(
        &self,
        caller: &Caller,
        new: New,
    ) -> Result<(ApiKey, Secret), Refused> {
        let name = name::parse(&new.name, NAME_CHARS_MAX)?;
        let (caller, random) = (caller.clone(), self.random());
        self.write(By::from(&caller), move |rights, work, now| {
            let standing = rights.standing(&caller, now);
            if matches!(caller.subject, Subject::Nobody | Subject::ApiKey { .. })
                || !(standing.administers || standing.user == Some(new.user))
            {
                return Err(Refused::NotAllowed);
            }
            rights.enabled(new.user).ok_or(Refused::NotFound)?;
            if new.expires.is_some_and(|expires| expires <= now) {
                return Err(Refused::Ended);
            }
            let of_user = || rights.api_keys_of(new.user);
            if of_user().filter(|key| is_good(key, now)).count() >= PER_USER_MAX {
                return Err(Refused::TooMany { max: PER_USER_MAX });
            }
            let mut dead: Vec<&ApiKey> = of_user().filter(|key| !is_good(key, now)).collect();
            dead.sort_by_key(|key| std::cmp::Reverse(key.created));
            for oldest in dead.into_iter().skip(DEAD_PER_USER_MAX) {
                work.push(Change::DeleteApiKey(oldest.id));
            }
            let secret = Secret::generate(Kind::ApiKey, &*random);
            let key = ApiKey {
                id: ApiKeyId::new(&*random),
                user: new.user,
                name,
                scopes: new.scopes,
                hash: secret.hash(),
                created: now,
                expires: new.expires,
                revoked: None,
                last_used: None,
            };
            work.push(Change::AddApiKey(key.clone()));
            Ok((key, secret))
        })
        .await
    }

    /// The caller's API keys, all of them for the operator; the newest first, revoked ones too.
    ///
    /// # Errors
    /// [`Refused::NotAllowed`] for strangers and for API keys.
    pub fn list_api_keys(&self, caller: &Caller) -> Result<Vec<ApiKey>, Refused> {
        let now = self.now();
        let rights = self.rights();
        let standing = rights.standing(caller, now);
        let mut keys: Vec<ApiKey> = match caller.subject {
            Subject::Operator => rights.api_keys().cloned().collect(),
            Subject::Login { .. } if standing.user.is_some() => rights
                .api_keys()
                .filter(|key| Some(key.user) == standing.user)
                .cloned()
                .collect(),
            Subject::Login { .. } | Subject::Nobody | Subject::ApiKey { .. } => {
                return Err(Refused::NotAllowed);
            }
        };
        keys.sort_by_key(|key| (std::cmp::Reverse(key.created), key.id));
        Ok(keys)
    }

    /// Revokes an API key at once: one's own, anybody's for administrators. An API key may revoke itself, which is what a
    /// program does that finds it leaked.
    ///
    /// # Errors
    /// [`Refused::NotFound`] when it is not there or not theirs.
    pub async fn revoke_api_key(&self, caller: &Caller, id: ApiKeyId) -> Result<(), Refused> {
        let caller = caller.clone();
        self.write(By::from(&caller), move |rights, work, now| {
            let standing = rights.standing(&caller, now);
            let key = rights.api_key(id).ok_or(Refused::NotFound)?;
            let may = match caller.subject {
                Subject::Nobody => false,
                Subject::ApiKey { key: own, .. } => {
                    standing.administers || (own == id && standing.user.is_some())
                }
                Subject::Login { .. } | Subject::Operator => {
                    standing.administers || standing.user == Some(key.user)
                }
            };
            if !may {
                return Err(Refused::NotFound);
            }
            if key.revoked.is_none() {
                work.push(Change::RevokeApiKey(id, now));
            }
            Ok(())
        })
        .await
    }

    /// Who comes with this API key.
    ///
    /// # Errors
    /// [`caller::Refused::Unknown`] alike for wrong, revoked and ended keys; after too many of these from one address,
    /// [`caller::Refused::TooManyTries`]. A key that is right is always heard: it cannot be guessed.
    pub fn caller_for_api_key(
        &self,
        key: &str,
        address: IpAddr,
    ) -> Result<Caller, caller::Refused> {
        let now = self.now();
        let hash = Hash::of(key);
        let rights = self.rights();
        let found = rights.api_key_by(hash).filter(|key| is_good(key, now));
        if let Some((key, row)) = found.and_then(|key| Some((key, rights.enabled(key.user)?))) {
            self.note_use(Used::ApiKey(key.id), key.last_used, now);
            return Ok(Caller {
                subject: Subject::ApiKey {
                    key: key.id,
                    user: key.user,
                    scopes: key.scopes,
                },
                role: Some(row.user.role),
                address,
            });
        }
        drop(rights);
        let limit = &self.inner.limits.api;
        if let Err(empty) = limit.look(block(address), now) {
            return Err(caller::Refused::TooManyTries {
                retry_after_s: empty.retry_after_s,
            });
        }
        limit.failed(block(address), hash.bytes(), now);
        Err(caller::Refused::Unknown)
    }
}
