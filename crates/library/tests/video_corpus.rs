//! Replays the corpus of the playlists of folders: inputs that once reached a new place in the code, or broke it.

#[path = "../fuzz/inputs/playlist.rs"]
mod playlist;

#[test]
fn playlists_name_files_in_their_folder_or_are_refused() {
    testkit::corpus::replay(env!("CARGO_MANIFEST_DIR"), "adopt_playlist", playlist::run);
}
