# The page of the server, and the self-check around its lines (those are in check.ftl).

admin-only = This is for administrators
    .advice = You are logged in, but not as an administrator of this server. Ask one of them.
admin-version = version { $version }
admin-up-now = just started
admin-up = running for { $age }
admin-now = Now

admin-tile-live = Live streams
admin-tile-live-fine = All are fine
admin-tile-live-fix = { $count ->
    [one] 1 has something to fix
   *[other] { $count } have something to fix
 }
admin-tile-viewers = Viewers
admin-tile-viewers-how = over the last seconds
admin-tile-sending = Sending
admin-tile-sending-how = media to viewers
admin-tile-receiving = Receiving
admin-tile-receiving-how = from all senders
admin-tile-memory = Memory
admin-tile-files = Open files
admin-of = of { $most }

admin-look = Needs a look
admin-fine = All { $count } checks are fine, and so is what is live.
admin-live = Live now
admin-live-none = Nothing is live. It appears here by itself when something is.
admin-stream = Stream
admin-by = By
admin-since = Since
admin-protocol = Comes in by
admin-protocol-rtmp = RTMP
admin-protocol-rtmps = RTMPS
admin-protocol-whip = WHIP
admin-protocol-srt = SRT
admin-bit-rate = Bit rate
admin-viewers = Viewers
admin-state = State
admin-state-fine = Fine
admin-to-fix = { $count ->
    [one] 1 thing to fix
   *[other] { $count } things to fix
 }
admin-refused = Refused without a stream
admin-refused-about = Those that named a stream are on its page
admin-refused-at = When
admin-refused-from = From
admin-refused-why = Why, and what helps
admin-refused-times = Times

admin-check = Self-check
admin-check-again = Check again
admin-checked = Self-check of
admin-check-doctor = The same on the command line:
admin-check-fine = { $fine } fine, nothing to look at
admin-check-look = { $fine } fine, { $look } to look at
admin-check-verdict-ok = fine
admin-check-verdict-notice = good to know
admin-check-verdict-warning = look at this
admin-check-verdict-problem = does not work
