//! Packages a file as the server does, and says what it took: `cargo run -p library --example package -- IN.mp4 FOLDER`.

use std::{error::Error, path::Path, sync::atomic::AtomicBool, time::Instant};

use library::video::{package, package::Limits};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(input), Some(folder)) = (arguments.next(), arguments.next()) else {
        return Err("usage: package IN.mp4 FOLDER".into());
    };
    let start = Instant::now();
    let facts = package(
        Path::new(&input),
        Path::new(&folder),
        &Limits::default(),
        &AtomicBool::new(false),
        &mut |_| {},
    )?;
    println!("{facts:#?}");
    println!("{} ms", start.elapsed().as_millis());
    // What Linux counts: the most that was ever resident.
    if let Ok(status) = std::fs::read_to_string("/proc/self/status") {
        let peak = status.lines().find(|line| line.starts_with("VmHWM"));
        println!("{}", peak.unwrap_or_default());
    }
    Ok(())
}
