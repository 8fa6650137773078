# People who have an account.

people-title = People
people-summary = { $count ->
    [one] 1 person
   *[other] { $count } people
 }{ $disabled ->
    [0] {""}
   *[other] , { $disabled } disabled
 }
people-name = Name
    .hint = With this they log in. Letters from a to z, digits, “.”, “_” and “-”.
people-password-own = Set the password yourself
people-password = Password
    .hint = At least { $min } characters. Tell it to them yourself; they can change it under “Your account”. Without one you get a link, with which they choose their own.
people-role = Role
people-role-member = Member
    .about = Makes streams, and does everything with their own.
people-role-administrator = Administrator
    .about = Everything, also with what belongs to others.
people-last = Last login
people-never = Never
people-state = State
people-active = Active
people-disabled = Disabled
people-invited = Invited
people-self = You
people-actions = Actions
people-add = Add a person
people-add-button = Add
people-link = Link for { $name }
    .hint = Send it to { $name }: whoever opens it chooses the password. It is shown this once and works once,
people-link-ends = until
people-link-copy = Copy the link
people-link-until = link works until
people-link-over = Link has ended
people-link-new = New link
    .label = New link to set the password of { $name }
people-link-ask = Make a new link for { $name }?
people-link-about = With it { $name } chooses a new password, once, within 3 days. Their logins end then; until then the password that they have works. A link that was made before is void at once.
people-link-yes = Make the link
people-link-no = Cancel
people-link-disabled = This person is disabled. Enable them first, then make the link.
people-added = { $name } can log in now.
people-taken = Somebody has this name already. Choose another.
people-last-administrator = This is the last administrator. Make another one first, or nobody could administer the server.
people-disable = Disable
    .label = Disable { $name }
people-disable-ask = Disable { $name }?
people-disable-about = Their logins end, and what they send or watch is cut off within a second. Their keys and access codes open nothing until you enable them again; their streams stay.
people-disable-self = This is you. Your logins end at once, and another administrator has to enable you again.
people-keep = Leave it
people-enable = Enable
    .label = Enable { $name }
people-reset = Somebody forgot their password? Make them a new link.
