//! Sharing an item: who can see it, the link, the code to embed, a new code.

use axum::http::{Method, StatusCode};
use domain::{access_code::Change, caller::Caller, stream::Visibility};
use testkit::block_on;

use crate::site::{Ask, CODE, Site, Who};

const PATH: &str = "/share/stream/secret";

/// What a field or a block of the page says, as a reader has it.
fn read(body: &str) -> String {
    [
        "&quot;", "&#34;", "&lt;", "&#60;", "&gt;", "&#62;", "&amp;", "&#38;",
    ]
    .iter()
    .zip(["\"", "\"", "<", "<", ">", ">", "&", "&"])
    .fold(body.to_owned(), |text, (from, to)| text.replace(from, to))
}

#[tokio::test]
async fn who_can_see_it_is_one_sentence() {
    let site = Site::new();
    let who = async |path: &str| {
        let page = site.get(Who::Owner, path).await;
        let at = page.body.find("banner info").unwrap();
        let banner = page.body[at..].split("</p>").next().unwrap();
        banner.rsplit_once('>').unwrap().1.to_owned()
    };
    for (path, sentence) in [
        (
            "/share/stream/open",
            "Who can see this: anyone, and it is listed.",
        ),
        (
            "/share/stream/link",
            "Who can see this: anyone with the link.",
        ),
        (
            "/share/stream/club",
            "Who can see this: anyone who is logged in, and whoever holds an access code.",
        ),
        (
            PATH,
            "Who can see this: you, administrators, and anyone who has the code “Code of 3 November 2026”.",
        ),
    ] {
        assert_eq!(who(path).await, sentence, "{path}");
    }
    let operator = Caller::operator();
    let id = site.code_id().parse().unwrap();
    let change = Change {
        description: Some("Spring course".to_owned()),
        expires: Some(Some(
            domain::clock::Time::parse("2027-06-30T18:00:00Z").unwrap(),
        )),
        ..Change::default()
    };
    block_on(site.rig.catalogue.update_code(&operator, id, change)).unwrap();
    assert_eq!(
        who(PATH).await,
        "Who can see this: you, administrators, and anyone who has the code “Spring course” until 30 June 2027."
    );
    // The same stands beside the picture.
    let watch = site.get(Who::Owner, "/watch/secret").await;
    assert!(watch.body.contains(
        "You, administrators, and anyone who has the code “Spring course” until 30 June 2027."
    ));
    site.rig.code(&site.ann, None, &["stream:secret"]);
    assert_eq!(
        who(PATH).await,
        "Who can see this: you, administrators, and anyone who has one of its 2 access codes."
    );
    for code in site.rig.catalogue.list_codes(&operator).unwrap() {
        block_on(site.rig.catalogue.delete_code(&operator, code.code.id)).unwrap();
    }
    assert_eq!(
        who(PATH).await,
        "Only you and administrators can see this. Make an access code to let others in."
    );
}

#[tokio::test]
async fn link_and_frame_have_the_code_that_was_chosen_or_none() {
    let site = Site::new();
    let page = site.get(Who::Owner, PATH).await;
    let body = read(&page.body);
    for part in [
        format!("value=\"http://media.example.org/watch/secret?access_code={CODE}\""),
        format!("<iframe src=\"http://media.example.org/embed/secret?access_code={CODE}\""),
        "style=\"aspect-ratio:16/9;width:100%;border:0\"></iframe>".to_owned(),
        "allow=\"autoplay; fullscreen; picture-in-picture\" allowfullscreen".to_owned(),
        "Works on any website.".to_owned(),
        format!("href=\"/watch/secret?access_code={CODE}&preview=visitor\" target=\"_blank\""),
        format!("src=\"{PATH}/qr.svg?with={}\"", site.code_id()),
    ] {
        assert!(body.contains(&part), "{part}: {body}");
    }
    let page = site.get(Who::Owner, &format!("{PATH}?with=")).await;
    let body = read(&page.body);
    assert!(!body.contains(CODE));
    assert!(body.contains("value=\"http://media.example.org/watch/secret\""));
    assert!(body.contains("Visitors without an account see nothing there"));
    // What is open needs none.
    let page = site.get(Who::Owner, "/share/stream/open").await;
    assert!(page.body.contains("Nothing: they need none"));
    assert!(!page.body.contains("see nothing there"));
}

#[tokio::test]
async fn sites_that_may_embed_it_are_those_of_the_code_else_of_the_item() {
    let site = Site::new();
    let operator = Caller::operator();
    let school: domain::item::Site = domain::item::Site::parse("school.example").unwrap();
    let change = Change {
        sites: Some(vec![school]),
        ..Change::default()
    };
    let id = site.code_id();
    let code = id.parse().unwrap();
    block_on(site.rig.catalogue.update_code(&operator, code, change)).unwrap();
    let page = site.get(Who::Owner, PATH).await;
    assert!(
        page.body
            .contains("Works on school.example and nowhere else.")
    );
    assert!(
        page.body
            .contains(&format!("href=\"/codes/{id}/change#sites\""))
    );
}

#[tokio::test]
async fn new_code_is_made_at_once_and_the_link_has_it() {
    let site = Site::new();
    for name in ["secret", "secret 2"] {
        let ask = Ask::new(Method::POST, &format!("{PATH}/code"))
            .with(site.credentials(Who::Owner))
            .form("");
        let made = site.send(ask).await;
        assert_eq!(made.status, StatusCode::SEE_OTHER);
        let location = made.header("location").to_owned();
        let codes = site.rig.catalogue.list_codes(&site.ann).unwrap();
        let newest = codes.iter().find(|shown| shown.code.description == name);
        let newest = newest.unwrap_or_else(|| panic!("no code is called {name}"));
        assert_eq!(location, format!("{PATH}?with={}&made", newest.code.id));
        let text = newest.text.as_ref().unwrap().expose().to_owned();
        let page = site.get(Who::Owner, &location).await;
        assert!(page.body.contains(&format!("The code “{name}” is made")));
        assert!(
            page.body
                .contains(&format!("/watch/secret?access_code={text}\""))
        );
        let opened = format!("/watch/secret?access_code={text}");
        assert_eq!(site.get(Who::Nobody, &opened).await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn codes_that_open_nothing_now_are_not_offered() {
    let site = Site::new();
    let operator = Caller::operator();
    let pause = Change {
        paused: Some(true),
        ..Change::default()
    };
    let id = site.code_id().parse().unwrap();
    block_on(site.rig.catalogue.update_code(&operator, id, pause)).unwrap();
    let page = site.get(Who::Owner, PATH).await;
    assert!(!page.body.contains(CODE));
    assert!(
        page.body
            .contains("Only you and administrators can see this.")
    );
    let asked = format!("{PATH}?with={}", site.code_id());
    assert!(!site.get(Who::Owner, &asked).await.body.contains(CODE));
}

#[tokio::test]
async fn administrator_is_told_that_only_the_owner_makes_codes() {
    let site = Site::new();
    let page = site.get(Who::Administrator, PATH).await;
    assert!(
        page.body
            .contains("Only its owner can make access codes for it.")
    );
    assert!(!page.body.contains(CODE), "codes are their owner's");
    assert!(!page.body.contains("New code for this"));
}

#[tokio::test]
async fn videos_and_images_are_shared_as_what_they_are() {
    let site = Site::new();
    let stored = domain::stored::Kind::Video;
    let _ = site
        .rig
        .stored(&site.ann, stored, "lesson", Visibility::Private);
    let stored = domain::stored::Kind::Image;
    let _ = site
        .rig
        .stored(&site.ann, stored, "logo", Visibility::Private);
    let text = site
        .rig
        .code(&site.ann, None, &["video:lesson", "image:logo"]);
    let text = text.text.unwrap().expose().to_owned();
    let page = site
        .get(Who::Owner, "/share/video/lesson?start=on&t=1:30")
        .await;
    let body = read(&page.body);
    for part in [
        format!("http://media.example.org/watch/lesson?t=90&access_code={text}\""),
        format!(
            "<iframe src=\"http://media.example.org/embed/lesson?t=90&amp;access_code={text}\""
        ),
    ] {
        assert!(
            body.contains(&part) || body.contains(&part.replace("&amp;", "&")),
            "{part}: {body}"
        );
    }
    let page = site
        .get(Who::Owner, "/share/video/lesson?start=on&t=soon")
        .await;
    assert!(page.body.contains("id=\"share-at-error\""));
    let page = site.get(Who::Owner, "/share/image/logo").await;
    let body = read(&page.body);
    assert!(body.contains(&format!(
        "<img src=\"http://media.example.org/images/logo?access_code={text}\""
    )));
    assert!(!body.contains("Start at"), "an image has no beginning");
    // Of other kinds and names there is nothing.
    for path in [
        "/share/film/lesson",
        "/share/image/lesson",
        "/share/video/..%2f",
    ] {
        let answer = site.get(Who::Owner, path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
    }
}

/// Reads a QR code as a camera would: what its one path says is drawn, and nothing else.
fn decoded(svg: &str) -> String {
    const SCALE: usize = 4;
    let between = |start: &str, end: &str| {
        let (_, rest) = svg.split_once(start).unwrap();
        rest.split_once(end).unwrap().0.to_owned()
    };
    let side: usize = between("viewBox=\"0 0 ", " ").parse().unwrap();
    let path = between("fill=\"#000\" d=\"", "\"");
    let mut dark = vec![false; side * side];
    for bar in path.split('M').filter(|bar| !bar.is_empty()) {
        let (x, rest) = bar.split_once(' ').unwrap();
        let (y, rest) = rest.split_once('h').unwrap();
        let (length, _) = rest.split_once('v').unwrap();
        let [x, y, length]: [usize; 3] = [x, y, length].map(|text| text.parse().unwrap());
        dark[y * side + x..y * side + x + length].fill(true);
    }
    let shade = |x: usize, y: usize| {
        if dark[y / SCALE * side + x / SCALE] {
            0
        } else {
            255
        }
    };
    let mut picture =
        rqrr::PreparedImage::prepare_from_greyscale(side * SCALE, side * SCALE, shade);
    picture.detect_grids()[0].decode().unwrap().1
}

#[tokio::test]
async fn qr_code_leads_where_the_link_does() {
    let site = Site::new();
    let id = site.code_id();
    let video = domain::stored::Kind::Video;
    let _ = site
        .rig
        .stored(&site.ann, video, "lesson", Visibility::Unlisted);
    for (path, link) in [
        (
            format!("{PATH}/qr.svg"),
            format!("http://media.example.org/watch/secret?access_code={CODE}"),
        ),
        (
            format!("{PATH}/qr.svg?with={id}"),
            format!("http://media.example.org/watch/secret?access_code={CODE}"),
        ),
        (
            format!("{PATH}/qr.svg?with="),
            "http://media.example.org/watch/secret".to_owned(),
        ),
        (
            "/share/video/lesson/qr.svg?start=on&t=1:30".to_owned(),
            "http://media.example.org/watch/lesson?t=90".to_owned(),
        ),
        (
            format!("/codes/{id}/qr.svg?item=stream:secret"),
            format!("http://media.example.org/watch/secret?access_code={CODE}"),
        ),
    ] {
        let picture = site.get(Who::Owner, &path).await;
        assert_eq!(picture.header("content-type"), "image/svg+xml", "{path}");
        assert_eq!(decoded(&picture.body), link, "{path}");
    }
}
