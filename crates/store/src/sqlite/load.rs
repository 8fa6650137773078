//! Rows as what the domain knows. What cannot be read is an error with the table's name, never skipped: a key or a user
//! that silently went missing would be worse than a start that fails.

use domain::api_key::{ApiKey, ApiKeyId, Scopes};
use domain::clock::Time;
use domain::login::{Login, LoginId};
use domain::secret::Hash;
use domain::setting::Setting;
use domain::slug::Slug;
use domain::store::{GrantKey, Snapshot, StoreError, UserRow};
use domain::stream::{Key, KeyId, Stream, StreamId, Visibility};
use domain::user::{Name, Role, User, UserId};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection, query};

use super::changes::GRANTS;
use super::failed;

/// Everything, as one transaction sees it.
pub(super) async fn all(at: &mut SqliteConnection) -> Result<Snapshot, StoreError> {
    let users = query(
        "SELECT id, name, role, password_hash, created, disabled, last_login FROM users ORDER BY id",
    );
    let users = users.fetch_all(&mut *at).await.map_err(failed)?;
    let logins =
        query("SELECT id, user, hash, created, last_seen, address, agent FROM logins ORDER BY id");
    let logins = logins.fetch_all(&mut *at).await.map_err(failed)?;
    let streams = query(
        "SELECT id, slug, title, owner, visibility, created, changed, generation FROM streams ORDER BY id",
    );
    let streams = streams.fetch_all(&mut *at).await.map_err(failed)?;
    let keys = query(
        "SELECT id, stream, name, hash, created, revoked, last_used FROM stream_keys ORDER BY id",
    );
    let keys = keys.fetch_all(&mut *at).await.map_err(failed)?;
    let api_keys = query(
        "SELECT id, user, name, scopes, hash, created, expires, revoked, last_used FROM api_keys ORDER BY id",
    );
    let api_keys = api_keys.fetch_all(&mut *at).await.map_err(failed)?;
    let grant_key = query("SELECT key FROM server_keys WHERE purpose = $1").bind(GRANTS);
    let grant_key = grant_key.fetch_optional(&mut *at).await.map_err(failed)?;
    let settings = query("SELECT name, value FROM settings ORDER BY name");
    let settings = settings.fetch_all(&mut *at).await.map_err(failed)?;
    Ok(Snapshot {
        users: users.iter().map(user).collect::<Result<_, _>>()?,
        logins: logins.iter().map(login).collect::<Result<_, _>>()?,
        streams: streams.iter().map(stream).collect::<Result<_, _>>()?,
        keys: keys.iter().map(key).collect::<Result<_, _>>()?,
        api_keys: api_keys.iter().map(api_key).collect::<Result<_, _>>()?,
        grant_key: grant_key.as_ref().map(grant_key_of).transpose()?,
        settings: settings.iter().map(setting).collect::<Result<_, _>>()?,
    })
}

fn user(row: &SqliteRow) -> Result<UserRow, StoreError> {
    let row = Fields {
        row,
        table: "users",
    };
    let name = Name::parse(row.text("name")?).ok();
    let user = User {
        id: UserId::from_number(row.id("id")?),
        name: row.known(name, "a name")?,
        role: row.known(Role::find(row.text("role")?), "a role")?,
        created: row.time("created")?,
        disabled: row.maybe_time("disabled")?,
        last_login: row.maybe_time("last_login")?,
    };
    Ok(UserRow {
        user,
        password_hash: row.text("password_hash")?.to_owned(),
    })
}

fn login(row: &SqliteRow) -> Result<Login, StoreError> {
    let row = Fields {
        row,
        table: "logins",
    };
    Ok(Login {
        id: LoginId::from_number(row.id("id")?),
        user: UserId::from_number(row.id("user")?),
        hash: Hash::from_bytes(row.bytes("hash")?),
        created: row.time("created")?,
        last_seen: row.time("last_seen")?,
        address: row.text("address")?.to_owned(),
        agent: row.text("agent")?.to_owned(),
    })
}

fn stream(row: &SqliteRow) -> Result<Stream, StoreError> {
    let row = Fields {
        row,
        table: "streams",
    };
    let owner: Option<i64> = row.row.try_get("owner").map_err(failed)?;
    let generation: i64 = row.row.try_get("generation").map_err(failed)?;
    Ok(Stream {
        id: StreamId::from_number(row.id("id")?),
        slug: row.known(Slug::parse(row.text("slug")?).ok(), "a slug")?,
        title: row.text("title")?.to_owned(),
        owner: owner
            .map(|owner| row.known(u64::try_from(owner).ok(), "an owner"))
            .transpose()?
            .map(UserId::from_number),
        visibility: row.known(Visibility::find(row.text("visibility")?), "a visibility")?,
        created: row.time("created")?,
        changed: row.time("changed")?,
        generation: row.known(u32::try_from(generation).ok(), "a generation")?,
    })
}

fn key(row: &SqliteRow) -> Result<Key, StoreError> {
    let row = Fields {
        row,
        table: "stream_keys",
    };
    Ok(Key {
        id: KeyId::from_number(row.id("id")?),
        stream: StreamId::from_number(row.id("stream")?),
        name: row.text("name")?.to_owned(),
        hash: Hash::from_bytes(row.bytes("hash")?),
        created: row.time("created")?,
        revoked: row.maybe_time("revoked")?,
        last_used: row.maybe_time("last_used")?,
    })
}

fn api_key(row: &SqliteRow) -> Result<ApiKey, StoreError> {
    let row = Fields {
        row,
        table: "api_keys",
    };
    let scopes: Option<Scopes> = row.text("scopes")?.parse().ok();
    Ok(ApiKey {
        id: ApiKeyId::from_number(row.id("id")?),
        user: UserId::from_number(row.id("user")?),
        name: row.text("name")?.to_owned(),
        scopes: row.known(scopes, "scopes")?,
        hash: Hash::from_bytes(row.bytes("hash")?),
        created: row.time("created")?,
        expires: row.maybe_time("expires")?,
        revoked: row.maybe_time("revoked")?,
        last_used: row.maybe_time("last_used")?,
    })
}

fn grant_key_of(row: &SqliteRow) -> Result<GrantKey, StoreError> {
    Fields {
        row,
        table: "server_keys",
    }
    .bytes("key")
    .map(GrantKey)
}

fn setting(row: &SqliteRow) -> Result<Setting, StoreError> {
    let row = Fields {
        row,
        table: "settings",
    };
    Ok(Setting {
        name: row.text("name")?.to_owned(),
        value: row.text("value")?.to_owned(),
    })
}

/// A row, and where it comes from.
struct Fields<'a> {
    row: &'a SqliteRow,
    table: &'static str,
}

impl<'a> Fields<'a> {
    fn text(&self, column: &str) -> Result<&'a str, StoreError> {
        self.row.try_get(column).map_err(failed)
    }

    fn id(&self, column: &str) -> Result<u64, StoreError> {
        let number: i64 = self.row.try_get(column).map_err(failed)?;
        self.known(u64::try_from(number).ok(), "an id")
    }

    fn time(&self, column: &str) -> Result<Time, StoreError> {
        self.row.try_get(column).map(Time::from_ms).map_err(failed)
    }

    fn maybe_time(&self, column: &str) -> Result<Option<Time>, StoreError> {
        let ms: Option<i64> = self.row.try_get(column).map_err(failed)?;
        Ok(ms.map(Time::from_ms))
    }

    fn bytes(&self, column: &str) -> Result<[u8; 32], StoreError> {
        let bytes: &[u8] = self.row.try_get(column).map_err(failed)?;
        self.known(bytes.try_into().ok(), "a hash")
    }

    fn known<T>(&self, value: Option<T>, what: &'static str) -> Result<T, StoreError> {
        value.ok_or(StoreError::Corrupt {
            table: self.table,
            what,
        })
    }
}
