//! The first start: the token that the console shows, and what it is good for, once.

use std::net::IpAddr;

use crate::audit::By;
use crate::id::{KeyId, StreamId, UserId};
use crate::password;
use crate::secret::{Hash, Kind, Secret};
use crate::setup::{Done, Refused};
use crate::slug::Slug;
use crate::store::{Change, UserRow};
use crate::stream::{Key, MadeKey, Stream, Visibility};
use crate::user::{Name, Role, User};

use super::logins::{Origin, begin};
use super::{Catalogue, lock};

/// What the person at the first start hands over.
#[derive(Debug)]
pub struct First<'a> {
    /// The token from the console.
    pub token: &'a str,
    /// The name, as typed.
    pub name: &'a str,
    /// The password.
    pub password: &'a Secret,
    /// Where they come from, after trusted proxies.
    pub address: IpAddr,
    /// What the browser calls itself.
    pub agent: &'a str,
}

impl Catalogue {
    /// Whether nobody has an account yet.
    #[must_use]
    pub fn needs_setup(&self) -> bool {
        self.rights().users().next().is_none()
    }

    /// A token for the setup, to be shown on the console and nowhere else; `None` once somebody has an account. A new
    /// one makes the one before void.
    #[must_use]
    pub fn setup_token(&self) -> Option<Secret> {
        if !self.needs_setup() {
            return None;
        }
        let token = Secret::generate(Kind::Once, &*self.inner.ports.random);
        *lock(&self.inner.setup) = Some(token.hash());
        Some(token)
    }

    /// Whether this is the token on the console, so that a page can say so before anything is typed.
    #[must_use]
    pub fn is_setup_token(&self, token: &str) -> bool {
        let expected = *lock(&self.inner.setup);
        self.needs_setup() && expected == Some(Hash::of(token))
    }

    /// Makes the first administrator and the stream `live`, and logs in. Of two that come at once, one succeeds.
    ///
    /// # Errors
    /// [`Refused`] says what to change; the token stays good until the setup is done.
    pub async fn setup(&self, first: First<'_>) -> Result<Done, Refused> {
        if !self.needs_setup() {
            return Err(Refused::Over);
        }
        if !self.is_setup_token(first.token) {
            return Err(Refused::Token);
        }
        let name = Name::parse(first.name)?;
        password::check_for(first.password, &name)?;
        let password_hash = self.inner.ports.hasher.hash(first.password).await?;
        let random = self.random();
        let from = Origin {
            address: first.address,
            agent: first.agent.to_owned(),
            random: self.random(),
        };
        let done = self
            .write(By::nobody(first.address), move |rights, work, now| {
                if rights.users().next().is_some() {
                    return Err(Refused::Over);
                }
                let user = User {
                    id: UserId::new(&*random),
                    name,
                    role: Role::Administrator,
                    created: now,
                    disabled: None,
                    last_login: None,
                };
                let owner = user.id;
                work.push(Change::AddUser(UserRow {
                    user,
                    password_hash: Some(password_hash),
                }));
                // The command line may have made it before anybody had an account.
                let key = if rights.stream_at("live").is_some() {
                    None
                } else {
                    let slug = Slug::parse("live")
                        .expect("`live` follows the grammar and is not reserved");
                    let stream = Stream {
                        id: StreamId::new(&*random),
                        slug,
                        title: "Live".to_owned(),
                        owner: Some(owner),
                        visibility: Visibility::Members,
                        created: now,
                        changed: now,
                        generation: 0,
                        description: String::new(),
                        sites: Vec::new(),
                    };
                    let secret = Secret::generate(Kind::StreamKey, &*random);
                    let key = Key {
                        id: KeyId::new(&*random),
                        stream: stream.id,
                        name: "First key".to_owned(),
                        hash: secret.hash(),
                        created: now,
                        revoked: None,
                        last_used: None,
                    };
                    work.push(Change::AddStream(stream));
                    work.push(Change::AddKey(key.clone()));
                    Some(MadeKey { key, secret })
                };
                Ok(Done {
                    begun: begin(rights, work, now, owner, &from),
                    key,
                })
            })
            .await?;
        *lock(&self.inner.setup) = None;
        Ok(done)
    }
}
