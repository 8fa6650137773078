//! What the command line changes or lists: the same request, whether it runs here or on a running server.

use std::path::PathBuf;

use anyhow::{Result, anyhow};
use domain::{
    Catalogue, access_code, api_key,
    caller::Caller,
    clock::Time,
    item,
    secret::Secret,
    slug::Slug,
    stored::{self, Stored},
    stream,
    user::{self, Name, Role, User},
};
use library::{Works, works::Brought};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// A request of the command line.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Request {
    UserAdd {
        name: String,
        admin: bool,
        password: String,
    },
    UserList,
    UserResetPassword {
        name: String,
        password: String,
    },
    UserDisable {
        name: String,
    },
    UserInvite {
        name: String,
        admin: bool,
    },
    UserResetLink {
        name: String,
    },
    StreamAdd {
        slug: String,
        title: Option<String>,
        visibility: String,
        owner: Option<String>,
    },
    StreamList,
    KeyAdd {
        slug: String,
        name: String,
        key: Option<String>,
    },
    KeyRevoke {
        slug: String,
        id: String,
    },
    KeyList {
        slug: String,
    },
    SettingList,
    ApiKeyAdd {
        name: String,
        user: String,
        scopes: Vec<String>,
        expires: Option<String>,
    },
    Upload {
        path: PathBuf,
        slug: Option<String>,
        user: String,
        title: Option<String>,
        visibility: String,
    },
    CodeAdd {
        code: Option<String>,
        user: String,
        items: Vec<String>,
        expires: Option<String>,
        description: Option<String>,
    },
    CodeList,
    CodeDelete {
        code: String,
    },
    LibraryScan,
    LibraryList,
}

/// With what requests are carried out.
#[derive(Clone)]
pub struct Hands {
    /// All that is known and allowed.
    pub catalogue: Catalogue,
    /// Makes items of files.
    pub works: Works,
    /// Where people reach the server; empty where none runs and none was named.
    pub base_url: String,
}

/// The field with a link to set a password.
pub const LINK: &str = "set_password_url";

/// What an answer looks like to people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Names and values.
    Facts,
    /// A list under this name, as a table.
    List(&'static str),
}

impl Request {
    /// How its answer is shown.
    pub fn shape(&self) -> Shape {
        match self {
            Self::UserList => Shape::List("users"),
            Self::StreamList => Shape::List("streams"),
            Self::KeyList { .. } => Shape::List("keys"),
            Self::SettingList => Shape::List("settings"),
            Self::CodeList => Shape::List("access_codes"),
            Self::LibraryScan => Shape::List("folders"),
            Self::LibraryList => Shape::List("items"),
            _ => Shape::Facts,
        }
    }

    /// Whether it copies files.
    pub fn takes_long(&self) -> bool {
        matches!(self, Self::Upload { .. } | Self::LibraryScan)
    }
}

/// Carries a request out in the name of whoever has the data directory.
pub async fn run(hands: &Hands, request: Request) -> Result<Value> {
    let operator = Caller::operator();
    let catalogue = &hands.catalogue;
    match request {
        Request::UserAdd {
            name,
            admin,
            password,
        } => {
            let new = user::New {
                name: Name::parse(&name)?,
                role: role(admin),
                password: Secret::new(password),
            };
            Ok(user_facts(&catalogue.add_user(&operator, new).await?))
        }
        Request::UserList => {
            let users: Vec<Value> = catalogue
                .list_users(&operator)?
                .iter()
                .map(|user| {
                    let mut facts = user_facts(user);
                    facts["disabled"] = json!(user.disabled.is_some());
                    facts["created_at"] = json!(user.created.rfc3339());
                    facts["last_login_at"] = json!(user.last_login.map(Time::rfc3339));
                    facts
                })
                .collect();
            Ok(json!({"users": users}))
        }
        Request::UserResetPassword { name, password } => {
            let user = find(catalogue, &operator, &name)?;
            catalogue
                .reset_password(&operator, user.id, &Secret::new(password))
                .await?;
            Ok(user_facts(&user))
        }
        Request::UserDisable { name } => {
            let user = find(catalogue, &operator, &name)?;
            catalogue.disable_user(&operator, user.id).await?;
            Ok(user_facts(&user))
        }
        Request::UserInvite { name, admin } => {
            let name = Name::parse(&name)?;
            let (user, token) = catalogue.invite(&operator, name, role(admin)).await?;
            Ok(with_link(hands, &operator, &user, &token)?)
        }
        Request::UserResetLink { name } => {
            let user = find(catalogue, &operator, &name)?;
            let token = catalogue.reset_link(&operator, user.id).await?;
            Ok(with_link(hands, &operator, &user, &token)?)
        }
        Request::StreamAdd {
            slug,
            title,
            visibility,
            owner,
        } => {
            let visibility = stream::Visibility::find(&visibility)
                .ok_or_else(|| anyhow!("no such visibility"))?;
            let owner = owner
                .map(|name| find(catalogue, &operator, &name))
                .transpose()?
                .map(|user| user.id);
            let new = stream::New {
                slug: Slug::parse(&slug)?,
                title,
                visibility,
                owner,
            };
            let (stream, made) = catalogue.add_stream(&operator, new).await?;
            Ok(json!({
                "slug": stream.slug.as_str(),
                "title": stream.title,
                "visibility": stream.visibility.word(),
                "key": made.secret.expose(),
            }))
        }
        Request::StreamList => {
            let mut streams = Vec::new();
            let mut cursor = None;
            loop {
                let page = catalogue.list_streams(
                    &operator,
                    cursor.as_deref(),
                    domain::catalogue::PAGE_MAX,
                );
                streams.extend(page.streams.iter().map(|stream| {
                    let owner = stream.owner.and_then(|id| catalogue.find_user(id));
                    json!({
                        "slug": stream.slug.as_str(),
                        "title": stream.title,
                        "visibility": stream.visibility.word(),
                        "owner": owner.map(|user| user.name.as_str().to_owned()),
                    })
                }));
                match page.next_cursor {
                    Some(next) => cursor = Some(next),
                    None => return Ok(json!({"streams": streams})),
                }
            }
        }
        Request::KeyAdd { slug, name, key } => {
            let made = catalogue
                .add_key(&operator, &Slug::parse(&slug)?, &name, key.map(Secret::new))
                .await?;
            Ok(
                json!({"id": made.key.id.to_string(), "name": made.key.name, "key": made.secret.expose()}),
            )
        }
        Request::KeyRevoke { slug, id } => {
            let id = id.parse().map_err(|_| anyhow!("there is no such key"))?;
            catalogue
                .revoke_key(&operator, &Slug::parse(&slug)?, id)
                .await?;
            Ok(json!({"id": id.to_string(), "revoked": true}))
        }
        Request::KeyList { slug } => {
            let keys = catalogue.list_keys(&operator, &Slug::parse(&slug)?)?;
            let keys: Vec<Value> = keys
                .iter()
                .map(|key| {
                    json!({
                        "id": key.id.to_string(),
                        "name": key.name,
                        "created_at": key.created.rfc3339(),
                        "revoked_at": key.revoked.map(Time::rfc3339),
                        "last_used_at": key.last_used.map(Time::rfc3339),
                    })
                })
                .collect();
            Ok(json!({"keys": keys}))
        }
        Request::SettingList => {
            let kept = catalogue.settings();
            let kept = kept
                .iter()
                .map(|s| json!({"name": s.name, "value": s.value}));
            Ok(json!({"settings": kept.collect::<Vec<_>>()}))
        }
        Request::ApiKeyAdd {
            name,
            user,
            scopes,
            expires,
        } => {
            let user = find(catalogue, &operator, &user)?.id;
            let expires = expires.map(|text| time(&text)).transpose()?;
            let scopes: api_key::Scopes = scopes.join(",").parse()?;
            let (key, secret) = catalogue
                .add_api_key(
                    &operator,
                    api_key::New {
                        name,
                        user,
                        scopes,
                        expires,
                    },
                )
                .await?;
            let scopes: Vec<&str> = key.scopes.iter().map(api_key::Scope::word).collect();
            Ok(
                json!({"id": key.id.to_string(), "name": key.name, "scopes": scopes, "key": secret.expose()}),
            )
        }
        Request::Upload {
            path,
            slug,
            user,
            title,
            visibility,
        } => {
            let visibility = stream::Visibility::find(&visibility)
                .ok_or_else(|| anyhow!("no such visibility"))?;
            let file_name = path.file_name().and_then(|name| name.to_str());
            let brought = Brought {
                kind: None,
                slug: slug.as_deref().map(Slug::parse).transpose()?,
                title,
                visibility,
                owner: Some(find(catalogue, &operator, &user)?.id),
                file_name: file_name.unwrap_or_default().to_owned(),
                path,
            };
            upload(hands, &operator, brought).await
        }
        Request::CodeAdd {
            code,
            user,
            items,
            expires,
            description,
        } => {
            let items: Result<Vec<item::Name>, _> = items.iter().map(|item| item.parse()).collect();
            let new = access_code::New {
                code: code.map(Secret::new),
                description: description.unwrap_or_default(),
                items: items?,
                expires: expires.map(|text| time(&text)).transpose()?,
                owner: Some(find(catalogue, &operator, &user)?.id),
                ..access_code::New::default()
            };
            let shown = catalogue.add_code(&operator, new).await?;
            Ok(web::access_code_facts(&hands.base_url, &shown))
        }
        Request::CodeList => {
            let codes = catalogue.list_codes(&operator)?;
            let codes = codes
                .iter()
                .map(|shown| web::access_code_facts(&hands.base_url, shown));
            Ok(json!({"access_codes": codes.collect::<Vec<_>>()}))
        }
        Request::CodeDelete { code } => {
            let id = catalogue.code_named(&operator, &code)?;
            catalogue.delete_code(&operator, id).await?;
            Ok(json!({"id": id.to_string(), "deleted": true}))
        }
        Request::LibraryScan => {
            let all = hands.works.scan().await?;
            let folders: Vec<Value> = all
                .iter()
                .map(|scanned| {
                    let (slug, reason) = match &scanned.result {
                        Ok(item) => (Some(item.slug.as_str()), None),
                        Err(refused) => (None, Some(refused.to_string())),
                    };
                    let is_new = scanned.is_new;
                    json!({"folder": scanned.folder, "slug": slug, "new": is_new, "reason": reason})
                })
                .collect();
            Ok(json!({"folders": folders}))
        }
        Request::LibraryList => {
            let mut query = stored::Query {
                limit: stored::PAGE_MAX,
                ..stored::Query::default()
            };
            let mut items = Vec::new();
            loop {
                let page = catalogue.list_stored(&operator, &query);
                items.extend(page.items.iter().map(|item| item_facts(catalogue, item)));
                match page.next_cursor {
                    Some(next) => query.cursor = Some(next),
                    None => return Ok(json!({"items": items})),
                }
            }
        }
    }
}

/// Brings a file or a folder of this machine, and waits for what becomes of it.
async fn upload(hands: &Hands, operator: &Caller, brought: Brought) -> Result<Value> {
    let works = &hands.works;
    let stored = if brought.path.is_dir() {
        works.copy_folder(operator, brought).await?
    } else {
        let path = works.copy_in(brought.path.clone()).await?;
        let taken = works
            .take_in(
                operator,
                Brought {
                    path: path.clone(),
                    ..brought
                },
            )
            .await;
        if taken.is_err() {
            // Nobody tries again with this copy.
            let _ = tokio::fs::remove_file(path).await;
        }
        taken?
    };
    let stored = works.settled(stored.id).await;
    let stored = stored.ok_or_else(|| anyhow!("it was deleted while it was made ready"))?;
    if let stored::State::Failed(reason) = &stored.state {
        return Err(anyhow!("{reason}"));
    }
    let page = match stored.kind {
        stored::Kind::Video => "watch",
        stored::Kind::Image => "images",
    };
    let url = format!("{}/{page}/{}", hands.base_url, stored.slug);
    Ok(json!({"kind": stored.kind.word(), "slug": stored.slug.as_str(), "url": url}))
}

fn item_facts(catalogue: &Catalogue, item: &Stored) -> Value {
    let owner = item.owner.and_then(|id| catalogue.find_user(id));
    json!({
        "kind": item.kind.word(),
        "slug": item.slug.as_str(),
        "title": item.title,
        "visibility": item.visibility.word(),
        "owner": owner.map(|user| user.name.as_str().to_owned()),
        "status": item.state.word(),
    })
}

fn time(text: &str) -> Result<Time> {
    Time::parse(text)
        .map_err(|_| anyhow!("`--expires` is no RFC 3339 time, such as 2027-06-30T18:00:00Z"))
}

fn find(catalogue: &Catalogue, operator: &Caller, name: &str) -> Result<User> {
    Ok(catalogue.find_user_named(operator, &Name::parse(name)?)?)
}

fn role(admin: bool) -> Role {
    if admin {
        Role::Administrator
    } else {
        Role::Member
    }
}

/// Somebody with their new link.
fn with_link(hands: &Hands, operator: &Caller, user: &User, token: &Secret) -> Result<Value> {
    let ends = hands.catalogue.find_person(operator, &user.name)?.link_ends;
    let mut facts = user_facts(user);
    facts["ends_at"] = json!(ends.map(Time::rfc3339));
    facts[LINK] = json!(format!("{}/password/{}", hands.base_url, token.expose()));
    Ok(facts)
}

fn user_facts(user: &User) -> Value {
    json!({"name": user.name.as_str(), "role": user.role.word()})
}
