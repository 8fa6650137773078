//! Low-latency HLS: packager, window, playlists, conformance rules; sans-IO
