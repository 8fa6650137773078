//! What somebody does who has no mouse: everything, by Tab, Enter, Space and Escape, with a focus that is seen on its way. That
//! nothing on a page is out of reach, `pages` shows.

use e2e::{Browser, MOMENT, Profile, Server, browser::FOCUS, server::PASSWORD};
use serde_json::json;

/// The focus is in a question that came up over the page.
const IN_QUESTION: &str = "document.activeElement.closest('dialog[open]') !== null";

/// Goes there and presses.
fn activate(page: Profile<'_>, what: &str) {
    page.tab_to(what);
    page.press("Enter");
}

fn comes_to(page: Profile<'_>, path: &str) {
    let _ = page.until(&format!("location.pathname === '{path}'"), MOMENT);
}

/// A question that came up over the page, with the focus in it.
fn asked(page: Profile<'_>, focus: &str) {
    let _ = page.until(
        &format!("document.querySelector('dialog[open]') && {FOCUS} === '{focus}'"),
        MOMENT,
    );
}

#[test]
fn everything_a_streamer_does_is_done_by_keyboard() {
    let server = Server::start(&[]);
    server.add_administrator();
    let browser = Browser::start();
    let anna = browser.profile("anna");

    // Home, the login, and on to the streams.
    assert_eq!(anna.open(&server.url("/")), 200);
    activate(anna, "Log in");
    comes_to(anna, "/login");
    let _ = anna.until("document.activeElement.id === 'username'", MOMENT);
    anna.type_text("anna");
    anna.tab_to("password");
    anna.type_text(PASSWORD);
    anna.press("Enter");
    comes_to(anna, "/");
    // The first stop leads past the frame.
    anna.press("Tab");
    assert_eq!(anna.see(FOCUS), json!("Skip to content"));
    anna.press("Enter");
    assert_eq!(anna.see("location.hash"), json!("#main"));
    activate(anna, "Streams");
    comes_to(anna, "/streams");

    // A stream is made.
    activate(anna, "New stream");
    comes_to(anna, "/streams/new");
    let _ = anna.until("document.activeElement.id === 'title'", MOMENT);
    anna.type_text("Main hall");
    assert_eq!(
        anna.see("document.querySelector('#slug').value"),
        json!("main-hall"),
        "the address follows the title"
    );
    let visibility = "document.querySelector('input[name=visibility]:checked')?.value";
    anna.press("Tab");
    anna.press("Tab");
    assert_eq!(anna.see("document.activeElement.name"), json!("visibility"));
    anna.press("ArrowUp");
    anna.press("ArrowDown");
    let chosen = anna.see(visibility);
    assert!(chosen.is_string(), "nothing was chosen: {chosen}");
    activate(anna, "Make the stream");
    comes_to(anna, "/streams/main-hall");

    // Its key is shown and copied.
    let key = "document.querySelector('#stream-key')";
    let secret = anna.see(&format!("{key}.value"));
    activate(anna, "Show stream key");
    let _ = anna.until(&format!("{key}.type === 'text'"), MOMENT);
    activate(anna, "Copy stream key");
    let _ = anna.is_told("Copied");
    anna.reload();
    assert_eq!(anna.see(key), json!(null), "shown once");

    // Another key is made in a question, rotated, and revoked; Escape changes nothing, and gives the focus back.
    activate(anna, "New key");
    asked(anna, "key-name");
    anna.press("Escape");
    let _ = anna.until(
        &format!("!document.querySelector('dialog') && {FOCUS} === 'New key'"),
        MOMENT,
    );
    anna.press("Enter");
    asked(anna, "key-name");
    anna.type_text("Phone");
    anna.press("Enter");
    let _ = anna.until(&format!("{key}?.value"), MOMENT);
    let phone = anna.see(&format!("{key}.value"));
    assert_ne!(phone, secret);
    let names =
        "[...document.querySelectorAll('[data-key] .name')].map((name) => name.textContent)";
    let name = |page: Profile<'_>| page.see(names);
    assert!(name(anna).to_string().contains("Phone"), "{}", name(anna));
    anna.reload();
    let rotate =
        anna.see("document.querySelector('a[href$=\"/rotate\"]').getAttribute('aria-label')");
    anna.tab_to(rotate.as_str().unwrap_or_default());
    anna.press("Enter");
    let _ = anna.until(IN_QUESTION, MOMENT);
    anna.press("Tab");
    anna.press("Enter");
    let _ = anna.until(
        &format!("{key}?.value && ![{phone}, {secret}].includes({key}.value)"),
        MOMENT,
    );
    // The page asks for nothing of itself again: what is shown once would be gone with that.
    assert_eq!(
        anna.see(
            "performance.getEntriesByType('resource').some(({ name }) => name === location.href)"
        ),
        json!(false)
    );
    anna.tab_to("Revoke Phone");
    anna.press("Enter");
    let _ = anna.until(IN_QUESTION, MOMENT);
    anna.press("Tab");
    anna.press("Enter");
    let _ = anna.until(
        &format!("!JSON.stringify({names}).includes('Phone')"),
        MOMENT,
    );

    // It is renamed, and deleted after a question whose first answer is no.
    activate(anna, "Settings");
    comes_to(anna, "/streams/main-hall/settings");
    anna.tab_to("title");
    anna.press("Control+a");
    anna.type_text("Small hall");
    anna.press("Enter");
    let _ = anna.until("document.querySelector('[role=status].banner')", MOMENT);
    assert_eq!(
        anna.see("document.title")
            .as_str()
            .map(|t| t.starts_with("Small hall")),
        Some(true)
    );
    activate(anna, "Delete the stream");
    let _ = anna.until(IN_QUESTION, MOMENT);
    anna.press("Enter");
    let _ = anna.until("!document.querySelector('dialog')", MOMENT);
    comes_to(anna, "/streams/main-hall/settings");
    activate(anna, "Delete the stream");
    let _ = anna.until(IN_QUESTION, MOMENT);
    anna.press("Tab");
    anna.press("Enter");
    comes_to(anna, "/streams");
    assert!(
        !anna
            .see("document.body.innerText")
            .to_string()
            .contains("Small hall")
    );

    // Out, by the menu of the account.
    anna.tab_to("AN: account of anna");
    anna.press("Space");
    let _ = anna.until(
        "document.querySelector('#account-menu:popover-open')",
        MOMENT,
    );
    anna.press("Escape");
    let _ = anna.until(
        "!document.querySelector('#account-menu:popover-open')",
        MOMENT,
    );
    anna.press("Enter");
    let _ = anna.until(
        "document.querySelector('#account-menu:popover-open')",
        MOMENT,
    );
    activate(anna, "Log out");
    comes_to(anna, "/");
    let _ = anna.until("document.querySelector('a[href^=\"/login\"]')", MOMENT);
    assert_eq!(anna.complaints(), Vec::<String>::new());
}

#[test]
fn everything_an_administrator_does_is_done_by_keyboard() {
    let server = Server::start(&[]);
    server.add_administrator();
    let browser = Browser::start();
    let anna = browser.profile("anna");
    anna.log_in(&server.url(""), "anna", PASSWORD);
    activate(anna, "Server");
    comes_to(anna, "/admin");
    activate(anna, "Self-check");
    comes_to(anna, "/admin/check");
    let _ = anna.see("globalThis.isOld = true");
    activate(anna, "Check again");
    let _ = anna.until(
        "!globalThis.isOld && document.querySelector('time')",
        MOMENT,
    );

    // Somebody is invited by a link, and disabled after a question.
    assert_eq!(anna.open(&server.url("/admin/people")), 200);
    anna.tab_to("name");
    anna.type_text("ben");
    activate(anna, "Add");
    let _ = anna.until("document.querySelector('input#link')", MOMENT);
    anna.tab_to("Copy the link");
    anna.press("Enter");
    let _ = anna.until("document.querySelector('button.done')", MOMENT);
    let rows = "document.querySelector('tbody').innerText";
    assert!(anna.see(rows).to_string().contains("ben"));
    anna.tab_to("Disable ben");
    anna.press("Enter");
    let _ = anna.until(IN_QUESTION, MOMENT);
    anna.press("Tab");
    anna.press("Enter");
    let _ = anna.until(&format!("{rows}.includes('Disabled')"), MOMENT);
    anna.tab_to("Enable ben");
    anna.press("Space");
    let _ = anna.until(&format!("!{rows}.includes('Disabled')"), MOMENT);
    anna.tab_to("New link to set the password of ben");
    anna.press("Enter");
    let _ = anna.until(IN_QUESTION, MOMENT);
    anna.press("Tab");
    anna.press("Enter");
    let _ = anna.until("document.querySelector('input#link')", MOMENT);
    let link = anna.see("document.querySelector('input#link').value");
    let ben = browser.profile("ben");
    assert_eq!(ben.open(link.as_str().unwrap_or_default()), 200);
    ben.tab_to("password");
    ben.type_text(PASSWORD);
    ben.press("Enter");
    comes_to(ben, "/");
    activate(anna, "Server");
    comes_to(anna, "/admin");
    activate(anna, "Audit log");
    comes_to(anna, "/admin/audit");

    // A key for a program.
    assert_eq!(anna.open(&server.url("/account")), 200);
    activate(anna, "New API key");
    comes_to(anna, "/account/api-keys/new");
    anna.tab_to("key-name");
    anna.type_text("Bot");
    anna.press("Tab");
    anna.press("Space");
    anna.tab_to("Make the key");
    anna.press("Enter");
    let _ = anna.until("document.querySelector('input#api-key')", MOMENT);

    // A setting is changed.
    assert_eq!(anna.open(&server.url("/admin/settings")), 200);
    let grace = "document.querySelector('input[name=\"publish.grace_s\"]')";
    let id = anna.see(&format!("{grace}.id"));
    anna.tab_to(id.as_str().unwrap_or_default());
    anna.press("Control+a");
    anna.type_text("45");
    anna.press("Enter");
    let _ = anna.until("document.querySelector('[role=status].banner')", MOMENT);
    assert_eq!(anna.see(&format!("{grace}.value")), json!("45"));

    // Another password, and the other logins end.
    let other = browser.profile("elsewhere");
    other.log_in(&server.url(""), "anna", PASSWORD);
    assert_eq!(anna.open(&server.url("/account")), 200);
    anna.tab_to("current");
    anna.type_text(PASSWORD);
    anna.tab_to("new");
    anna.type_text("another long password");
    anna.press("Enter");
    let _ = anna.until("document.querySelector('[role=status].banner')", MOMENT);
    assert_eq!(other.open(&server.url("/account")), 200);
    comes_to(other, "/login");
    assert_eq!(anna.complaints(), Vec::<String>::new());
}

#[test]
fn everything_about_codes_is_done_by_keyboard() {
    let server = Server::start(&[]);
    server.add_administrator();
    let _ = server.add_stream("hall", "private");
    let browser = Browser::start();
    let anna = browser.profile("anna");
    anna.log_in(&server.url(""), "anna", PASSWORD);
    assert_eq!(anna.open(&server.url("/")), 200);
    activate(anna, "Access codes");
    comes_to(anna, "/codes");
    activate(anna, "New code");
    comes_to(anna, "/codes/new");
    let _ = anna.until("document.activeElement.id === 'description'", MOMENT);
    anna.type_text("Choir");

    // A code of one's own is asked for, and its field comes; and goes again.
    anna.press("Tab");
    anna.press("ArrowDown");
    let field = "document.querySelector('#code').checkVisibility()";
    let _ = anna.until(field, MOMENT);
    anna.press("ArrowUp");
    let _ = anna.until(&format!("!{field}"), MOMENT);
    anna.press("Tab");
    assert_eq!(
        anna.see("document.activeElement.value"),
        json!("stream:hall")
    );
    anna.press("Space");
    anna.tab_to("ends");
    anna.press("ArrowDown");
    assert_eq!(anna.see("document.activeElement.value"), json!("day"));
    anna.tab_to("viewers");
    anna.type_text("0");
    activate(anna, "Make the code");
    // What is wrong has the focus and says why; what was typed is still there.
    let _ = anna.until("document.activeElement.id === 'viewers'", MOMENT);
    let _ = anna.until("document.querySelector('#viewers-error')", MOMENT);
    assert_eq!(
        anna.see("document.querySelector('#description').value"),
        json!("Choir")
    );
    assert_eq!(
        anna.see("document.querySelector('input[name=item]').checked"),
        json!(true)
    );
    anna.press("Control+a");
    anna.type_text("4");
    anna.press("Enter");
    let _ = anna.until("location.search === '?made'", MOMENT);

    // It is shown, copied, paused and resumed.
    activate(anna, "Show code");
    let _ = anna.until("document.querySelector('#code').type === 'text'", MOMENT);
    activate(anna, "Copy link");
    let _ = anna.is_told("Copied");
    activate(anna, "Pause");
    let _ = anna.until(
        "document.querySelector('.badge').innerText === 'Paused'",
        MOMENT,
    );
    activate(anna, "Resume");
    let _ = anna.until(
        "document.querySelector('.badge').innerText === 'Active'",
        MOMENT,
    );

    // The stream is shared in a dialog: a choice, a new code, its link, and out by Escape to where it began.
    assert_eq!(anna.open(&server.url("/streams/hall")), 200);
    activate(anna, "Share");
    asked(anna, "share-with");
    let link = "document.querySelector('#share-link').value";
    let _ = anna.until(&format!("{link}.includes('access_code=')"), MOMENT);
    anna.press("ArrowDown");
    let _ = anna.until(&format!("!{link}.includes('access_code=')"), MOMENT);
    let _ = anna.until("document.activeElement.id === 'share-with'", MOMENT);
    activate(anna, "New code for this");
    let _ = anna.until(
        &format!("{link}.includes('access_code=') && document.activeElement.id === 'share-link'"),
        MOMENT,
    );
    activate(anna, "Copy the embed code");
    let _ = anna.is_told("Copied");
    anna.press("Escape");
    let _ = anna.until(
        &format!("!document.querySelector('dialog') && {FOCUS} === 'Share'"),
        MOMENT,
    );

    // The first one is deleted after a question; Escape changes nothing.
    activate(anna, "Access codes");
    comes_to(anna, "/codes");
    activate(anna, "Choir");
    let _ = anna.until(
        "document.querySelector('h1')?.innerText === 'Choir'",
        MOMENT,
    );
    activate(anna, "Delete");
    asked(anna, "Keep it");
    anna.press("Escape");
    let _ = anna.until("!document.querySelector('dialog')", MOMENT);
    anna.press("Enter");
    asked(anna, "Keep it");
    activate(anna, "Delete the code");
    comes_to(anna, "/codes");
    assert_eq!(
        anna.see("[...document.querySelectorAll('tbody a')].map((code) => code.innerText)"),
        json!(["hall"])
    );
    assert_eq!(
        anna.complaints()
            .iter()
            .find(|text| !text.contains("status of 422")),
        None
    );
}
