# The four visibilities as sentences: in a choice (name and sentence), and as what stands on a page.

visibility-public = Public
    .sentence = Anyone, and it is listed.
visibility-unlisted = Unlisted
    .sentence = Anyone with the link.
visibility-members = Members
    .sentence = Anyone who is logged in, and whoever holds an access code.
visibility-private = Private
    .sentence = You, administrators, and whoever holds an access code.
