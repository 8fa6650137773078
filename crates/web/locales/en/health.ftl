# What the server receives: state, figures, findings, refusals. Said by pages and, as it changes, by scripts.

health-waiting = Waiting for your stream
    .note = This turns green by itself when it arrives
health-last = The last broadcast ran { $length } and ended at
health-starting = A sender is connected
    .note = Waiting for its first picture
health-receiving = Receiving { $what }
health-away = The sender lost its connection
    .note = Waiting for it to come back. If it does in time, the broadcast goes on.
health-by = by { $protocol } from { $address }
health-protocol-rtmp = RTMP
health-protocol-whip = WHIP
health-protocol-test = Test signal
health-by-test = from this server’s test signal
health-no-sound = no sound
health-no-picture = no picture
health-sound = { $codec } { $khz }{"\u00A0"}kHz { $channels ->
    [1] mono
    [2] stereo
   *[other] with { $channels } channels
 }

health-bit-rate = Bit rate
health-frame-rate = Frame rate
health-key-frames = Key frame every
health-watching = Watching
health-measuring = Measuring
health-steady = Steady
health-steady-by = Steady, ±{ $by }
health-between = { $low } to { $high }
health-should-be = Should be { $expected }
health-viewers-hls = { $hls } by HLS
health-viewers = { $webrtc } real time, { $hls } by HLS
health-chart = { $label }: { $verdict }

health-refused = Refused attempts
    .kept = The last 50 are kept
health-refused-time = Time
health-refused-from = From
health-refused-protocol = Protocol
health-refused-why = Why it was refused, and what helps
health-refused-times = { $count } times
health-refused-new = A sender was refused: { $message }

health-in-use = in use now
health-stale = Not up to date: the connection to the server is gone. Trying again.
health-closed = You may not see this stream any more. Load the page again.
health-now-waiting = The broadcast has ended
