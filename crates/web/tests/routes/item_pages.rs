//! Pages of stored videos and images: watched, framed, listed, changed.

use axum::http::{Method, StatusCode};
use domain::{
    access_code,
    caller::Caller,
    edit::Edit,
    item::Site as Place,
    slug::Slug,
    stored::{Change, Kind, New, Outcome, Place as Lies},
    stream::Visibility,
};
use testkit::block_on;

use crate::site::{Answer, Ask, Site, Who};

const CODE: &str = "spring-course-7Q4M";

fn slug(text: &str) -> Slug {
    Slug::parse(text).unwrap()
}

/// A site with a code for the private `film` and `print`, and the public video `open-film`.
fn site() -> Site {
    let site = Site::new();
    let ann = &site.ann;
    site.rig
        .stored(ann, Kind::Video, "open-film", Visibility::Public);
    site.rig
        .code(ann, Some(CODE), &["video:film", "image:print"]);
    site
}

fn change(site: &Site, kind: Kind, name: &str, change: Change) {
    let slug = slug(name);
    let update = site
        .rig
        .catalogue
        .update_stored(&site.ann, kind, &slug, change);
    block_on(update).unwrap();
}

fn sites(names: &[&str]) -> Vec<Place> {
    names
        .iter()
        .map(|name| Place::parse(name).unwrap())
        .collect()
}

fn frames(answer: &Answer) -> String {
    let policy = answer.header("content-security-policy");
    let list = policy.split("frame-ancestors ").nth(1).unwrap_or_default();
    list.split(';').next().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn frame_page_names_who_may_frame_it_by_the_code_then_the_item_then_anyone() {
    let site = site();
    let by_code = format!("/embed/film?access_code={CODE}");
    let page = site.get(Who::Nobody, &by_code).await;
    assert_eq!(page.status, StatusCode::OK);
    assert_eq!(frames(&page), "*");
    assert_eq!(page.header("referrer-policy"), "no-referrer");
    assert_eq!(page.cookie(), None);
    assert!(
        page.body
            .contains(&format!("src=\"/hls/film/index.m3u8?access_code={CODE}\""))
    );

    let of_item = Edit {
        sites: Some(sites(&["school.example"])),
        ..Edit::default()
    };
    change(&site, Kind::Video, "film", of_item.clone().into());
    change(&site, Kind::Video, "open-film", of_item.into());
    let page = site.get(Who::Nobody, &by_code).await;
    assert_eq!(frames(&page), "school.example");
    let open = site.get(Who::Nobody, "/embed/open-film").await;
    assert_eq!(frames(&open), "school.example");

    let operator = Caller::operator();
    let id = site.rig.catalogue.code_named(&operator, CODE).unwrap();
    let of_code = access_code::Change {
        sites: Some(sites(&["https://course.example", "*.course.example"])),
        ..access_code::Change::default()
    };
    block_on(site.rig.catalogue.update_code(&operator, id, of_code)).unwrap();
    let page = site.get(Who::Nobody, &by_code).await;
    assert_eq!(frames(&page), "https://course.example *.course.example");
}

#[tokio::test]
async fn what_a_login_opens_stands_in_no_frame() {
    let site = site();
    let own = site.get(Who::Owner, "/embed/film").await;
    assert_eq!(
        (own.status, frames(&own)),
        (StatusCode::OK, "'none'".to_owned())
    );
    let watched = site.get(Who::Owner, "/watch/film").await;
    assert_eq!(frames(&watched), "'none'");
    // Their own website, which has the code, works for them too.
    let by_code = format!("/embed/film?access_code={CODE}");
    assert_eq!(frames(&site.get(Who::Owner, &by_code).await), "*");
    let by_code = format!("/watch/film?access_code={CODE}");
    assert_eq!(frames(&site.get(Who::Nobody, &by_code).await), "*");
    assert_eq!(
        frames(&site.get(Who::Nobody, "/watch/open-film").await),
        "'none'"
    );
    // In a frame, the gate stands alone.
    let ask = Ask::get("/embed/film").header("sec-fetch-dest", "iframe");
    let gate = site.send(ask).await;
    assert_eq!(
        (gate.status, frames(&gate)),
        (StatusCode::NOT_FOUND, "*".to_owned())
    );
    assert!(!gate.body.contains("class=\"bar\""));
    assert!(!gate.body.contains("film.file"));
}

#[tokio::test]
async fn video_page_says_what_it_is_and_begins_where_its_address_says() {
    let site = site();
    let described = Edit {
        title: Some("Reading the grain".to_owned()),
        description: Some("One <b>line</b>.\nAnother.\n\nhttps://example.org".to_owned()),
        ..Edit::default()
    };
    change(&site, Kind::Video, "open-film", described.into());
    let page = site.get(Who::Nobody, "/watch/open-film?t=1:30").await;
    for part in [
        "<h1>Reading the grain</h1>",
        " start=\"90\"",
        "<p class=\"lines\">One &#60;b&#62;line&#60;/b&#62;.\nAnother.</p><p class=\"lines\">https://example.org</p>",
        "<dd>ann</dd>",
        "Anyone, and it is listed.",
        "poster.jpg?v=",
    ] {
        assert!(page.body.contains(part), "{part} in {}", page.body);
    }
    for part in [
        "/library/video/",
        "/share/video/",
        "/watch/open-film/download",
    ] {
        assert!(!page.body.contains(part), "{part} is for who manages it");
    }
    let own = site.get(Who::Owner, "/watch/open-film?t=never").await;
    assert!(!own.body.contains(" start=\""));
    for part in [
        "href=\"/library/video/open-film\"",
        "href=\"/share/video/open-film\" data-share",
        "href=\"/watch/open-film/download\"",
    ] {
        assert!(own.body.contains(part), "{part}");
    }
}

/// A video that was just brought, or that nothing could be made of.
fn unready(site: &Site, name: &str, failed: Option<&str>) {
    let new = New {
        kind: Kind::Video,
        slug: Some(slug(name)),
        title: None,
        visibility: Visibility::Public,
        owner: None,
        place: Lies::Library,
        file_name: String::new(),
    };
    let catalogue = &site.rig.catalogue;
    let added = block_on(catalogue.add_stored(&site.ann, new)).unwrap();
    if let Some(why) = failed {
        let outcome = Outcome::Failed(why.to_owned());
        block_on(catalogue.finish_stored(added.id, outcome)).unwrap();
    }
}

#[tokio::test]
async fn video_that_is_made_ready_says_so_and_one_that_failed_is_its_owners_alone() {
    let site = site();
    unready(&site, "fresh", None);
    unready(&site, "odd", Some("It holds ProRes video."));
    let state = async |who, name: &str| {
        let answer = site.get(who, &format!("/api/watch/{name}")).await;
        let json = answer.json();
        (json["state"].clone(), json["reason"].clone())
    };
    assert_eq!(state(Who::Nobody, "open-film").await.0, "ready");
    assert_eq!(state(Who::Nobody, "fresh").await.0, "processing");
    assert_eq!(state(Who::Nobody, "odd").await.0, "not_allowed");
    let (told, why) = state(Who::Owner, "odd").await;
    assert_eq!(
        (told, why),
        ("failed".into(), "It holds ProRes video.".into())
    );
    assert_eq!(state(Who::Nobody, "film").await.0, "not_allowed");

    let page = site.get(Who::Nobody, "/watch/fresh").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains("Being made ready"));
    let gate = site.get(Who::Nobody, "/watch/odd").await;
    assert_eq!(gate.status, StatusCode::NOT_FOUND);
    assert!(!gate.body.contains("ProRes"));
    let own = site.get(Who::Owner, "/watch/odd").await;
    assert!(own.body.contains("It holds ProRes video."));
    let home = site.get(Who::Nobody, "/").await.body;
    assert!(home.contains("href=\"/watch/fresh\"") && home.contains("Processing"));
    assert!(!home.contains("href=\"/watch/odd\""));
    assert!(
        site.get(Who::Owner, "/library")
            .await
            .body
            .contains("It holds ProRes video.")
    );
}

#[tokio::test]
async fn home_lists_what_its_visitor_may_see_narrowed_as_they_ask() {
    let site = site();
    let list = async |who, path: &str| site.get(who, path).await.body;
    let stranger = list(Who::Nobody, "/").await;
    assert!(stranger.contains("href=\"/watch/open-film\""));
    assert!(!stranger.contains("film\"") || !stranger.contains("href=\"/watch/film\""));
    assert!(!stranger.contains("/images/print/about"));
    let owner = list(Who::Owner, "/").await;
    assert!(owner.contains("href=\"/watch/film\"") && owner.contains("/images/print/about"));
    assert!(
        owner.contains("/hls/film/~"),
        "the poster by the owner's own leave"
    );
    let images = list(Who::Owner, "/?show=images").await;
    assert!(!images.contains("href=\"/watch/film\"") && images.contains("/images/print/about"));
    // Everybody's are seen by all; one's own by who has any.
    assert!(!stranger.contains("show=mine") && owner.contains("href=\"/?show=mine\">Mine"));
    let mine = list(Who::Other, "/?show=mine").await;
    assert!(mine.contains("aria-current=\"true\">Mine") && !mine.contains("open-film"));
    let mine = list(Who::Owner, "/?show=mine&q=film").await;
    assert!(mine.contains("href=\"/watch/film\"") && mine.contains("href=\"/?q=film\""));
    assert!(!list(Who::Nobody, "/?show=mine").await.contains("Nothing"));
    // How many codes open it stands beside who can see it, for whose they are: one opens the film and the print.
    let count = |page: &str| page.matches("<span>Private, 1 code</span>").count();
    let administrator = list(Who::Administrator, "/").await;
    assert!(administrator.contains("href=\"/watch/film\""));
    assert_eq!((count(&owner), count(&administrator)), (2, 0));
    assert!(owner.contains(">Today</time>"));
    let found = list(Who::Owner, "/library?q=print").await;
    assert!(!found.contains("href=\"/watch/film\"") && found.contains("/images/print/about"));
    let nothing = list(Who::Nobody, "/?q=%3Cglaze%3E").await;
    assert!(
        nothing.contains("Nothing found for “&#60;glaze&#62;”."),
        "{nothing}"
    );
    assert!(
        list(Who::Other, "/library")
            .await
            .contains("Nothing in the library yet")
    );
    for n in 0..30 {
        site.rig.stored(
            &site.ann,
            Kind::Image,
            &format!("leaf-{n}"),
            Visibility::Public,
        );
    }
    let first = list(Who::Nobody, "/images?q=leaf").await;
    assert_eq!(first.matches("<article").count(), 24);
    let more = first
        .split("href=\"/images?q=leaf&#38;after=")
        .nth(1)
        .unwrap();
    let cursor = more.split('"').next().unwrap();
    let rest = list(Who::Nobody, &format!("/images?q=leaf&after={cursor}")).await;
    assert_eq!(rest.matches("<article").count(), 6);
}

#[tokio::test]
async fn edit_is_saved_and_one_from_an_older_page_is_not() {
    let site = site();
    let post = async |body: &str| {
        let ask = Ask::new(Method::POST, "/library/video/film")
            .with(site.credentials(Who::Owner))
            .form(body);
        site.send(ask).await
    };
    let page = site.get(Who::Owner, "/library/video/film").await.body;
    let seen = page.split("name=\"seen\" value=\"").nth(1).unwrap();
    let seen = seen.split('"').next().unwrap();
    let body = format!(
        "title=Grain&description=a%0D%0Ab&visibility=unlisted&downloadable=yes&sites=School.example+https%3A%2F%2Fa.example&seen={seen}"
    );
    let saved = post(&body).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER);
    assert_eq!(saved.header("location"), "/library/video/film?saved");
    let found = site
        .rig
        .catalogue
        .find_stored(&site.ann, Kind::Video, &slug("film"));
    let film = found.unwrap();
    assert_eq!(
        (film.title.as_str(), film.description.as_str()),
        ("Grain", "a\nb")
    );
    assert_eq!(film.visibility, Visibility::Unlisted);
    assert!(film.downloadable);
    assert_eq!(film.sites, sites(&["school.example", "https://a.example"]));

    let stale = post(&body.replace("Grain", "Wood")).await;
    assert_eq!(stale.status, StatusCode::CONFLICT);
    assert!(stale.body.contains("value=\"Grain\"") && !stale.body.contains("Wood"));
    for (body, told) in [
        ("title=&visibility=public", "Give it a title."),
        ("title=a", "Choose who can see it."),
        (
            "title=a&visibility=public&sites=a%2Fb",
            "“a/b” is no website.",
        ),
    ] {
        let refused = post(body).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{body}");
        assert!(refused.body.contains(told), "{told}");
    }
}

fn form(fields: &[(&str, &str)], file: (&str, &str)) -> String {
    let mut body = String::new();
    for (name, value) in fields {
        body +=
            &format!("--b\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
    }
    let (name, text) = file;
    body += &format!(
        "--b\r\ncontent-disposition: form-data; name=\"{name}\"; filename=\"f\"\r\n\r\n{text}\r\n--b--\r\n"
    );
    body
}

#[tokio::test]
async fn captions_come_by_a_form_and_go_again() {
    let site = site();
    let post = async |path: &str, body: &str| {
        let ask = Ask::new(Method::POST, &format!("/library/video/film/{path}"))
            .with(site.credentials(Who::Owner))
            .text("multipart/form-data; boundary=b", body);
        site.send(ask).await
    };
    let text = "WEBVTT\n\n00:00.000 --> 00:02.000\nHello\n";
    let fields = [("language", "en"), ("label", "English"), ("default", "yes")];
    let saved = post("captions", &form(&fields, ("text", text))).await;
    assert_eq!(
        saved.header("location"),
        "/library/video/film?saved#captions",
        "{}",
        saved.body
    );
    let page = site.get(Who::Owner, "/watch/film").await.body;
    assert!(
        page.contains("/captions-en.vtt\" lang=\"en\" data-default>English</span>"),
        "{page}"
    );
    let shown = page.split("data-captions=\"").nth(1).unwrap();
    let shown = shown.split('"').next().unwrap();
    assert!(site.get(Who::Nobody, shown).await.body.contains("Hello"));

    for (fields, file, told) in [
        (
            [("language", "?"), ("label", "")],
            text,
            "Write the language as a tag",
        ),
        ([("language", "de"), ("label", "")], "", "Choose a file."),
        (
            [("language", "de"), ("label", "")],
            "no captions",
            "text-error",
        ),
    ] {
        let refused = post("captions", &form(&fields, ("text", file))).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{told}");
        assert!(refused.body.contains(told), "{told}");
    }
    let refused = post("poster", &form(&[], ("picture", "no picture"))).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.body.contains("picture-error"));

    let ask = Ask::new(Method::POST, "/library/video/film/captions/en/remove")
        .with(site.credentials(Who::Owner));
    assert_eq!(site.send(ask).await.status, StatusCode::SEE_OTHER);
    assert!(
        !site
            .get(Who::Owner, "/watch/film")
            .await
            .body
            .contains("data-captions")
    );
}

#[tokio::test]
async fn folder_that_somebody_put_there_is_named_before_it_goes() {
    let site = site();
    let new = New {
        kind: Kind::Video,
        slug: Some(slug("course")),
        title: None,
        visibility: Visibility::Private,
        owner: None,
        place: Lies::Private(slug("course")),
        file_name: String::new(),
    };
    block_on(site.rig.catalogue.add_stored(&site.ann, new)).unwrap();
    let asked = site
        .get(Who::Owner, "/library/video/course/delete")
        .await
        .body;
    assert!(asked.contains("The folder storage/private/course goes too"));
    let asked = site
        .get(Who::Owner, "/library/video/film/delete")
        .await
        .body;
    assert!(!asked.contains("storage/"));
    let ask =
        Ask::new(Method::POST, "/library/video/film/delete").with(site.credentials(Who::Owner));
    assert_eq!(site.send(ask).await.header("location"), "/library");
    assert_eq!(
        site.get(Who::Owner, "/watch/film").await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn stream_has_a_description_and_sites_too() {
    let site = site();
    let post = async |body: &str| {
        let ask = Ask::new(Method::POST, "/streams/open/settings")
            .with(site.credentials(Who::Owner))
            .form(body);
        site.send(ask).await
    };
    let body = "title=Evening&visibility=public&description=Bring+boards.&sites=school.example";
    assert_eq!(post(body).await.status, StatusCode::SEE_OTHER);
    let watched = site.get(Who::Nobody, "/watch/open").await;
    assert!(
        watched
            .body
            .contains("<p class=\"lines\">Bring boards.</p>")
    );
    let framed = site.get(Who::Nobody, "/embed/open").await;
    assert_eq!(frames(&framed), "school.example");
    let refused = post("title=Evening&visibility=public&description=&sites=a%2Fb").await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.body.contains("“a/b” is no website."));
    let form = site.get(Who::Owner, "/streams/open/settings").await.body;
    assert!(
        form.contains(">Bring boards.</textarea>") && form.contains(">school.example</textarea>")
    );
}
