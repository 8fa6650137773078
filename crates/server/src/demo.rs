//! `media-server demo`: a server with something to see, and links that open it.

mod samples;

use anyhow::{Context as _, Result};
use domain::{
    Catalogue,
    caller::Caller,
    random::Random,
    secret::{Kind, Secret},
    slug::Slug,
    stream::{self, Visibility},
    user::{self, Name, Role, User},
};

use crate::{
    config::Config,
    serve::{self, until_told_to_stop},
    test_signal,
};

const OWNER: &str = "demo";
const STREAM: &str = "live";
const KEY: &str = "Test signal";

/// Runs the demo until a signal says to stop.
pub async fn run(config: &Config) -> Result<()> {
    let mut running = serve::start(config).await?;
    running.settle_in();
    let catalogue = &running.opened.catalogue;
    let owner = owner(catalogue, &*running.opened.random).await?;
    let key = key(catalogue, &owner).await?;
    let links = samples::fill(&running.opened, &running.works, owner.id).await?;
    let rtmp = running
        .rtmp
        .context("the demo publishes by RTMP, but `rtmp.listen` is switched off")?;
    let mut address = rtmp;
    if address.ip().is_unspecified() {
        address.set_ip(std::net::Ipv4Addr::LOCALHOST.into());
    }
    let signal = tokio::spawn(test_signal::run(
        address,
        key,
        running.opened.random.clone(),
    ));
    let once = catalogue.one_time_login(&Caller::operator(), owner.id)?;
    println!("ready {}", running.base_url);
    println!("open {}/login/{}", running.base_url, once.expose());
    for (word, path) in links {
        println!("{word} {}{path}", running.base_url);
    }
    until_told_to_stop().await?;
    signal.abort();
    running.stop().await;
    Ok(())
}

/// The demo's owner; the password is random and known to nobody, the link is the way in.
async fn owner(catalogue: &Catalogue, random: &dyn Random) -> Result<User> {
    let operator = Caller::operator();
    let name = Name::parse(OWNER)?;
    if let Ok(user) = catalogue.find_user_named(&operator, &name) {
        return Ok(user);
    }
    let password = Secret::generate(Kind::Login, random);
    Ok(catalogue
        .add_user(
            &operator,
            user::New {
                name,
                role: Role::Administrator,
                password,
            },
        )
        .await?)
}

/// A fresh key for the test signal: those of earlier starts are revoked, since nobody knows them any more.
async fn key(catalogue: &Catalogue, owner: &User) -> Result<Secret> {
    let operator = Caller::operator();
    let slug = Slug::parse(STREAM)?;
    if catalogue.find_stream(&operator, &slug).is_none() {
        let new = stream::New {
            slug: slug.clone(),
            title: Some("Test signal".to_owned()),
            visibility: Visibility::Public,
            owner: Some(owner.id),
        };
        catalogue.add_stream(&operator, new).await?;
    }
    for old in catalogue
        .list_keys(&operator, &slug)?
        .iter()
        .filter(|key| key.name == KEY && key.revoked.is_none())
    {
        catalogue.revoke_key(&operator, &slug, old.id).await?;
    }
    Ok(catalogue.add_key(&operator, &slug, KEY, None).await?.secret)
}
