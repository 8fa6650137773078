# The first start.

setup-title = Set up
setup-heading = Set up this server
setup-about = Create the administrator’s account. The link you opened works once and stops after this.
setup-name = Name
setup-password = Password
setup-password-hint = At least { $min } characters. A few words work well; pasting from a password manager does too.
setup-button = Create account and continue
setup-also = This also creates a stream called “live” that people with an account can watch.
setup-over = This is not the setup link of this start
    .advice = It works once, and each start of a server that nobody has set up prints a new one. Copy it again from the console.
setup-done = This server has been set up already
    .advice = Somebody else may have opened the link too, or you have used it before. Log in with the name and the password that were chosen; if they are not yours, reset the password on the command line.
setup-check = Is this machine ready?
setup-check-after = Nothing here stops you. You find it again under Server.
