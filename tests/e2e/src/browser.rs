//! A real browser that a story drives step by step, through `browser/drive.mjs`.
//!
//! A profile is what a private window is to a person: cookies of its own, and here one page. What a page complains about (console
//! errors, uncaught errors, violations of its policy) is kept until the story asks, and every story does.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use serde_json::{Value, json};

use crate::tool;

/// Where the picture of the player is, in seconds; nothing while none moves.
const PLAYED: &str = "(() => { const v = [...document.querySelectorAll('stage-player video')].find((v) => !v.paused && v.videoWidth > 0 && !v.classList.contains('p-poster')); return v ? v.currentTime : 0; })()";

/// Whether a page may begin with sound before anybody touched it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sound {
    /// It may: what most stories want to hear.
    Allowed,
    /// Only after a touch, as browsers insist on pages that they do not know.
    AfterATouch,
}

/// Whether pages get a camera and a microphone: a moving picture and a beep that the browser makes up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Devices {
    /// Whoever asks gets them.
    Allowed,
    /// Whoever asks is refused.
    Refused,
}

/// A browser that runs; ended when dropped.
pub struct Browser {
    child: Child,
    talk: Mutex<Talk>,
}

struct Talk {
    // An option, since closing it is what ends the script.
    to: Option<ChildStdin>,
    from: BufReader<ChildStdout>,
}

/// The focus, as a person who only has a keyboard knows it: the id, else the words of what has it.
pub const FOCUS: &str = "(document.activeElement.id || document.activeElement.getAttribute('aria-label') || document.activeElement.innerText.trim())";

/// Something that a page asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Without its query.
    pub path: String,
    /// What it is for, as browsers call it: `document`, `script`, `media`, `eventsource`.
    pub kind: String,
    /// Whether its answer is there, or it was given up.
    pub is_over: bool,
    /// Head and body of the answer as they came over the wire.
    pub bytes: u64,
}

/// What came back, and when the browser had it.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The value of the expression.
    pub value: Value,
    /// Unix time, milliseconds; the clock is the server's too.
    pub at_ms: i64,
}

/// A profile of a browser, with its page.
#[derive(Clone, Copy)]
pub struct Profile<'a> {
    browser: &'a Browser,
    name: &'a str,
}

impl Default for Browser {
    fn default() -> Self {
        Self::start()
    }
}

impl Browser {
    /// Starts one without profiles, whose pages may begin with sound.
    ///
    /// # Panics
    /// Where its driver is missing or does not start.
    #[must_use]
    pub fn start() -> Self {
        Self::with(Sound::Allowed)
    }

    /// Starts one without profiles.
    ///
    /// # Panics
    /// Where its driver is missing or does not start.
    #[must_use]
    pub fn with(sound: Sound) -> Self {
        Self::launch(sound, &[])
    }

    /// Starts one with a camera and a microphone, whose pages may begin with sound.
    ///
    /// # Panics
    /// Where its driver is missing or does not start.
    #[must_use]
    pub fn with_devices(devices: Devices) -> Self {
        let answer = match devices {
            Devices::Allowed => "--use-fake-ui-for-media-stream",
            Devices::Refused => "--use-fake-ui-for-media-stream=deny",
        };
        Self::launch(
            Sound::Allowed,
            &["--use-fake-device-for-media-stream", answer],
        )
    }

    /// Starts one that keeps no cookies of frames, as most people's browsers do.
    ///
    /// # Panics
    /// Where its driver is missing or does not start.
    #[must_use]
    pub fn without_cookies_of_frames() -> Self {
        Self::launch(Sound::AfterATouch, &["--test-third-party-cookie-phaseout"])
    }

    fn launch(sound: Sound, switches: &[&str]) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("browser");
        assert!(
            folder.join("node_modules/axe-core").is_dir(),
            "the browser's driver is missing; run `cargo xtask test`"
        );
        let child = Command::new("node")
            .arg(folder.join("drive.mjs"))
            .arg(tool("CHROMIUM"))
            .arg(match sound {
                Sound::Allowed => "no-user-gesture-required",
                Sound::AfterATouch => "document-user-activation-required",
            })
            .args(switches)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn();
        let mut child = child.unwrap_or_else(|error| panic!("node does not start: {error}"));
        let (Some(to), Some(from)) = (child.stdin.take(), child.stdout.take()) else {
            panic!("node has no ends to talk to");
        };
        let talk = Talk {
            to: Some(to),
            from: BufReader::new(from),
        };
        Self {
            child,
            talk: Mutex::new(talk),
        }
    }

    /// The profile of this name; new where it was not named before. `name/more` is another tab of the profile `name`.
    #[must_use]
    pub fn profile<'a>(&'a self, name: &'a str) -> Profile<'a> {
        Profile {
            browser: self,
            name,
        }
    }

    fn talk(&self) -> MutexGuard<'_, Talk> {
        self.talk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ask(&self, command: &Value) -> Seen {
        let mut talk = self.talk();
        let sent = talk
            .to
            .as_mut()
            .map(|to| writeln!(to, "{command}").and_then(|()| to.flush()));
        assert!(
            matches!(sent, Some(Ok(()))),
            "the browser is gone before {command}"
        );
        let mut line = String::new();
        // The script has deadlines of its own and answers at them.
        let read = talk.from.read_line(&mut line).unwrap_or(0);
        assert!(read > 0, "the browser is gone after {command}");
        drop(talk);
        let answer: Value =
            serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
        if let Some(error) = answer["error"].as_str() {
            panic!("the browser, in profile {}: {error}", command["in"]);
        }
        Seen {
            value: answer["value"].clone(),
            at_ms: answer["at"].as_i64().unwrap_or_default(),
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        self.talk().to = None;
        let _ = self.child.wait();
    }
}

impl Profile<'_> {
    fn act(&self, command: &str, with: Value) -> Seen {
        let mut with = with;
        with["do"] = json!(command);
        with["in"] = json!(self.name);
        self.browser.ask(&with)
    }

    /// Opens an address; the status of the answer.
    #[must_use]
    pub fn open(&self, url: &str) -> u64 {
        let status = self.act("open", json!({"url": url})).value;
        status.as_u64().unwrap_or_default()
    }

    /// Loads the page again.
    pub fn reload(&self) {
        let _ = self.act("reload", json!({}));
    }

    /// Has a script run in each page of it from now on, before the page's own: what a story changes in the browser.
    pub fn prepare(&self, script: &str) {
        let _ = self.act("prepare", json!({"script": script}));
    }

    /// Puts a server of WHIP into each page of it from now on: `window.fakeWhip` (`browser/whip.mjs`).
    pub fn fake_whip(&self) {
        let _ = self.act("fake_whip", json!({}));
    }

    /// Chooses in a field what has this value.
    pub fn select(&self, selector: &str, value: &str) {
        let _ = self.act("select", json!({"selector": selector, "value": value}));
    }

    /// Presses a key, such as `Tab`.
    pub fn press(&self, keys: &str) {
        let _ = self.act("press", json!({"keys": keys}));
    }

    /// Types a text where the focus is.
    pub fn type_text(&self, text: &str) {
        let _ = self.act("type", json!({"text": text}));
    }

    /// Clicks on what a selector names.
    pub fn click(&self, selector: &str) {
        let _ = self.act("click", json!({"selector": selector}));
    }

    /// The value of an expression in the page.
    #[must_use]
    pub fn see(&self, expression: &str) -> Value {
        self.act("see", json!({"expression": expression})).value
    }

    /// Waits until an expression in the page is neither false nor empty.
    pub fn until(&self, expression: &str, within: Duration) -> Seen {
        let within = u64::try_from(within.as_millis()).unwrap_or(u64::MAX);
        self.act(
            "until",
            json!({"expression": expression, "within_ms": within}),
        )
    }

    /// The value of an expression in the frame whose address holds `part`.
    #[must_use]
    pub fn see_inside(&self, part: &str, expression: &str) -> Value {
        let with = json!({"part": part, "expression": expression});
        self.act("inside_see", with).value
    }

    /// Waits until an expression in the frame whose address holds `part` is neither false nor empty.
    pub fn until_inside(&self, part: &str, expression: &str, within: Duration) -> Seen {
        let ms = u64::try_from(within.as_millis()).unwrap_or(u64::MAX);
        let with = json!({"part": part, "expression": expression, "within_ms": ms});
        self.act("inside_until", with)
    }

    /// Clicks on what a selector names in the frame whose address holds `part`.
    pub fn click_inside(&self, part: &str, selector: &str) {
        let _ = self.act("inside_click", json!({"part": part, "selector": selector}));
    }

    /// Every cookie of the profile.
    #[must_use]
    pub fn cookies(&self) -> Value {
        self.act("cookies", json!({})).value
    }

    /// Waits until the page has told of an event, such as `stage-playing`, without touching it: a look into the page counts as a
    /// touch to the browser.
    pub fn hear(&self, event: &str) {
        let _ = self.act("hear", json!({"event": event}));
    }

    /// Waits until the picture of the player is a second further; where it is then.
    #[must_use]
    pub fn moves(&self, from: f64) -> f64 {
        let wanted = from + 1.0;
        let seen = self.until(
            &format!("(() => {{ const t = {PLAYED}; return t > {wanted} ? t : 0; }})()"),
            crate::MOMENT,
        );
        seen.value.as_f64().unwrap_or_default()
    }

    /// Whether the player has sound that is not silence.
    #[must_use]
    pub fn sounds(&self) -> bool {
        self.act("sounds", json!({})).value == json!(true)
    }

    /// Sets the size of the window.
    pub fn size(&self, width: u32, height: u32) {
        let _ = self.act("size", json!({"width": width, "height": height}));
    }

    /// `light` or `dark`, as the system would say.
    pub fn scheme(&self, scheme: &str) {
        let _ = self.act("scheme", json!({"scheme": scheme}));
    }

    /// Goes through the page by Tab alone: what of it cannot be reached, and where the focus cannot be seen.
    #[must_use]
    pub fn walk(&self) -> Vec<String> {
        texts(&self.act("walk", json!({})).value)
    }

    /// Presses Tab until the focus is on what has this id, or says these words.
    ///
    /// # Panics
    /// Where it does not come there, or where the focus cannot be seen on its way.
    pub fn tab_to(&self, wanted: &str) {
        const STOPS_MAX: usize = 120;
        for _ in 0..STOPS_MAX {
            if self.see(FOCUS) == json!(wanted) {
                return;
            }
            self.press("Tab");
            let at = self.act("focus", json!({})).value;
            assert!(
                at.is_null() || at["isSeen"] == json!(true),
                "the focus cannot be seen on {}",
                at["name"]
            );
        }
        panic!(
            "`{wanted}` cannot be reached by Tab; the focus is on {}",
            self.see(FOCUS)
        );
    }

    /// Waits until the page tells this by itself, as a screen reader reads it out: in a live region, or as an alert that it came with.
    /// What was told before is forgotten; the whole of what was told.
    pub fn is_told(&self, text: &str) -> String {
        let told = self.act("aloud", json!({"text": text})).value;
        told.as_str().unwrap_or_default().to_owned()
    }

    /// What the page has asked for since its tab was opened: path, kind, whether it is over, and its bytes on the wire.
    #[must_use]
    pub fn asked(&self) -> Vec<Asked> {
        let all = self.act("asked", json!({})).value;
        let read = |asked: &Value| Asked {
            path: asked["path"].as_str().unwrap_or_default().to_owned(),
            kind: asked["type"].as_str().unwrap_or_default().to_owned(),
            is_over: asked["ended"] == json!(true),
            bytes: asked["bytes"].as_u64().unwrap_or_default(),
        };
        all.as_array().into_iter().flatten().map(read).collect()
    }

    /// Lets nothing through that the page asks for by addresses like this, such as `**/api/events*`.
    pub fn block(&self, pattern: &str) {
        let _ = self.act("block", json!({"pattern": pattern}));
    }

    /// Keeps waiting what the page asks for by addresses like this, for ever.
    pub fn hang(&self, pattern: &str) {
        let _ = self.act("hang", json!({"pattern": pattern}));
    }

    /// Opens an address without waiting for more than the beginning of the page; the status of the answer.
    #[must_use]
    pub fn begin(&self, url: &str) -> u64 {
        let status = self.act("begin", json!({"url": url})).value;
        status.as_u64().unwrap_or_default()
    }

    /// Lets everything through again.
    pub fn unblock(&self) {
        let _ = self.act("unblock", json!({}));
    }

    /// Whether the page as it stands can be scrolled sideways.
    #[must_use]
    pub fn sideways(&self) -> Vec<String> {
        texts(&self.act("sideways", json!({})).value)
    }

    /// Chooses these files in a field, as by its button.
    pub fn choose(&self, selector: &str, files: &[&Path]) {
        let _ = self.act("files", json!({"selector": selector, "files": files}));
    }

    /// Lets the page send no more than so many bytes a second.
    pub fn pace(&self, bytes_per_s: u64) {
        let _ = self.act("pace", json!({"bytes_per_s": bytes_per_s}));
    }

    /// What axe finds wrong in the page as it stands, and whether it can be scrolled sideways.
    #[must_use]
    pub fn faults(&self) -> Vec<String> {
        texts(&self.act("faults", json!({})).value)
    }

    /// What its pages complained about since it was asked last.
    #[must_use]
    pub fn complaints(&self) -> Vec<String> {
        texts(&self.act("complaints", json!({})).value)
    }

    /// Takes a picture of the window, into [`pictures`].
    pub fn picture(&self, name: &str) {
        let file = pictures().join(format!("{name}.png"));
        let _ = self.act("picture", json!({"file": file}));
    }

    /// Logs in through the page.
    pub fn log_in(&self, origin: &str, username: &str, password: &str) {
        assert_eq!(self.open(&format!("{origin}/login")), 200);
        self.click("#username");
        self.type_text(username);
        self.click("#password");
        self.type_text(password);
        self.press("Enter");
        let _ = self.until("location.pathname === '/'", crate::MOMENT);
    }
}

/// Watches by WebRTC for some seconds as any page can, and tells what came and what carried it.
pub const WATCH: &str = r#"(async (withoutUdp) => {
  const peer = new RTCPeerConnection();
  peer.addTransceiver("video", { direction: "recvonly" });
  peer.addTransceiver("audio", { direction: "recvonly" });
  const video = document.createElement("video");
  video.autoplay = true;
  const stream = new MediaStream();
  video.srcObject = stream;
  document.body.append(video);
  peer.ontrack = ({ track }) => stream.addTrack(track);
  await peer.setLocalDescription();
  const headers = { "content-type": "application/sdp" };
  const answer = await fetch("/live/whep", { method: "POST", headers, body: peer.localDescription.sdp });
  if (!answer.ok) return { status: answer.status, why: await answer.text() };
  const told = await answer.text();
  const sdp = withoutUdp ? told.replace(/a=candidate:\S+ 1 udp .*\r\n/g, "") : told;
  await peer.setRemoteDescription({ type: "answer", sdp });
  await new Promise((done) => setTimeout(done, 4000));
  const found = {};
  const all = [...(await peer.getStats()).values()];
  for (const entry of all) {
    if (entry.type === "inbound-rtp") found[entry.kind] = entry;
    if (entry.type === "candidate-pair" && entry.nominated) {
      found.protocol = all.find(({ id }) => id === entry.remoteCandidateId)?.protocol;
    }
  }
  peer.close();
  return found;
})"#;

/// Where the stories' pictures go: `target/pictures` of the workspace, which git ignores.
///
/// # Panics
/// Where it cannot be made.
#[must_use]
pub fn pictures() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/pictures");
    if let Err(error) = std::fs::create_dir_all(&folder) {
        panic!("no folder for the pictures: {error}");
    }
    folder
}

fn texts(value: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    value.as_array().into_iter().flatten().map(text).collect()
}
