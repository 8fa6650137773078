//! Changes as statements.

use domain::clock::Time;
use domain::store::{Change, StoreError, UserRow};
use sqlx::SqliteConnection;
use sqlx::query;

use super::failed;

/// The purpose of the key under which grants are signed.
pub(super) const GRANTS: &str = "grants";

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
        .bind(password_hash)
        .bind(user.created.ms())
        .bind(user.disabled.map(Time::ms))
        .bind(user.last_login.map(Time::ms)),
        Change::SetPassword { user, password_hash } => {
            query("UPDATE users SET password_hash = $2 WHERE id = $1").bind(id(user.number())).bind(password_hash)
        }
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
            "INSERT INTO streams (id, slug, title, owner, visibility, created, changed, generation) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(id(stream.id.number()))
        .bind(stream.slug.as_str())
        .bind(&stream.title)
        .bind(stream.owner.map(|owner| id(owner.number())))
        .bind(stream.visibility.word())
        .bind(stream.created.ms())
        .bind(stream.changed.ms())
        .bind(i64::from(stream.generation)),
        Change::SetStream(stream) => query(
            "UPDATE streams SET title = $2, visibility = $3, changed = $4, generation = $5 WHERE id = $1",
        )
        .bind(id(stream.id.number()))
        .bind(&stream.title)
        .bind(stream.visibility.word())
        .bind(stream.changed.ms())
        .bind(i64::from(stream.generation)),
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

/// An id as SQLite keeps it; ids are below 2^63, so none changes.
fn id(number: u64) -> i64 {
    number.cast_signed()
}
