//! Users: added, listed, given another password, switched off.

use crate::audit::By;
use crate::caller::Caller;
use crate::clock::Time;
use crate::id::UserId;
use crate::password;
use crate::secret::Secret;
use crate::store::{Change, UserRow, Work};
use crate::user::{Name, New, Person, Refused, Role, User};

use super::Catalogue;
use super::rights::Rights;
use crate::limit::block;

impl Catalogue {
    /// Adds a user; administrators only.
    ///
    /// # Errors
    /// [`Refused`] says what to change.
    pub async fn add_user(&self, caller: &Caller, new: New) -> Result<User, Refused> {
        if !self.rights().standing(caller, self.now()).administers {
            return Err(Refused::NotAllowed);
        }
        password::check_for(&new.password, &new.name)?;
        let password_hash = self.inner.ports.hasher.hash(&new.password).await?;
        let (caller, random) = (caller.clone(), self.random());
        self.write(By::from(&caller), move |rights, work, now| {
            if !rights.standing(&caller, now).administers {
                return Err(Refused::NotAllowed);
            }
            if rights.user_named(&new.name).is_some() {
                return Err(Refused::Taken);
            }
            let user = User {
                id: UserId::new(&*random),
                name: new.name,
                role: new.role,
                created: now,
                disabled: None,
                last_login: None,
            };
            work.push(Change::AddUser(UserRow {
                user: user.clone(),
                password_hash: Some(password_hash),
            }));
            Ok(user)
        })
        .await
    }

    /// All users in the order of their names; administrators only.
    ///
    /// # Errors
    /// [`Refused::NotAllowed`].
    pub fn list_users(&self, caller: &Caller) -> Result<Vec<User>, Refused> {
        let rights = self.rights();
        if !rights.standing(caller, self.now()).administers {
            return Err(Refused::NotAllowed);
        }
        let mut users: Vec<User> = rights.users().map(|row| row.user.clone()).collect();
        users.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(users)
    }

    /// The same with how they come in; administrators only.
    ///
    /// # Errors
    /// [`Refused::NotAllowed`].
    pub fn list_people(&self, caller: &Caller) -> Result<Vec<Person>, Refused> {
        let users = self.list_users(caller)?;
        let (rights, now) = (self.rights(), self.now());
        Ok(users
            .into_iter()
            .map(|user| person(&rights, user, now))
            .collect())
    }

    /// Somebody by their name, with how they come in; administrators only.
    ///
    /// # Errors
    /// [`Refused::NotAllowed`], [`Refused::NotFound`].
    pub fn find_person(&self, caller: &Caller, name: &Name) -> Result<Person, Refused> {
        let user = self.find_user_named(caller, name)?;
        Ok(person(&self.rights(), user, self.now()))
    }

    /// The user with this id, to show a name. Whoever knows the id may know the name.
    #[must_use]
    pub fn find_user(&self, id: UserId) -> Option<User> {
        self.rights().user(id).map(|row| row.user.clone())
    }

    /// The user with this name; administrators only.
    ///
    /// # Errors
    /// [`Refused::NotAllowed`], [`Refused::NotFound`].
    pub fn find_user_named(&self, caller: &Caller, name: &Name) -> Result<User, Refused> {
        let rights = self.rights();
        if !rights.standing(caller, self.now()).administers {
            return Err(Refused::NotAllowed);
        }
        rights
            .user_named(name)
            .map(|row| row.user.clone())
            .ok_or(Refused::NotFound)
    }

    /// Gives a user another password and ends all their logins and their link; administrators only.
    ///
    /// # Errors
    /// [`Refused`] says what to change.
    pub async fn reset_password(
        &self,
        caller: &Caller,
        user: UserId,
        password: &Secret,
    ) -> Result<(), Refused> {
        {
            let rights = self.rights();
            if !rights.standing(caller, self.now()).administers {
                return Err(Refused::NotAllowed);
            }
            let row = rights.user(user).ok_or(Refused::NotFound)?;
            password::check_for(password, &row.user.name)?;
        }
        let password_hash = self.inner.ports.hasher.hash(password).await?;
        let caller = caller.clone();
        self.write(By::from(&caller), move |rights, work, now| {
            if !rights.standing(&caller, now).administers {
                return Err(Refused::NotAllowed);
            }
            rights.user(user).ok_or(Refused::NotFound)?;
            work.push(Change::SetPassword {
                user,
                password_hash,
            });
            drop_link(rights, work, user);
            for login in rights.logins_of(user) {
                work.push(Change::DeleteLogin(login.id));
            }
            Ok(())
        })
        .await
    }

    /// Gives oneself another password, and ends all one's logins but this one, and one's link. Needs a login, not an API key.
    ///
    /// # Errors
    /// [`Refused`] says what to change.
    pub async fn change_password(
        &self,
        caller: &Caller,
        old: &Secret,
        new: &Secret,
    ) -> Result<(), Refused> {
        let crate::caller::Subject::Login { login: this, .. } = caller.subject else {
            return Err(Refused::NotAllowed);
        };
        let now = self.now();
        let (user, stored) = {
            let rights = self.rights();
            let user = rights.standing(caller, now).user;
            let row = user
                .and_then(|user| rights.user(user))
                .ok_or(Refused::NotAllowed)?;
            password::check_for(new, &row.user.name)?;
            let stored = row.password_hash.clone().ok_or(Refused::WrongPassword)?;
            (row.user.id, stored)
        };
        // A stolen cookie must not become a way to guess the password.
        let pair = (user, block(caller.address));
        let limit = &self.inner.limits.login_pair;
        limit
            .take(pair, now)
            .map_err(|empty| Refused::TooManyTries {
                retry_after_s: empty.retry_after_s,
            })?;
        if old.expose().len() > password::BYTES_MAX
            || !self.inner.ports.hasher.verify(old, &stored).await?
        {
            return Err(Refused::WrongPassword);
        }
        limit.put_back(pair, now);
        let password_hash = self.inner.ports.hasher.hash(new).await?;
        let caller = caller.clone();
        self.write(By::from(&caller), move |rights, work, now| {
            // Somebody may have reset it meanwhile; the older decision must not win.
            let unchanged = rights
                .user(user)
                .is_some_and(|row| row.password_hash.as_ref() == Some(&stored));
            if !unchanged || rights.standing(&caller, now).user != Some(user) {
                return Err(Refused::NotAllowed);
            }
            work.push(Change::SetPassword {
                user,
                password_hash,
            });
            drop_link(rights, work, user);
            for login in rights.logins_of(user).filter(|login| login.id != this) {
                work.push(Change::DeleteLogin(login.id));
            }
            Ok(())
        })
        .await
    }

    /// Switches a user off: logins and the link to set a password end for good; stream and API keys are dead until the user is switched on again;
    /// administrators only.
    ///
    /// # Errors
    /// [`Refused::LastAdministrator`] when nobody could administer the server afterwards.
    pub async fn disable_user(&self, caller: &Caller, user: UserId) -> Result<(), Refused> {
        let caller = caller.clone();
        self.write(By::from(&caller), move |rights, work, now| {
            if !rights.standing(&caller, now).administers {
                return Err(Refused::NotAllowed);
            }
            let row = rights.user(user).ok_or(Refused::NotFound)?;
            if row.user.disabled.is_some() {
                return Ok(());
            }
            // Who was invited and never came is nobody who could administer.
            let comes_in = |row: &&UserRow| row.password_hash.is_some();
            let mut others = rights.administrators().filter(comes_in);
            let is_one = row.user.role == Role::Administrator && comes_in(&row);
            if is_one && others.all(|other| other.user.id == user) {
                return Err(Refused::LastAdministrator);
            }
            work.push(Change::SetDisabled {
                user,
                disabled: Some(now),
            });
            drop_link(rights, work, user);
            for login in rights.logins_of(user) {
                work.push(Change::DeleteLogin(login.id));
            }
            Ok(())
        })
        .await
    }

    /// Switches a user on again; administrators only.
    ///
    /// # Errors
    /// [`Refused::NotAllowed`], [`Refused::NotFound`].
    pub async fn enable_user(&self, caller: &Caller, user: UserId) -> Result<(), Refused> {
        let caller = caller.clone();
        self.write(By::from(&caller), move |rights, work, now| {
            if !rights.standing(&caller, now).administers {
                return Err(Refused::NotAllowed);
            }
            let row = rights.user(user).ok_or(Refused::NotFound)?;
            if row.user.disabled.is_none() {
                return Ok(());
            }
            work.push(Change::SetDisabled {
                user,
                disabled: None,
            });
            Ok(())
        })
        .await
    }
}

fn person(rights: &Rights, user: User, now: Time) -> Person {
    let link = rights.link_of(user.id).filter(|link| link.ends > now);
    Person {
        has_password: rights
            .user(user.id)
            .is_some_and(|row| row.password_hash.is_some()),
        link_ends: link.map(|link| link.ends),
        user,
    }
}

/// The user's link works no more.
pub(super) fn drop_link(rights: &Rights, work: &mut Work, user: UserId) {
    if rights.link_of(user).is_some() {
        work.push(Change::DropLink(user));
    }
}
