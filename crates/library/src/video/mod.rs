//! Videos: files packaged for HLS, folders of HLS that are adopted, and what of them is served.
