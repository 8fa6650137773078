//! Logins: begun with a password or a link, recognised by cookie, listed, ended.

use std::net::IpAddr;
use std::sync::Arc;

use crate::audit::By;
use crate::caller::{Caller, Subject};
use crate::clock::Time;
use crate::id::{LoginId, UserId};
use crate::limit::{Empty, block};
use crate::login::{self, Attempt, Begun, Login, ONCE_MAX, PER_USER_MAX, Refused};
use crate::password;
use crate::random::Random;
use crate::secret::{Hash, Kind, Secret};
use crate::store::{Change, Work};
use crate::user::Name;

use super::rights::Rights;
use super::{Catalogue, Used, lock};

/// Links that log in once and have not been used; the one that ends first makes room.
pub(super) const ONCE_LINKS_MAX: usize = 100;

impl Catalogue {
    /// Logs somebody in by name and password. Unknown and switched-off names take as long as wrong passwords.
    ///
    /// # Errors
    /// [`Refused`]; whether the name exists is not told.
    pub async fn log_in(&self, attempt: Attempt<'_>) -> Result<Begun, Refused> {
        let now = self.now();
        let name = Name::parse(attempt.name);
        // What is no name at all is counted as one account, so that a flood of such names has a bound too.
        let account = name.as_ref().map_or("", Name::as_str);
        let tries = Tries {
            account,
            block: block(attempt.address),
        };
        let taken = self.take_try(tries, now)?;

        let stored = name.as_ref().ok().and_then(|name| {
            let rights = self.rights();
            let row = rights
                .user_named(name)
                .filter(|row| row.user.disabled.is_none())?;
            Some((row.user.id, row.password_hash.clone()?))
        });
        let is_bounded = attempt.password.expose().len() <= password::BYTES_MAX;
        let none = Secret::new("");
        let password = if is_bounded { attempt.password } else { &none };
        let hash = stored.as_ref().map(|(_, hash)| hash.as_str());
        let matches = match self.verify(password, hash).await {
            Ok(matches) => matches && is_bounded,
            Err(busy) => {
                // Nothing was tried, so nothing is counted: a flood must not use up its victims' tries.
                self.put_back_try(tries, taken, now);
                return Err(busy.into());
            }
        };
        let Some((user, hash)) = stored.filter(|_| matches) else {
            return Err(Refused::Wrong);
        };
        self.put_back_try(tries, taken, now);
        self.inner.limits.login_known.take(tries, now).ok();
        let from = Origin {
            address: attempt.address,
            agent: attempt.agent.to_owned(),
            random: self.random(),
        };
        self.write(By::nobody(attempt.address), move |rights, work, now| {
            // The password may have been reset, or the user switched off, while it was checked.
            let holds = rights
                .enabled(user)
                .is_some_and(|row| row.password_hash.as_ref() == Some(&hash));
            if !holds {
                return Err(Refused::Wrong);
            }
            Ok(begin(rights, work, now, user, &from))
        })
        .await
    }

    /// A link's token that logs this user in once, within a day; for the operator and the user themselves.
    ///
    /// # Errors
    /// [`Refused::NotAllowed`].
    pub fn one_time_login(&self, caller: &Caller, user: UserId) -> Result<Secret, Refused> {
        let now = self.now();
        {
            let rights = self.rights();
            let is_theirs = matches!(caller.subject, Subject::Login { .. })
                && rights.standing(caller, now).user == Some(user);
            if !(caller.subject == Subject::Operator || is_theirs) {
                return Err(Refused::NotAllowed);
            }
            rights.enabled(user).ok_or(Refused::NotFound)?;
        }
        let token = Secret::generate(Kind::Once, &*self.inner.ports.random);
        let mut once = lock(&self.inner.once);
        once.retain(|_, (_, ends)| *ends > now);
        if once.len() >= ONCE_LINKS_MAX {
            let first = once
                .iter()
                .min_by_key(|(_, (_, ends))| *ends)
                .map(|(hash, _)| *hash);
            first.and_then(|hash| once.remove(&hash));
        }
        once.insert(*token.hash().bytes(), (user, now.plus(ONCE_MAX)));
        Ok(token)
    }

    /// Logs in by a link's token. It is used up by this, also when two come at once.
    ///
    /// # Errors
    /// [`Refused::Link`] when it was used, has ended, or never was one.
    pub async fn redeem_one_time_login(
        &self,
        token: &str,
        address: IpAddr,
        agent: &str,
    ) -> Result<Begun, Refused> {
        let hash = Hash::of(token);
        let found = lock(&self.inner.once).remove(hash.bytes());
        let (user, _) = found
            .filter(|(_, ends)| *ends > self.now())
            .ok_or(Refused::Link)?;
        let from = Origin {
            address,
            agent: agent.to_owned(),
            random: self.random(),
        };
        self.write(By::nobody(address), move |rights, work, now| {
            rights.enabled(user).ok_or(Refused::Link)?;
            Ok(begin(rights, work, now, user, &from))
        })
        .await
    }

    /// Who comes with this cookie; a stranger when it is none of ours, or has ended.
    #[must_use]
    pub fn caller_for_cookie(&self, cookie: &str, address: IpAddr) -> Caller {
        let now = self.now();
        let hash = Hash::of(cookie);
        let rights = self.rights();
        let found = rights.login_by(hash).filter(|login| login.ends() > now);
        let Some((login, row)) = found.and_then(|login| Some((login, rights.enabled(login.user)?)))
        else {
            return Caller::nobody(address);
        };
        self.note_use(Used::Login(login.id), Some(login.last_seen), now);
        Caller {
            subject: Subject::Login {
                login: login.id,
                user: login.user,
            },
            role: Some(row.user.role),
            address,
        }
    }

    /// Ends the caller's own login; does nothing for others.
    ///
    /// # Errors
    /// [`Refused::Store`].
    pub async fn log_out(&self, caller: &Caller) -> Result<(), Refused> {
        let Subject::Login { login, .. } = caller.subject else {
            return Ok(());
        };
        self.write(By::from(caller), move |rights, work, _| {
            if rights.login(login).is_some() {
                work.push(Change::DeleteLogin(login));
            }
            Ok(())
        })
        .await
    }

    /// The caller's logins, the one seen last first. Needs a login, not an API key.
    ///
    /// # Errors
    /// [`Refused::NotAllowed`].
    pub fn list_logins(&self, caller: &Caller) -> Result<Vec<Login>, Refused> {
        let now = self.now();
        let rights = self.rights();
        let user = own_user(&rights, caller, now)?;
        let mut logins: Vec<Login> = rights
            .logins_of(user)
            .filter(|login| login.ends() > now)
            .cloned()
            .collect();
        logins.sort_by_key(|login| (std::cmp::Reverse(login.last_seen), login.id));
        Ok(logins)
    }

    /// Ends one of the caller's logins.
    ///
    /// # Errors
    /// [`Refused::NotFound`] when it is not there or not theirs.
    pub async fn end_login(&self, caller: &Caller, login: LoginId) -> Result<(), Refused> {
        let caller = caller.clone();
        self.write(By::from(&caller), move |rights, work, now| {
            let user = own_user(rights, &caller, now)?;
            rights
                .login(login)
                .filter(|found| found.user == user)
                .ok_or(Refused::NotFound)?;
            work.push(Change::DeleteLogin(login));
            Ok(())
        })
        .await
    }

    /// Ends all of the caller's logins except the one they come with.
    ///
    /// # Errors
    /// [`Refused::NotAllowed`].
    pub async fn end_other_logins(&self, caller: &Caller) -> Result<(), Refused> {
        let caller = caller.clone();
        self.write(By::from(&caller), move |rights, work, now| {
            let user = own_user(rights, &caller, now)?;
            let is_this =
                |id| matches!(caller.subject, Subject::Login { login, .. } if login == id);
            for login in rights.logins_of(user).filter(|login| !is_this(login.id)) {
                work.push(Change::DeleteLogin(login.id));
            }
            Ok(())
        })
        .await
    }

    /// Takes one try from every bucket that bounds this login, before anything slow is done; what was no failure is put
    /// back. Taking first keeps a thousand tries at once within the same bounds.
    fn take_try(&self, tries: Tries<'_>, now: Time) -> Result<Taken, Refused> {
        let limits = &self.inner.limits;
        let refuse = |empty: Empty| Refused::TooManyTries {
            retry_after_s: empty.retry_after_s,
        };
        limits.login_pair.take(tries, now).map_err(refuse)?;
        limits
            .login_address
            .take(tries.block, now)
            .map_err(refuse)?;
        if limits.login_known.look(tries, now).is_err() {
            return Ok(Taken::FromKnownAddress);
        }
        limits
            .login_account
            .take(tries.account, now)
            .map_err(refuse)?;
        Ok(Taken::FromUnknownAddress)
    }

    fn put_back_try(&self, tries: Tries<'_>, taken: Taken, now: Time) {
        let limits = &self.inner.limits;
        limits.login_pair.put_back(tries, now);
        limits.login_address.put_back(tries.block, now);
        if taken == Taken::FromUnknownAddress {
            limits.login_account.put_back(tries.account, now);
        }
    }

    /// Whether the password is the one of this hash; without a hash no, after the same time.
    async fn verify(&self, password: &Secret, hash: Option<&str>) -> Result<bool, password::Busy> {
        let hasher = &self.inner.ports.hasher;
        match hash {
            Some(hash) => hasher.verify(password, hash).await,
            None => {
                let dummy = self.dummy_hash().await?;
                hasher.verify(password, &dummy).await.map(|_| false)
            }
        }
    }

    /// A hash of the same cost as a real one, made once.
    async fn dummy_hash(&self) -> Result<String, password::Busy> {
        if let Some(hash) = lock(&self.inner.dummy).clone() {
            return Ok(hash);
        }
        let nobody = Secret::generate(Kind::Once, &*self.inner.ports.random);
        let hash = self.inner.ports.hasher.hash(&nobody).await?;
        *lock(&self.inner.dummy) = Some(hash.clone());
        Ok(hash)
    }
}

/// By what failed logins are counted.
#[derive(Debug, Clone, Copy, Hash)]
struct Tries<'a> {
    account: &'a str,
    block: IpAddr,
}

/// From which buckets a try was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Taken {
    /// Not from the account's: somebody logged in to it from there before.
    FromKnownAddress,
    /// From the account's too.
    FromUnknownAddress,
}

/// Where a login comes from.
pub(super) struct Origin {
    pub address: IpAddr,
    pub agent: String,
    pub random: Arc<dyn Random>,
}

/// Ends all logins of a user and adds the one that is left.
pub(super) fn begin_alone(
    rights: &Rights,
    work: &mut Work,
    now: Time,
    user: UserId,
    from: &Origin,
) -> Begun {
    for login in rights.logins_of(user) {
        work.push(Change::DeleteLogin(login.id));
    }
    add(work, now, user, from)
}

/// Adds a login with a new id and cookie, and makes room for it.
pub(super) fn begin(
    rights: &Rights,
    work: &mut Work,
    now: Time,
    user: UserId,
    from: &Origin,
) -> Begun {
    let mut others: Vec<&Login> = rights.logins_of(user).collect();
    others.sort_by_key(|login| std::cmp::Reverse(login.last_seen));
    for oldest in others.into_iter().skip(PER_USER_MAX - 1) {
        work.push(Change::DeleteLogin(oldest.id));
    }
    add(work, now, user, from)
}

fn add(work: &mut Work, now: Time, user: UserId, from: &Origin) -> Begun {
    let cookie = Secret::generate(Kind::Login, &*from.random);
    let agent = from
        .agent
        .chars()
        .filter(|c| !c.is_control())
        .take(login::AGENT_CHARS_MAX)
        .collect();
    let login = Login {
        id: LoginId::new(&*from.random),
        user,
        hash: cookie.hash(),
        created: now,
        last_seen: now,
        address: login::shortened(from.address),
        agent,
    };
    work.push(Change::AddLogin(login.clone()));
    work.push(Change::LoggedIn(user, now));
    Begun { login, cookie }
}

/// Whose logins the caller may see and end: their own, when they come with a login themselves.
fn own_user(rights: &Rights, caller: &Caller, now: Time) -> Result<UserId, Refused> {
    if !matches!(caller.subject, Subject::Login { .. }) {
        return Err(Refused::NotAllowed);
    }
    rights.standing(caller, now).user.ok_or(Refused::NotAllowed)
}
