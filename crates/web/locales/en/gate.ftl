# The gate: for what a visitor may not see, and for what does not exist, alike.

gate-title = Not open to everyone
gate-heading = This page is not open to everyone
gate-about = It may also not exist. If someone gave you an access code, type or paste it here.
gate-code = Access code
gate-open = Open
gate-account = Have an account?
gate-known = You are logged in as { $name }; that does not open it.
gate-member = It may also not exist. You are logged in as { $name }; ask the person who sent you here to let you in.

gate-wrong = That code does not open this page. Check it for typing mistakes, or ask the person who sent it.
gate-ended = This code ended on { $when }. Ask the person who gave it to you for a new one.
gate-not-yet = This code works from { $when }.
gate-paused = This code is paused. Ask the person who gave it to you.
gate-full = { $places ->
    [one] The one place of this code is taken. Try again when its viewer has left.
   *[other] All { $places } places of this code are taken. Try again when a viewer has left.
 }
gate-too-many = Too many tries. Try again in { $wait }.
