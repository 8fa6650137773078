# The player: what is said over and in the picture.

player-label = Player: { $title }
player-play = Play
player-replay = Play again
player-sound-on = Sound on
player-live = LIVE
player-go-to-live = Go to live
player-behind = behind
player-close = Close
player-keys = Keys
player-statistics = Statistics

# The buttons as a screen reader names them.
player-control-play = play
player-control-pause = pause
player-control-mute = sound off
player-control-unmute = sound on
player-control-volume = volume
player-control-seek = position
player-control-full-screen = full screen
player-control-full-screen-end = end full screen
player-control-pip = picture in picture
player-control-pip-end = end picture in picture
player-control-time = time
player-control-video = video player

# Delay and quality.
player-menu = Delay and quality
player-delay = Delay
player-delay-automatic = Automatic
player-delay-realtime = Real time
    .about = Under half a second, no rewind
player-delay-low = Low
    .about = About 1{"\u00A0"}s
player-delay-steady = Steady
    .about = About 8{"\u00A0"}s, with rewind
player-now = Now: { $choice }
player-now-behind = Now: { $choice }, { $delay } behind
player-now-realtime = real time
player-now-low = low
player-now-steady = steady
player-quality = Quality
player-quality-automatic = Automatic
player-quality-automatic-now = Automatic ({ $height }p)
player-quality-height = { $height }p

# Of a recording.
player-menu-stored = Speed, captions and quality
player-speed = Speed
player-speed-normal = Normal
player-speed-times = { $speed }×
player-captions = Captions
player-captions-off = Off

# The keys, and what each does.
player-key-play = Play or pause
    .keys = Space, K
player-key-mute = Sound off or on
    .keys = M
player-key-live = Go to live
    .keys = L
player-key-full-screen = Full screen
    .keys = F
player-key-seek = Back or on by 5{"\u00A0"}s
    .keys = ← →
player-key-far = Back or on by 10{"\u00A0"}s
    .keys = J L
player-key-speed = Slower or faster
    .keys = < >
player-key-captions = Captions
    .keys = C
player-key-volume = Louder or quieter
    .keys = ↑ ↓
player-key-statistics = Statistics
    .keys = Shift S
player-key-help = This list
    .keys = ?

# Statistics.
player-stat-connection = Connection
    .realtime = WebRTC
    .low = Low-delay HLS
    .steady = HLS
player-stat-buffer = Buffer
player-stat-picture = Picture
    .value = { $width }×{ $height }, { $rate }
player-stat-codecs = Codecs
player-stat-rate = Bit rate
player-stat-dropped = Dropped
    .value = { $dropped } of { $frames }
player-stat-stalls = Stalls

# What lies over the picture when there is none: what is, and what follows.
player-processing = Being made ready
    .line = This page shows it when it is.
player-failed = This video cannot be shown
player-not-live = Not live right now
    .line = This page starts by itself when the stream does. You can leave it open.
player-away = The sender lost its connection
    .line = Waiting for it to come back. If it does within { $grace }, it continues here.
player-ended = The broadcast has ended
    .line = If it starts again, it continues here.
    .ended = It ended at { $time }.
    .ran = It ran { $duration } and ended at { $time }.
player-not-allowed = This is not open to everyone
    .line = Log in, or open the link with your access code again.
    .button = Log in
player-code-off = Your access code was switched off
    .line = Ask the person who gave it to you.
player-code-full = All places are taken
    .line = { $places ->
    [one] This code is for 1 viewer at once. It starts here when that one leaves.
   *[other] This code is for { $places } viewers at once. It starts here when one leaves.
 }
    .wait = It starts here when a viewer leaves.
player-cannot-play = This browser cannot play this video
    .line = The picture could not be decoded. Try again, or use another browser.
    .hevc = It is HEVC, which this browser does not decode. Try Safari, or Chrome on a newer computer.
    .video = It is { $video }, which this browser does not decode. Try another browser.
    .both = It is { $video } with { $audio }, which this browser does not decode. Try another browser.
    .button = Try again
player-no-real-time = Real time does not work here
    .unsuitable = The stream cannot be shown in real time, or this browser does not take it. See the notes on the Go-live page.
    .busy = The server has no room for another viewer in real time.
    .network = No picture came within 4{"\u00A0"}s. The network may let nothing through to the server's port 8189, by UDP or by TCP.
    .button = Try again
player-network = The connection is gone
    .line = Trying again.
    .wait = Trying again in { $wait }.
    .button = Try now
