# The page that tests the player.

test-title = Test the player
test-stream = Stream
test-show = Show
test-choice-live = { $title } (live)
test-offline = This stream is not live. The player starts by itself when it is.
test-offline-manager = This stream is not live. Start a test signal to try.
test-signal = Start a test signal
test-nothing = There is no stream here that you may see.
test-missing = There is no such stream here, or it is not open to you.
test-playing = Playing
test-not-playing = Not playing

test-side-realtime = Real time (WebRTC)
    .label = { $title }, real time
test-side-low = Low delay (HLS)
    .label = { $title }, low delay
test-no-real-time = Real time is switched off on this server: the operator switches it on with the setting webrtc.listen.

# Facts and figures.
test-picture = Picture
    .value = { $width }×{ $height }, { $rate }, { $codec }
test-sound = Sound
test-first = First picture
test-stalls = Stalls
test-playlist = Playlist
    .parts = parts of { $part }, segments of at most { $segment }
    .whole = segments of at most { $segment }
test-connection = Connection
    .value = { $kind }, { $protocol }
test-delay = Delay
test-buffer = Buffer
test-rate = Bit rate
test-dropped = Dropped frames
    .verdict = of { $frames } shown
test-range = { $low } to { $high }
test-requests = Last requests
    .total = { $count } requests, { $bytes }
    .unseen = The browser plays by itself and does not tell what it asks for.
test-name = Name
test-took = Took
test-size = Size

# Addresses.
test-addresses = Addresses
test-index = Playlist for players
test-copy-index = Copy the playlist's address
test-index-open = Any player opens it: VLC, ffplay, Safari.
test-index-closed = A player needs an API key for it, as a bearer token.
test-media = Media playlist
test-copy-media = Copy the media playlist's address
test-media-hint = It holds a pass for this stream: whoever has this address can watch until the pass ends.
test-whep = To watch in real time (WHEP)
test-copy-whep = Copy the WHEP address
test-whep-open = Players that speak WHEP open it: GStreamer, OBS.
test-whep-closed = A player needs an API key for it, as a bearer token.
test-whip = To go live by WebRTC (WHIP)
test-copy-whip = Copy the WHIP address
test-whip-hint = For OBS: Service WHIP, with a stream key as bearer token.

# The log. Short sentences without a full stop, newest first.
test-events = Events
test-copy-log = Copy all events
test-clear = Clear
test-who-stream = Stream
test-who-realtime = Real time
test-who-low = Low delay
test-who-network = Network
test-state-live = live
test-state-away = the sender lost its connection
test-state-offline = not live
test-state-ended = ended
test-state-closed = not open to you
test-log-opened = asked for, { $choice }
    .realtime = real time
    .low = low delay
    .steady = steady
test-log-by-hls = real time does not work here: { $because }
    .unsuitable = the stream or the browser cannot do it
    .busy = the server has no room
    .network = no picture came through the network
test-log-playlist = playlist read: { $facts }
test-log-first = first picture after { $time }
test-log-again = playing again
test-log-stall = nothing left to show
test-log-size = picture size { $width }×{ $height }
test-log-speed = playing at { $speed }, { $delay } behind
test-log-status = { $name } answered { $status } after { $time }
test-log-gone = no longer there ({ $status }), asking for the playlist again in { $wait }
test-log-broken = no answer ({ $status }), trying again in { $wait }
test-log-media = the browser failed to decode, trying to go on
test-log-refused = refused
test-log-cannot = this browser does not decode it
