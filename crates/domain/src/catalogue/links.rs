//! Links with which people set their password, once: invitations, and new ones for who forgot it.
//!
//! A user has one link at most. It is kept as its hash in the store, so that it works after a restart; it ends with its use, with another
//! link or password, with being switched off, and by itself after [`LINK_MAX`].

use crate::audit::By;
use crate::caller::Caller;
use crate::clock::Time;
use crate::id::UserId;
use crate::login::Begun;
use crate::password;
use crate::random::Random;
use crate::secret::{Hash, Kind, Secret};
use crate::store::{Change, UserRow};
use crate::user::{ByLink, LINK_MAX, Link, Name, Refused, Role, User};

use super::Catalogue;
use super::logins::{Origin, begin_alone};
use super::users::drop_link;

impl Catalogue {
    /// Adds somebody without a password, who sets it by the link with this token; administrators only. They cannot log in before.
    ///
    /// # Errors
    /// [`Refused`] says what to change.
    pub async fn invite(
        &self,
        caller: &Caller,
        name: Name,
        role: Role,
    ) -> Result<(User, Secret), Refused> {
        let (caller, random) = (caller.clone(), self.random());
        self.write(By::from(&caller), move |rights, work, now| {
            if !rights.standing(&caller, now).administers {
                return Err(Refused::NotAllowed);
            }
            if rights.user_named(&name).is_some() {
                return Err(Refused::Taken);
            }
            let user = User {
                id: UserId::new(&*random),
                name,
                role,
                created: now,
                disabled: None,
                last_login: None,
            };
            work.push(Change::AddUser(UserRow {
                user: user.clone(),
                password_hash: None,
            }));
            let (link, token) = link(&*random, user.id, now);
            work.push(Change::SetLink(link));
            Ok((user, token))
        })
        .await
    }

    /// The token of a new link with which a user sets their password; the one before is void. The password that they have works until
    /// then, and their logins end then. Administrators only.
    ///
    /// # Errors
    /// [`Refused::Disabled`] for somebody who is switched off, [`Refused::NotFound`], [`Refused::NotAllowed`].
    pub async fn reset_link(&self, caller: &Caller, user: UserId) -> Result<Secret, Refused> {
        let (caller, random) = (caller.clone(), self.random());
        self.write(By::from(&caller), move |rights, work, now| {
            if !rights.standing(&caller, now).administers {
                return Err(Refused::NotAllowed);
            }
            rights.user(user).ok_or(Refused::NotFound)?;
            rights.enabled(user).ok_or(Refused::Disabled)?;
            let (link, token) = link(&*random, user, now);
            work.push(Change::SetLink(link));
            Ok(token)
        })
        .await
    }

    /// Whose password the link with this token sets; it is not used up by looking.
    #[must_use]
    pub fn find_link(&self, token: &str) -> Option<Name> {
        let rights = self.rights();
        let (_, row) = rights.link_by(Hash::of(token), self.now())?;
        Some(row.user.name.clone())
    }

    /// Sets the password by a link, ends all logins that there were, and logs in. Of two that come at once one succeeds; a password that is
    /// refused leaves the link as it was.
    ///
    /// # Errors
    /// [`Refused::Link`] when it was used, has ended, or never was one; [`Refused::Password`] and [`Refused::Busy`] for another try.
    pub async fn set_password_by_link(&self, by: ByLink<'_>) -> Result<Begun, Refused> {
        let hash = Hash::of(by.token);
        // Nothing slow is done for who has no link.
        let name = self.find_link(by.token).ok_or(Refused::Link)?;
        password::check_for(by.password, &name)?;
        let password_hash = self.inner.ports.hasher.hash(by.password).await?;
        let from = Origin {
            address: by.address,
            agent: by.agent.to_owned(),
            random: self.random(),
        };
        self.write(By::nobody(by.address), move |rights, work, now| {
            let (link, _) = rights.link_by(hash, now).ok_or(Refused::Link)?;
            let user = link.user;
            work.push(Change::SetPassword {
                user,
                password_hash,
            });
            drop_link(rights, work, user);
            Ok(begin_alone(rights, work, now, user, &from))
        })
        .await
    }
}

fn link(random: &dyn Random, user: UserId, now: Time) -> (Link, Secret) {
    let token = Secret::generate(Kind::Once, random);
    let link = Link {
        user,
        hash: token.hash(),
        created: now,
        ends: now.plus(LINK_MAX),
    };
    (link, token)
}
