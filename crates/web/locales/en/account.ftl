# One's own account.

account-password = Password
account-current = Current password
account-new = New password
account-change = Change the password
account-change-about = Your other logins end with it. API keys stay.
account-changed = Your password was changed, and your other logins have ended.
account-wrong = This is not your current password.

account-logins = Where you are logged in
account-logins-about = A login ends by itself when it was not used for 30 days. Do you not know one of these? End it, and change your password.
account-this = This one
account-began = since
account-seen = last used
account-end = End
    .label = End the login of { $device }
account-end-others = End all others
account-device = { $browser } on { $system }
account-device-on = A browser on { $system }
account-device-unknown = A browser

account-keys = API keys
account-keys-none = You have none. Programs use them in your name.
account-keys-about = One is made on the command line:
account-key-made = made
account-key-unused = never used
account-key-ends = ends
account-revoke = Revoke
    .label = Revoke { $name }
account-revoke-ask = Revoke “{ $name }”?
account-revoke-about = Programs that use this key are cut off within a second. This cannot be undone; a new key can be made.
account-keep = Keep it
