//! The pages of access codes: the list, one code, making and changing one.

use std::time::Duration;

use axum::http::{Method, StatusCode};
use domain::{
    access_code::{Change, Shown},
    caller::Caller,
};
use testkit::block_on;

use crate::site::{Answer, Ask, CODE, Site, Who};

async fn post(site: &Site, who: Who, path: &str, form: &str) -> Answer {
    let ask = Ask::new(Method::POST, path).with(site.credentials(who));
    site.send(ask.form(form)).await
}

fn code(site: &Site) -> Shown {
    let operator = Caller::operator();
    let id = site.rig.catalogue.code_named(&operator, CODE).unwrap();
    site.rig.catalogue.find_code(&operator, id).unwrap()
}

fn by_id(site: &Site, location: &str) -> Shown {
    let id = location.strip_prefix("/codes/").unwrap();
    let id = id.split('?').next().unwrap().parse().unwrap();
    let operator = Caller::operator();
    site.rig.catalogue.find_code(&operator, id).unwrap()
}

#[tokio::test]
async fn list_shows_ones_own_codes_and_no_text_of_a_chosen_one() {
    let site = Site::new();
    let none = site.get(Who::Other, "/codes").await;
    assert!(none.body.contains("No code yet"));
    let made = site
        .rig
        .code(&site.ann, None, &["stream:secret", "stream:club"]);
    let text = made.text.unwrap().expose().to_owned();
    let list = site.get(Who::Owner, "/codes").await;
    assert!(!list.body.contains(CODE) && !list.body.contains(&text));
    assert!(list.body.contains(&format!("{}-••••", &text[..4])));
    for words in [
        "2 streams",
        "1 stream",
        "Active",
        "never",
        "0 times",
        "not yet",
    ] {
        assert!(list.body.contains(words), "{words}");
    }
    assert!(
        !list.body.contains("class=\"segment\""),
        "too few to filter"
    );
}

#[tokio::test]
async fn many_codes_are_filtered_by_how_they_stand() {
    let site = Site::new();
    let ids: Vec<String> = (0..8)
        .map(|_| {
            site.rig
                .code(&site.ann, None, &["stream:secret"])
                .code
                .id
                .to_string()
        })
        .collect();
    let pause = Change {
        paused: Some(true),
        ..Change::default()
    };
    let paused = ids[3].parse().unwrap();
    block_on(site.rig.catalogue.update_code(&site.ann, paused, pause)).unwrap();
    let list = site.get(Who::Owner, "/codes?state=paused").await;
    for id in &ids {
        let link = format!("href=\"/codes/{id}\"");
        assert_eq!(list.body.contains(&link), *id == ids[3], "{id}");
    }
    assert!(list.body.contains("aria-current=\"true\">Paused"));
    let none = site.get(Who::Owner, "/codes?state=expired").await;
    assert!(none.body.contains("No code is in this state."));
    let after = site
        .get(Who::Owner, &format!("/codes?after={}", ids[0]))
        .await;
    assert_eq!(after.status, StatusCode::OK);
}

#[tokio::test]
async fn page_of_a_code_shows_how_it_was_used_day_by_day() {
    let site = Site::new();
    let path = format!("/codes/{}", code(&site).code.id);
    let page = site.get(Who::Owner, &path).await.body;
    assert!(page.contains("0 <small>times</small>") && page.contains("0\u{a0}min"));
    assert!(
        !page.contains("<rect class=\"b\"") && !page.contains("in all"),
        "nothing to draw"
    );
    let open = format!("/watch/secret?access_code={CODE}");
    for day in 0..3 {
        for _ in 0..=day {
            assert_eq!(site.get(Who::Nobody, &open).await.status, StatusCode::OK);
        }
        block_on(site.rig.catalogue.tend()).unwrap();
        site.rig.clock.advance(Duration::from_secs(24 * 60 * 60));
    }
    let page = site.get(Who::Owner, &path).await.body;
    let most = site.rig.now().date().before(1).begins().day_and_month();
    for words in [
        "6 <small>times</small>",
        &format!("aria-label=\"Opened per day in the last 30 days: 0 to 3, most on {most}\""),
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert_eq!(page.matches("<rect class=\"b\"").count(), 3);
}

#[tokio::test]
async fn code_is_made_as_it_was_asked_for() {
    let site = Site::new();
    let form = "description=Spring+course&how=made&item=stream%3Asecret&item=stream%3Aclub&starts=2027-03-01T08%3A00&ends=at&\
                ends_at=2027-06-30T20%3A00%3A00%2B02%3A00&viewers_max=40&sites=school.example%0D%0Ahttps%3A%2F%2Fb.example&\
                may_download=yes&note=For+the+course";
    let made = post(&site, Who::Owner, "/codes", form).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.body);
    let location = made.header("location").to_owned();
    assert!(location.ends_with("?made"), "{location}");
    let shown = by_id(&site, &location);
    assert!(!shown.code.is_chosen);
    assert_eq!(shown.code.description, "Spring course");
    assert_eq!(shown.code.note, "For the course");
    let items: Vec<String> = shown.items.iter().map(ToString::to_string).collect();
    assert_eq!(items, ["stream:secret", "stream:club"]);
    let at = |time: Option<domain::clock::Time>| time.unwrap().rfc3339();
    assert_eq!(at(shown.code.starts), "2027-03-01T08:00:00Z");
    assert_eq!(at(shown.code.expires), "2027-06-30T18:00:00Z");
    assert_eq!(shown.code.viewers_max, Some(40));
    let sites: Vec<&str> = shown.code.sites.iter().map(|site| site.as_str()).collect();
    assert_eq!(sites, ["school.example", "https://b.example"]);
    assert!(shown.code.may_download);
    // The page that follows hands it out.
    let page = site.get(Who::Owner, &location).await;
    let text = shown.text.unwrap();
    let link = format!(
        "value=\"http://media.example.org/watch/secret?access_code={}\"",
        text.expose()
    );
    for part in [
        "Made. Copy the link",
        &link,
        "of 40",
        "30 June 2027",
        "school.example, https://b.example",
        "For the course",
        "Starts 1 March 2027</span>",
        "1 March 2027, 08:00 UTC",
    ] {
        assert!(page.body.contains(part), "{part}: {}", page.body);
    }
    assert!(!page.body.contains("can be guessed"));
    let other = format!("{}?item=stream:club", location.split('?').next().unwrap());
    let page = site.get(Who::Owner, &other).await;
    assert!(page.body.contains("/watch/club?access_code="));
}

#[tokio::test]
async fn chosen_code_is_taken_with_a_warning_and_refused_beside_its_field() {
    let site = Site::new();
    let form = "how=chosen&code=spring27&item=stream%3Asecret&ends=never";
    let made = post(&site, Who::Owner, "/codes", form).await;
    let location = made.header("location").to_owned();
    assert!(by_id(&site, &location).code.is_chosen);
    let page = site.get(Who::Owner, &location).await;
    assert!(page.body.contains("This code can be guessed"));
    for (form, status, field, words) in [
        (
            "how=chosen&code=abc&item=stream%3Asecret",
            422,
            "code",
            "6 characters or more",
        ),
        (
            "how=chosen&code=a+b+c+d&item=stream%3Asecret",
            422,
            "code",
            "capitals, digits",
        ),
        (
            "how=chosen&code=spring27&item=stream%3Asecret",
            409,
            "code",
            "is taken",
        ),
        ("how=made", 422, "items", "at least one thing"),
        (
            "how=made&item=stream%3Anothing",
            422,
            "items",
            "is not yours any more",
        ),
        (
            "item=stream%3Asecret&ends=at",
            422,
            "ends",
            "Choose a day and a time",
        ),
        (
            "item=stream%3Asecret&starts=soon",
            422,
            "starts",
            "Choose a day and a time",
        ),
        (
            "item=stream%3Asecret&viewers_max=0",
            422,
            "viewers",
            "from 1 to 100,000",
        ),
        (
            "item=stream%3Asecret&viewers_max=x",
            422,
            "viewers",
            "from 1 to 100,000",
        ),
        (
            "item=stream%3Asecret&sites=a%2Fb",
            422,
            "sites",
            "is no website",
        ),
        (
            "item=stream%3Asecret&starts=2027-03-01T08%3A00&ends=at&ends_at=2027-02-01T08%3A00",
            422,
            "ends",
            "end before it starts",
        ),
    ] {
        let page = post(&site, Who::Owner, "/codes", form).await;
        assert_eq!(page.status.as_u16(), status, "{form}");
        let at = page.body.find(&format!("id=\"{field}-error\""));
        let at = at.unwrap_or_else(|| panic!("nothing beside {field}: {form}"));
        let error = page.body[at..].split("</p>").next().unwrap();
        assert!(
            error.contains("role=\"alert\"") && error.contains(words),
            "{form}: {error}"
        );
        assert!(page.body.contains("Nothing was saved."), "{form}");
    }
    let kept = post(
        &site,
        Who::Owner,
        "/codes",
        "description=Kept&note=Kept+too&item=stream%3Asecret&viewers_max=0&sites=%3Cscript%3E",
    )
    .await;
    assert!(kept.body.contains("value=\"Kept\"") && kept.body.contains(">Kept too</textarea>"));
    assert!(!kept.body.contains("<script>"), "what was typed is text");
}

#[tokio::test]
async fn change_is_saved_and_another_ones_change_is_not_overwritten() {
    let site = Site::new();
    let old = code(&site);
    let path = format!("/codes/{}/change", old.code.id);
    let form = site.get(Who::Owner, &path).await;
    let seen = old.code.changed.ms();
    assert!(
        form.body
            .contains(&format!("name=\"seen\" value=\"{seen}\""))
    );
    assert!(!form.body.contains(CODE), "the code does not change");
    let change = format!("description=New&item=stream%3Asecret&ends=week&seen={seen}");
    let saved = post(&site, Who::Owner, &path, &change).await;
    assert_eq!(
        saved.header("location"),
        format!("/codes/{}?saved", old.code.id)
    );
    let new = code(&site);
    assert_eq!(new.code.description, "New");
    let week = new.code.expires.unwrap().since(site.rig.now()).as_secs();
    assert_eq!(week, 7 * 86_400);
    let late = post(&site, Who::Owner, &path, &change.replace("New", "Newer")).await;
    assert_eq!(late.status, StatusCode::CONFLICT);
    assert!(late.body.contains("Somebody changed it meanwhile"));
    assert!(late.body.contains("value=\"New\""), "as it is now");
    assert_eq!(code(&site).code.description, "New");
    // One that removes on the grounds of what is past changes nothing either.
    let path = format!("/codes/{}/remove", old.code.id);
    let late = post(
        &site,
        Who::Owner,
        &path,
        &format!("item=stream%3Asecret&seen={seen}"),
    )
    .await;
    assert_eq!(
        late.header("location"),
        format!("/codes/{}?conflict", old.code.id)
    );
}

#[tokio::test]
async fn times_that_were_not_touched_stay_to_the_millisecond() {
    let site = Site::new();
    let id = code(&site).code.id;
    let ends = site
        .rig
        .now()
        .plus(std::time::Duration::from_millis(90_061_001));
    let change = Change {
        expires: Some(Some(ends)),
        ..Change::default()
    };
    block_on(site.rig.catalogue.update_code(&site.ann, id, change)).unwrap();
    let typed = ends.rfc3339();
    let form = format!("item=stream%3Asecret&ends=at&ends_at={}", &typed[..16]);
    let _ = post(&site, Who::Owner, &format!("/codes/{id}/change"), &form).await;
    assert_eq!(code(&site).code.expires, Some(ends));
}

#[tokio::test]
async fn items_are_removed_but_not_the_last() {
    let site = Site::new();
    let two = site
        .rig
        .code(&site.ann, None, &["stream:secret", "stream:club"]);
    let path = format!("/codes/{}", two.code.id);
    let page = site.get(Who::Owner, &path).await;
    assert_eq!(page.body.matches("aria-label=\"Remove ").count(), 2);
    let form = format!("item=stream%3Aclub&seen={}", two.code.changed.ms());
    let removed = post(&site, Who::Owner, &format!("{path}/remove"), &form).await;
    assert_eq!(removed.header("location"), path);
    let page = site.get(Who::Owner, &path).await;
    assert!(!page.body.contains("aria-label=\"Remove "));
    assert!(page.body.contains("A code opens at least one thing"));
}

#[tokio::test]
async fn code_is_paused_resumed_and_deleted_after_a_question() {
    let site = Site::new();
    let path = format!("/codes/{}", code(&site).code.id);
    let opens = async || {
        let path = format!("/watch/secret?access_code={CODE}");
        site.get(Who::Nobody, &path).await.status
    };
    assert_eq!(opens().await, StatusCode::OK);
    let _ = post(&site, Who::Owner, &format!("{path}/pause"), "").await;
    assert_eq!(opens().await, StatusCode::NOT_FOUND);
    let page = site.get(Who::Owner, &path).await;
    assert!(page.body.contains(&format!("action=\"{path}/resume\"")));
    let _ = post(&site, Who::Owner, &format!("{path}/resume"), "").await;
    assert_eq!(opens().await, StatusCode::OK);
    // Somebody watches.
    let index = format!("/hls/secret/index.m3u8?access_code={CODE}&seat=1");
    assert_eq!(site.get(Who::Nobody, &index).await.status, StatusCode::OK);
    let ask = site.get(Who::Owner, &format!("{path}/delete")).await;
    for words in [
        "The one person who watches with it now is cut off within a second, and the link stops working on every page that embeds it. \
         This cannot be undone. To stop it for a while, pause it.",
        "Keep it",
        "Delete the code",
    ] {
        assert!(ask.body.contains(words), "{words}: {}", ask.body);
    }
    let gone = post(&site, Who::Owner, &format!("{path}/delete"), "").await;
    assert_eq!(gone.header("location"), "/codes");
    assert_eq!(opens().await, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn things_to_choose_from_are_ones_own_and_can_be_searched() {
    let site = Site::new();
    let form = site.get(Who::Owner, "/codes/new?item=stream:club").await;
    assert!(form.body.contains("value=\"stream:secret\">"));
    assert!(form.body.contains("value=\"stream:club\" checked>"));
    let found = site.get(Who::Owner, "/codes/new?q=SECR").await;
    assert!(found.body.contains("stream:secret") && !found.body.contains("stream:club"));
    assert!(found.body.contains("1 found"));
    let none = site.get(Who::Owner, "/codes/new?q=secrets+of+others").await;
    assert!(none.body.contains("Nothing found"));
    let other = site.get(Who::Other, "/codes/new").await;
    assert!(!other.body.contains("stream:secret") && other.body.contains("nothing to share yet"));
}

#[tokio::test]
async fn qr_code_is_drawn_of_the_link_and_no_address_of_it_has_the_code() {
    let site = Site::new();
    let path = format!("/codes/{}", code(&site).code.id);
    let page = site.get(Who::Owner, &path).await;
    let src = format!("src=\"{path}/qr.svg?item=stream:secret\"");
    assert!(page.body.contains(&src));
    let picture = site.get(Who::Owner, &format!("{path}/qr.svg")).await;
    assert_eq!(picture.header("content-type"), "image/svg+xml");
    assert!(picture.body.starts_with("<svg"));
    assert!(picture.header("cache-control").contains("no-store"));
}
