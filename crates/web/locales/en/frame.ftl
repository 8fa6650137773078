# What every page has.

frame-skip = Skip to content
frame-nav = Main
frame-menu = Menu
frame-home = Home
frame-streams = Streams
frame-codes = Access codes
frame-server = Server
frame-go-live = Go live
frame-account = { $initials }: account of { $name }
frame-your-account = Your account
frame-appearance = Appearance:
frame-appearance-system = as the system
frame-appearance-light = light
frame-appearance-dark = dark
frame-log-out = Log out
frame-log-in = Log in
frame-copy = Copy
frame-copied = Copied
frame-show = Show
frame-hide = Hide
frame-here = You are here
