//! What the hot paths of the gate cost: `cargo bench -p domain`. Prints nanoseconds a call; judges nothing.
#![expect(
    clippy::disallowed_methods,
    reason = "this measures how long the gate takes; what the gate is told of time is fixed"
)]

use std::hint::black_box;
use std::time::Instant;

use domain::caller::Caller;
use domain::gate::Gatekeeper;
use domain::item::Space;
use domain::publish::{Attempt, Protocol};
use domain::stream::Visibility;
use domain::view::{Asking, Purpose};
use testkit::{ADDRESS, Rig, parts};

fn main() {
    let rig = Rig::new();
    let ana = rig.member("ana");
    let (public, _) = rig.stream(&ana, "cam", Visibility::Public);
    let (private, made) = rig.stream(&ana, "den", Visibility::Private);
    for n in 0..1_000 {
        rig.stream(
            &Caller::operator(),
            &format!("other{n}"),
            Visibility::Public,
        );
    }
    let nobody = Caller::nobody(ADDRESS);
    let shared = rig.watch(&nobody, &public.slug).expect("is public");
    let own = rig.watch(&ana, &private.slug).expect("hers");
    rig.code(&ana, Some("website2024"), &["stream:den"]);
    let asking = Asking {
        caller: &nobody,
        code: Some("website2024"),
        seat: Some("tab"),
        purpose: Purpose::Play,
    };
    let gate = &rig.catalogue;
    let coded = gate
        .admit_view(&asking, Space::Watch, &private.slug)
        .expect("opened");

    measure("check, open item", || {
        rig.check("cam", &shared.token).is_ok()
    });
    measure("check, private item", || {
        rig.check("den", &own.token).is_ok()
    });
    measure("check, by code", || rig.check("den", &coded.token).is_ok());
    let forged = "A".repeat(shared.token.len());
    measure("check, forged token", || rig.check("cam", &forged).is_err());
    measure("admit_view", || rig.watch(&ana, &private.slug).is_ok());
    let path = parts("den");
    let attempt = Attempt {
        protocol: Protocol::Rtmp,
        address: ADDRESS,
        path: &path,
        token: Some(made.secret.expose()),
    };
    measure("admit_publish", || gate.admit_publish(&attempt).is_ok());
}

fn measure(name: &str, mut call: impl FnMut() -> bool) {
    const CALLS: u32 = 200_000;
    let mut runs: Vec<u128> = (0..5)
        .map(|_| {
            let begun = Instant::now();
            for _ in 0..CALLS {
                assert!(black_box(call()));
            }
            begun.elapsed().as_nanos() / u128::from(CALLS)
        })
        .collect();
    runs.sort_unstable();
    println!("{name:24} {:>6} ns (of five runs: {runs:?})", runs[2]);
}
