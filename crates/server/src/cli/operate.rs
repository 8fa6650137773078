//! What the command line changes or lists: the same request, whether it runs here or on a running server.

use anyhow::{Result, anyhow};
use domain::{
    Catalogue, api_key,
    caller::Caller,
    clock::Time,
    secret::Secret,
    slug::Slug,
    stream,
    user::{self, Name, Role, User},
};
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
            _ => Shape::Facts,
        }
    }
}

/// Carries a request out in the name of whoever has the data directory.
pub async fn run(catalogue: &Catalogue, request: Request) -> Result<Value> {
    let operator = Caller::operator();
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
            Ok(with_link(catalogue, &operator, &user, &token)?)
        }
        Request::UserResetLink { name } => {
            let user = find(catalogue, &operator, &name)?;
            let token = catalogue.reset_link(&operator, user.id).await?;
            Ok(with_link(catalogue, &operator, &user, &token)?)
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
            let expires = expires
                .map(|text| {
                    Time::parse(&text).map_err(|_| {
                        anyhow!("`--expires` is no RFC 3339 time, such as 2027-06-30T18:00:00Z")
                    })
                })
                .transpose()?;
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
    }
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

/// An answer with the path in it as an address.
pub fn under(base_url: &str, mut answer: Value) -> Value {
    let path = answer[LINK].as_str().filter(|link| link.starts_with('/'));
    if let Some(path) = path {
        answer[LINK] = format!("{base_url}{path}").into();
    }
    answer
}

/// Somebody with the path of their new link; the address before it is added by who knows it ([`under`]).
fn with_link(
    catalogue: &Catalogue,
    operator: &Caller,
    user: &User,
    token: &Secret,
) -> Result<Value> {
    let ends = catalogue.find_person(operator, &user.name)?.link_ends;
    let mut facts = user_facts(user);
    facts["ends_at"] = json!(ends.map(Time::rfc3339));
    facts[LINK] = json!(format!("/password/{}", token.expose()));
    Ok(facts)
}

fn user_facts(user: &User) -> Value {
    json!({"name": user.name.as_str(), "role": user.role.word()})
}
