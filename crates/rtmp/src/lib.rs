//! RTMP server and client sessions, sans-IO
