# The page that brings videos and pictures, and what its script says while it does.

upload-title = Upload
upload-drop = Drop videos or pictures anywhere on this page
upload-choose = Choose files…
upload-file = Video or picture
upload-send = Upload
upload-plain = This sends one file, and begins again where the connection breaks. With scripts switched on, several go up at once and continue where they stopped.
upload-most = Up to { $max } a file
upload-who = New uploads can be seen by
upload-who-private = Only me, administrators and code holders (private)
upload-who-members = Anyone who is logged in (members)
upload-who-unlisted = Anyone with the link (unlisted)
upload-who-public = Anyone, and listed (public)
upload-in-progress = In progress
upload-earlier = Earlier
upload-nameless = A file without a name
upload-open = Open
    .named = Open { $name }
upload-pause = Pause
    .named = Pause { $name }
upload-resume = Resume
    .named = Resume { $name }
upload-cancel = Cancel
    .named = Cancel { $name }
upload-remove = Remove
    .named = Remove { $name }
upload-find = Choose the file again…
    .named = Choose { $name } again

upload-badge-ready = Ready
upload-badge-processing = Being made ready
upload-badge-failed = Not usable
upload-badge-stopped = Stopped
upload-badge-paused = Paused

# How far it is.
upload-of = { $sent } of { $length }
upload-rate = { $rate }/s
upload-left = { $time } left
upload-waiting = waiting for its turn
upload-uploaded = Uploaded, { $length }
upload-making-ready = making it ready
upload-paused-at = Stopped at { $sent } of { $length }
upload-summary = { $count ->
        [one] 1 file
       *[other] { $count } files
    }, { $left } left
    .time = { $count ->
        [one] 1 file
       *[other] { $count } files
    }, { $left } left, about { $time }
upload-pill = { $count ->
        [one] 1 upload
       *[other] { $count } uploads
    } · { $percent } %
    .stopped = Uploads stopped

# What went wrong, and what happens next.
upload-broke-again = The connection broke at { $sent } of { $length }. Nothing is lost: it continues from there in { $wait }.
upload-busy = The server is busy. It continues in { $wait }.
upload-here = Choose the file again to go on: { $sent } of { $length } are here.
upload-here-kept = It stopped when the page was closed: { $sent } of { $length } are here. Resume goes on from there.
upload-logged-out = You are logged out. Log in on another tab, then Resume.
upload-gone = The server has cleared this upload away. Resume begins again.
upload-unreadable = The file cannot be read any more: it was moved, changed or deleted. Choose it again.
upload-too-large = { $name } has { $length }; a file can have { $max } at most.
upload-empty = { $name } is empty.
upload-other = That is another file: { $name } has { $length }.
upload-refused = The server did not take it.

# Told as it happens.
upload-told-done = { $name } is uploaded
upload-told-ready = { $name } is ready
upload-told-stopped = { $name } stopped: { $why }
upload-told-began = { $count ->
        [one] 1 upload begins
       *[other] { $count } uploads begin
    }
