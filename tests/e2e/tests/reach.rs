//! Whether a browser reaches the port of WebRTC, as the Go-live page says it.

use e2e::{Browser, MOMENT, Server, server::PASSWORD};
use serde_json::json;

const SAYS: &str = "document.querySelector('[data-reach]').innerText";

/// Sends what goes over these carriers to a port where nobody is.
fn astray(carriers: &str) -> String {
    format!(
        "(() => {{ const real = RTCPeerConnection.prototype.setRemoteDescription;
          RTCPeerConnection.prototype.setRemoteDescription = function (answer) {{
            const sdp = answer.sdp.replace(/^(a=candidate:\\S+ \\d+ (?:{carriers}) \\d+ \\S+) \\d+/gim, '$1 9');
            return real.call(this, {{ type: answer.type, sdp }});
          }}; }})()"
    )
}

#[test]
fn go_live_page_says_what_of_the_port_its_browser_reaches() {
    let server = Server::start(&[]);
    server.add_administrator();
    let _ = server.add_stream("live", "public");
    let port = server.webrtc.port();
    let browser = Browser::start();
    for (name, carriers, words, fix) in [
        (
            "open",
            "none",
            format!("over UDP, at 127.0.0.1:{port}"),
            String::new(),
        ),
        (
            "no-udp",
            "udp",
            format!("over TCP, at 127.0.0.1:{port}"),
            format!("Open UDP port {port}"),
        ),
        (
            "neither",
            "udp|tcp",
            format!("Neither UDP nor TCP gets through to 127.0.0.1:{port}"),
            format!("Open port {port} for UDP and TCP"),
        ),
    ] {
        let page = browser.profile(name);
        page.prepare(&astray(carriers));
        page.log_in(&server.url(""), "anna", PASSWORD);
        assert_eq!(page.open(&server.url("/streams/live")), 200);
        let _ = page.until(&format!("{SAYS}.includes('{words}')"), 2 * MOMENT);
        let said = page.see(SAYS);
        assert!(
            said.as_str().is_some_and(|said| said.contains(&fix)),
            "{said}"
        );
        let _ =
            page.see("document.querySelector('[data-reach]').scrollIntoView({ block: 'center' })");
        page.picture(&format!("reach-{name}"));
        // Asked again, and told to who listens.
        page.click("[data-reach-again]");
        let _ = page.until(
            "!document.querySelector('[data-reach-again]').disabled",
            2 * MOMENT,
        );
        assert!(
            page.see(SAYS)
                .as_str()
                .is_some_and(|said| said.contains(&words))
        );
        assert_eq!(json!(page.complaints()), json!([]), "{name}");
        assert_eq!(page.faults(), Vec::<String>::new(), "{name}");
    }
}

#[test]
fn server_without_real_time_says_so() {
    let server = Server::start(&["webrtc.listen="]);
    server.add_administrator();
    let _ = server.add_stream("live", "public");
    let browser = Browser::start();
    let page = browser.profile("anna");
    page.log_in(&server.url(""), "anna", PASSWORD);
    assert_eq!(page.open(&server.url("/streams/live")), 200);
    let _ = page.until(
        &format!("{SAYS}.includes('switched off on this server')"),
        2 * MOMENT,
    );
}
