# The home page.

home-title = Home
home-live = Live now
home-offline = Not live right now
home-nothing = Nothing to watch here right now
home-nothing-visitor = If someone sent you a link or a code, open it.
home-picture = What { $title } shows now
