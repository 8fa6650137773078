# The list of streams, making one, its settings, and the questions before what cannot be undone.

streams-title = Streams
streams-new = New stream
streams-none = No stream yet
    .about = A stream is a place to be live; it has a title and keys.
streams-keys = { $count ->
    [0] No keys
    [one] 1 key
   *[other] { $count } keys
 }
streams-owner = of { $name }
streams-more = Show more

streams-new-title = Title
    .hint = What viewers read. It can change later.
streams-new-slug = Address
    .hint = Letters from a to z, digits, “-” and “_”. It stands in every link and does not change later.
streams-who = Who can see it
streams-make = Make the stream
streams-cancel = Cancel

streams-title-empty = Give it a title.
streams-title-long = It can have { $max } characters at most.
streams-title-control = It holds a character that cannot be shown, such as a line break. Type it again.
streams-slug-empty = Give it an address, such as “live”.
streams-slug-long = It can have { $max } characters at most.
streams-slug-start = It begins with a letter from a to z or a digit.
streams-slug-character = It holds “{ $character }”. Use letters from a to z, digits, “-” and “_”.
streams-slug-reserved = This word is an address of the server itself. Choose another.
streams-slug-taken = There is a stream with this address already. Choose another.
streams-who-none = Choose who can see it.
streams-too-many = You have { $max } streams, as many as one person can. Delete one first.
streams-changed = Somebody changed it meanwhile. This is how it is now; change it again if you still want to.
streams-not-allowed = This login may not do that.

streams-settings = Settings
streams-save = Save
streams-saved = Saved
streams-who-now = Another choice holds within a second, also for those who watch now.
streams-delete = Delete this stream
    .about = Its address, keys and refused attempts go with it.

streams-ask-delete = Delete “{ $title }”?
    .live = It is live: the sender and everybody who watches are cut off within a second. Its keys stop working, and its address leads nowhere. This cannot be undone.
    .offline = Its keys stop working, and its address leads nowhere. This cannot be undone.
    .yes = Delete the stream
    .no = Keep it
