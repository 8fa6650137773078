# The Go-live page of a stream: how to send, keys, and what stands around the figures of health.ftl.

golive-title = { $title }, go live
golive-test-title = { $title }, test signal
golive-watch = Watch page
golive-settings = Settings
golive-end = End broadcast
golive-picture = What the server receives right now

golive-how = How to send
golive-ways = Way to send
golive-way-encoder = OBS or another encoder
golive-way-test = Test signal

golive-copy-two = Copy these two into OBS
golive-server = Server
golive-copy-server = Copy server
golive-key = Stream key “{ $name }”
golive-show-key = Show stream key
golive-copy-key = Copy stream key
golive-key-once = Shown this once. Copy it now: only a fingerprint is kept here.
golive-key-hidden = hidden
golive-key-lost = A key cannot be shown again; if you lost it, make a new one.
golive-new-key = New key
golive-new-key-for = New key for { $name }
golive-no-key = No key yet
    .about = A sender needs one to be let in.
golive-obs = OBS: Settings, Stream, Service “Custom…”. Leave “Use authentication” off.
golive-profile = Download as OBS profile
    .about = For Profile, Import in OBS: unpack it and choose the folder. It holds the settings beside this and a key of its own, which you can revoke below.
golive-no-rtmp = RTMP is switched off on this server
    .fix = The operator switches it on with the setting rtmp.listen.

golive-advice = Settings that keep the delay low
golive-advice-service = Service
    .value = Custom…
golive-advice-rate = Rate control
    .value = CBR, 2,500 kb/s for 720p
golive-advice-key-frames = Keyframe interval
    .value = 2 s
golive-advice-b-frames = B-frames
    .value = 0: Tune “zerolatency”
golive-advice-sound = Sound
    .value = AAC, 128 kb/s, 48 kHz
golive-other-forms = Programs that want one address take

golive-lines = Or one line for ffmpeg or GStreamer
golive-lines-key = YOUR-KEY stands for your stream key.
golive-lines-key-shown = Copy puts your stream key in the place of YOUR-KEY.
golive-line-file = A file, with ffmpeg on any system
golive-line-linux = Camera and microphone, with ffmpeg on Linux
golive-line-macos = Camera and microphone, with ffmpeg on macOS
golive-line-windows = Screen and microphone, with ffmpeg on Windows
    .note = ffmpeg -list_devices true -f dshow -i dummy tells what your microphone is called.
golive-line-gstreamer = Camera and microphone, with GStreamer
golive-copy-line = Copy the command: { $label }

golive-test-about = The server sends itself a moving picture with a clock and a tone. It shows that watching works before any encoder is set up.
golive-test-viewers = Viewers of this stream will see it. It stops by itself after an hour.
golive-test-start = Start the test signal
golive-test-stop = Stop the test signal
golive-test-runs = The test signal runs
golive-test-live = Someone is already live on this stream. Stop the other sender first.
golive-test-many = The test signal runs on { $max } streams already. Stop one of them first.
golive-test-door = The test signal comes by RTMP, which is switched off on this server.

golive-keys = Stream keys
golive-keys-none = No key. A sender needs one to be let in.
golive-key-made = made
golive-key-used = last used
golive-key-unused = never used
golive-key-name = Name
    .hint = For yourself, such as “Studio PC”.
golive-key-make = Make the key
golive-profile-key = OBS profile
golive-profile-key-more = OBS profile { $n }
golive-keys-full = A stream can have { $max } keys at most. Revoke one first.
golive-key-empty = Give it a name.
golive-key-long = It can have { $max } characters at most.
golive-key-control = It holds a character that cannot be shown, such as a line break. Type it again.

golive-ask-end = End the broadcast?
    .about = Viewers are told that it has ended, and the sender is cut off. A sender that comes back by itself is not let in; stop it, wait 15 s, and start it again to go live anew.
    .yes = End the broadcast
    .no = Let it go on
golive-ask-rotate = Make a new key for “{ $name }”?
    .about = The old one stops working within a second, also where it is sending now. The new one is shown once.
    .yes = Make a new key
    .no = Keep the old one
golive-ask-revoke = Revoke “{ $name }”?
    .about = Whoever sends with it is cut off within a second, and is told that it was revoked. This cannot be undone.
    .yes = Revoke the key
    .no = Keep it
golive-revoke = Revoke
golive-revoke-key = Revoke { $name }
golive-ask-new-key = New key
