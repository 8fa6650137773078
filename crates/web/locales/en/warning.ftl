# What is wrong with a broadcast: what it is, why it matters, what to do. $actual and $expected come with their units.

warning-key_frames_far_apart = A key frame comes only every { $actual }
    .why = A viewer who joins or rewinds needs one to see a picture, so starts are slow and the delay grows.
    .fix = Settings, Output, Advanced, Keyframe interval: 2 s.
    .ffmpeg = -g 60
warning-b_frames = B-frames are on
    .why = Real-time playback cannot show them: those viewers get fewer pictures, or the low-delay version instead. For everybody a picture waits { $actual } for those that come after it.
    .fix = x264 options: Tune “zerolatency”. On NVENC: Max B-frames 0.
    .ffmpeg = -bf 0
warning-no_sound = No sound arrives
    .why = Viewers see the picture only.
    .fix = Audio Mixer: unmute a source; Settings, Output: Audio Track 1.
warning-silent_sound = The sound is silent
    .why = A sound track arrives, and there has been nothing on it for { $actual }.
    .fix = Audio Mixer: check that the right microphone is chosen and not muted.
warning-variable_frame_rate = The frame rate is not steady
    .why = { $actual } of the pictures come off their beat, so motion stutters and the delay cannot be as low as it could.
    .fix = Settings, Video: choose a common FPS value that the computer can hold; close what else uses the processor.
    .ffmpeg = -r 30 -fps_mode cfr
warning-bit_rate_over_told = More arrives than the encoder said: { $actual }
    .why = It announced { $expected }. Viewers whose connection is just good enough for that stall.
    .fix = Settings, Output: Rate Control CBR.
    .ffmpeg = -maxrate 2500k -bufsize 2500k
warning-timestamps_jump = The time in the stream jumps
    .why = It jumped by { $actual }. Viewers see a break each time.
    .fix = Restart the stream; if a file or another stream is the source, let the encoder make new timestamps.
    .ffmpeg = -fflags +genpts -use_wallclock_as_timestamps 1
warning-audio_video_drift = Sound and picture drift apart
    .why = They are { $actual } apart by now, and it grows.
    .fix = Settings, Audio, Sample Rate: 48 kHz, the same as the microphone’s or the capture card’s.
    .ffmpeg = -af aresample=async=1
warning-frames_late = The stream arrives late
    .why = It is { $actual } behind its own time: the connection from you to the server does not carry it, so viewers stall.
    .fix = Settings, Output: lower the bitrate; use a cable instead of Wi-Fi.
warning-frames_lost = Pictures are missing
    .why = { $actual } did not come: the encoder or the connection drops them, and motion stutters.
    .fix = Settings, Output: lower the bitrate, or choose a faster preset; View, Stats says which of the two.

warning-fix-obs = Fix in OBS:
warning-fix-ffmpeg = In ffmpeg:

warning-unit-ms = { $n }{"\u00A0"}ms
warning-unit-percent = { $n }{"\u00A0"}%
warning-unit-frames_per_minute = { $n } a minute
