# What can be wrong with a name or a password, wherever one is typed.

field-name-empty = Give a name.
field-name-long = A name can have { $max } characters at most.
field-name-character = A name has letters from a to z, digits, “.”, “_” and “-”, and begins with a letter or a digit.
field-password-short = The password needs at least { $min } characters.
field-password-long = The password can have { $max } bytes at most.
field-password-common = This password is among the first that anybody tries. Choose another; a few words work well.
field-busy = The server is busy checking other passwords. Try again in a few seconds.
