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
people-password = Password
    .hint = At least { $min } characters. Tell it to them yourself; they can change it under “Your account”.
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
people-self = You
people-actions = Actions
people-add = Add a person
people-add-button = Add
people-added = { $name } can log in now.
people-taken = Somebody has this name already. Choose another.
people-last-administrator = This is the last administrator. Make another one first, or nobody could administer the server.
people-disable = Disable
    .label = Disable { $name }
people-disable-ask = Disable { $name }?
people-disable-about = Their logins end and what they send or watch is cut off within a second. Their keys are dead until you enable them again; their streams stay.
people-disable-self = This is you. Your logins end at once, and another administrator has to enable you again.
people-keep = Leave it
people-enable = Enable
    .label = Enable { $name }
people-reset = Somebody forgot their password? Give them a new one on the command line:
