//! What the process takes of its machine, from Linux' proc file system (proc(5)); nothing is told elsewhere.

use std::fs;

use web::machine::Machine;

/// Files and sockets.
#[derive(Clone, Copy, Debug)]
pub struct Files {
    /// Open now.
    pub open: Option<u64>,
    /// As many may be open at once; `None` also where there is no limit.
    pub most: Option<u64>,
}

/// Looks at all that pages show.
pub fn look() -> Machine {
    let files = files();
    Machine {
        memory_bytes: kilobytes("/proc/self/status", "VmRSS:"),
        memory_total_bytes: kilobytes("/proc/meminfo", "MemTotal:"),
        open_files: files.open,
        open_files_max: files.most,
    }
}

/// Looks at open files.
pub fn files() -> Files {
    let folder = "/proc/self/fd";
    // Since Linux 6.2 the directory's size says how many there are; before, it is 0 and they are counted.
    let told = fs::metadata(folder).ok().map(|found| found.len());
    let open = match told {
        Some(0) => fs::read_dir(folder).ok().map(|all| all.count() as u64),
        told => told,
    };
    let limits = fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let most = limits.lines().find_map(|line| {
        let rest = line.strip_prefix("Max open files")?;
        rest.split_ascii_whitespace().next()?.parse().ok()
    });
    Files { open, most }
}

/// A line such as `VmRSS:  5120 kB`, in bytes.
fn kilobytes(path: &str, name: &str) -> Option<u64> {
    let text = fs::read_to_string(path).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    let kilobytes: u64 = line.split_ascii_whitespace().next()?.parse().ok()?;
    kilobytes.checked_mul(1024)
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;

    #[test]
    fn figures_are_those_of_this_process() {
        let before = look();
        let held: Vec<fs::File> = (0..20)
            .map(|_| fs::File::open("/proc/self/status").unwrap())
            .collect();
        let after = look();
        let memory = after.memory_bytes.unwrap();
        assert!(memory > 100_000 && memory < after.memory_total_bytes.unwrap());
        // Other tests open and close files meanwhile, but not twenty of them.
        assert!(after.open_files.unwrap() > before.open_files.unwrap() + held.len() as u64 / 2);
        assert!(after.open_files < after.open_files_max);
    }
}
