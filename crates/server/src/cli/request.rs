//! From what was written on the command line to what is asked of the server. Secrets come on standard input.

use std::io::{IsTerminal as _, Read as _};

use anyhow::{Context as _, Result, anyhow, bail};

use super::{
    arguments::{Code, Key, Stream, User},
    operate::Request,
};

pub(super) fn code(command: Code) -> (Request, bool) {
    match command {
        Code::Add {
            code,
            user,
            item,
            expires,
            description,
            json,
        } => {
            let request = Request::CodeAdd {
                code,
                user,
                items: item,
                expires,
                description,
            };
            (request, json)
        }
        Code::List { json } => (Request::CodeList, json),
        Code::Delete { code, json } => (Request::CodeDelete { code }, json),
    }
}

pub(super) fn user(command: User) -> Result<(Request, bool)> {
    Ok(match command {
        User::Add { name, admin, json } => (
            Request::UserAdd {
                name,
                admin,
                password: secret("Password")?,
            },
            json,
        ),
        User::Invite { name, admin, json } => (Request::UserInvite { name, admin }, json),
        User::ResetLink { name, json } => (Request::UserResetLink { name }, json),
        User::List { json } => (Request::UserList, json),
        User::ResetPassword { name, json } => (
            Request::UserResetPassword {
                name,
                password: secret("New password")?,
            },
            json,
        ),
        User::Disable { name, json } => (Request::UserDisable { name }, json),
    })
}

pub(super) fn stream(command: Stream) -> Result<(Request, bool)> {
    Ok(match command {
        Stream::Add {
            slug,
            title,
            visibility,
            owner,
            json,
        } => (
            Request::StreamAdd {
                slug,
                title,
                visibility: visibility.word().to_owned(),
                owner,
            },
            json,
        ),
        Stream::List { json } => (Request::StreamList, json),
        Stream::Key {
            slug,
            command: Key::Add { name, own, json },
        } => {
            let key = if own {
                Some(secret("Stream key")?)
            } else {
                None
            };
            (Request::KeyAdd { slug, name, key }, json)
        }
        Stream::Key {
            slug,
            command: Key::Revoke { id, json },
        } => (Request::KeyRevoke { slug, id }, json),
        Stream::Key {
            slug,
            command: Key::List { json },
        } => (Request::KeyList { slug }, json),
    })
}

pub(super) fn headers(given: Vec<String>) -> Result<Vec<(String, String)>> {
    given
        .into_iter()
        .map(|header| {
            let header = if header == "-" {
                secret("header")?
            } else {
                header
            };
            let (name, value) = header
                .split_once(':')
                .ok_or_else(|| anyhow!("a header has the form `Name: value`"))?;
            Ok((name.trim().to_owned(), value.trim().to_owned()))
        })
        .collect()
}

/// Reads a secret from standard input: its first line.
fn secret(what: &str) -> Result<String> {
    const BYTES_MAX: u64 = 64 * 1024;
    let stdin = std::io::stdin();
    let mut text = String::new();
    if stdin.is_terminal() {
        eprint!("{what}: ");
        stdin.read_line(&mut text)?;
    } else {
        stdin
            .lock()
            .take(BYTES_MAX)
            .read_to_string(&mut text)
            .context("standard input is not text")?;
    }
    let line = text.split(['\n', '\r']).next().unwrap_or_default();
    if line.is_empty() {
        bail!("give the {} on standard input", what.to_lowercase());
    }
    Ok(line.to_owned())
}
