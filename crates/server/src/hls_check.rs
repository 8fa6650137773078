//! `media-server hls-check URL`: watches a live playlist for a while, or looks through a stored one, and holds it against the rules of
//! `hls::check`.

use std::{
    process::ExitCode,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Result, bail};
use hls::check::{Checker, Limits, Observation, Plan, RequestKind};
use serde_json::json;
use tokio::task::JoinSet;

use crate::fetch;

/// Between rounds that asked nothing: the playlist has ended or something is awaited.
const PAUSE: Duration = Duration::from_millis(50);

/// Watches a live presentation for so many seconds, a stored one until it was looked through; exit code 0 when every rule holds.
pub async fn run(
    url: &str,
    seconds: u64,
    headers: Vec<(String, String)>,
    as_json: bool,
) -> Result<ExitCode> {
    let headers = Arc::new(headers);
    let start = Instant::now();
    let until = Duration::from_secs(seconds);
    let mut checker = Checker::new(Limits::default());
    let mut plan = Plan::new(url.to_owned());
    let mut is_first = true;
    while start.elapsed() < until || !plan.probed() && start.elapsed() < until * 2 {
        let asks = plan.next_requests(&checker);
        if plan.is_over(&checker) {
            break;
        }
        if asks.is_empty() {
            tokio::time::sleep(PAUSE).await;
            continue;
        }
        let mut round = JoinSet::new();
        for ask in asks {
            let headers = headers.clone();
            round.spawn(async move {
                let mut sent: Vec<(&str, &str)> = headers
                    .iter()
                    .map(|(n, v)| (n.as_str(), v.as_str()))
                    .collect();
                let range;
                if let RequestKind::Range { first, last } = ask.kind {
                    range = format!("bytes={first}-{last}");
                    sent.push(("range", &range));
                }
                if ask.gzip {
                    sent.push(("accept-encoding", "gzip"));
                }
                sent.push(("origin", "https://player.example"));
                let answer = fetch::get(&ask.url, &sent).await;
                (ask, answer)
            });
        }
        while let Some(done) = round.join_next().await {
            let (ask, answer) = done?;
            let answer = match answer {
                Ok(answer) => answer,
                Err(error) if is_first => return Err(error.context(format!("cannot get {url}"))),
                Err(error) => {
                    eprintln!("hls-check: {}: {error:#}", ask.url);
                    continue;
                }
            };
            if is_first && ask.kind == RequestKind::Multivariant && answer.status != 200 {
                bail!("{url} answers {}, not a playlist", answer.status);
            }
            checker.observe(Observation {
                at: start.elapsed(),
                took: answer.took,
                url: ask.url,
                kind: ask.kind,
                status: answer.status,
                headers: answer.headers,
                body: answer.body,
                gzip_asked: ask.gzip,
            });
        }
        is_first = false;
    }
    let findings = checker.report();
    let holds = findings.iter().all(|finding| finding.ok);
    if as_json {
        let list: Vec<_> = findings
            .iter()
            .map(|f| json!({"rule": f.rule, "ok": f.ok, "evidence": f.evidence}))
            .collect();
        println!("{}", serde_json::to_string_pretty(&list)?);
    } else {
        for finding in &findings {
            println!(
                "{} {}: {}\n     {}",
                if finding.ok { "ok  " } else { "FAIL" },
                finding.rule,
                finding.says,
                finding.evidence
            );
        }
    }
    Ok(if holds {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
