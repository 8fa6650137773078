//! `GET /metrics`: counters in Prometheus' text format (0.0.4), read from atomics when asked, so that counting costs the hot path nothing.

use std::{
    fmt::Write as _,
    fs,
    sync::{Arc, atomic::Ordering},
};

use axum::{Router, extract::State, http::header, response::IntoResponse, routing::get};
use domain::engine::Engine as _;
use engine::Embedded;
use web::App;

use crate::process;

/// The router of the metrics port.
pub fn router(app: App, engine: Arc<Embedded>) -> Router {
    Router::new()
        .route("/metrics", get(show))
        .with_state((app, engine))
}

async fn show(State((app, engine)): State<(App, Arc<Embedded>)>) -> impl IntoResponse {
    (
        [(
            header::CONTENT_TYPE,
            "text/plain; version=0.0.4; charset=utf-8",
        )],
        text(&app, &engine),
    )
}

fn text(app: &App, engine: &Embedded) -> String {
    let mut out = Text::default();
    let live = engine.streams();
    let (hls, webrtc) = live.iter().fold((0u64, 0u64), |(h, w), l| {
        (
            h + u64::from(l.viewers.hls),
            w + u64::from(l.viewers.webrtc),
        )
    });
    out.family(
        "media_server_streams_live",
        "gauge",
        "Streams that are live.",
    );
    out.sample("", live.len() as u64);
    out.family("media_server_viewers", "gauge", "Viewers by protocol.");
    out.sample("{protocol=\"hls\"}", hls);
    out.sample("{protocol=\"webrtc\"}", webrtc);
    let counters = engine.counters();
    out.family(
        "media_server_ingest_bytes_total",
        "counter",
        "Bytes received from publishers.",
    );
    out.sample("", counters.ingest_bytes.load(Ordering::Relaxed));
    out.family(
        "media_server_egress_bytes_total",
        "counter",
        "Bytes of media sent to viewers.",
    );
    out.sample(
        "{protocol=\"hls\"}",
        app.counters().hls_bytes.load(Ordering::Relaxed),
    );
    out.family(
        "media_server_publish_refused_total",
        "counter",
        "Publish attempts that were refused, by reason.",
    );
    for (reason, times) in engine.refused_by_reason() {
        out.sample(&format!("{{reason=\"{reason}\"}}"), times);
    }
    out.family(
        "media_server_hls_requests_total",
        "counter",
        "Requests for live pieces, by kind and outcome.",
    );
    for ((kind, outcome), times) in app.counters().hls_requests.read() {
        out.sample(&format!("{{kind=\"{kind}\",outcome=\"{outcome}\"}}"), times);
    }
    out.family(
        "media_server_dropped_frames_total",
        "counter",
        "Frames that were not delivered, by where they were dropped.",
    );
    out.sample(
        "{where=\"ring\"}",
        counters.ring_dropped.load(Ordering::Relaxed),
    );
    out.sample(
        "{where=\"packager\"}",
        counters.packager_dropped.load(Ordering::Relaxed),
    );
    process_figures(&mut out);
    out.text
}

#[derive(Default)]
struct Text {
    text: String,
    name: &'static str,
}

impl Text {
    fn family(&mut self, name: &'static str, kind: &str, help: &str) {
        self.name = name;
        let _ = writeln!(self.text, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    fn sample(&mut self, labels: &str, value: impl std::fmt::Display) {
        let _ = writeln!(self.text, "{}{labels} {value}", self.name);
    }
}

/// The usual `process_*`, from Linux' proc file system; absent elsewhere.
fn process_figures(out: &mut Text) {
    /// Ticks a second and bytes a page: fixed in the kernel's interface to user space on the machines this runs on.
    const TICKS: f64 = 100.0;
    const PAGE: u64 = 4096;
    let Ok(stat) = fs::read_to_string("/proc/self/stat") else {
        return;
    };
    // The name of the program stands in brackets and may hold spaces.
    let fields: Vec<&str> = stat
        .rsplit(") ")
        .next()
        .unwrap_or_default()
        .split_ascii_whitespace()
        .collect();
    let field = |at: usize| {
        fields
            .get(at - 3)
            .and_then(|text| text.parse::<u64>().ok())
            .unwrap_or(0)
    };
    #[expect(
        clippy::cast_precision_loss,
        reason = "ticks of a process stay far below 2^52"
    )]
    let seconds = (field(14) + field(15)) as f64 / TICKS;
    out.family(
        "process_cpu_seconds_total",
        "counter",
        "User and system time.",
    );
    out.sample("", seconds);
    out.family("process_resident_memory_bytes", "gauge", "Resident memory.");
    out.sample("", field(24) * PAGE);
    out.family("process_virtual_memory_bytes", "gauge", "Virtual memory.");
    out.sample("", field(23));
    out.family("process_threads", "gauge", "Threads.");
    out.sample("", field(20));
    let files = process::files();
    if let Some(open) = files.open {
        out.family("process_open_fds", "gauge", "Open file descriptors.");
        out.sample("", open);
    }
    if let Some(most) = files.most {
        out.family("process_max_fds", "gauge", "Most open file descriptors.");
        out.sample("", most);
    }
    let boot = fs::read_to_string("/proc/stat").unwrap_or_default();
    let boot = boot
        .lines()
        .find_map(|line| line.strip_prefix("btime ")?.parse::<u64>().ok());
    if let Some(boot) = boot {
        #[expect(
            clippy::cast_precision_loss,
            reason = "seconds since 1970 stay far below 2^52"
        )]
        let start = boot as f64 + field(22) as f64 / TICKS;
        out.family(
            "process_start_time_seconds",
            "gauge",
            "Start of the process, Unix time.",
        );
        out.sample("", start);
    }
}
