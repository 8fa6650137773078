# Logging in and out, and the gate before what is not open to everyone.

login-title = Log in
login-name = Name
login-password = Password
login-forgot = Forgot it? Ask the administrator of this server.
login-wrong = Name or password is wrong.
login-tries = Too many tries. Try again in { $wait }.
login-busy = The server is busy checking other logins. Try again in a few seconds.

logout-title = Log out
logout-as = You are logged in as { $name }. What you watch on this browser stops when you log out.
logout-stay = Stay logged in
logout-nobody = You are not logged in

once-title = Open
once-welcome = Welcome
once-about = This link logs you in once.
once-button = Log in and watch
once-over = This link has been used
    .advice = It logs in once. Make a new one on the server, or log in with name and password.

