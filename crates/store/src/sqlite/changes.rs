//! Changes as statements.

use domain::access_code::{Code, CodeId, DAYS_KEPT, Used};
use domain::clock::Time;
use domain::item::{Item, Site};
use domain::store::{Change, StoreError, UserRow};
use domain::stored::{State, Stored};
use sqlx::SqliteConnection;
use sqlx::query;

use super::failed;

/// The purpose of the key under which grants are signed.
pub(super) const GRANTS: &str = "grants";

/// What stands for the hash of a password that nobody has set; no hash is empty.
pub(super) const NO_PASSWORD: &str = "";

/// Carries out one change within the transaction that is open.
pub(super) async fn apply(at: &mut SqliteConnection, change: &Change) -> Result<(), StoreError> {
    let statement = match change {
        Change::AddUser(UserRow { user, password_hash }) => query(
            "INSERT INTO users (id, name, role, password_hash, created, disabled, last_login) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(id(user.id.number()))
        .bind(user.name.as_str())
        .bind(user.role.word())
        .bind(password_hash.as_deref().unwrap_or(NO_PASSWORD))
        .bind(user.created.ms())
        .bind(user.disabled.map(Time::ms))
        .bind(user.last_login.map(Time::ms)),
        Change::SetPassword { user, password_hash } => {
            query("UPDATE users SET password_hash = $2 WHERE id = $1").bind(id(user.number())).bind(password_hash)
        }
        // Whoever is not there gets no link.
        Change::SetLink(link) => query(
            "INSERT INTO password_links (user, hash, created, ends) SELECT id, $2, $3, $4 FROM users WHERE id = $1 \
             ON CONFLICT (user) DO UPDATE SET hash = excluded.hash, created = excluded.created, ends = excluded.ends",
        )
        .bind(id(link.user.number()))
        .bind(&link.hash.bytes()[..])
        .bind(link.created.ms())
        .bind(link.ends.ms()),
        Change::DropLink(user) => query("DELETE FROM password_links WHERE user = $1").bind(id(user.number())),
        Change::SetDisabled { user, disabled } => query("UPDATE users SET disabled = $2 WHERE id = $1")
            .bind(id(user.number()))
            .bind(disabled.map(Time::ms)),
        Change::AddLogin(login) => query(
            "INSERT INTO logins (id, user, hash, created, last_seen, address, agent) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(id(login.id.number()))
        .bind(id(login.user.number()))
        .bind(&login.hash.bytes()[..])
        .bind(login.created.ms())
        .bind(login.last_seen.ms())
        .bind(&login.address)
        .bind(&login.agent),
        Change::DeleteLogin(login) => query("DELETE FROM logins WHERE id = $1").bind(id(login.number())),
        Change::SeenLogin(login, seen) => {
            query("UPDATE logins SET last_seen = $2 WHERE id = $1").bind(id(login.number())).bind(seen.ms())
        }
        Change::AddStream(stream) => query(
            "INSERT INTO streams (id, slug, title, owner, visibility, created, changed, generation, description, sites) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        )
        .bind(id(stream.id.number()))
        .bind(stream.slug.as_str())
        .bind(&stream.title)
        .bind(stream.owner.map(|owner| id(owner.number())))
        .bind(stream.visibility.word())
        .bind(stream.created.ms())
        .bind(stream.changed.ms())
        .bind(i64::from(stream.generation))
        .bind(&stream.description)
        .bind(lines(&stream.sites)),
        Change::SetStream(stream) => query(
            "UPDATE streams SET title = $2, visibility = $3, changed = $4, generation = $5, description = $6, sites = $7 \
             WHERE id = $1",
        )
        .bind(id(stream.id.number()))
        .bind(&stream.title)
        .bind(stream.visibility.word())
        .bind(stream.changed.ms())
        .bind(i64::from(stream.generation))
        .bind(&stream.description)
        .bind(lines(&stream.sites)),
        Change::DeleteStream(stream) => query("DELETE FROM streams WHERE id = $1").bind(id(stream.number())),
        Change::AddKey(key) => query(
            "INSERT INTO stream_keys (id, stream, name, hash, created, revoked, last_used) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(id(key.id.number()))
        .bind(id(key.stream.number()))
        .bind(&key.name)
        .bind(&key.hash.bytes()[..])
        .bind(key.created.ms())
        .bind(key.revoked.map(Time::ms))
        .bind(key.last_used.map(Time::ms)),
        Change::RevokeKey(key, revoked) => {
            query("UPDATE stream_keys SET revoked = $2 WHERE id = $1").bind(id(key.number())).bind(revoked.ms())
        }
        Change::DeleteKey(key) => query("DELETE FROM stream_keys WHERE id = $1").bind(id(key.number())),
        Change::UsedKey(key, used) => {
            query("UPDATE stream_keys SET last_used = $2 WHERE id = $1").bind(id(key.number())).bind(used.ms())
        }
        Change::AddApiKey(key) => query(
            "INSERT INTO api_keys (id, user, name, scopes, hash, created, expires, revoked, last_used) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        )
        .bind(id(key.id.number()))
        .bind(id(key.user.number()))
        .bind(&key.name)
        .bind(key.scopes.to_string())
        .bind(&key.hash.bytes()[..])
        .bind(key.created.ms())
        .bind(key.expires.map(Time::ms))
        .bind(key.revoked.map(Time::ms))
        .bind(key.last_used.map(Time::ms)),
        Change::RevokeApiKey(key, revoked) => {
            query("UPDATE api_keys SET revoked = $2 WHERE id = $1").bind(id(key.number())).bind(revoked.ms())
        }
        Change::DeleteApiKey(key) => query("DELETE FROM api_keys WHERE id = $1").bind(id(key.number())),
        Change::UsedApiKey(key, used) => {
            query("UPDATE api_keys SET last_used = $2 WHERE id = $1").bind(id(key.number())).bind(used.ms())
        }
        Change::AddStored(stored) => {
            add_stored(at, stored).await?;
            return add_captions(at, stored).await;
        }
        Change::SetStored(stored) => {
            // What is not there gets no captions either.
            if set_stored(at, stored).await? == 0 {
                return Ok(());
            }
            let old = query("DELETE FROM captions WHERE stored = $1").bind(id(stored.id.number()));
            old.execute(&mut *at).await.map_err(failed)?;
            return add_captions(at, stored).await;
        }
        Change::DeleteStored(stored) => query("DELETE FROM stored WHERE id = $1").bind(id(stored.number())),
        Change::AddCode(code) => {
            add_code(at, code).await?;
            return add_items(at, code).await;
        }
        Change::SetCode(code) => {
            if set_code(at, code).await? == 0 {
                return Ok(());
            }
            let old = query("DELETE FROM access_code_items WHERE code = $1").bind(id(code.id.number()));
            old.execute(&mut *at).await.map_err(failed)?;
            return add_items(at, code).await;
        }
        Change::DeleteCode(code) => query("DELETE FROM access_codes WHERE id = $1").bind(id(code.number())),
        Change::UsedCode { code, used, last } => return used_code(at, *code, used, *last).await,
        Change::AddAudit(entry) => query(
            "INSERT INTO audit (at, who, via, address, action, subject, detail) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(entry.at.ms())
        .bind(&entry.who)
        .bind(entry.via.word())
        .bind(&entry.address)
        .bind(&entry.action)
        .bind(&entry.subject)
        .bind(&entry.detail),
        Change::DropAudit(before) => query("DELETE FROM audit WHERE at < $1").bind(before.ms()),
        Change::SetGrantKey(key) => query(
            "INSERT INTO server_keys (purpose, key) VALUES ($1, $2) \
             ON CONFLICT (purpose) DO UPDATE SET key = excluded.key",
        )
        .bind(GRANTS)
        .bind(&key.0[..]),
        Change::LoggedIn(user, at) => {
            query("UPDATE users SET last_login = $2 WHERE id = $1").bind(id(user.number())).bind(at.ms())
        }
        Change::SetSetting { name, value: Some(value) } => query(
            "INSERT INTO settings (name, value) VALUES ($1, $2) \
             ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        )
        .bind(name)
        .bind(value),
        Change::SetSetting { name, value: None } => query("DELETE FROM settings WHERE name = $1").bind(name),
    };
    statement.execute(at).await.map_err(failed)?;
    Ok(())
}

async fn add_stored(at: &mut SqliteConnection, stored: &Stored) -> Result<(), StoreError> {
    let (state, reason) = state(&stored.state);
    let facts = &stored.facts;
    let statement = query(
        "INSERT INTO stored (id, kind, slug, title, description, owner, visibility, created, changed, generation, state, reason, \
         place, bytes, duration_ms, width, height, codecs, form, file_name, has_original, poster, downloadable, sites) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24)",
    )
    .bind(id(stored.id.number()))
    .bind(stored.kind.word())
    .bind(stored.slug.as_str())
    .bind(&stored.title)
    .bind(&stored.description)
    .bind(stored.owner.map(|owner| id(owner.number())))
    .bind(stored.visibility.word())
    .bind(stored.created.ms())
    .bind(stored.changed.ms())
    .bind(i64::from(stored.generation))
    .bind(state)
    .bind(reason)
    .bind(stored.place.to_string())
    .bind(number(facts.bytes))
    .bind(number(facts.duration_ms))
    .bind(i64::from(facts.width))
    .bind(i64::from(facts.height))
    .bind(&facts.codecs)
    .bind(&facts.form)
    .bind(&facts.file_name)
    .bind(facts.has_original)
    .bind(stored.poster.map(Time::ms))
    .bind(stored.downloadable)
    .bind(lines(&stored.sites));
    statement.execute(at).await.map_err(failed)?;
    Ok(())
}

/// How many rows it changed.
async fn set_stored(at: &mut SqliteConnection, stored: &Stored) -> Result<u64, StoreError> {
    let (state, reason) = state(&stored.state);
    let facts = &stored.facts;
    let statement = query(
        "UPDATE stored SET title = $2, description = $3, visibility = $4, changed = $5, generation = $6, state = $7, reason = $8, \
         bytes = $9, duration_ms = $10, width = $11, height = $12, codecs = $13, form = $14, file_name = $15, has_original = $16, \
         poster = $17, downloadable = $18, sites = $19 WHERE id = $1",
    )
    .bind(id(stored.id.number()))
    .bind(&stored.title)
    .bind(&stored.description)
    .bind(stored.visibility.word())
    .bind(stored.changed.ms())
    .bind(i64::from(stored.generation))
    .bind(state)
    .bind(reason)
    .bind(number(facts.bytes))
    .bind(number(facts.duration_ms))
    .bind(i64::from(facts.width))
    .bind(i64::from(facts.height))
    .bind(&facts.codecs)
    .bind(&facts.form)
    .bind(&facts.file_name)
    .bind(facts.has_original)
    .bind(stored.poster.map(Time::ms))
    .bind(stored.downloadable)
    .bind(lines(&stored.sites));
    let done = statement.execute(at).await.map_err(failed)?;
    Ok(done.rows_affected())
}

async fn add_captions(at: &mut SqliteConnection, stored: &Stored) -> Result<(), StoreError> {
    for caption in &stored.captions {
        let statement = query(
            "INSERT INTO captions (stored, language, label, is_default) VALUES ($1, $2, $3, $4)",
        )
        .bind(id(stored.id.number()))
        .bind(&caption.language)
        .bind(&caption.label)
        .bind(caption.is_default);
        statement.execute(&mut *at).await.map_err(failed)?;
    }
    Ok(())
}

async fn used_code(
    at: &mut SqliteConnection,
    code: CodeId,
    used: &Used,
    last: Option<Time>,
) -> Result<(), StoreError> {
    let statements = [
        query(
            "UPDATE access_codes SET uses = uses + $2, last_used = coalesce($3, last_used) WHERE id = $1",
        )
        .bind(id(code.number()))
        .bind(number(used.opened))
        .bind(last.map(Time::ms)),
        // A code that is not there gets no days.
        query(
            "INSERT INTO access_code_days (code, day, opened, watched_ms) SELECT id, $2, $3, $4 FROM access_codes WHERE id = $1 \
             ON CONFLICT (code, day) DO UPDATE SET opened = opened + excluded.opened, watched_ms = watched_ms + excluded.watched_ms",
        )
        .bind(id(code.number()))
        .bind(used.day.number())
        .bind(number(used.opened))
        .bind(i64::try_from(used.watched.as_millis()).unwrap_or(i64::MAX)),
        query("DELETE FROM access_code_days WHERE code = $1 AND day < $2")
            .bind(id(code.number()))
            .bind(used.day.before(DAYS_KEPT - 1).number()),
    ];
    for statement in statements {
        statement.execute(&mut *at).await.map_err(failed)?;
    }
    Ok(())
}

async fn add_code(at: &mut SqliteConnection, code: &Code) -> Result<(), StoreError> {
    let statement = query(
        "INSERT INTO access_codes (id, owner, tag, sealed, is_chosen, description, note, starts, expires, paused, viewers_max, \
         sites, may_download, created, changed, uses, last_used) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)",
    )
    .bind(id(code.id.number()))
    .bind(id(code.owner.number()))
    .bind(&code.tag.0[..])
    .bind(&code.sealed)
    .bind(code.is_chosen)
    .bind(&code.description)
    .bind(&code.note)
    .bind(code.starts.map(Time::ms))
    .bind(code.expires.map(Time::ms))
    .bind(code.paused.map(Time::ms))
    .bind(code.viewers_max.map(i64::from))
    .bind(lines(&code.sites))
    .bind(code.may_download)
    .bind(code.created.ms())
    .bind(code.changed.ms())
    .bind(number(code.uses))
    .bind(code.last_used.map(Time::ms));
    statement.execute(at).await.map_err(failed)?;
    Ok(())
}

/// How many rows it changed.
async fn set_code(at: &mut SqliteConnection, code: &Code) -> Result<u64, StoreError> {
    let statement = query(
        "UPDATE access_codes SET description = $2, note = $3, starts = $4, expires = $5, paused = $6, viewers_max = $7, sites = $8, \
         may_download = $9, changed = $10 WHERE id = $1",
    )
    .bind(id(code.id.number()))
    .bind(&code.description)
    .bind(&code.note)
    .bind(code.starts.map(Time::ms))
    .bind(code.expires.map(Time::ms))
    .bind(code.paused.map(Time::ms))
    .bind(code.viewers_max.map(i64::from))
    .bind(lines(&code.sites))
    .bind(code.may_download)
    .bind(code.changed.ms());
    let done = statement.execute(at).await.map_err(failed)?;
    Ok(done.rows_affected())
}

async fn add_items(at: &mut SqliteConnection, code: &Code) -> Result<(), StoreError> {
    for (position, item) in (0_i64..).zip(&code.items) {
        let stream = match item {
            Item::Stream(stream) => Some(id(stream.number())),
            Item::Video(_) | Item::Image(_) => None,
        };
        let statement = query("INSERT INTO access_code_items (code, position, stream, stored) VALUES ($1, $2, $3, $4)")
            .bind(id(code.id.number()))
            .bind(position)
            .bind(stream)
            .bind(item.stored().map(|stored| id(stored.number())));
        statement.execute(&mut *at).await.map_err(failed)?;
    }
    Ok(())
}

/// A state and its reason.
fn state(state: &State) -> (&'static str, &str) {
    let reason = match state {
        State::Processing | State::Ready => "",
        State::Failed(reason) => reason,
    };
    (state.word(), reason)
}

/// One a line.
fn lines(sites: &[Site]) -> String {
    let texts: Vec<&str> = sites.iter().map(Site::as_str).collect();
    texts.join("\n")
}

/// A count as SQLite keeps it; none comes near 2^63.
fn number(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// An id as SQLite keeps it; ids are below 2^63, so none changes.
fn id(number: u64) -> i64 {
    number.cast_signed()
}
