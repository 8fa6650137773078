# Access codes: the list, one code, making and changing one, and the question before one is deleted.

codes-title = Access codes
    .about = A code opens what you choose for anyone who has it, without an account.
codes-new = New code
codes-none = No code yet
    .about = A code opens what you choose for anyone who has it, without an account.
codes-none-so = No code is in this state.
codes-yours = Your codes
codes-more = Show more
codes-unnamed = Code of { $day }

codes-filter = Show
codes-filter-all = All
codes-filter-active = Active
codes-filter-not_yet = Not yet
codes-filter-paused = Paused
codes-filter-expired = Ended

codes-code = Code
codes-opens = Opens
codes-state = State
codes-ends = Ends
codes-opened = Opened
codes-watching = Watching
codes-last = Last used

codes-state-active = Active
codes-state-paused = Paused
codes-state-expired = Ended
codes-state-not-yet = Starts { $when }

codes-streams = { $count ->
    [one] 1 stream
   *[other] { $count } streams
 }
codes-videos = { $count ->
    [one] 1 video
   *[other] { $count } videos
 }
codes-images = { $count ->
    [one] 1 image
   *[other] { $count } images
 }
codes-nothing = nothing any more
codes-times = { $count ->
    [one] 1 time
   *[other] { $count } times
 }
codes-never = never
codes-in = in { $time }
codes-ago = { $time } ago
codes-not-used = not yet

codes-kind-stream = Stream
codes-kind-video = Video
codes-kind-image = Image

# One code.

codes-pause = Pause
codes-resume = Resume
codes-change = Change
codes-delete = Delete
codes-use = How it is used
codes-use-times = { $count ->
    [one] time
   *[other] times
 }
codes-use-in-all = { $count } in all
codes-use-now = Watching now
codes-watched = Watched
codes-days = Opened per day
    .last = Last { $days } days
    .today = Today
    .label = Opened per day in the last { $days } days: { $low } to { $high }, most on { $day }
codes-use-of = of { $max }
codes-items = Opens only these
    .none = Everything that it opened was deleted. Add something, or delete the code.
codes-items-add = Add
codes-items-remove = Remove
    .label = Remove { $title }
codes-items-last = A code opens at least one thing: delete the code to close this too.
codes-give = Give it to people
codes-give-which = What they come to
    .button = Show
codes-give-code = Code
    .show = Show code
    .copy = Copy code
codes-give-link = Link
    .copy = Copy link
codes-give-qr = QR code of the link
codes-give-save = Save the QR code
codes-give-lost = The code cannot be read again: the key that sealed it is gone from this server. It still works for who has it; make a new one to hand it out.
codes-give-not = It opens nothing now, so there is no link to give.
codes-limits = Limits
codes-limits-starts = Starts
    .now = at once
codes-limits-viewers = At the same time
    .count = { $count ->
    [one] 1 viewer
   *[other] { $count } viewers
 }
    .any = no limit
codes-limits-sites = Websites
    .any = as each item says
codes-limits-download = Download
    .yes = allowed
    .no = as each item says
codes-saved = Saved. It holds already.
codes-made = Made. Copy the link and give it to people.
codes-conflict = Somebody changed it meanwhile. This is how it is now; change it again if you still want to.
codes-weak = This code can be guessed
    .about = It was chosen and has fewer than { $advised } characters. Wrong tries are slowed down, but a code that the server makes cannot be guessed at all.
codes-past = This code has ended and opens nothing. Change its end to open again what it is for.

# Making and changing one.

codes-form-name = Name
    .hint = For your own lists: for whom it is, or what for.
codes-form-how = The code itself
codes-form-made = Made for you
    .about = It cannot be guessed, and you can read it again at any time.
codes-form-chosen = Chosen by you
    .about = People can guess it. { $advised } characters or more are safer.
codes-form-code = Your code
    .hint = { $min } to { $max } letters from a to z, capitals, digits, “-”, “_”, “.” and “~”.
codes-form-items = What it opens
    .none = You have nothing to share yet: make a stream, or upload a video or an image.
codes-form-find = Find by title or address
    .button = Find
codes-form-found = { $count ->
    [0] Nothing found
    [one] 1 found
   *[other] { $count } found
 }
codes-form-many = Only the first { $max } are shown. Find others by their title.
codes-form-starts = Starts
    .hint = Nothing chosen: at once.
codes-form-ends = Ends
codes-form-ends-never = Never
codes-form-ends-day = In a day
codes-form-ends-week = In a week
codes-form-ends-month = In 30 days
codes-form-ends-year = In a year
codes-form-ends-at = At this time
codes-form-ends-time = Time of the end
codes-form-zone = The time is that of { $zone }.
    .utc = The time is UTC.
codes-form-viewers = Viewers at the same time
    .hint = Nothing typed: any number.
codes-form-sites = Websites that may embed it
    .hint = One a line, such as school.example. Nothing typed: as each item says.
codes-form-download = Allow download
codes-form-note = Note
    .hint = Only you read it.
codes-form-make = Make the code
codes-form-save = Save
codes-form-cancel = Cancel
codes-form-wrong = Nothing was saved. Look at what is marked below.

codes-wrong-text-long = It can have { $max } characters at most.
codes-wrong-text-control = It holds a character that cannot be shown, such as a line break. Type it again.
codes-wrong-code-short = Choose { $min } characters or more.
codes-wrong-code-long = Choose { $max } characters at most.
codes-wrong-code-character = Use letters from a to z, capitals, digits, “-”, “_”, “.” and “~” only.
codes-wrong-code-taken = This code is taken. Choose another.
codes-wrong-items-none = Choose at least one thing that it opens.
codes-wrong-items-gone = “{ $name }” is not yours any more, or was deleted. Choose again.
codes-wrong-items-many = A code opens { $max } things at most.
codes-wrong-time = Choose a day and a time.
codes-wrong-ends-first = It would end before it starts. Choose a later end.
codes-wrong-viewers = Type a whole number from 1 to { $max }.
codes-wrong-site = “{ $which }” is no website. Write it as school.example or https://school.example, without a path.
codes-wrong-sites-many = Name { $max } websites at most.
codes-wrong-many = You have { $max } codes, as many as one person can. Delete one first.

codes-ask-delete = Delete “{ $name }”?
    .about = { $watching ->
    [0] The link stops working on every page that embeds it. This cannot be undone. To stop it for a while, pause it.
    [one] The one person who watches with it now is cut off within a second, and the link stops working on every page that embeds it. This cannot be undone. To stop it for a while, pause it.
   *[other] The { $watching } people who watch with it now are cut off within a second, and the link stops working on every page that embeds it. This cannot be undone. To stop it for a while, pause it.
 }
    .yes = Delete the code
    .no = Keep it
