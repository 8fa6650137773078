# The link with which somebody sets their password, once.

password-title = Choose your password
password-about = You log in with it and with this name:
password-new = Password
password-button = Set the password and log in
password-once = This link works once. Where you were logged in before, you are not any more after this.
password-over = This link has been used or has ended
    .advice = It works once, for three days, and until a newer one is made. Have you set your password? Log in with it. If not, ask an administrator for a new link.
