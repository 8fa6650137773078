//! Rows as what the domain knows. What cannot be read is an error with the table's name, never skipped: a key or a user
//! that silently went missing would be worse than a start that fails.

use std::collections::HashMap;
use std::time::Duration;

use domain::access_code::{Code, CodeId, Tag, Used};
use domain::api_key::{ApiKey, ApiKeyId, Scopes};
use domain::audit::{Entry, Numbered, Via};
use domain::clock::{Date, Time};
use domain::item::{Item, Site};
use domain::login::{Login, LoginId};
use domain::secret::Hash;
use domain::setting::Setting;
use domain::slug::Slug;
use domain::store::{GrantKey, Snapshot, StoreError, UserRow};
use domain::stored::{Caption, StoredId};
use domain::stream::{Key, KeyId, Stream, StreamId, Visibility};
use domain::user::{Link, Name, Role, User, UserId};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection, query};

use super::changes::{GRANTS, NO_PASSWORD};
use super::{failed, items};

/// Everything, as one transaction sees it.
pub(super) async fn all(at: &mut SqliteConnection) -> Result<Snapshot, StoreError> {
    let users = query(
        "SELECT id, name, role, password_hash, created, disabled, last_login FROM users ORDER BY id",
    );
    let users = users.fetch_all(&mut *at).await.map_err(failed)?;
    let links = query("SELECT user, hash, created, ends FROM password_links ORDER BY user");
    let links = links.fetch_all(&mut *at).await.map_err(failed)?;
    let logins =
        query("SELECT id, user, hash, created, last_seen, address, agent FROM logins ORDER BY id");
    let logins = logins.fetch_all(&mut *at).await.map_err(failed)?;
    let streams = query(
        "SELECT id, slug, title, owner, visibility, created, changed, generation, description, sites FROM streams ORDER BY id",
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
    let captions =
        query("SELECT stored, language, label, is_default FROM captions ORDER BY stored, language");
    let captions = captions.fetch_all(&mut *at).await.map_err(failed)?;
    let mut captions_of: HashMap<StoredId, Vec<Caption>> = HashMap::new();
    for row in &captions {
        let (of, caption) = caption(row)?;
        captions_of.entry(of).or_default().push(caption);
    }
    let stored = items::all(at, captions_of).await?;
    let code_rows = query(
        "SELECT id, owner, tag, sealed, is_chosen, description, note, starts, expires, paused, viewers_max, sites, may_download, \
         created, changed, uses, last_used FROM access_codes ORDER BY id",
    );
    let code_rows = code_rows.fetch_all(&mut *at).await.map_err(failed)?;
    let code_items = query(
        "SELECT i.code, i.stream, i.stored, s.kind FROM access_code_items i LEFT JOIN stored s ON s.id = i.stored \
         ORDER BY i.code, i.position",
    );
    let code_items = code_items.fetch_all(&mut *at).await.map_err(failed)?;
    let mut codes: Vec<Code> = code_rows.iter().map(code).collect::<Result<_, _>>()?;
    for row in &code_items {
        let (of, item) = code_item(row)?;
        if let Ok(found) = codes.binary_search_by_key(&of, |code| code.id) {
            codes[found].items.push(item);
        }
    }
    let grant_key = query("SELECT key FROM server_keys WHERE purpose = $1").bind(GRANTS);
    let grant_key = grant_key.fetch_optional(&mut *at).await.map_err(failed)?;
    let settings = query("SELECT name, value FROM settings ORDER BY name");
    let settings = settings.fetch_all(&mut *at).await.map_err(failed)?;
    Ok(Snapshot {
        users: users.iter().map(user).collect::<Result<_, _>>()?,
        links: links.iter().map(link).collect::<Result<_, _>>()?,
        logins: logins.iter().map(login).collect::<Result<_, _>>()?,
        streams: streams.iter().map(stream).collect::<Result<_, _>>()?,
        keys: keys.iter().map(key).collect::<Result<_, _>>()?,
        api_keys: api_keys.iter().map(api_key).collect::<Result<_, _>>()?,
        stored,
        codes,
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
        password_hash: Some(row.text("password_hash")?)
            .filter(|hash| *hash != NO_PASSWORD)
            .map(str::to_owned),
    })
}

fn link(row: &SqliteRow) -> Result<Link, StoreError> {
    let row = Fields {
        row,
        table: "password_links",
    };
    Ok(Link {
        user: UserId::from_number(row.id("user")?),
        hash: Hash::from_bytes(row.bytes("hash")?),
        created: row.time("created")?,
        ends: row.time("ends")?,
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
        description: row.text("description")?.to_owned(),
        sites: row.sites()?,
    })
}

fn caption(row: &SqliteRow) -> Result<(StoredId, Caption), StoreError> {
    let row = Fields {
        row,
        table: "captions",
    };
    let caption = Caption {
        language: row.text("language")?.to_owned(),
        label: row.text("label")?.to_owned(),
        is_default: row.flag("is_default")?,
    };
    Ok((StoredId::from_number(row.id("stored")?), caption))
}

/// Codes without their items.
fn code(row: &SqliteRow) -> Result<Code, StoreError> {
    let row = Fields {
        row,
        table: "access_codes",
    };
    let sealed: &[u8] = row.row.try_get("sealed").map_err(failed)?;
    let viewers_max: Option<i64> = row.row.try_get("viewers_max").map_err(failed)?;
    Ok(Code {
        id: CodeId::from_number(row.id("id")?),
        owner: UserId::from_number(row.id("owner")?),
        tag: Tag(row.bytes("tag")?),
        sealed: sealed.to_vec(),
        is_chosen: row.flag("is_chosen")?,
        description: row.text("description")?.to_owned(),
        note: row.text("note")?.to_owned(),
        items: Vec::new(),
        starts: row.maybe_time("starts")?,
        expires: row.maybe_time("expires")?,
        paused: row.maybe_time("paused")?,
        viewers_max: viewers_max
            .map(|max| row.known(u32::try_from(max).ok(), "a number"))
            .transpose()?,
        sites: row.sites()?,
        may_download: row.flag("may_download")?,
        created: row.time("created")?,
        changed: row.time("changed")?,
        uses: row.number("uses")?,
        last_used: row.maybe_time("last_used")?,
    })
}

fn code_item(row: &SqliteRow) -> Result<(CodeId, Item), StoreError> {
    let row = Fields {
        row,
        table: "access_code_items",
    };
    let stream: Option<i64> = row.row.try_get("stream").map_err(failed)?;
    let stored: Option<i64> = row.row.try_get("stored").map_err(failed)?;
    let kind: Option<&str> = row.row.try_get("kind").map_err(failed)?;
    let number = |id: i64| u64::try_from(id).ok();
    let item = match (stream.and_then(number), stored.and_then(number), kind) {
        (Some(stream), None, _) => Some(Item::Stream(StreamId::from_number(stream))),
        (None, Some(stored), Some("video")) => Some(Item::Video(StoredId::from_number(stored))),
        (None, Some(stored), Some("image")) => Some(Item::Image(StoredId::from_number(stored))),
        _ => None,
    };
    Ok((
        CodeId::from_number(row.id("code")?),
        row.known(item, "an item")?,
    ))
}

/// What was written down, the newest first.
pub(super) async fn audit(
    at: &mut SqliteConnection,
    before: Option<u64>,
    limit: usize,
) -> Result<Vec<Numbered>, StoreError> {
    let before = before.and_then(|number| i64::try_from(number).ok());
    let rows = query(
        "SELECT number, at, who, via, address, action, subject, detail FROM audit \
         WHERE number < $1 ORDER BY number DESC LIMIT $2",
    )
    .bind(before.unwrap_or(i64::MAX))
    .bind(i64::try_from(limit).unwrap_or(i64::MAX));
    let rows = rows.fetch_all(at).await.map_err(failed)?;
    rows.iter().map(audit_entry).collect()
}

pub(super) async fn code_days(
    at: &mut SqliteConnection,
    code: CodeId,
    from: Date,
) -> Result<Vec<Used>, StoreError> {
    let rows = query(
        "SELECT day, opened, watched_ms FROM access_code_days WHERE code = $1 AND day >= $2 ORDER BY day",
    )
    .bind(code.number().cast_signed())
    .bind(from.number());
    let rows = rows.fetch_all(at).await.map_err(failed)?;
    let used = |row| {
        let row = Fields {
            row,
            table: "access_code_days",
        };
        Ok(Used {
            day: Date::from_number(row.number("day")?),
            opened: row.number("opened")?,
            watched: Duration::from_millis(row.number("watched_ms")?),
        })
    };
    rows.iter().map(used).collect()
}

fn audit_entry(row: &SqliteRow) -> Result<Numbered, StoreError> {
    let row = Fields {
        row,
        table: "audit",
    };
    let entry = Entry {
        at: row.time("at")?,
        who: row.text("who")?.to_owned(),
        via: row.known(Via::find(row.text("via")?), "a way")?,
        address: row.text("address")?.to_owned(),
        action: row.text("action")?.to_owned(),
        subject: row.text("subject")?.to_owned(),
        detail: row.text("detail")?.to_owned(),
    };
    Ok(Numbered {
        number: row.id("number")?,
        entry,
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

    fn flag(&self, column: &str) -> Result<bool, StoreError> {
        self.row.try_get(column).map_err(failed)
    }

    fn number<T: TryFrom<i64>>(&self, column: &str) -> Result<T, StoreError> {
        let number: i64 = self.row.try_get(column).map_err(failed)?;
        self.known(T::try_from(number).ok(), "a number")
    }

    fn sites(&self) -> Result<Vec<Site>, StoreError> {
        let lines = self.text("sites")?.lines();
        lines
            .map(|line| self.known(Site::parse(line).ok(), "a site"))
            .collect()
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
