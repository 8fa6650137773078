//! Every bound of a session, in one place.

/// What one connection may cost. The defaults suit a public server; each field says which gap it closes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// From the connection to the end of the handshake, milliseconds: against connections that send nothing, or a byte now and then.
    pub handshake_ms: u64,
    /// From the handshake to `publish`, milliseconds: against connections that hold a place and never publish.
    pub connect_to_publish_ms: u64,
    /// Without a frame while publishing, milliseconds: against encoders that vanished without closing.
    pub idle_ms: u64,
    /// Largest chunk size a peer may announce, bytes. Zero is refused in any case.
    pub chunk_size_max: u32,
    /// Largest message, bytes, checked when its header arrives: bounds one coded frame.
    pub message_bytes_max: u32,
    /// Chunk streams per connection: against tables that grow with every made-up id (real encoders need more than 32).
    pub chunk_streams_max: usize,
    /// Message streams a connection may make (`createStream`); encoders make one, some a new one for each publish.
    pub message_streams_max: u32,
    /// Bytes of unfinished messages over all chunk streams: against many messages that are begun and never finished.
    pub partial_bytes_max: usize,
    /// Nesting of AMF values: against stack exhaustion.
    pub amf_depth_max: usize,
    /// Entries of one AMF object or array.
    pub amf_keys_max: usize,
    /// AMF values in one message, over all nesting: bounds the memory a small message can unfold to.
    pub amf_values_max: usize,
    /// Bytes of one AMF string.
    pub amf_string_bytes_max: usize,
    /// Bytes a second a publisher may send, averaged over [`Limits::rate_window_ms`]: against floods.
    pub bytes_per_second_max: u64,
    /// Frames (audio and video together) a second, averaged over [`Limits::rate_window_ms`]: each frame costs every reader.
    pub frames_per_second_max: u64,
    /// How long a burst may exceed the two rates, milliseconds: a publisher that stalled sends its backlog at once.
    pub rate_window_ms: u64,
    /// Bytes of answers waiting to be sent: against peers that ask without reading.
    pub out_bytes_max: usize,
    /// Bytes kept while a publish request waits for its answer: encoders that send media without waiting lose nothing.
    pub held_bytes_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            handshake_ms: 5_000,
            connect_to_publish_ms: 10_000,
            idle_ms: 15_000,
            chunk_size_max: 1 << 20,
            message_bytes_max: 8 << 20,
            chunk_streams_max: 64,
            message_streams_max: 64,
            partial_bytes_max: 12 << 20,
            amf_depth_max: 16,
            amf_keys_max: 256,
            amf_values_max: 4_096,
            amf_string_bytes_max: 64 << 10,
            bytes_per_second_max: 100_000_000 / 8,
            frames_per_second_max: 300,
            rate_window_ms: 10_000,
            out_bytes_max: 256 << 10,
            held_bytes_max: 1 << 20,
        }
    }
}
